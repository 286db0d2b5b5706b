#include "millrace/load/job.hpp"

#include <iconv.h>

#include <algorithm>
#include <map>

#include "access/config/text_file.hpp"
#include "millrace/access/error.hpp"
#include "millrace/data/decode.hpp"

namespace millrace {
namespace {

constexpr int kMostWriters = 64;
constexpr std::int64_t kMostBatchRows = 32767;      // a CLI array bind counts its rows in 16 bits
constexpr std::int64_t kMostUnitBytes = 1'000'000'000;  // positions within a unit have 31 bits
constexpr int kMostAttempts = 100;
constexpr std::chrono::hours kLongestDelay{1};
constexpr std::size_t kLongestRunId = 50;           // RUN_ID VARCHAR(50)

[[noreturn]] void refuse(const std::string& message) { throw ConfigError(message); }

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

void check_range(std::string_view option, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value >= least && value <= most) return;
  refuse("--" + std::string(option) + " is " + std::to_string(value) + "; give a number from " + std::to_string(least) + " to " + std::to_string(most));
}

std::size_t characters_of(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void check_run_id(std::string_view option, std::string_view id) {
  const std::string name = "--" + std::string(option);
  if (check_text(id) != DecodeStatus::ok) refuse(name + " is not valid UTF-8; give an id of 1 to 50 characters");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(id.begin(), id.end(), is_control)) refuse(name + " contains a control character; give an id of 1 to 50 printable characters");
  if (characters_of(id) > kLongestRunId) refuse(name + " has " + std::to_string(characters_of(id)) + " characters; give an id of 1 to 50");
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The one character that `text` is: itself, or one of \t \v \f \b \\ \xHH.
char character_option(std::string_view option, std::string_view text) {
  if (text.size() == 1 && static_cast<unsigned char>(text[0]) < 0x80) return text[0];
  if (text.size() == 2 && text[0] == '\\') {
    static const std::map<char, char> escapes = {{'t', '\t'}, {'v', '\v'}, {'f', '\f'}, {'b', '\b'}, {'n', '\n'}, {'r', '\r'}, {'\\', '\\'}};
    if (const auto found = escapes.find(text[1]); found != escapes.end()) return found->second;
  }
  if (text.size() == 4 && text.substr(0, 2) == "\\x" && hex_digit(text[2]) >= 0 && hex_digit(text[3]) >= 0) {
    const int code = hex_digit(text[2]) * 16 + hex_digit(text[3]);
    if (code > 0 && code < 0x80) return static_cast<char>(code);
  }
  refuse("--" + std::string(option) + " is " + (text.empty() ? "empty" : quoted(text)) + "; give one ASCII character, or an escape such as \\t or \\x1f");
}

bool known_encoding(const std::string& name) {
  if (name.find('/') != std::string::npos) return false;  // suffixes such as //IGNORE would lose characters
  const iconv_t converter = ::iconv_open("UTF-8", name.c_str());
  if (converter == reinterpret_cast<iconv_t>(-1)) return false;
  ::iconv_close(converter);
  return true;
}

bool reads_header(const LoadJob& job) {
  // --columns is for files without a header; only one that was asked for by name contradicts it.
  return job.header && (job.columns.empty() || job.given.count("header") != 0);
}

void check_values(const LoadJob& job) {
  check_range("writers", job.writers, 1, kMostWriters);
  check_range("unit-bytes", job.unit_bytes, 1, kMostUnitBytes);
  check_range("max-record-bytes", job.max_record_bytes, 1, kMostUnitBytes);
  check_range("batch-rows", job.batch_rows, 1, kMostBatchRows);
  check_range("max-attempts", job.max_attempts, 1, kMostAttempts);
  if (job.retry_delay.count() < 0 || job.retry_delay > kLongestDelay) refuse("--retry-delay must lie between 0s and 1h, e.g. 500ms, 1s or 2m");
  if (job.max_rejects.count < 0) refuse("--max-rejects is " + std::to_string(job.max_rejects.count) + "; give a number of records from 0 on, or a share such as 5%");
  if (const auto percent = job.max_rejects.percent; percent && !(*percent >= 0 && *percent <= 100)) {
    refuse("--max-rejects is no share from 0% to 100%; give one such as 5%, or a number of records");
  }
  std::int32_t offset = 0;
  if (decode_utc_offset(job.time_zone, offset) != DecodeStatus::ok) {
    refuse("--time-zone " + quoted(job.time_zone) + " is not a fixed offset; give one such as +05:30, -08:00 or Z");
  }
  if (!known_encoding(job.encoding)) refuse("--encoding " + quoted(job.encoding) + " is not known; give a name that iconv --list shows, such as UTF-8 or LATIN1");
  if (!job.run_id.empty() || job.given.count("run_id")) {
    if (job.run_id.empty()) refuse("--run-id is empty; give an id of 1 to 50 characters or leave the option out");
    check_run_id("run-id", job.run_id);
  }
  if (!job.resume.empty() || job.given.count("resume")) {
    if (job.resume.empty()) refuse("--resume is empty; give the id of the run to continue (millrace runs lists them)");
    check_run_id("resume", job.resume);
  }
}

void check_names(const char* option, const std::vector<std::string>& names) {
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (name.empty()) refuse(std::string(option) + " contains an empty name; name every column");
    if (!seen.insert(name).second) refuse(std::string(option) + " names " + quoted(name) + " twice; name each column once");
  }
}

void check_map(const LoadJob& job) {
  std::set<std::string_view> sources, targets;
  for (const auto& [from, to] : job.map) {
    if (from.empty() || to.empty()) refuse("--map lacks a name on one side of the =; write it as SRC=COL");
    if (!sources.insert(from).second) refuse("--map names the source column " + quoted(from) + " twice; map each column once");
    if (!targets.insert(to).second) refuse("--map fills the column " + quoted(to) + " twice; map one source column to it");
    if (std::find(job.skip.begin(), job.skip.end(), from) != job.skip.end()) {
      refuse("the source column " + quoted(from) + " is both in --map and in --skip; keep one of them");
    }
  }
}

void check_set(const LoadJob& job) {
  std::set<std::string_view> on_insert, on_update;
  for (const SetOption& set : job.set) {
    if (set.column.empty()) refuse("--set lacks the column's name in front of the =; write it as COL=VALUE");
    const bool twice = (set.on_insert && !on_insert.insert(set.column).second) || (set.on_update && !on_update.insert(set.column).second);
    if (twice) refuse("--set fills the column " + quoted(set.column) + " twice; give one value for inserts and one for updates at most");
  }
}

/// Options of one mode given to another would be ignored in silence: better an error.
void check_mode(const LoadJob& job) {
  const LoadMode mode = job.effective_mode();
  const std::string in_mode = " in mode " + std::string(to_string(mode));
  const auto only = [&](bool given, const char* option, bool allowed, const char* what_to_do) {
    if (given && !allowed) refuse(std::string(option) + " means nothing" + in_mode + "; " + what_to_do);
  };
  const bool merge = mode == LoadMode::merge, reload = mode == LoadMode::reload, append = mode == LoadMode::append;
  const bool staged = merge || (append && job.atomic) || (reload && job.reload != ReloadKind::direct);
  only(!job.key.empty(), "--key", merge || job.create, "leave it out or use --mode merge");
  only(job.key_not_unique, "--key-not-unique", merge, "leave it out or use --mode merge");
  only(job.atomic, "--atomic", append, "which is always published in one transaction: leave it out");
  only(job.reload != ReloadKind::swap, "--reload", reload, "leave it out or add --mode reload");
  only(job.cascade, "--cascade", reload, "leave it out or add --mode reload");
  only(job.allow_empty, "--allow-empty", reload, "leave it out or add --mode reload");
  const char* stage = reload ? "--reload direct has no staging: leave it out or use --reload swap" : "leave it out, or add --atomic so that rows are staged";
  only(job.stage_only, "--stage-only", staged, stage);
  only(job.keep_staging, "--keep-staging", staged, stage);
  only(!job.staging.empty(), "--staging", staged, stage);
}

void check_contradictions(const LoadJob& job) {
  if (!job.replay.empty() && !job.source.empty()) refuse("--replay loads the records of a reject file, so SOURCE must be left out (or leave out --replay)");
  if (!job.columns.empty() && reads_header(job)) refuse("--columns names the columns of a file without a header; leave out --columns or --header");
  if (job.stage_only && job.dry_run) refuse("--stage-only and --dry-run contradict each other: a dry run writes nothing; leave one of them out");
  if (!job.resume.empty()) {
    if (!job.run_id.empty()) refuse("--run-id and --resume contradict each other: a resumed run keeps its id; leave out --run-id");
    if (job.dry_run) refuse("--dry-run and --resume contradict each other: a dry run writes nothing to a run; leave out --dry-run");
  }
  // Of a resume and of a replay the run knows the mode; its plan is checked once it is read.
  if ((job.resume.empty() && job.replay.empty()) || job.mode) check_mode(job);
}

std::string base_name(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

Secret read_password(const std::string& path) {
  const auto line = read_first_line(path);
  if (!line) refuse("the password file " + path + " can not be read; check --password-file and its permissions");
  if (line->empty()) refuse("the password file " + path + " has an empty first line; write the password there");
  return Secret(*line);
}

}  // namespace

std::string_view to_string(LoadMode mode) {
  switch (mode) {
    case LoadMode::append: return "append";
    case LoadMode::merge: return "merge";
    case LoadMode::reload: return "reload";
  }
  return "append";
}

std::string_view to_string(ReloadKind kind) {
  switch (kind) {
    case ReloadKind::swap: return "swap";
    case ReloadKind::direct: return "direct";
    case ReloadKind::delete_rows: return "delete";
  }
  return "swap";
}

void LoadJob::validate() const {
  if (to.empty() && !database) refuse("no database is given; add --to URL or set DATABASE_URL");
  (to.empty() ? *database : ConnectionConfig::from_url(to)).validate();
  if (table.empty() && resume.empty() && replay.empty()) refuse("no table is given; add --table [SCHEMA.]TABLE");
  check_values(*this);
  check_names("--columns", columns);
  check_names("--key", key);
  check_names("--skip", skip);
  check_map(*this);
  check_set(*this);
  check_contradictions(*this);
  csv_options();
}

CsvOptions LoadJob::csv_options() const {
  CsvOptions options;
  options.header = reads_header(*this);
  options.columns = columns;
  options.delimiter = character_option("delimiter", delimiter);
  options.quote = character_option("quote", quote);
  options.nulls = null_texts;
  options.encoding = encoding;
  options.unit_bytes = unit_bytes;
  options.first_unit_bytes = std::min(options.first_unit_bytes, unit_bytes);
  options.max_record_bytes = max_record_bytes;
  try {
    options.validate();
  } catch (const ConfigError&) {
    throw;
  } catch (const Error& error) {
    throw ConfigError(error.info());
  }
  return options;
}

std::string LoadJob::reject_path() const {
  if (!reject_file.empty()) return reject_file;
  const std::string& input = replay.empty() ? source : replay;
  return "./" + (input.empty() || input == "-" ? "stdin" : base_name(input)) + ".rejects.jsonl";
}

ConnectionConfig LoadJob::connection() const {
  ConnectionConfig config = to.empty() && database ? *database : ConnectionConfig::from_url(to);
  if (!password_file.empty()) {
    config.password = read_password(password_file);
    config.has_password = true;
  }
  config.create_database = create && !dry_run;
  return config;
}

std::string LoadJob::display_database() const {
  if (to.empty()) return database ? database->display() : std::string();
  try {
    return ConnectionConfig::from_url(to).display();
  } catch (const ConfigError&) {
    return "(malformed URL)";  // quoting it could show a password
  }
}

}  // namespace millrace
