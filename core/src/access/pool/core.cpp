// Lending and taking back. The first lines of acquire() and give_back() are the hot path: one lock, one look at the clock, no allocation.
#include "access/pool/core.hpp"

#include <ctime>
#include <deque>
#include <optional>

namespace millrace::pooling {
namespace {

constexpr auto kLongestTimeout = std::chrono::hours(24 * 365);  // longer ones would overflow the clock
constexpr auto kLookAtForeignClock = std::chrono::milliseconds(1);

// The time to a few milliseconds, at a fifth of the price. Never ahead of the steady clock.
TimePoint coarse_now() {
#ifdef CLOCK_MONOTONIC_COARSE
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return TimePoint(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
#else
  return std::chrono::steady_clock::now();
#endif
}

std::uint32_t seed() { return std::random_device{}(); }

}  // namespace

Core::Core(ConnectFunction connect, PoolOptions options, ClockFunction clock)
    : options_(std::move(options)), connect_(std::move(connect)), clock_(std::move(clock)), generator_(seed()) {}

std::shared_ptr<Core> Core::make(ConnectFunction connect, PoolOptions options, ClockFunction clock) {
  const std::shared_ptr<Core> core(new Core(std::move(connect), std::move(options), std::move(clock)));
  if (core->options_.eager) core->open_now();
  Guard guard(*core);
  if (!core->slots_.empty()) core->start_timekeeper();
  core->pump(guard, core->now());
  return core;
}

TimePoint Core::about_now() const { return clock_ ? clock_() : coarse_now(); }

void Core::wait(std::condition_variable& wake, std::unique_lock<std::mutex>& lock, TimePoint until) const {
  if (clock_) wake.wait_for(lock, std::min<Duration>(std::max(until - clock_(), Duration::zero()), kLookAtForeignClock));
  else if (until == TimePoint::max()) wake.wait(lock);
  else wake.wait_until(lock, until);
}

void Core::Guard::flush() noexcept {
  if (lock.owns_lock()) lock.unlock();
  for (LogLine& line : lines) log(line.level, line.event, std::move(line.message), std::move(line.fields));
  lines.clear();
  if (!served.empty()) deliver_all(std::exchange(served, {}));
}

// ---- Lending

Pool::Lease Core::acquire(const AcquireOptions& options, const SourceLocation& place) {
  const TimePoint since = now();
  Slot* slot;
  {
    const std::lock_guard lock(mutex_);
    slot = take_newest(since);
    if (slot) {
      lend(*slot, since, place);
      ++acquired_at_once_;
    }
  }
  if (!slot) return acquire_slowly(since, options, place);
  Pool::Lease lease(this, slot, slot->connection.get());
  if (log_enabled()) log_acquired(place);
  return lease;
}

void Core::log_acquired(const SourceLocation& place) const {
  LogLine line = acquired_line(options_.name, place, Duration::zero());
  log(line.level, line.event, std::move(line.message), std::move(line.fields));
}

Slot* Core::take_any_fresh(TimePoint now) {
  for (std::size_t i = idle_.size(); i-- > 0;) {
    if (now >= idle_[i]->fresh_until) continue;
    Slot* const slot = idle_[i];
    idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
    return slot;
  }
  return nullptr;
}

Pool::Lease Core::acquire_slowly(TimePoint since, const AcquireOptions& options, const SourceLocation& place) {
  const auto self = shared_from_this();  // the wait ends with an error, not in thin air, when the pool is destroyed meanwhile
  Waiter waiter;
  waiter.since = since;
  waiter.place = place;
  waiter.attempts = options.attempts.value_or(options_.acquire_attempts);
  const auto timeout = options.timeout.value_or(options_.acquire_timeout);
  waiter.deadline = since + std::min<std::chrono::milliseconds>(timeout, kLongestTimeout);
  const auto stop = [this, &waiter] {
    const std::lock_guard lock(mutex_);
    waiter.stopped = true;
    waiter.wake.notify_one();
  };
  // Made before and destroyed after the lock is held: it may call `stop` itself, and waits for a call that runs.
  std::optional<std::stop_callback<decltype(stop)>> on_stop;
  if (options.stop.stop_possible()) on_stop.emplace(options.stop, stop);
  {
    Guard guard(*this);
    wait_for_turn(guard, waiter, timeout);
    if (waiter.slot && log_enabled()) guard.note(acquired_line(options_.name, place, waiter.slot->acquired_at - since));
  }
  if (waiter.error) std::rethrow_exception(waiter.error);
  return Pool::Lease(this, waiter.slot, waiter.slot->connection.get());
}

void Core::wait_for_turn(Guard& guard, Waiter& waiter, std::chrono::milliseconds timeout) {
  if (closed_) std::rethrow_exception(closed(options_));
  if (waiters_.size() >= options_.max_waiting) std::rethrow_exception(full(options_));
  waiters_.push(waiter);
  for (;;) {
    const TimePoint time = now();
    waiter.woken = false;  // it looks now; whoever wakes it from here on must notify it
    pump(guard, time);
    // What it was given comes first: neither the deadline nor a stop may lose it.
    if (waiter.done) return;
    if (waiter.stopped) leave(waiter, cancelled());
    if (time >= waiter.deadline) {
      ++timed_out_;
      const auto error = timed_out(timeout, read_statistics(), opening_, last_error_);
      if (log_enabled()) guard.note(timed_out_line(options_.name, error));
      leave(waiter, error);
    }
    if (guard.has_work()) {
      guard.flush();
      guard.lock.lock();
      continue;
    }
    wait(waiter.wake, guard.lock, waiter.deadline);
  }
}

/// @pre pump() was called under this same lock: if it was this one that was woken to serve the queue, it has done so
void Core::leave(Waiter& waiter, const std::exception_ptr& error) {
  take_out(waiter);
  std::rethrow_exception(error);
}

Pool::Ticket Core::acquire_later(const AcquireOptions& options, Pool::AcquireHandler done, SourceLocation place) {
  if (!done) throw Error(ErrorCode::misuse, "acquire_later() needs a handler");
  auto waiter = std::make_shared<Waiter>();
  waiter->core = shared_from_this();
  waiter->handler = std::move(done);
  waiter->since = now();
  waiter->place = place;
  waiter->attempts = options.attempts.value_or(options_.acquire_attempts);
  waiter->timeout = options.timeout.value_or(options_.acquire_timeout);
  waiter->deadline = waiter->since + std::min<std::chrono::milliseconds>(waiter->timeout, kLongestTimeout);
  Guard guard(*this);
  if (closed_ || waiters_.size() >= options_.max_waiting) {
    waiter->error = closed_ ? closed(options_) : full(options_);
    waiter->done = true;
    guard.served.push_back(std::move(waiter));
    return {};
  }
  waiters_.push(*waiter);
  waiter->in_deadlines = deadlines_.emplace(waiter->deadline, waiter.get());
  waiter->self = waiter;
  pump(guard, waiter->since);
  Pool::Ticket ticket;
  ticket.waiter_ = waiter;
  if (!waiter->done) {
    start_timekeeper();
    wake_timekeeper(waiter->deadline);
  }
  return ticket;
}

bool Core::cancel(const Pool::Ticket& ticket) noexcept {
  const std::shared_ptr<Waiter> waiter = ticket.waiter_.lock();
  if (!waiter) return false;
  Core& core = *waiter->core;
  {
    Guard guard(core);
    if (waiter->done) return false;
    core.take_out(*waiter);
    waiter->self.reset();
    waiter->done = true;
    waiter->error = cancelled();
    core.pump(guard, core.now());
  }
  deliver(*waiter);
  return true;
}

// ---- Waiters

void Core::take_out(Waiter& waiter) {
  waiters_.remove(waiter);
  if (waiter.later()) deadlines_.erase(waiter.in_deadlines);
}

/// Gives the slot to the one who waits longest.
void Core::hand_over(Guard& guard, Slot& slot, TimePoint now) {
  Waiter& waiter = waiters_.front();
  take_out(waiter);
  lend(slot, now, waiter.place);
  ++acquired_after_wait_;
  wait_time_.add(now - waiter.since);
  waiter.slot = &slot;
  waiter.done = true;
  if (waiter.later()) guard.served.push_back(std::move(waiter.self));
  else waiter.wake.notify_one();
}

void Core::wake(Waiter& waiter) {
  if (std::exchange(waiter.woken, true)) return;
  waiter.wake.notify_one();
}

void Core::fail(Guard& guard, Waiter& waiter, const std::exception_ptr& error) {
  take_out(waiter);
  waiter.error = own_copy(error);
  waiter.done = true;
  if (waiter.later()) guard.served.push_back(std::move(waiter.self));
  else waiter.wake.notify_one();
}

void Core::fail_all(Guard& guard, const std::exception_ptr& error) {
  while (!waiters_.empty()) fail(guard, waiters_.front(), error);
}

void Core::deliver(Waiter& waiter) noexcept {
  Pool::Lease lease;
  if (waiter.slot) lease = Pool::Lease(waiter.core.get(), waiter.slot, waiter.slot->connection.get());
  // Moved out, so that what the handler holds is gone when it has run, however long the ticket is kept.
  const Pool::AcquireHandler handler = std::move(waiter.handler);
  handler(std::exchange(waiter.error, nullptr), std::move(lease));
}

// A handler that drops its lease serves the next waiter, whose handler may do the same: a loop here, where it would be a recursion without an end.
void Core::deliver_all(std::vector<std::shared_ptr<Waiter>> waiters) noexcept {
  thread_local std::deque<std::shared_ptr<Waiter>>* t_running = nullptr;
  if (t_running) {
    for (auto& waiter : waiters) t_running->push_back(std::move(waiter));
    return;
  }
  std::deque<std::shared_ptr<Waiter>> queue(std::make_move_iterator(waiters.begin()), std::make_move_iterator(waiters.end()));
  t_running = &queue;
  while (!queue.empty()) {
    const std::shared_ptr<Waiter> waiter = std::move(queue.front());
    queue.pop_front();
    deliver(*waiter);
  }
  t_running = nullptr;
}

// ---- Taking back

void Core::give_back(Slot& slot) noexcept {
  Connection& connection = *slot.connection;
  // Of a lease that nobody used it does not matter how long that took.
  const bool touched = connection.touched();
  const bool dirty = connection.in_transaction() || connection.cancel_pending() || (options_.reset_session && touched);
  const bool kept = connection.usable() && (!dirty || clean(connection));
  const TimePoint time = touched ? now() : about_now();
  std::unique_lock lock(mutex_);
  use_time_.add(time - slot.acquired_at);
  --in_use_;
  if (kept && waiters_.empty() && may_idle(slot, time)) make_idle(slot, time);
  else take_back_slowly(std::move(lock), slot, kept);
}

void Core::discard(Slot& slot) noexcept {
  std::unique_lock lock(mutex_);
  use_time_.add(now() - slot.acquired_at);
  --in_use_;
  take_back_slowly(std::move(lock), slot, false);
}

/// Undoes what the user left behind. @return false when it can not be: the connection must be closed
bool Core::clean(Connection& connection) noexcept {
  connection.rollback();
  if (!connection.usable() || !connection.settle_cancel()) return false;
  if (!options_.reset_session || !connection.touched()) return true;
  try {
    connection.reset();
  } catch (...) {
    if (log_enabled()) {
      log(LogLevel::warning, "connection.reset_failed", "pool '" + options_.name + "' could not reset a session and closes it: " + message_of(std::current_exception()), {{"pool", options_.name}});
    }
    return false;
  }
  return connection.usable();
}

void Core::take_back_slowly(std::unique_lock<std::mutex> lock, Slot& slot, bool kept) noexcept {
  Guard guard(std::move(lock));
  const TimePoint time = now();
  if (!kept && slot.connection->lost()) retire(guard, slot);
  slot.reason = kept ? reason_to_close(slot, time) : slot.connection->usable() ? "discarded" : slot.connection->lost() ? "lost" : "broken";
  if (slot.reason) {
    close_slot(guard, slot);
    return;
  }
  make_idle(slot, time);
  if (waiters_.empty()) return;
  Waiter& first = waiters_.front();
  if (first.later() || slot.fresh_until == TimePoint::min() || time - first.since >= options_.handoff_after) pump(guard, time);
  else wake(first);
}

/// Of a connection that works and belongs to nobody now; nullptr: it stays.
const char* Core::reason_to_close(const Slot& slot, TimePoint now) const {
  if (closed_) return "pool closed";
  if (now >= slot.expires) return "max_lifetime";
  return waiters_.empty() && !may_idle(slot, now) ? "overflow" : nullptr;
}

/// A connection was lost: all that are idle now probably are, too. What is lent is looked at when it comes back.
void Core::retire(Guard& guard, const Slot& lost) noexcept {
  if (lost.generation != generation_) return;  // that loss is known
  ++generation_;
  if (log_enabled()) guard.note(lost_line(options_.name, idle_.size()));
  suspect_ = true;
  for (Slot* const slot : idle_) queue_closing(*slot, "lost with another");
  idle_.clear();
}

}  // namespace millrace::pooling
