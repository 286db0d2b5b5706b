#pragma once
// What a pool does next, as functions of its state: no lock, no clock, no connection.

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace millrace::pooling {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

struct Supply {
  std::size_t open = 0;      ///< all: idle, lent, being opened, checked or closed
  std::size_t opening = 0;
  std::size_t stalled = 0;   ///< of those being opened: so long under way that nothing is expected of them
  std::size_t checking = 0;
  std::size_t closing = 0;
  std::size_t waiting = 0;   ///< acquires that no idle connection can serve
};

struct Limits {
  std::size_t min = 0;
  std::size_t max = 1;
  bool one_at_a_time = false;  ///< the server may be gone: one attempt that does not stall is enough to find out
  bool may_serve = true;       ///< false: no attempt for waiters before a delay is over
  bool may_refill = true;      ///< the same for `min`
};

/// How many more connections to begin to open. One per waiter that nothing is on its way to, and as many as `min` lacks. A connection that is
/// being closed counts as open: the server still has it.
constexpr std::size_t connections_to_open(const Supply& supply, const Limits& limits) {
  const std::size_t under_way = supply.opening - supply.stalled;
  const std::size_t coming = under_way + supply.checking;
  const std::size_t staying = supply.open - supply.closing;
  const std::size_t for_waiters = limits.may_serve && supply.waiting > coming ? supply.waiting - coming : 0;
  const std::size_t for_min = limits.may_refill && limits.min > staying ? limits.min - staying : 0;
  const std::size_t room = limits.max > supply.open ? limits.max - supply.open : 0;
  const std::size_t wanted = std::min(std::max(for_waiters, for_min), room);
  if (!limits.one_at_a_time) return wanted;
  return under_way > 0 ? 0 : std::min<std::size_t>(wanted, 1);
}

/// The delay after the given failure in a row (1, 2, ...): doubled up to `longest`, and then between half of it and all of it.
/// @param random  in [0, 1)
inline Duration reconnect_delay(int failure, std::chrono::milliseconds first, std::chrono::milliseconds longest, double random) {
  std::chrono::milliseconds delay = first;
  for (int i = 1; i < failure && delay < longest; ++i) delay *= 2;
  delay = std::min(delay, longest);
  return std::chrono::duration_cast<Duration>(delay * (0.5 + 0.5 * random));
}

/// A limit shortened by a random part of the share `jitter`, so that connections opened together do not end together. 0 ("never") stays.
inline Duration jittered(std::chrono::milliseconds limit, double jitter, double random) {
  return std::chrono::duration_cast<Duration>(limit * (1.0 - jitter * random));
}

/// `from + limit`, and never for a limit of 0.
inline TimePoint end_of(TimePoint from, Duration limit) { return limit.count() > 0 ? from + limit : TimePoint::max(); }

}  // namespace millrace::pooling
