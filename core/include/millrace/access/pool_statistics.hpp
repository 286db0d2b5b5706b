#pragma once
// What a pool has done and holds now, under OpenTelemetry's names (semantic conventions for database client connections).

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

/// Durations counted into buckets. Bounds are upper ends, inclusive, in seconds.
struct DurationHistogram {
  static constexpr std::array<double, 12> kBounds{0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10};
  std::array<std::uint64_t, kBounds.size() + 1> counts{};  ///< of each bucket alone; the last one is for what is longer
  std::uint64_t count = 0;
  double sum = 0;                                           ///< seconds
};

struct PoolStatistics {
  std::string name;                 ///< db.client.connection.pool.name
  std::size_t min = 0, size = 0, max = 0;  ///< as configured: db.client.connection.idle.min, .idle.max, .max
  std::size_t open = 0;             ///< idle + in_use + those being opened, checked or closed; never more than max
  std::size_t idle = 0;             ///< db.client.connection.count{state=idle}
  std::size_t in_use = 0;           ///< db.client.connection.count{state=used}
  std::size_t waiting = 0;          ///< db.client.connection.pending_requests
  std::uint64_t opened = 0, closed = 0;    ///< connections, since the pool was made
  std::uint64_t open_failures = 0;
  std::uint64_t acquired = 0;       ///< leases given out
  std::uint64_t timed_out = 0;      ///< db.client.connection.timeouts
  std::uint64_t leaks_reported = 0;
  DurationHistogram create_time;    ///< db.client.connection.create_time
  DurationHistogram wait_time;      ///< db.client.connection.wait_time: of every lease, also those that did not wait
  DurationHistogram use_time;       ///< db.client.connection.use_time
};

/// One JSON object; its keys are the OpenTelemetry names.
std::string to_json(const PoolStatistics& statistics);
/// Prometheus' text format, version 0.0.4: a family a metric, one sample line a pool.
std::string to_prometheus(const std::vector<PoolStatistics>& pools);

}  // namespace millrace
