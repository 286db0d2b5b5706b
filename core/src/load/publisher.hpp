#pragma once
// From staged rows to the target's rows: one transaction, reconciled before its COMMIT.

#include <exception>
#include <vector>

#include "load/load_context.hpp"
#include "millrace/access/connection.hpp"
#include "millrace/load/ledger.hpp"
#include "millrace/load/reconciliation.hpp"
#include "millrace/load/report.hpp"

namespace millrace {

/// What the source side knows of a run.
struct LoadTotals {
  std::int64_t read = 0;        ///< records, counted by the source's splitter
  std::int64_t accepted = 0;    ///< by the decoders, from the ledger
  std::int64_t rejected = 0;
  std::int64_t units = 0;
  ControlSums sums;
};
/// Adds the ledger up; `read` is the splitter's and given.
LoadTotals totals_of(const std::vector<LedgerEntry>& entries, const LoadPlan& plan, std::int64_t read);

/// Staged rows are missing (a server crash empties an UNLOGGED table, whose ledger survives).
class StagingLost : public DatabaseError {
 public:
  explicit StagingLost(std::vector<LedgerEntry> ranges);
  const std::vector<LedgerEntry>& ranges() const { return ranges_; }
 private:
  std::vector<LedgerEntry> ranges_;
};

struct PublishOptions {
  bool keep_staging = false;
  bool allow_empty = false;
};

/// Compares the staged rows of every ledger range with what its unit committed.
/// @throws StagingLost  some are missing
void check_staging(Connection& connection, const LoadPlan& plan);

/// Publishes a loaded run in one transaction and fills the report. Throws and leaves the target as it was when anything does not fit.
/// @throws StagingLost  nothing was published; the lost ranges must be sent again
/// @throws DataError    the reconciliation failed (the checks are in the report)
/// @throws ConfigError  another process publishes the run, or no row was accepted for a reload
void publish(Connection& connection, const LoadPlan& plan, const LoadTotals& totals, const PublishOptions& options, RunReport& report);

/// Ends a plain append: checks the server's counts of each unit against the splitter's, marks the run published.
void finish_append(Connection& connection, const LoadPlan& plan, const LoadTotals& totals, RunReport& report);

/// The event of a published run, logged once its transaction is known to be committed.
void log_published(const RunReport& report, std::chrono::nanoseconds took);

/// Removes lost ranges from staging and ledger, so that a resume sends them again.
void forget_ranges(Connection& connection, const LoadPlan& plan, const std::vector<LedgerEntry>& ranges);

/// Checks that every mode makes: records in = accepted + rejected.
void expect_records(Reconciliation& checks, const LoadTotals& totals);
/// Throws unless all checks hold; they are in the report either way.
void judge(const Reconciliation& checks, RunReport& report);

/// The SRC_ROW whose row makes the publish fail, found by bisection in transactions that are rolled back, as ": record 17 (key id = 5)"; empty when
/// it can not be found.
std::string find_refused_row(Connection& connection, const LoadPlan& plan, const Error& error);

}  // namespace millrace
