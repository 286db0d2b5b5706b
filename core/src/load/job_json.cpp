// The table of a job's options: reading and writing them as JSON, for the command line, job files and resumes alike.

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <limits>

#include "access/config/json_input.hpp"
#include "millrace/access/error.hpp"
#include "millrace/access/nearest_word.hpp"
#include "millrace/load/job.hpp"

namespace millrace {
namespace {

using json_input::Json;
using json_input::Unexpected;
using json_input::as_flag;
using json_input::as_text;
using Kind = JobField::Kind;

struct Entry {
  JobField about;
  std::function<Json(const LoadJob&)> get;
  std::function<void(LoadJob&, const Json&)> set;
};

// ---- Values

std::int64_t as_integer(const Json& value, std::int64_t most, const char* wanted) { return json_input::as_integer(value, -most, most, wanted); }

/// A number directly followed by a unit of `units`, or nothing. "8 MiB" may have a blank.
std::optional<std::int64_t> with_unit(std::string_view text, std::initializer_list<std::pair<std::string_view, std::int64_t>> units) {
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc() || number < 0) return std::nullopt;
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  for (const auto& [name, factor] : units) {
    if (unit != name) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / factor) return std::nullopt;
    return number * factor;
  }
  return std::nullopt;
}

std::int64_t as_size(const Json& value) {
  constexpr const char* kWanted = "a number of bytes such as 8388608, 512KiB or 8MiB";
  if (!value.is_string()) return as_integer(value, std::numeric_limits<std::int64_t>::max(), kWanted);
  const auto size = with_unit(value.get<std::string>(), {{"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
                                                         {"kB", 1000}, {"KB", 1000}, {"MB", 1000'000}, {"GB", 1000'000'000}});
  if (!size) throw Unexpected{kWanted};
  return *size;
}

RejectLimit as_reject_limit(const Json& value) {
  constexpr const char* kWanted = "a number of records or a share such as 5%";
  if (!value.is_string()) return {as_integer(value, std::numeric_limits<std::int64_t>::max(), kWanted), std::nullopt};
  const std::string text = value.get<std::string>();
  const bool share = !text.empty() && text.back() == '%';
  const char* last = text.data() + text.size() - (share ? 1 : 0);
  RejectLimit limit;
  const auto read = share ? std::from_chars(text.data(), last, limit.percent.emplace(), std::chars_format::fixed) : std::from_chars(text.data(), last, limit.count);
  if (read.ec != std::errc() || read.ptr != last) throw Unexpected{kWanted};
  return limit;
}

Json to_value(const RejectLimit& limit) {
  if (!limit.percent) return limit.count;
  std::array<char, 400> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size() - 1, *limit.percent, std::chars_format::fixed).ptr;
  return std::string(text.data(), end) + "%";
}

// ---- Lists

/// Splits at commas outside double quotes. With `unquote` the quotes are syntax of the list and go; else they belong to the name.
std::vector<std::string> split_list(std::string_view text, bool unquote) {
  std::vector<std::string> items(1);
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ',' && !inside) {
      items.emplace_back();
    } else if (c != '"') {
      items.back() += c;
    } else if (unquote && inside && i + 1 < text.size() && text[i + 1] == '"') {
      items.back() += '"';
      ++i;
    } else {
      inside = !inside;
      if (!unquote) items.back() += c;
    }
  }
  if (inside) throw Unexpected{"names separated by commas, with every quote closed"};
  return items;
}

std::vector<std::string> as_texts(const Json& value, const char* wanted) {
  if (value.is_string()) return {value.get<std::string>()};
  if (!value.is_array()) throw Unexpected{wanted};
  std::vector<std::string> texts;
  for (const Json& item : value) texts.push_back(as_text(item, wanted));
  return texts;
}

using Pair = std::pair<std::string, std::string>;

/// "A=B", an array of these, or an object {"A": "B"}, which also takes names with a = in them.
std::vector<Pair> as_pairs(const Json& value, const char* wanted) {
  std::vector<Pair> pairs;
  if (value.is_object()) {
    for (const auto& [name, text] : value.items()) pairs.emplace_back(name, as_text(text, wanted));
    return pairs;
  }
  for (const std::string& text : as_texts(value, wanted)) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) throw Unexpected{wanted};
    pairs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return pairs;
}

Json to_value(const std::vector<Pair>& pairs) {
  Json object = Json::object();
  for (const auto& [name, text] : pairs) object[name] = text;
  return object;
}

// ---- Kinds of entries

template <class T> Json plain_get(const LoadJob& job, T LoadJob::*member) { return job.*member; }

