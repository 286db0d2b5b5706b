#include "millrace/load/staging.hpp"

#include <algorithm>

#include "millrace/data/decode.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace millrace {
namespace {

std::string short_hash(std::string_view text) {
  char hex[17];
  std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
  return std::string(hex, 12);
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// Types that the database declares with the same name are the same to it: SQLite has one integer.
bool same_type(const Dialect& dialect, const SqlType& a, const SqlType& b) {
  return a == b || (!a.native.empty() && a.native == b.native) || dialect.type_name(a) == dialect.type_name(b);
}

void refuse_reserved_names(const TableInfo& target, const std::vector<std::string>& reserved) {
  for (const ColumnInfo& column : target.columns) {
    for (const std::string& name : reserved) {
      if (same_name(column.name, name)) {
        throw ConfigError("column \"" + column.name + "\" of table " + to_string(target.name) + " has the name of a column that staging tables need; rename it, or load in append mode without --atomic");
      }
    }
  }
}

}  // namespace

StagingTable plan_staging(const TableInfo& target, const std::vector<ColumnInfo>& loaded, const std::vector<std::string>& key,
                          const TableName& permanent_name, std::string_view schema, std::string_view run_id, const Dialect& dialect) {
  StagingTable table;
  table.columns = loaded;
  table.key = key;
  table.permanent = !permanent_name.name.empty();
  table.own_names = {dialect.fold(StagingColumns::stg_id), dialect.fold(StagingColumns::run_id), dialect.fold(StagingColumns::worker_id),
                     dialect.fold(StagingColumns::src_row), dialect.fold(StagingColumns::insert_ts)};
  if (table.permanent) {
    table.name = permanent_name;
    table.src_row = table.own_names.src_row;
    refuse_reserved_names(target, {StagingColumns::stg_id, StagingColumns::run_id, StagingColumns::worker_id, StagingColumns::src_row, StagingColumns::insert_ts});
  } else {
    table.name = {std::string(schema), dialect.limited_name(target.name.name, "_stg_" + short_hash(run_id))};
    table.src_row = dialect.fold(kRunSrcRow);
    refuse_reserved_names(target, {kRunSrcRow});
  }
  return table;
}

StagedRows staged_rows(const StagingTable& table, std::string_view run_id, const Dialect& dialect) {
  std::string filter;
  if (table.permanent) filter = dialect.quote(table.own_names.run_id) + " = " + dialect.string_literal(run_id);
  return {table.name, std::move(filter), table.src_row};
}

void StagingRepository::ensure() {
  const Dialect& dialect = connection_.dialect();
  const auto existing = connection_.try_describe(table_.name);
  if (!existing) {
    try {
      for (const std::string& sql : dialect.create_staging(table_)) connection_.execute(sql);
    } catch (const Error& error) {
      ErrorInfo info = error.info();
      info.message = "cannot create staging table " + to_string(table_.name) + " (the load's " + std::to_string(table_.columns.size()) + " columns and its own): " + error.what();
      throw_error(std::move(info));
    }
    return;
  }
  std::vector<ColumnInfo> wanted = table_.columns;
  const auto own = [&](const std::string& name, SqlType type) { wanted.push_back(ColumnInfo{name, std::move(type), true, false, false, Identity::none, {}}); };
  own(table_.src_row, SqlType::of(TypeKind::bigint));
  if (table_.permanent) {
    own(table_.own_names.run_id, SqlType::varchar(50));
    own(table_.own_names.worker_id, SqlType::of(TypeKind::integer));
  }
  std::string missing;
  for (const ColumnInfo& column : wanted) {
    const ColumnInfo* there = existing->find(column.name);
    if (!there) {
      missing += (missing.empty() ? "" : ", ") + ("ADD COLUMN " + dialect.quote(column.name) + " " + dialect.type_name(column.type));
    } else if (!same_type(dialect, there->type, column.type) && column.name != table_.src_row) {
      throw ConfigError("staging table " + to_string(table_.name) + " has column \"" + column.name + "\" as " + to_string(there->type) + ", the load needs " + to_string(column.type) +
                        "; ALTER TABLE " + dialect.quote(table_.name) + " ALTER COLUMN " + dialect.quote(column.name) + " TYPE " + dialect.type_name(column.type) + ", or name another table with --staging");
    }
  }
  if (!missing.empty()) {
    throw ConfigError("staging table " + to_string(table_.name) + " lacks columns of this load; mend it with: ALTER TABLE " + dialect.quote(table_.name) + " " + missing);
  }
}

std::int64_t StagingRepository::count() {
  const Dialect& dialect = connection_.dialect();
  return connection_.query_value("SELECT " + dialect.count_rows() + " FROM " + dialect.quote(rows_.table) + where()).as<std::int64_t>();
}

std::map<std::int64_t, std::int64_t> StagingRepository::count_by_range(const Ledger& ledger) {
  std::map<std::int64_t, std::int64_t> counts;
  for (const Row row : connection_.query(connection_.dialect().count_by_range(rows_, ledger.ranges_sql()))) {
    if (!row[0].is_null()) counts[row[0].as<std::int64_t>()] = row[1].as<std::int64_t>();
  }
  return counts;
}

std::pair<std::int64_t, std::int64_t> StagingRepository::count_keys(const std::vector<std::string>& key) {
  const Dialect& dialect = connection_.dialect();
  const std::string from = " FROM " + dialect.quote(rows_.table) + where(), count = "SELECT " + dialect.count_rows() + " AS n";
  // Two derived tables: Derby takes no scalar subquery beside an aggregate.
  const auto result = connection_.query("SELECT staged.n, keys.n FROM (" + count + from + ") staged, (" + count + " FROM (SELECT DISTINCT " + dialect.quote_list(key) + from + ") k) keys");
  return {result[0][0].as<std::int64_t>(), result[0][1].as<std::int64_t>()};
}

std::int64_t StagingRepository::clear_range(std::int64_t first_src_row, std::int64_t last_src_row) {
  const Dialect& dialect = connection_.dialect();
  return connection_.execute("DELETE FROM " + dialect.quote(rows_.table) + " WHERE " + dialect.quote(rows_.src_row) + " BETWEEN ? AND ?" +
                             (rows_.filter.empty() ? "" : " AND " + rows_.filter), {first_src_row, last_src_row});
}

std::int64_t StagingRepository::clear() { return connection_.execute("DELETE FROM " + connection_.dialect().quote(rows_.table) + where()); }

std::int64_t StagingRepository::dispose() {
  if (!exists()) return 0;
  if (table_.permanent) return clear();
  const std::int64_t rows = count();
  connection_.execute(connection_.dialect().drop_table(rows_.table));
  return rows;
}

void StagingRepository::analyze() {
  for (const std::string& sql : connection_.dialect().analyze(rows_.table)) connection_.execute(sql);
}

std::string StagingRepository::sum(const ColumnInfo& column) {
  const Dialect& dialect = connection_.dialect();
  const Value value = connection_.query_value("SELECT " + dialect.sum_expression(column.name, column.type) + " FROM " + dialect.quote(rows_.table) + where());
  return value.is_null() ? "0" : value.as<std::string>();
}

}  // namespace millrace
