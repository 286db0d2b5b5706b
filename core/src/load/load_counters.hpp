#pragma once
// The writing side of LoadMetrics. Without metrics every call does nothing.

#include <chrono>

#include "millrace/access/pool.hpp"
#include "millrace/load/metrics.hpp"
#include "millrace/load/report.hpp"
#include "millrace/load/source.hpp"
#include "millrace/load/writer_group.hpp"

namespace millrace {

/// A handle, cheap to copy.
/// @thread_safety  Any thread.
class LoadCounters {
 public:
  explicit LoadCounters(LoadMetrics* metrics = nullptr) : state_(metrics ? metrics->state_.get() : nullptr) {}

  void run_started() const;
  void run_ended(Outcome outcome) const;
  void unit_read(const Unit& unit) const;
  /// @param into_target  its rows are the target's already, not staged
  void unit_committed(const UnitOutcome& outcome, std::chrono::nanoseconds took, bool into_target) const;
  /// Units whose rows were committed by one publishing transaction (a direct reload): they have no times of their own.
  void units_committed(std::int64_t units, const RunCounts& counts) const;
  void replayed() const;
  void published(const RunCounts& counts, std::chrono::nanoseconds took) const;

 private:
  friend class CountedPool;
  template <class F> void change(F&& fn) const;
  LoadMetrics::State* state_;
};

/// Shows a pool in the metrics for as long as this lives, then closes it and keeps what it did.
class CountedPool {
 public:
  CountedPool(LoadCounters counters, Pool& pool);
  ~CountedPool();
  CountedPool(const CountedPool&) = delete;
  CountedPool& operator=(const CountedPool&) = delete;

 private:
  LoadMetrics::State* state_;
  Pool& pool_;
};

}  // namespace millrace
