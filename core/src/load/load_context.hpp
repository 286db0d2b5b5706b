#pragma once
// What the writers of one run share.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "load/load_counters.hpp"
#include "load/plan.hpp"
#include "millrace/access/pool.hpp"
#include "millrace/access/retry.hpp"
#include "millrace/data/decode.hpp"
#include "millrace/load/job.hpp"
#include "millrace/load/rejects.hpp"
#include "millrace/load/source.hpp"

namespace millrace {

/// Judges `--max-rejects N` at once and `P%` at the end.
/// @thread_safety  Any thread.
class RejectLimiter {
 public:
  explicit RejectLimiter(RejectLimit limit) : limit_(limit) {}
  void add(std::int64_t rejects) { total_ += rejects; }
  void take_back(std::int64_t rejects) { total_ -= rejects; }
  bool exceeded_now() const { return !limit_.percent && total_ > limit_.count; }
  bool exceeded_at_end(std::int64_t read) const;
  std::string limit_text() const;
  std::int64_t total() const { return total_; }

 private:
  const RejectLimit limit_;
  std::atomic<std::int64_t> total_{0};
};

/// Thrown when the limit is passed; the run fails.
class RejectLimitExceeded : public DataError { public: using DataError::DataError; };
/// @param first  the reject to show
RejectLimitExceeded reject_limit_error(const RejectLimiter& limiter, const Reject& first, const std::string& reject_file);
/// "record 4 (line 5), column tran_amt: ..."
std::string describe(const Reject& reject);

struct RunContext {
  const LoadPlan& plan;
  const Source& source;
  Pool& pool;
  RejectFile& reject_file;
  DriverTraits traits;
  RetryPolicy retry;
  RejectLimiter limiter;
  std::stop_token stop;
  /// How long the INSERT into the ledger may wait for a live predecessor of the unit.
  std::chrono::seconds claim_deadline{600};
  LoadCounters counters{};
  std::atomic<std::int64_t> rows_committed{0};
  std::atomic<bool> target_emptied{false};   ///< by a TRUNCATE that no rollback takes back
  std::atomic<std::int64_t> rows_rejected{0};
};

/// Exact sums of a unit's or a run's accepted rows, one per LoadPlan::summed.
using ControlSums = std::vector<ExactSum>;
std::string sums_to_json(const ControlSums& sums, const LoadPlan& plan);
/// @throws Error{data}  the text is not what sums_to_json wrote for this plan
ControlSums sums_from_json(const std::string& json, const LoadPlan& plan);

/// Sleeps unless a stop is requested meanwhile. @return false when it was
bool sleep_unless_stopped(std::chrono::milliseconds duration, const std::stop_token& stop);
Error stopped_error();
/// Whole milliseconds, for log fields.
std::string milliseconds_text(std::chrono::nanoseconds duration);

}  // namespace millrace
