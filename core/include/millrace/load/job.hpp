#pragma once
// What a load is asked to do: the command line's options and the job file, as one struct.

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/access/config.hpp"
#include "millrace/access/dialect.hpp"
#include "millrace/load/csv.hpp"

namespace millrace {

enum class LoadMode : unsigned char { append, merge, reload };
std::string_view to_string(LoadMode mode);
std::string_view to_string(ReloadKind kind);  ///< "swap", "direct", "delete"

/// `--set COLUMN=VALUE`: VALUE is `:run_id`, `now` or a literal.
struct SetOption {
  std::string column;
  std::string value;
  bool on_insert = true;
  bool on_update = true;
};

/// `--max-rejects N` (judged at once) or `P%` (judged at the end).
struct RejectLimit {
  std::int64_t count = 0;
  std::optional<double> percent;
  friend bool operator==(const RejectLimit&, const RejectLimit&) = default;
};

/// Every field is described in docs/loading.md under the option of the same name. Defaults are those of the command line.
struct LoadJob {
  std::string source;                      ///< path, or "-" for standard input
  std::string to;                          ///< connection URL
  std::optional<ConnectionConfig> database;  ///< what counts where `to` is empty: for what no URL can say, or what find_database() found
  std::string password_file;               ///< the password's first line, instead of the URL
  std::string table;                       ///< [SCHEMA.]TABLE
  std::optional<LoadMode> mode;            ///< default: merge with a key, else append
  std::vector<std::string> key;
  bool key_not_unique = false;
  std::vector<std::string> columns;
  bool header = true;
  std::string delimiter = ",";
  std::string quote = "\"";
  std::vector<std::string> null_texts = {""};
  std::vector<std::pair<std::string, std::string>> map;   ///< source column -> target column
  std::vector<std::string> skip;
  std::vector<SetOption> set;
  int writers = 2;
  std::int64_t unit_bytes = 8 << 20;
  std::int64_t max_record_bytes = 64 << 20;
  std::int64_t batch_rows = 5000;
  std::string staging;                     ///< a permanent staging table; empty: one per run
  bool stage_only = false;
  bool keep_staging = false;
  bool atomic = false;
  ReloadKind reload = ReloadKind::swap;
  bool cascade = false;
  bool allow_empty = false;
  int max_attempts = 3;
  std::chrono::milliseconds retry_delay{1000};
  std::string reject_file;                 ///< empty: ./BASENAME.rejects.jsonl
  std::string replay;                      ///< a reject file to load instead of `source`
  RejectLimit max_rejects;
  std::string state_schema;
  std::string encoding = "UTF-8";
  std::string time_zone = "+00:00";
  std::string run_id;                      ///< empty: made
  std::string resume;                      ///< run to continue
  bool dry_run = false;
  bool create = false;

  /// The keys that were set explicitly, by their names in the job file: a resume refuses those that contradict its run.
  std::set<std::string> given;

  /// Checks every value and that no two options contradict each other. `source` may be empty: a program may bring its own Source.
  /// @throws ConfigError  names the option, what is wrong with it and what to do
  void validate() const;
  /// The mode that the job asks for, given or not. Of a resume only its run knows.
  LoadMode effective_mode() const { return mode.value_or(key.empty() ? LoadMode::append : LoadMode::merge); }
  CsvOptions csv_options() const;   ///< @throws ConfigError
  std::string reject_path() const;  ///< reject_file or its default
  /// `to`, else `database`, with the password of `password_file`; with `create`, a missing SQLite file is made.
  /// @throws ConfigError  a malformed URL, an unreadable or empty password file
  ConnectionConfig connection() const;
  /// The database as a URL without its password: for messages and the report.
  std::string display_database() const;
};

/// One entry of the table of options that the command line, job files, resumes and the docs share.
struct JobField {
  enum class Kind : unsigned char {
    text,
    number,    ///< a whole number; sizes also as "8MiB"
    flag,
    list,      ///< one comma-separated text or an array
    repeated   ///< given several times, or an array
  };
  std::string_view key;       ///< "unit_bytes"; the option is --unit-bytes
  Kind kind = Kind::text;
  std::string_view group;     ///< heading in --help and docs
  std::string_view argument;  ///< what stands behind the option: "N", "PATH"; empty for flags
  std::string_view help;      ///< its meaning and default
  bool bound_to_run = false;  ///< a resume can not change it
};
std::span<const JobField> job_fields();

inline constexpr std::string_view kCommandLine = "the command line";

/// Reads a job file: one JSON object whose keys are the long options without their dashes and with underscores ("unit_bytes"). Lists may be arrays or
/// comma-separated strings where the command line takes those. An unknown key is an error that names it and suggests the nearest one.
/// @param origin  for messages: "job.json"; with kCommandLine, keys are shown as options
/// @throws ConfigError  bad syntax (line and column), an unknown key or one that occurs twice, a value of the wrong type
LoadJob parse_job(std::string_view json, std::string_view origin);
/// Overrides single keys of a job: `given_json` is an object like a job file's; what it names wins.
void override_job(LoadJob& job, std::string_view given_json, std::string_view origin);
/// A job from the JSON file of `sources`, which is a job file, or a configuration file with sections (docs/configuration.md) of which `load` holds the keys
/// of a job file. `given_json` wins over it, as in override_job(). Without a JSON file it is all there is.
/// @throws ConfigError  like parse_job(); the file can not be read
LoadJob read_job(const ConfigSources& sources, std::string_view given_json = "{}", std::string_view given_origin = kCommandLine);
/// Sets `database` to what ConnectionConfig::from() finds, with `to` as the URL, and empties `to`. Beside an explicit URL no `.env` file is looked for
/// unless `sources` names one.
/// @throws ConfigError  like ConnectionConfig::from()
void find_database(LoadJob& job, ConfigSources sources = {});
/// The job as JSON with every key, without passwords (`to` is shown without one). parse_job() reads it back.
std::string job_to_json(const LoadJob& job);
/// The keys of a job file, for --help and completion.
std::vector<std::string> job_keys();

}  // namespace millrace
