#include "load/plan.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <random>
#include <set>

namespace millrace {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// The target column that a name means: exactly, else case-insensitively if unique. nullptr = none.
const ColumnInfo* match_column(const TableInfo& target, std::string_view name) {
  if (const ColumnInfo* exact = target.find(name)) return exact;
  const ColumnInfo* found = nullptr;
  for (const ColumnInfo& column : target.columns) {
    if (!equal_ignoring_case(column.name, name)) continue;
    if (found) throw ConfigError("column \"" + std::string(name) + "\" could be \"" + found->name + "\" or \"" + column.name + "\" of table " + to_string(target.name) + "; write it exactly as the table does");
    found = &column;
  }
  return found;
}

std::string column_list(const TableInfo& target) {
  std::string text;
  for (std::size_t i = 0; i < target.columns.size(); ++i) {
    if (i == 20) return text + ", ... (" + std::to_string(target.columns.size()) + " in all)";
    text += (i ? ", " : "") + target.columns[i].name;
  }
  return text;
}

const ColumnInfo& require_column(const TableInfo& target, std::string_view name, std::string_view where) {
  if (const ColumnInfo* column = match_column(target, name)) return *column;
  throw ConfigError(std::string(where) + " names \"" + std::string(name) + "\", which is not a column of table " + to_string(target.name) + " (its columns: " + column_list(target) + ")");
}

std::vector<std::string> default_source_columns(const TableInfo& target) {
  std::vector<std::string> names;
  for (const ColumnInfo& column : target.columns) {
    if (!column.generated) names.push_back(column.name);
  }
  return names;
}

/// Source columns that are left out, by index.
std::set<std::size_t> skipped_columns(const LoadJob& job, const std::vector<std::string>& source) {
  std::set<std::size_t> skipped;
  for (const std::string& name : job.skip) {
    const auto at = std::find(source.begin(), source.end(), name);
    if (at == source.end()) throw ConfigError("--skip names \"" + name + "\", which is not a column of the source");
    skipped.insert(static_cast<std::size_t>(at - source.begin()));
  }
  return skipped;
}

std::map<std::string, std::string> renames(const LoadJob& job, const std::vector<std::string>& source) {
  std::map<std::string, std::string> names;
  for (const auto& [from, to] : job.map) {
    if (std::find(source.begin(), source.end(), from) == source.end()) throw ConfigError("--map names \"" + from + "\", which is not a column of the source");
    if (!names.emplace(from, to).second) throw ConfigError("--map names source column \"" + from + "\" twice");
  }
  return names;
}

/// A first record that names no column at all most likely is data.
std::string hint_without_header(const LoadJob& job, const std::vector<std::string>& source, const TableInfo& target) {
  const bool none = job.header && std::none_of(source.begin(), source.end(), [&](const std::string& name) { return match_column(target, name); });
  return none ? ", or pass --no-header if the first record is data" : "";
}

void plan_columns(const LoadJob& job, const std::vector<std::string>& source, LoadPlan& plan) {
  const auto skipped = skipped_columns(job, source);
  const auto renamed = renames(job, source);
  std::set<std::string> taken;
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (skipped.contains(i)) continue;
    const auto rename = renamed.find(source[i]);
    const std::string& wanted = rename == renamed.end() ? source[i] : rename->second;
    const ColumnInfo* column = match_column(plan.target, wanted);
    if (!column) {
      throw ConfigError("source column \"" + wanted + "\" (column " + std::to_string(i + 1) + ") is not a column of table " + to_string(plan.target.name) +
                        " (its columns: " + column_list(plan.target) + "); leave it out with --skip or rename it with --map" + hint_without_header(job, source, plan.target));
    }
    if (column->generated) throw ConfigError("column \"" + column->name + "\" of table " + to_string(plan.target.name) + " is GENERATED and cannot be loaded; leave it out with --skip");
    if (!taken.insert(column->name).second) throw ConfigError("two source columns go into column \"" + column->name + "\" of table " + to_string(plan.target.name) + "; leave one out with --skip");
    plan.columns.push_back(*column);
    plan.decode.targets.push_back({column->name, column->type, static_cast<int>(i), !column->nullable, false});
  }
  if (plan.columns.empty()) throw ConfigError("no column of the source is loaded into table " + to_string(plan.target.name));
  plan.decode.source_columns = static_cast<int>(source.size());
}

