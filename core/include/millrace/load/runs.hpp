#pragma once
// Past and pending runs: listing, showing, publishing, discarding, and the tables they live in.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/access/connection.hpp"
#include "millrace/access/driver.hpp"
#include "millrace/load/metrics.hpp"
#include "millrace/load/report.hpp"

namespace millrace {

/// A row of millrace_run.
struct RunSummary {
  std::string run_id;
  RunState state = RunState::loading;
  std::string mode, source, target;
  std::string started_at, updated_at;   ///< ISO timestamps, UTC
  RunCounts counts;
  std::string error;
};

/// A row of millrace_ledger: one committed unit.
struct LedgerEntry {
  std::int64_t first_src_row = 0, last_src_row = 0;
  std::int64_t byte_offset = 0, byte_length = 0, first_line = 0;
  std::int64_t accepted = 0, rejected = 0;
  int worker = 0;
  std::string hash;
  std::string control_sums;             ///< JSON array of the unit's exact sums, one per summed column
  std::string committed_at;
};

struct RunDetails {
  RunSummary summary;
  std::optional<RunReport> report;      ///< of the last attempt that ended
  std::vector<LedgerEntry> ledger;
  std::vector<ReconciliationCheck> checks;
};

/// Where Millrace's own tables are looked for: `state_schema`, or what the session finds.
/// None of these creates anything. @throws ConfigError  the tables are not there (says where it looked), a newer layout version
std::vector<RunSummary> list_runs(Connection& connection, std::string_view state_schema);
/// @throws ConfigError  no such run
RunDetails show_run(Connection& connection, std::string_view state_schema, std::string_view run_id);
std::string to_text(const std::vector<RunSummary>& runs);
std::string to_json(const std::vector<RunSummary>& runs);
std::string to_text(const RunDetails& run);
std::string to_json(const RunDetails& run);

/// Publishes a staged run; safe to repeat: of a published run the report is returned.
/// @param metrics  counts the publish
RunReport publish_run(Connection& connection, std::string_view state_schema, std::string_view run_id, LoadMetrics* metrics = nullptr);
/// Removes a run's staged rows and marks it abandoned, unless it is published: then only what --keep-staging kept goes. @return how many rows
std::int64_t discard_run(Connection& connection, std::string_view state_schema, std::string_view run_id);

/// The DDL of Millrace's own tables, in order, without terminators; and the grants for a loading role ("" = none).
std::vector<std::string> state_ddl(const Dialect& dialect, std::string_view state_schema);
std::vector<std::string> state_grants(const Dialect& dialect, std::string_view state_schema, std::string_view grantee);

}  // namespace millrace
