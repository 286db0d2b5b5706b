#pragma once
// What a run did: the numbers, the checks, the verdict.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

enum class RunState : unsigned char { loading, loaded, publishing, published, failed, abandoned };
std::string_view to_string(RunState state);
/// @throws Error{data}  unknown word
RunState parse_run_state(std::string_view text);

/// read = accepted + rejected; accepted = distinct keys + duplicates; distinct keys = inserted + updated + unchanged (merge).
struct RunCounts {
  std::int64_t read = 0;
  std::int64_t accepted = 0;
  std::int64_t rejected = 0;
  std::int64_t staged = 0;
  std::int64_t duplicates = 0;
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::int64_t deleted = 0;
};

/// One check of a run's reconciliation: two independent sides that must be equal.
struct ReconciliationCheck {
  std::string name;        ///< "rows read = accepted + rejected", "sum of tran_amt", ...
  std::string expected;
  std::string actual;
  bool ok() const { return expected == actual; }
};

/// What one writer did.
struct WriterStats {
  int worker = 0;
  std::int64_t units = 0;
  std::int64_t rows = 0;
  std::int64_t rejects = 0;
  std::int64_t replays = 0;
  std::chrono::nanoseconds busy{0};   ///< decoding and writing
  std::chrono::nanoseconds wait{0};   ///< waiting for units
};

enum class Outcome : unsigned char {
  loaded,            ///< exit 0
  failed,            ///< exit 1: the target is as it was
  loaded_with_rejects,  ///< exit 2
  partly_committed,  ///< exit 3: part of an append was committed
  unknown            ///< exit 4
};
std::string_view to_string(Outcome outcome);

struct RunReport {
  std::string run_id;
  std::string source;
  std::string target;              ///< schema.table
  std::string database;            ///< URL without password
  std::string mode;
  RunState state = RunState::loading;
  Outcome outcome = Outcome::failed;
  bool resumed = false;
  bool dry_run = false;
  bool decoding_only_writers = false;  ///< SQLite: --writers means decoding threads
  RunCounts counts;
  std::int64_t units = 0;
  std::int64_t units_skipped = 0;      ///< committed by an earlier attempt of a resumed run
  std::int64_t replays = 0;
  std::optional<std::int64_t> target_rows;  ///< the target's final count
  struct ControlTotal { std::string column; std::string source; std::string server; };
  std::vector<ControlTotal> control_totals;
  std::vector<WriterStats> writers;
  std::vector<ReconciliationCheck> checks;
  std::vector<std::string> notes;      ///< "plain append: the COPY tags are compared, nothing else", what readers see, ...
  std::vector<std::string> planned_sql;  ///< --dry-run
  std::string reject_file;             ///< set when a record was rejected
  std::chrono::nanoseconds duration{0};
  std::string error;                   ///< one sentence; empty when loaded
  std::string error_code;              ///< ErrorCode's word
  std::string sqlstate;

  /// 0, 1, 2, 3 or 4 (docs/loading.md, Exit status).
  int exit_status() const { return static_cast<int>(outcome); }
  bool reconciled() const;             ///< there are checks and all of them hold
  double rows_per_second() const;
};

/// The report for people, several lines.
std::string to_text(const RunReport& report);
/// The same fields as JSON, indented.
std::string to_json(const RunReport& report);
/// Reads to_json's output back (reports are kept with their runs).
RunReport parse_report(std::string_view json);

}  // namespace millrace
