#pragma once
// What the loads of a program have done, counted over all of them: the load's side of the pool's statistics.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "millrace/access/pool_statistics.hpp"

namespace millrace {

/// Counts since the LoadMetrics was made. Dry runs are not counted, nor is a load that ends before its run exists (it throws).
struct LoadStatistics {
  std::string name;
  std::uint64_t running = 0;          ///< now
  std::uint64_t runs_started = 0;     ///< a resume counts again
  std::uint64_t runs_succeeded = 0;   ///< outcomes loaded and loaded_with_rejects
  std::uint64_t runs_failed = 0;      ///< every other outcome
  std::uint64_t rows_read = 0;        ///< records taken from the input, each time that they are (a resume reads everything again)
  std::uint64_t bytes_read = 0;       ///< of decompressed input, like rows_read
  std::uint64_t units_committed = 0;
  std::uint64_t rows_accepted = 0;    ///< in committed units
  std::uint64_t rows_rejected = 0;    ///< in committed units
  std::uint64_t rows_inserted = 0;    ///< into targets, as their transactions committed; so are the next three
  std::uint64_t rows_updated = 0;
  std::uint64_t rows_deleted = 0;
  std::uint64_t rows_unchanged = 0;   ///< merged rows that were equal already
  std::uint64_t replays = 0;          ///< transactions that were rolled back and sent again
  DurationHistogram unit_time;        ///< a committed unit: decoding, sending, COMMIT, its replays
  DurationHistogram publish_time;     ///< a published run: from the lock to the COMMIT; a direct reload is one such transaction as a whole
  PoolStatistics connections;         ///< of the pools of all loads: counters of ended ones too, gauges of those that run
};

/// One object, shared by as many loads as its owner likes (LoadEnvironment::metrics). Counted once a unit, never once a row.
/// @thread_safety  Any thread.
class LoadMetrics {
 public:
  /// @param name  tells it from others in to_json() and to_prometheus()
  explicit LoadMetrics(std::string name = "millrace");
  ~LoadMetrics();
  LoadMetrics(const LoadMetrics&) = delete;
  LoadMetrics& operator=(const LoadMetrics&) = delete;

  LoadStatistics statistics() const;

 private:
  friend class LoadCounters;
  friend class CountedPool;
  struct State;
  std::unique_ptr<State> state_;
};

/// One JSON object; its keys are the names of the struct, "connections" is what to_json(PoolStatistics) says.
std::string to_json(const LoadStatistics& statistics);
/// Prometheus' text format, version 0.0.4: families millrace_load_*, one sample line a LoadMetrics. `connections` is not in it: it goes with a
/// program's other pools into to_prometheus(std::vector<PoolStatistics>), since a family may stand in an exposition only once.
std::string to_prometheus(const std::vector<LoadStatistics>& statistics);

}  // namespace millrace
