#pragma once
// Millrace's own tables in the target database: runs and their ledgers.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/access/connection.hpp"
#include "millrace/load/runs.hpp"
#include "millrace/load/source.hpp"

namespace millrace {

/// Version of the layout of our own tables, kept in millrace_meta.
inline constexpr int kStateLayoutVersion = 1;

/// Where our own tables are.
struct StateTables {
  TableName run, ledger, reconciliation, meta;
  /// @param schema  folded; empty = as the session finds them
  static StateTables in(const Dialect& dialect, std::string_view schema);
};

/// Makes the tables that are missing, under an advisory lock where there is one, and checks the layout version.
/// @throws DatabaseError{permission}  prints the DDL and the grants for a DBA
/// @throws ConfigError                a newer version made the tables
void ensure_state_tables(Connection& connection, const StateTables& tables);
/// Checks the same and creates nothing. @throws ConfigError  not there: says where it looked
void require_state_tables(Connection& connection, const StateTables& tables);

/// A whole row of millrace_run.
struct RunRecord {
  RunSummary summary;
  std::string plan;      ///< JSON: the job and what it was resolved to
  std::string report;    ///< JSON of the last attempt's report, or empty
};

/// Rows of millrace_run. Works on the connection's current transaction, or statement by statement without one.
class RunRepository {
 public:
  RunRepository(Connection& connection, StateTables tables) : connection_(connection), tables_(std::move(tables)) {}

  /// @throws DatabaseError{unique_violation}  the id is taken
  void insert(const RunRecord& run);
  std::optional<RunRecord> find(std::string_view run_id);
  std::vector<RunSummary> list();
  /// Moves a run from one of the states `from` to `to`. @return false when it was in another state
  bool transition(std::string_view run_id, const std::vector<RunState>& from, RunState to);
  /// Keeps counts, error and report; the state is left alone.
  void save_report(const RunReport& report);

 private:
  Connection& connection_;
  StateTables tables_;
};

/// Rows of millrace_ledger: one per committed unit, in the transaction of its rows.
class Ledger {
 public:
  Ledger(Connection& connection, StateTables tables, std::string run_id)
      : connection_(connection), tables_(std::move(tables)), run_id_(std::move(run_id)) {}

  /// The first statement of a unit's transaction. It waits for a live predecessor that works on the same unit.
  /// @throws DatabaseError{unique_violation}  the unit is committed already
  void claim(const Unit& unit, int worker);
  void complete(const Unit& unit, std::int64_t accepted, std::int64_t rejected, const std::string& control_sums);
  std::optional<LedgerEntry> find(std::int64_t first_src_row);
  std::vector<LedgerEntry> entries();   ///< by first_src_row
  void remove(std::int64_t first_src_row);
  /// SQL that selects the run's first_src_row values; for Dialect::count_by_range.
  std::string ranges_sql() const;

 private:
  std::vector<LedgerEntry> read(std::string_view condition, const Params& params);
  Connection& connection_;
  StateTables tables_;
  std::string run_id_;
};

}  // namespace millrace