Entry text_field(JobField about, std::string LoadJob::*member) {
  return {about, [=](const LoadJob& job) { return plain_get(job, member); }, [=](LoadJob& job, const Json& value) { job.*member = as_text(value); }};
}
/// A text that is either absent or not empty: absent is null in JSON, so that an empty one is noticed.
Entry id_field(JobField about, std::string LoadJob::*member) {
  return {about, [=](const LoadJob& job) { return (job.*member).empty() ? Json() : Json(job.*member); },
          [=](LoadJob& job, const Json& value) { job.*member = as_text(value); }};
}
Entry flag_field(JobField about, bool LoadJob::*member) {
  about.kind = Kind::flag;
  return {about, [=](const LoadJob& job) { return plain_get(job, member); }, [=](LoadJob& job, const Json& value) { job.*member = as_flag(value); }};
}
template <class T> Entry integer_field(JobField about, T LoadJob::*member) {
  about.kind = Kind::number;
  return {about, [=](const LoadJob& job) { return plain_get(job, member); },
          [=](LoadJob& job, const Json& value) { job.*member = static_cast<T>(as_integer(value, std::numeric_limits<T>::max(), "a whole number")); }};
}
Entry size_field(JobField about, std::int64_t LoadJob::*member) {
  about.kind = Kind::number;
  return {about, [=](const LoadJob& job) { return plain_get(job, member); }, [=](LoadJob& job, const Json& value) { job.*member = as_size(value); }};
}
Entry list_field(JobField about, std::vector<std::string> LoadJob::*member, bool unquote) {
  about.kind = Kind::list;
  return {about, [=](const LoadJob& job) { return plain_get(job, member); },
          [=](LoadJob& job, const Json& value) {
            constexpr const char* kWanted = "names separated by commas, or a list of names";
            job.*member = value.is_string() && !value.get<std::string>().empty() ? split_list(value.get<std::string>(), unquote) : as_texts(value, kWanted);
          }};
}
Entry repeated_field(JobField about, std::vector<std::string> LoadJob::*member) {
  about.kind = Kind::repeated;
  return {about, [=](const LoadJob& job) { return plain_get(job, member); },
          [=](LoadJob& job, const Json& value) { job.*member = as_texts(value, "a text or a list of texts"); }};
}

/// --set, --set-insert and --set-update share one vector of the job, told apart by their flags.
Entry set_field(JobField about, bool on_insert, bool on_update) {
  about.kind = Kind::repeated;
  const auto mine = [=](const SetOption& set) { return set.on_insert == on_insert && set.on_update == on_update; };
  return {about,
          [=](const LoadJob& job) {
            std::vector<Pair> pairs;
            for (const SetOption& set : job.set) if (mine(set)) pairs.emplace_back(set.column, set.value);
            return to_value(pairs);
          },
          [=](LoadJob& job, const Json& value) {
            const std::vector<Pair> pairs = as_pairs(value, "COL=VALUE, a list of these, or an object");
            std::erase_if(job.set, mine);
            for (const auto& [column, text] : pairs) job.set.push_back({column, text, on_insert, on_update});
          }};
}

Entry map_field(JobField about) {
  about.kind = Kind::repeated;
  return {about, [](const LoadJob& job) { return to_value(job.map); },
          [](LoadJob& job, const Json& value) { job.map = as_pairs(value, "SRC=COL, a list of these, or an object"); }};
}

Entry mode_field(JobField about) {
  return {about,
          [](const LoadJob& job) -> Json {
            if (!job.mode && !job.resume.empty()) return nullptr;  // only the run knows it
            return std::string(to_string(job.effective_mode()));
          },
          [](LoadJob& job, const Json& value) {
            const std::string word = as_text(value, "append, merge or reload");
            for (const LoadMode mode : {LoadMode::append, LoadMode::merge, LoadMode::reload}) {
              if (word == to_string(mode)) return void(job.mode = mode);
            }
            throw Unexpected{"append, merge or reload"};
          }};
}

Entry reload_field(JobField about) {
  return {about, [](const LoadJob& job) -> Json { return std::string(to_string(job.reload)); },
          [](LoadJob& job, const Json& value) {
            const std::string word = as_text(value, "swap, direct or delete");
            for (const ReloadKind kind : {ReloadKind::swap, ReloadKind::direct, ReloadKind::delete_rows}) {
              if (word == to_string(kind)) return void(job.reload = kind);
            }
            throw Unexpected{"swap, direct or delete"};
          }};
}

Entry header_field(JobField about) {
  about.kind = Kind::flag;
  return {about, [](const LoadJob& job) -> Json { return job.header && (job.columns.empty() || job.given.count("header") != 0); },
          [](LoadJob& job, const Json& value) { job.header = as_flag(value); }};
}

Entry delay_field(JobField about) {
  return {about, [](const LoadJob& job) -> Json { return to_text(job.retry_delay); },
          [](LoadJob& job, const Json& value) { job.retry_delay = json_input::as_duration(value, DurationUnit::required, "a duration such as 500ms, 1s or 2m"); }};
}

