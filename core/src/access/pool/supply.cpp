// Supply: what the waiters get. The pool's workers open, check and close connections, each without the lock.
#include <algorithm>
#include <csignal>
#include <system_error>

#include "access/pool/core.hpp"

namespace millrace::pooling {
namespace {

// More would help nobody: a server that takes long to accept connections takes longer for many at once.
constexpr std::size_t kMaxWorkers = 4;

// The program's signals are for the program's threads.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

/// Serves whom it can, in order, and starts what the others need. Whoever changes what is idle, who waits or what is open calls it.
void Core::pump(Guard& guard, TimePoint now) noexcept {
  if (closed_) return;
  while (!waiters_.empty()) {
    Slot* const slot = take_any_fresh(now);
    if (!slot) break;
    hand_over(guard, *slot, now);
  }
  while (!idle_.empty() && waiters_.size() > opening_ + checking_) {  // all that are idle now must be checked first
    Slot& slot = *idle_.back();
    idle_.pop_back();
    if (now >= slot.expires) {
      queue_closing(slot, "max_lifetime");
      continue;
    }
    slot.state = SlotState::checking;
    ++checking_;
    jobs_.push(slot);
  }
  const Supply supply{slots_.size(), opening_, stalled(now), checking_, closing_, waiters_.size()};
  const Limits limits{options_.min, options_.max(), suspect_ || failures_ > 0, now >= next_attempt_, now >= next_refill_};
  for (std::size_t n = connections_to_open(supply, limits); n > 0; --n) begin_opening();
  if (!jobs_.empty()) summon_workers(guard);
}

void Core::summon_workers(Guard& guard) noexcept {
  try {
    while (idle_workers_ < jobs_.size() && workers_ < kMaxWorkers) {
      start_thread(&Core::work);
      ++workers_;
      ++idle_workers_;  // until it has looked for its first job
    }
  } catch (const std::system_error& error) {
    // The others will do. Without any, nobody would ever be served.
    if (workers_ == 0) fail_all(guard, no_thread(error.what()));
  }
  work_.notify_all();
}

void Core::start_thread(void (Core::*body)()) {
  const SignalsBlocked blocked;
  threads_.emplace_back([self = shared_from_this(), body] { (self.get()->*body)(); });
}

void Core::work() {
  Guard guard(*this);
  for (;;) {
    if (!jobs_.empty()) {
      --idle_workers_;
      run(guard, jobs_.pop());
      ++idle_workers_;
    } else if (guard.has_work()) {
      guard.flush();
      guard.lock.lock();
    } else if (closed_) {
      return;
    } else {
      work_.wait(guard.lock);
    }
  }
}

void Core::run(Guard& guard, Slot& slot) {
  switch (slot.state) {
    case SlotState::opening: run_opening(guard, slot); break;
    case SlotState::checking: run_check(guard, slot); break;
    default: close_slot(guard, slot);
  }
}

// ---- Opening

void Core::begin_opening() {
  slots_.reserve(slots_.size() + 1);
  idle_.reserve(slots_.size() + 1);  // a connection that comes back must not need memory
  auto slot = std::make_unique<Slot>();
  slot->generation = generation_;
  slot->round = round_;
  slot->index = slots_.size();
  jobs_.push(*slot);
  slots_.push_back(std::move(slot));
  ++opening_;
  start_timekeeper();
}

void Core::run_opening(Guard& guard, Slot& slot) {
  std::unique_ptr<Connection> connection;
  std::exception_ptr error;
  if (!closed_) {
    const TimePoint started = slot.opening_since = now();
    wake_timekeeper(stalls_at(slot));
    guard.flush();
    try {
      connection = connect_();
      if (!connection) throw Error(ErrorCode::misuse, "the pool's connect function returned no connection");
    } catch (...) {
      error = std::current_exception();
    }
    guard.lock.lock();
    if (connection) {
      opened(guard, slot, std::move(connection), started);
      return;
    }
  }
  const std::uint64_t round = slot.round;
  --opening_;
  remove(guard, slot);
  if (error) opening_failed(guard, round, error);
}

void Core::opened(Guard& guard, Slot& slot, std::unique_ptr<Connection> connection, TimePoint started) {
  const TimePoint time = now();
  --opening_;
  set_up(slot, std::move(connection), time);
  create_time_.add(time - started);
  if (log_enabled()) guard.note(opened_line(options_.name, slots_.size(), time - started));
  wake_timekeeper(std::min(slot.expires, soonest(time)));
  supply(guard, slot, time);
}

/// Attempts to connect that have taken for longer than any pause between two of them: their packets may be lost on the way to a server that is back by now,
/// and the next one need not wait for their end.
std::size_t Core::stalled(TimePoint now) const {
  if (opening_ == 0) return 0;
  return static_cast<std::size_t>(std::count_if(slots_.begin(), slots_.end(), [&](const auto& slot) { return slot->state == SlotState::opening && stalls_at(*slot) <= now; }));
}

TimePoint Core::next_stall(TimePoint now) const {
  TimePoint due = TimePoint::max();
  if (opening_ == 0) return due;
  for (const auto& slot : slots_) {
    if (slot->state == SlotState::opening && stalls_at(*slot) > now) due = std::min(due, stalls_at(*slot));
  }
  return due;
}

void Core::set_up(Slot& slot, std::unique_ptr<Connection> connection, TimePoint now) {
  slot.connection = std::move(connection);
  slot.idle_since = slot.verified = now;
  slot.expires = end_of(now, jittered(options_.max_lifetime, options_.jitter, random()));
  slot.max_idle = jittered(options_.max_idle, options_.jitter, random());
  ++opened_;
  suspect_ = false;
  failures_ = 0;
  next_attempt_ = next_refill_ = TimePoint::min();
  last_error_.clear();
}

void Core::opening_failed(Guard& guard, std::uint64_t round, const std::exception_ptr& error) {
  ++open_failures_;
  const TimePoint time = now();
  const bool heals = may_heal(error);
  last_error_ = message_of(error);
  if (round == round_) {  // attempts that ran side by side and failed together are one
    ++round_;
    ++failures_;
    const Duration delay = reconnect_delay(failures_, options_.reconnect_delay, options_.reconnect_max, random());
    next_refill_ = time + delay;
    if (heals) next_attempt_ = next_refill_;
    if (log_enabled()) guard.note(failed_line(options_.name, last_error_, failures_, delay));
    for (Waiter *waiter = waiters_.empty() ? nullptr : &waiters_.front(), *behind = nullptr; waiter; waiter = behind) {
      behind = waiter->behind;
      ++waiter->failures;
      if (!heals || (waiter->attempts > 0 && waiter->failures >= waiter->attempts)) fail(guard, *waiter, error);
    }
    wake_timekeeper(next_refill_);
  } else if (!heals) {
    fail_all(guard, error);
  }
  pump(guard, time);
}

/// The constructor's: in the calling thread, nothing else is going on.
void Core::open_now() {
  Guard guard(*this);
  for (std::size_t i = 0; i < std::max<std::size_t>(options_.min, 1); ++i) {
    const TimePoint started = now();
    auto connection = connect_();
    if (!connection) throw Error(ErrorCode::misuse, "the pool's connect function returned no connection");
    auto slot = std::make_unique<Slot>();
    slot->index = slots_.size();
    const TimePoint time = now();
    set_up(*slot, std::move(connection), time);
    create_time_.add(time - started);
    idle_.reserve(slots_.size() + 1);
    slots_.push_back(std::move(slot));
    make_idle(*slots_.back(), time);
    if (log_enabled()) guard.note(opened_line(options_.name, slots_.size(), time - started));
  }
}

// ---- Checking and closing

void Core::run_check(Guard& guard, Slot& slot) {
  if (closed_) {
    --checking_;
    slot.reason = "pool closed";
    close_slot(guard, slot);
    return;
  }
  const std::uint64_t generation = generation_;
  const TimePoint started = now();
  std::exception_ptr error;
  guard.flush();
  try {
    slot.connection->ping(options_.check_timeout);
  } catch (...) {
    error = std::current_exception();
  }
  guard.lock.lock();
  const TimePoint time = now();
  --checking_;
  if (log_enabled()) guard.note(checked_line(options_.name, time - started, error ? message_of(error) : std::string()));
  if (error || !slot.connection->usable()) {
    retire(guard, slot);  // a server that does not answer on one will hardly answer on the others
    slot.reason = "check failed";
    close_slot(guard, slot);
    return;
  }
  slot.generation = generation;
  slot.verified = time;
  supply(guard, slot, time);
}

/// A connection that works has come: to the first who waits, or to the idle ones.
void Core::supply(Guard& guard, Slot& slot, TimePoint now) {
  const bool current = slot.generation == generation_;
  slot.reason = reason_to_close(slot, now);
  if (slot.reason) {
    close_slot(guard, slot);
    return;
  }
  if (current && !waiters_.empty()) hand_over(guard, slot, now);
  else insert_idle(slot);
  pump(guard, now);
}

void Core::insert_idle(Slot& slot) {
  slot.state = SlotState::idle;
  slot.fresh_until = end_of_freshness(slot);
  auto at = idle_.end();
  while (at != idle_.begin() && (*std::prev(at))->idle_since > slot.idle_since) --at;
  idle_.insert(at, &slot);
}

void Core::queue_closing(Slot& slot, const char* reason) {
  slot.state = SlotState::closing;
  slot.reason = reason;
  ++closing_;
  jobs_.push(slot);
}

/// Closes in this thread. The slot counts until that is done: the server still has the connection.
void Core::close_slot(Guard& guard, Slot& slot) {
  if (slot.state != SlotState::closing) {
    slot.state = SlotState::closing;
    ++closing_;
    pump(guard, now());
  }
  guard.flush();
  slot.connection.reset();
  guard.lock.lock();
  --closing_;
  ++closed_count_;
  if (log_enabled()) guard.note(closed_line(options_.name, slots_.size() - 1, slot.reason));
  remove(guard, slot);
  pump(guard, now());
}

void Core::remove(Guard& guard, Slot& slot) {
  const std::size_t index = slot.index;
  std::swap(slots_[index], slots_.back());
  slots_[index]->index = index;
  slots_.pop_back();
  if (!slots_.empty()) return;
  if (closed_) drained_.notify_all();
  if (self_) guard.keep(std::move(self_));
}

}  // namespace millrace::pooling
