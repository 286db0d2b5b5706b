// What time brings: one thread, which never connects, checks or closes and so is always there. And the end of a pool.
#include <system_error>

#include "access/pool/core.hpp"

namespace millrace::pooling {

void Core::start_timekeeper() noexcept {
  if (has_timekeeper_ || closed_) return;
  try {
    start_thread(&Core::keep_time);
    has_timekeeper_ = true;
  } catch (const std::system_error&) {
    // Tried again with the next connection or acquire_later().
  }
}

void Core::keep_time() {
  Guard guard(*this);
  while (!closed_) {
    timer_due_ = run_timers(guard, now());
    if (guard.has_work()) {
      guard.flush();
      guard.lock.lock();
    } else {
      wait(timer_, guard.lock, timer_due_);
    }
  }
}

/// Does what is due. @return when to look again
TimePoint Core::run_timers(Guard& guard, TimePoint now) {
  TimePoint due = expire_waiters(guard, now);
  due = std::min(due, look_after_idle(now));
  due = std::min(due, report_leaks(guard, now));
  pump(guard, now);
  due = std::min(due, next_stall(now));
  if (next_attempt_ > now) due = std::min(due, next_attempt_);
  if (next_refill_ > now) due = std::min(due, next_refill_);
  return due;
}

TimePoint Core::expire_waiters(Guard& guard, TimePoint now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    Waiter& waiter = *deadlines_.begin()->second;
    ++timed_out_;
    const auto error = timed_out(waiter.timeout, read_statistics(), opening_, last_error_);
    if (log_enabled()) guard.note(timed_out_line(options_.name, error));
    fail(guard, waiter, error);
  }
  return deadlines_.empty() ? TimePoint::max() : deadlines_.begin()->first;
}

/// Closes what is idle for too long or too old, and keeps the rest alive.
TimePoint Core::look_after_idle(TimePoint now) {
  std::vector<Slot*> idle;
  idle.swap(idle_);
  idle_.reserve(idle.capacity());
  for (Slot* const slot : idle) {  // the longest idle first
    if (!leaves_idle(*slot, now)) idle_.push_back(slot);
  }
  if (slots_.empty()) return TimePoint::max();
  TimePoint due = soonest(now);
  for (const auto& slot : slots_) due = std::min(due, slot->expires > now ? slot->expires : due);
  for (const Slot* const slot : idle_) {
    due = std::min(due, end_of(slot->verified, options_.keepalive));
    const TimePoint idle_end = end_of(slot->idle_since, slot->max_idle);
    if (idle_end > now) due = std::min(due, idle_end);  // in the past: `min` keeps it
  }
  return due;
}

bool Core::leaves_idle(Slot& slot, TimePoint now) {
  if (now >= slot.expires) {
    queue_closing(slot, "max_lifetime");
  } else if (slots_.size() - closing_ > options_.min && now >= end_of(slot.idle_since, slot.max_idle)) {
    queue_closing(slot, "max_idle");
  } else if (now >= end_of(slot.verified, options_.keepalive)) {
    slot.state = SlotState::checking;
    ++checking_;
    jobs_.push(slot);
  } else {
    return false;
  }
  return true;
}

/// The earliest that something can be due for a connection that becomes idle, or is lent, from now on. The timekeeper looks again by then at the
/// latest, so that acquire() and the return of a lease need not wake it.
TimePoint Core::soonest(TimePoint now) const {
  return std::min({end_of(now, jittered(options_.max_idle, options_.jitter, 1.0)), end_of(now, options_.keepalive), end_of(now, options_.leak_report_after)});
}

TimePoint Core::report_leaks(Guard& guard, TimePoint now) {
  if (options_.leak_report_after.count() == 0) return TimePoint::max();
  TimePoint due = now + options_.leak_report_after;
  for (const auto& slot : slots_) {
    if (slot->state != SlotState::leased || slot->leak_reported) continue;
    const TimePoint end = slot->acquired_at + options_.leak_report_after;
    if (end > now) {
      due = std::min(due, end);
      continue;
    }
    slot->leak_reported = true;
    ++leaks_;
    if (log_enabled()) guard.note(leak_line(options_.name, slot->place, now - slot->acquired_at));
  }
  return due;
}

// ---- The end

bool Core::close(std::chrono::milliseconds timeout) {
  Guard guard(*this);
  const TimePoint deadline = now() + std::min<std::chrono::milliseconds>(timeout, std::chrono::hours(24 * 365));
  const bool first = !std::exchange(closed_, true);
  fail_all(guard, closed(options_));
  for (Slot* const slot : idle_) queue_closing(*slot, "pool closed");
  idle_.clear();
  work_.notify_all();
  timer_.notify_all();
  // The workers may hang in a connect: this thread ends what they have not begun.
  while (!jobs_.empty()) run(guard, jobs_.pop());
  guard.flush();
  guard.lock.lock();
  while (!slots_.empty() && now() < deadline) wait(drained_, guard.lock, deadline);
  const std::size_t left = slots_.size();
  if (first && log_enabled()) guard.note(pool_closed_line(options_.name, left));
  if (left == 0) join_threads(guard.lock);
  return left == 0;
}

/// All but the calling one, which ends by itself.
void Core::join_threads(std::unique_lock<std::mutex>& lock) {
  std::vector<std::thread> threads = std::exchange(threads_, {});
  lock.unlock();
  for (std::thread& thread : threads) {
    if (thread.get_id() == std::this_thread::get_id()) thread.detach();
    else thread.join();
  }
  lock.lock();
}

void Core::shut_down() {
  close(std::chrono::milliseconds(0));
  std::unique_lock lock(mutex_);
  join_threads(lock);
  if (!slots_.empty()) self_ = shared_from_this();
}

}  // namespace millrace::pooling