Entry reject_limit_field(JobField about) {
  about.kind = Kind::number;
  return {about, [](const LoadJob& job) { return to_value(job.max_rejects); },
          [](LoadJob& job, const Json& value) { job.max_rejects = as_reject_limit(value); }};
}

// ---- The table

constexpr bool kBound = true;  // a resume can not change it

std::vector<Entry> make_entries() {
  const auto row = [](const char* key, const char* group, const char* argument, const char* help, bool bound = false) {
    return JobField{key, Kind::text, group, argument, help, bound};
  };
  const char* what = "What and where to";
  const char* input = "Input";
  const char* columns = "Columns";
  const char* mode = "Mode and staging";
  const char* rejects = "Rejected records";
  const char* running = "Running";
  return {
      text_field(row("source", what, "SOURCE", "file to load, or - for standard input; gzip and zstd are recognized"), &LoadJob::source),
      text_field(row("to", what, "URL", "database: postgresql:// or db2://user@host:port/db, odbc:DSN=NAME or sqlite:PATH; default: DATABASE_URL from the environment or from .env"), &LoadJob::to),
      text_field(row("password_file", what, "PATH", "file whose first line is the password, instead of one in the URL"), &LoadJob::password_file),
      text_field(row("table", what, "[SCHEMA.]TABLE", "target table; unquoted parts fold as the database does, \"quoted\" parts are taken as they are", kBound), &LoadJob::table),
      flag_field(row("create", what, "", "create the target table from the file when absent (types inferred from the data); also makes a missing SQLite file", kBound), &LoadJob::create),

      mode_field(row("mode", mode, "MODE", "append, merge or reload (replace the whole table atomically); default: merge with --key, else append", kBound)),
      list_field(row("key", mode, "A,B", "key columns of a merge; default: the target's primary key", kBound), &LoadJob::key, false),
      flag_field(row("key_not_unique", mode, "", "merge by a key that no unique index over NOT NULL columns guards", kBound), &LoadJob::key_not_unique),
      flag_field(row("atomic", mode, "", "append in one transaction, through staging", kBound), &LoadJob::atomic),
      text_field(row("staging", mode, "TABLE", "a permanent staging table; default: one per run", kBound), &LoadJob::staging),
      flag_field(row("stage_only", mode, "", "stop before publishing; millrace publish finishes the run"), &LoadJob::stage_only),
      flag_field(row("keep_staging", mode, "", "keep the staged rows after they are published"), &LoadJob::keep_staging),
      reload_field(row("reload", mode, "HOW", "how reload replaces: swap (stage, then TRUNCATE and INSERT), direct (TRUNCATE and COPY, no staging) or delete (DELETE and INSERT); default swap", kBound)),
      flag_field(row("cascade", mode, "", "reload also empties the tables whose foreign keys point to the target; the report lists them"), &LoadJob::cascade),
      flag_field(row("allow_empty", mode, "", "reload may leave the table empty when no record was accepted"), &LoadJob::allow_empty),

      header_field(row("header", input, "", "the first record names the columns (default); --no-header: it is data", kBound)),
      list_field(row("columns", input, "A,B,C", "the file's columns in order, for files without a header", kBound), &LoadJob::columns, true),
      text_field(row("delimiter", input, "C", "separates fields; escapes such as \\t are understood; default ,", kBound), &LoadJob::delimiter),
      text_field(row("quote", input, "C", "encloses fields; default \"", kBound), &LoadJob::quote),
      repeated_field(row("null", input, "TEXT", "unquoted fields equal to TEXT are NULL; repeatable; default: the empty field", kBound), &LoadJob::null_texts),
      text_field(row("encoding", input, "NAME", "encoding of the input; default UTF-8", kBound), &LoadJob::encoding),
      text_field(row("time_zone", input, "+HH:MM", "offset of timestamps that name none; default +00:00", kBound), &LoadJob::time_zone),
      size_field(row("max_record_bytes", input, "N", "a longer record fails the run; default 64MiB"), &LoadJob::max_record_bytes),

      map_field(row("map", columns, "SRC=COL", "load the source column SRC into COL; repeatable", kBound)),
      repeated_field(row("skip", columns, "COL", "leave out a source column; repeatable", kBound), &LoadJob::skip),
      set_field(row("set", columns, "COL=VALUE", "fill a target column that the source lacks with :run_id, now or a literal; repeatable", kBound), true, true),
      set_field(row("set_insert", columns, "COL=VALUE", "the same for inserted rows only", kBound), true, false),
      set_field(row("set_update", columns, "COL=VALUE", "the same for updated rows only", kBound), false, true),

      text_field(row("reject_file", rejects, "PATH", "where rejected records go; default ./BASENAME.rejects.jsonl"), &LoadJob::reject_file),
      reject_limit_field(row("max_rejects", rejects, "N or P%", "past it the run fails and publishes nothing; N is judged at once, P% at the end; default 0")),
      text_field(row("replay", rejects, "FILE", "load the mended records of a reject file instead of SOURCE"), &LoadJob::replay),

      integer_field(row("writers", running, "N", "writer threads, each with a connection of its own (SQLite: decoding threads); default 2"), &LoadJob::writers),
      size_field(row("unit_bytes", running, "N", "size of a committed unit of input; default 8MiB", kBound), &LoadJob::unit_bytes),
      integer_field(row("batch_rows", running, "N", "most rows per array bind or insert batch; default 5000"), &LoadJob::batch_rows),
      integer_field(row("max_attempts", running, "N", "attempts to commit a unit, transient errors replay it; default 3"), &LoadJob::max_attempts),
      delay_field(row("retry_delay", running, "D", "wait before the first replay, doubled for each further one; default 1s")),
      id_field(row("run_id", running, "ID", "1 to 50 characters; default: a sortable unique id"), &LoadJob::run_id),
      id_field(row("resume", running, "RUN_ID", "continue an interrupted run with its own options: committed units are not sent again"), &LoadJob::resume),
      text_field(row("state_schema", running, "NAME", "where Millrace's own tables live; default: the target's schema"), &LoadJob::state_schema),
      flag_field(row("dry_run", running, "", "decode and validate everything, print the SQL that would run, write nothing"), &LoadJob::dry_run),
  };
}

