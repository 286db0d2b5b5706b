#pragma once
// Counting durations for metrics.

#include <algorithm>
#include <chrono>

#include "millrace/access/pool_statistics.hpp"

namespace millrace {

/// A histogram in whole nanoseconds, made for counting under a lock.
class Histogram {
 public:
  using Duration = std::chrono::steady_clock::duration;

  void add(Duration duration) {
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(std::max(duration, Duration::zero())).count();
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && ns > kBounds[bucket]) ++bucket;
    ++counts_[bucket];
    sum_ns_ += ns;
  }
  DurationHistogram read() const {
    DurationHistogram out;
    out.counts = counts_;
    for (const std::uint64_t count : counts_) out.count += count;
    out.sum = static_cast<double>(sum_ns_) / 1e9;
    return out;
  }

 private:
  static constexpr auto kBounds = [] {
    std::array<std::int64_t, DurationHistogram::kBounds.size()> bounds{};
    for (std::size_t i = 0; i < bounds.size(); ++i) bounds[i] = static_cast<std::int64_t>(DurationHistogram::kBounds[i] * 1e9 + 0.5);
    return bounds;
  }();
  std::array<std::uint64_t, DurationHistogram::kBounds.size() + 1> counts_{};
  std::int64_t sum_ns_ = 0;
};

}  // namespace millrace