void plan_sets(const LoadJob& job, const Dialect& dialect, LoadPlan& plan) {
  std::set<std::string> taken;
  for (const SetOption& set : job.set) {
    const ColumnInfo& column = require_column(plan.target, set.column, "--set");
    if (column.generated) throw ConfigError("--set names column \"" + column.name + "\", which is GENERATED and cannot be written");
    if (std::any_of(plan.columns.begin(), plan.columns.end(), [&](const ColumnInfo& c) { return c.name == column.name; })) {
      throw ConfigError("--set names column \"" + column.name + "\", which the source fills already; leave it out with --skip or drop the --set");
    }
    if (!taken.insert(column.name).second) throw ConfigError("--set names column \"" + column.name + "\" twice");
    const std::string text = set.value == ":run_id" ? plan.run_id : set.value;
    const bool now = set.value == "now";
    plan.sets.push_back({column.name, now ? dialect.now_expression() : dialect.typed_literal(text, column.type), set.on_insert, set.on_update});
    if (set.on_insert) plan.constants.push_back({column, text, now});
  }
}

void plan_key(const LoadJob& job, const Dialect& dialect, LoadPlan& plan) {
  const std::string table = to_string(plan.target.name);
  if (job.key.empty()) {
    const UniqueKey* primary = plan.target.primary_key();
    if (!primary) throw ConfigError("table " + table + " has no primary key; name the columns that identify a row with --key");
    plan.key = primary->columns;
  } else {
    for (const std::string& name : job.key) {
      const ColumnInfo* exact = plan.target.find(dialect.parse_identifier(name));
      plan.key.push_back(exact ? exact->name : require_column(plan.target, name, "--key").name);
    }
  }
  const std::set<std::string> wanted(plan.key.begin(), plan.key.end());
  if (wanted.size() != plan.key.size()) throw ConfigError("--key names a column twice");
  for (const std::string& name : plan.key) {
    auto target = std::find_if(plan.decode.targets.begin(), plan.decode.targets.end(), [&](const auto& t) { return t.name == name; });
    if (target == plan.decode.targets.end()) throw ConfigError("key column \"" + name + "\" of table " + table + " is not among the source's columns");
    target->key = true;
  }
  if (job.key_not_unique) return;
  for (const UniqueKey& unique : plan.target.unique_keys) {
    const bool not_null = unique.primary || std::all_of(unique.columns.begin(), unique.columns.end(), [&](const std::string& c) { return !plan.target.find(c)->nullable; });
    if (not_null && std::set<std::string>(unique.columns.begin(), unique.columns.end()) == wanted) return;
  }
  throw ConfigError("the key of a merge must be the primary key of table " + table + " or a unique index over NOT NULL columns; create one, or pass --key-not-unique");
}

/// A NOT NULL column that nothing fills would fail every row.
void check_unfilled_columns(const LoadPlan& plan) {
  for (const ColumnInfo& column : plan.target.columns) {
    if (column.nullable || column.has_default || column.generated || column.identity != Identity::none) continue;
    const auto named = [&](const auto& list, auto name_of) { return std::any_of(list.begin(), list.end(), [&](const auto& e) { return name_of(e) == column.name; }); };
    if (named(plan.columns, [](const ColumnInfo& c) { return c.name; }) || named(plan.constants, [](const LoadPlan::Constant& c) { return c.column.name; })) continue;
    throw ConfigError("column \"" + column.name + "\" of table " + to_string(plan.target.name) + " is NOT NULL, has no default, and the source does not fill it; add it to the source or use --set");
  }
}

void check_reload(const LoadPlan& plan) {
  if (plan.mode != LoadMode::reload || plan.reload == ReloadKind::delete_rows) return;
  if (plan.target.referenced_by.empty() || plan.cascade) return;
  std::string names;
  for (const ReferencingKey& key : plan.target.referenced_by) names += (names.empty() ? "" : ", ") + to_string(key.table) + " (" + key.name + ")";
  throw ConfigError("table " + to_string(plan.target.name) + " cannot be reloaded: foreign keys point to it from " + names + "; use --reload delete, or --cascade, which empties those tables too");
}

}  // namespace