const std::vector<Entry>& entries() {
  static const std::vector<Entry> all = make_entries();
  return all;
}

const Entry* find_entry(std::string_view key) {
  const auto found = std::find_if(entries().begin(), entries().end(), [&](const Entry& entry) { return entry.about.key == key; });
  return found == entries().end() ? nullptr : &*found;
}

// ---- Messages

std::string option_name(std::string_view key) {
  std::string name = "--" + std::string(key);
  std::replace(name.begin() + 2, name.end(), '_', '-');
  return key == "source" ? "SOURCE" : name;
}

/// A key as its user wrote it: --unit-bytes, or "unit_bytes" in job.json.
std::string shown(std::string_view key, std::string_view origin) {
  return origin == kCommandLine ? option_name(key) : std::string(origin) + ": \"" + std::string(key) + "\"";
}

std::string found_in(const Json& value) {
  if (value.is_boolean() || value.is_number()) return value.dump();
  if (!value.is_string()) return json_input::kind_of(value);
  std::string text = value.get<std::string>();
  if (text.find("://") != std::string::npos) return "a URL";  // which may hold a password
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return "the text " + Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json parse_object(std::string_view text, std::string_view origin) {
  return json_input::parse_object(text, origin, [&](const std::string& key) { return shown(key, origin); }, R"({"source": ..., "to": ..., "table": ...})");
}

std::string unknown_key(std::string_view key, std::string_view origin) {
  const std::string nearest = nearest_word(key, job_keys());
  const std::string name = origin == kCommandLine ? "unknown option " + option_name(key) : std::string(origin) + ": unknown key \"" + std::string(key) + "\"";
  if (nearest.empty()) return name + "; docs/command-line.md lists the options";
  return name + "; did you mean " + (origin == kCommandLine ? option_name(nearest) : "\"" + nearest + "\"") + "?";
}

void apply(LoadJob& job, const Json& object, std::string_view origin) {
  for (const auto& [key, value] : object.items()) {
    const Entry* entry = find_entry(key);
    if (!entry) throw ConfigError(unknown_key(key, origin));
    if (value.is_null()) continue;  // as if the key were not there
    try {
      entry->set(job, value);
    } catch (const Unexpected& unexpected) {
      throw ConfigError(shown(key, origin) + ": expected " + unexpected.wanted + ", found " + found_in(value));
    }
    job.given.insert(key);
  }
}

}  // namespace

std::span<const JobField> job_fields() {
  static const std::vector<JobField> all = [] {
    std::vector<JobField> about;
    for (const Entry& entry : entries()) about.push_back(entry.about);
    return about;
  }();
  return all;
}

std::vector<std::string> job_keys() {
  std::vector<std::string> keys;
  for (const Entry& entry : entries()) keys.emplace_back(entry.about.key);
  return keys;
}

LoadJob parse_job(std::string_view json, std::string_view origin) {
  LoadJob job;
  override_job(job, json, origin);
  return job;
}

void override_job(LoadJob& job, std::string_view given_json, std::string_view origin) { apply(job, parse_object(given_json, origin), origin); }

std::string job_to_json(const LoadJob& job) {
  Json object;
  for (const Entry& entry : entries()) object[std::string(entry.about.key)] = entry.get(job);
  object["to"] = job.display_database();
  return object.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace millrace
