#include "millrace/access/pool.hpp"

#include <algorithm>
#include <string>

#include "millrace/access/error.hpp"

namespace millrace {
namespace {

constexpr auto kLongestTimeout = std::chrono::hours(24 * 365);  // longer ones would overflow the clock

std::string describe_state(const PoolOptions& options, const Pool::State& state) {
  return "size " + std::to_string(options.size) + ": " + std::to_string(state.idle) + " idle, " + std::to_string(state.in_use) + " in use, " +
         std::to_string(state.waiting) + " waiting";
}

PoolError timed_out(std::chrono::milliseconds timeout, const PoolOptions& options, const Pool::State& state) {
  ErrorInfo info;
  info.code = ErrorCode::pool_timeout;
  info.message = "no connection became free within " + std::to_string(timeout.count()) + " ms (" + describe_state(options, state) +
                 "); return leases sooner or enlarge the pool";
  info.safe_to_retry = true;
  return PoolError(std::move(info));
}

}  // namespace

Pool::Pool(ConnectFunction connect, PoolOptions options, ClockFunction clock)
    : connect_(std::move(connect)), options_(options), clock_(std::move(clock)) {
  if (options_.size < 1) throw ConfigError("a pool's size must be at least 1");
  if (!connect_ || !clock_) throw Error(ErrorCode::misuse, "a pool needs a connect function and a clock");
}

Pool::~Pool() { close(); }

Pool::Lease Pool::acquire() { return acquire(options_.acquire_timeout); }

Pool::Lease Pool::acquire(std::chrono::milliseconds timeout) {
  const auto deadline = clock_() + std::min<std::chrono::milliseconds>(timeout, kLongestTimeout);
  std::unique_lock lock(mutex_);
  // Availability is looked at before the deadline: a waiter that was woken must take what it was woken for.
  for (;;) {
    if (closed_) throw PoolError(ErrorCode::pool_closed, "the pool is closed: it gives out no more connections");
    if (!idle_.empty()) return lease_idle();
    if (in_use_ < options_.size) return open_new(lock);
    const auto now = clock_();
    if (now >= deadline) throw timed_out(timeout, options_, State{idle_.size(), in_use_, waiting_ + 1, closed_});
    ++waiting_;
    changed_.wait_for(lock, deadline - now);
    --waiting_;
  }
}

Pool::Lease Pool::lease_idle() {
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  ++in_use_;
  return Lease(this, std::move(connection));
}

// The slot is taken first, so that the network is waited for without the lock and the size still holds.
Pool::Lease Pool::open_new(std::unique_lock<std::mutex>& lock) {
  idle_.reserve(idle_.size() + in_use_ + 1);  // take_back() must not allocate
  ++in_use_;
  lock.unlock();
  try {
    auto connection = connect_();
    if (!connection) throw Error(ErrorCode::misuse, "the pool's connect function returned no connection");
    return Lease(this, std::move(connection));
  } catch (...) {
    take_back(nullptr);
    throw;
  }
}

void Pool::take_back(std::unique_ptr<Connection> connection) noexcept {
  if (connection) connection->rollback();  // outside the lock: it is a round trip
  {
    const std::lock_guard lock(mutex_);
    --in_use_;
    if (connection && connection->usable() && !closed_) idle_.push_back(std::move(connection));
    // Under the lock: a pool may be destroyed as soon as its last lease is back.
    changed_.notify_one();
  }
}  // a connection that was not kept closes here

void Pool::close() {
  std::vector<std::unique_ptr<Connection>> idle;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    idle.swap(idle_);
    changed_.notify_all();
  }
}

Pool::State Pool::state() const {
  const std::lock_guard lock(mutex_);
  return State{idle_.size(), in_use_, waiting_, closed_};
}

void Pool::Lease::discard() {
  connection_.reset();
  give_back();
}

void Pool::Lease::give_back() noexcept {
  if (Pool* pool = std::exchange(pool_, nullptr)) pool->take_back(std::move(connection_));
}

}  // namespace millrace