std::unique_ptr<MergeStrategy> LoadPlan::strategy() const {
  switch (mode) {
    case LoadMode::merge: return make_merge_strategy();
    case LoadMode::reload: return make_reload_strategy(reload, cascade);
    case LoadMode::append: break;
  }
  return make_append_strategy();
}

PublishSpec LoadPlan::publish_spec(bool duplicate_keys) const {
  std::vector<std::string> names;
  for (const ColumnInfo& column : columns) names.push_back(column.name);
  return {target, staged_rows, std::move(names), key, sets, duplicate_keys};
}

std::vector<ColumnInfo> LoadPlan::written_columns() const {
  std::vector<ColumnInfo> all = columns;
  if (!staged) {
    for (const Constant& constant : constants) all.push_back(constant.column);
    return all;
  }
  const auto add = [&](std::string name, SqlType type) { all.push_back(ColumnInfo{std::move(name), std::move(type), false, false, false, Identity::none, {}}); };
  add(staged_rows.src_row, SqlType::of(TypeKind::bigint));
  if (staging.permanent) {
    add(staging.own_names.run_id, SqlType::varchar(50));
    add(staging.own_names.worker_id, SqlType::of(TypeKind::integer));
  }
  return all;
}

LoadPlan make_plan(const LoadJob& job, const std::vector<std::string>& source_columns, const TableInfo& target, const Dialect& dialect,
                   const DriverTraits& traits, const std::string& run_id) {
  LoadPlan plan;
  plan.run_id = run_id;
  plan.target = target;
  plan.mode = job.mode.value_or(job.key.empty() ? LoadMode::append : LoadMode::merge);
  plan.reload = job.reload;
  plan.cascade = job.cascade;
  plan.source_columns = source_columns.empty() ? default_source_columns(target) : source_columns;
  plan_columns(job, plan.source_columns, plan);
  plan_sets(job, dialect, plan);
  if (plan.mode == LoadMode::merge) plan_key(job, dialect, plan);
  check_unfilled_columns(plan);
  check_reload(plan);

  if (decode_utc_offset(job.time_zone, plan.decode.options.utc_offset_seconds) != DecodeStatus::ok) throw ConfigError("--time-zone \"" + job.time_zone + "\" is not an offset such as +05:30");
  plan.decode.options.reject_nan = !traits.stores_nan;
  plan.decode.batch_rows = job.batch_rows;
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    const ColumnInfo& column = plan.columns[i];
    if (is_summable(column.type) && !dialect.sum_expression(column.name, column.type).empty()) plan.summed.push_back(i);
  }

  const std::string state_schema = job.state_schema.empty() ? std::string() : dialect.parse_identifier(job.state_schema);
  const std::string own_schema = state_schema.empty() ? target.name.schema : state_schema;
  plan.state = StateTables::in(dialect, own_schema);
  plan.staged = plan.mode == LoadMode::merge || (plan.mode == LoadMode::reload && !plan.direct_reload()) || job.atomic || job.stage_only;
  if (plan.staged) {
    TableName permanent;
    if (!job.staging.empty()) permanent = dialect.parse_table(job.staging);
    else if (traits.permanent_staging_only) permanent = {own_schema, dialect.limited_name(target.name.name, dialect.fold("_STG"))};
    if (!permanent.name.empty() && permanent.schema.empty()) permanent.schema = own_schema;
    plan.staging = plan_staging(target, plan.columns, plan.key, permanent, own_schema, run_id, dialect);
    plan.staged_rows = staged_rows(plan.staging, run_id, dialect);
  }
  return plan;
}

std::string make_run_id() {
  using namespace std::chrono;
  const auto now = time_point_cast<milliseconds>(system_clock::now());
  const auto day = floor<days>(now);
  const year_month_day date(day);
  const hh_mm_ss time(now - day);
  std::random_device random;
  const std::uint64_t bits = (static_cast<std::uint64_t>(random()) << 32 | random()) & 0xffffffffffu;
  char text[48];
  std::snprintf(text, sizeof text, "%04d%02u%02u-%02d%02d%02d-%03d-%010llx", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()), static_cast<unsigned long long>(bits));
  return text;
}

}  // namespace millrace
