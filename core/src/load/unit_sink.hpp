#pragma once
// The protocol of a unit: claim it in the ledger, write its rows, complete the ledger row, commit.

#include <memory>

#include "load/load_context.hpp"
#include "millrace/load/writer_group.hpp"

namespace millrace {

/// A sink that commits each unit exactly once, whatever happens to connections and servers in between.
std::unique_ptr<UnitSink> make_ledger_sink(RunContext& run, int worker);
/// A sink that decodes, counts rejects and writes nothing (`--dry-run`). The first rejects are kept in `samples`.
struct DryRunTotals {
  std::mutex mutex;
  std::int64_t accepted = 0, rejected = 0;
  std::vector<Reject> samples;
};
std::unique_ptr<UnitSink> make_dry_run_sink(const Source& source, const DecodePlan& plan, DryRunTotals& totals);

/// Adds what the source does not have to decoded batches: constants, SRC_ROW, RUN_ID, WORKER_ID.
/// @thread_safety  One thread at a time.
class BatchComposer {
 public:
  BatchComposer(const LoadPlan& plan, int worker);
  /// The batch with the plan's written_columns(). Its decoded columns are borrowed from `decoded` until give_back().
  const RecordBatch& compose(RecordBatch& decoded);
  void give_back(RecordBatch& decoded);

 private:
  const LoadPlan& plan_;
  const int worker_;
  RecordBatch composed_;
  std::vector<Column> constants_;   // one value each
};

}  // namespace millrace
