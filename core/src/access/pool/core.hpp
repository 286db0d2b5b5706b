#pragma once
// The inside of a pool. docs/pool.md says what it does, docs/decisions/0011 why in this way.

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "access/pool/messages.hpp"
#include "access/pool/parts.hpp"

namespace millrace::pooling {

/// One mutex guards everything. Connecting, checking, closing, handlers and log lines run without it.
///
/// Shared by the pool, its threads and its tickets; leases hold a bare pointer, and when leases outlive the pool the core owns itself until the last one is back.
class Core : public std::enable_shared_from_this<Core> {
 public:
  /// @throws what connecting throws, when options.eager
  static std::shared_ptr<Core> make(ConnectFunction connect, PoolOptions options, ClockFunction clock);

  Pool::Lease acquire(const AcquireOptions& options, const SourceLocation& place);
  Pool::Ticket acquire_later(const AcquireOptions& options, Pool::AcquireHandler done, SourceLocation place);
  static bool cancel(const Pool::Ticket& ticket) noexcept;
  void give_back(Slot& slot) noexcept;
  void discard(Slot& slot) noexcept;
  bool close(std::chrono::milliseconds timeout);
  /// For the pool's destructor: closes, ends the threads, and leaves the core to the leases that are out.
  void shut_down();
  PoolStatistics statistics() const;
  const PoolOptions& options() const { return options_; }

 private:
  class Guard;
  friend class Guard;

  Core(ConnectFunction connect, PoolOptions options, ClockFunction clock);
  TimePoint now() const { return clock_ ? clock_() : std::chrono::steady_clock::now(); }
  TimePoint about_now() const;
  void wait(std::condition_variable& wake, std::unique_lock<std::mutex>& lock, TimePoint until) const;
  double random() { return std::uniform_real_distribution<double>(0.0, 1.0)(generator_); }

  // Lending and taking back (core.cpp)
  Slot* take_newest(TimePoint now);
  Slot* take_any_fresh(TimePoint now);
  void lend(Slot& slot, TimePoint now, const SourceLocation& place);
  void log_acquired(const SourceLocation& place) const;
  Pool::Lease acquire_slowly(TimePoint since, const AcquireOptions& options, const SourceLocation& place);
  void wait_for_turn(Guard& guard, Waiter& waiter, std::chrono::milliseconds timeout);
  [[noreturn]] void leave(Waiter& waiter, const std::exception_ptr& error);
  void hand_over(Guard& guard, Slot& slot, TimePoint now);
  void wake(Waiter& waiter);
  void fail(Guard& guard, Waiter& waiter, const std::exception_ptr& error);
  void fail_all(Guard& guard, const std::exception_ptr& error);
  void take_out(Waiter& waiter);
  static void deliver(Waiter& waiter) noexcept;
  static void deliver_all(std::vector<std::shared_ptr<Waiter>> waiters) noexcept;
  bool clean(Connection& connection) noexcept;
  bool may_idle(const Slot& slot, TimePoint now) const { return !closed_ && slots_.size() - closing_ <= options_.size && now < slot.expires; }
  void make_idle(Slot& slot, TimePoint now);
  TimePoint end_of_freshness(const Slot& slot) const;
  void insert_idle(Slot& slot);
  [[gnu::noinline]] void take_back_slowly(std::unique_lock<std::mutex> lock, Slot& slot, bool kept) noexcept;
  const char* reason_to_close(const Slot& slot, TimePoint now) const;
  void retire(Guard& guard, const Slot& lost) noexcept;

  // Supply: the pool's workers open, check and close (supply.cpp)
  void pump(Guard& guard, TimePoint now) noexcept;
  void summon_workers(Guard& guard) noexcept;
  void work();
  void run(Guard& guard, Slot& slot);
  void begin_opening();
  void run_opening(Guard& guard, Slot& slot);
  void opened(Guard& guard, Slot& slot, std::unique_ptr<Connection> connection, TimePoint started);
  void opening_failed(Guard& guard, std::uint64_t round, const std::exception_ptr& error);
  void run_check(Guard& guard, Slot& slot);
  void supply(Guard& guard, Slot& slot, TimePoint now);
  void queue_closing(Slot& slot, const char* reason);
  void close_slot(Guard& guard, Slot& slot);
  void remove(Guard& guard, Slot& slot);
  void set_up(Slot& slot, std::unique_ptr<Connection> connection, TimePoint now);
  void open_now();

  // What time brings (maintenance.cpp)
  void start_timekeeper() noexcept;
  void keep_time();
  TimePoint run_timers(Guard& guard, TimePoint now);
  TimePoint expire_waiters(Guard& guard, TimePoint now);
  TimePoint look_after_idle(TimePoint now);
  bool leaves_idle(Slot& slot, TimePoint now);
  TimePoint soonest(TimePoint now) const;
  TimePoint report_leaks(Guard& guard, TimePoint now);
  TimePoint stalls_at(const Slot& slot) const { return slot.opening_since == TimePoint::max() ? TimePoint::max() : slot.opening_since + options_.reconnect_max; }
  std::size_t stalled(TimePoint now) const;
  TimePoint next_stall(TimePoint now) const;
  void wake_timekeeper(TimePoint due) { if (due < timer_due_) timer_.notify_one(); }
  void start_thread(void (Core::*body)());
  void join_threads(std::unique_lock<std::mutex>& lock);

  PoolStatistics read_statistics() const;

  const PoolOptions options_;
  const ConnectFunction connect_;
  const ClockFunction clock_;            ///< empty: the steady clock, without a call through a std::function

  mutable std::mutex mutex_;
  std::vector<Slot*> idle_;              ///< by idle_since; the newest, at the end, is lent first, so that the others can idle out
  WaiterQueue waiters_;
  std::size_t in_use_ = 0;
  std::uint64_t acquired_at_once_ = 0;
  std::uint64_t acquired_after_wait_ = 0;
  Histogram wait_time_;                  ///< of those who waited
  Histogram use_time_;
  bool closed_ = false;

  std::vector<std::unique_ptr<Slot>> slots_;
  std::size_t opening_ = 0, checking_ = 0, closing_ = 0;
  std::uint64_t generation_ = 0;         ///< one more with every detected loss: what is older must be checked
  std::multimap<TimePoint, Waiter*> deadlines_;   ///< of acquire_later
  std::shared_ptr<Core> self_;           ///< set when leases outlive the pool

  bool suspect_ = false;                 ///< a loss was detected and no connection opened since
  int failures_ = 0;                     ///< attempts to connect in a row
  std::uint64_t round_ = 0;              ///< of attempts: those that failed together count once
  TimePoint next_attempt_ = TimePoint::min();     ///< none before this
  TimePoint next_refill_ = TimePoint::min();      ///< none for `min` before this
  std::string last_error_;               ///< of connecting; empty after a success

  SlotQueue jobs_;
  std::vector<std::thread> threads_;
  std::size_t workers_ = 0, idle_workers_ = 0;
  bool has_timekeeper_ = false;
  TimePoint timer_due_ = TimePoint::max();
  std::condition_variable work_, timer_, drained_;

  std::uint64_t opened_ = 0, closed_count_ = 0, open_failures_ = 0, timed_out_ = 0, leaks_ = 0;
  Histogram create_time_;
  std::minstd_rand generator_;
};

/// The pool's lock, and what must wait until it is released: handlers, log lines, the end of the core itself.
class Core::Guard {
 public:
  explicit Guard(Core& core) : lock(core.mutex_) {}
  explicit Guard(std::unique_lock<std::mutex> held) : lock(std::move(held)) {}
  ~Guard() { flush(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  /// Releases the lock and does what waited for it.
  void flush() noexcept;
  bool has_work() const { return !served.empty() || !lines.empty(); }
  void note(LogLine line) { lines.push_back(std::move(line)); }

 private:
  std::shared_ptr<Core> last_;  // destroyed after the lock

 public:
  std::unique_lock<std::mutex> lock;
  std::vector<std::shared_ptr<Waiter>> served;
  std::vector<LogLine> lines;
  void keep(std::shared_ptr<Core> core) { last_ = std::move(core); }
};

// ---- The hot path's parts

// A newcomer may pass those who began to wait a moment ago: one of them was woken and will look at the queue, but that takes a switch of threads, in
// which the connection would lie idle. Whoever waited for handoff_after is served first.
inline Slot* Core::take_newest(TimePoint now) {
  if (idle_.empty()) return nullptr;
  Slot* const slot = idle_.back();
  if (now >= slot->fresh_until) return nullptr;
  if (!waiters_.empty() && now - waiters_.front().since >= options_.handoff_after) return nullptr;
  idle_.pop_back();
  return slot;
}

inline void Core::lend(Slot& slot, TimePoint now, const SourceLocation& place) {
  slot.state = SlotState::leased;
  slot.acquired_at = now;
  slot.place = place;
  slot.leak_reported = false;
  ++in_use_;
}

inline void Core::make_idle(Slot& slot, TimePoint now) {
  slot.state = SlotState::idle;
  slot.idle_since = slot.verified = now;
  slot.fresh_until = end_of_freshness(slot);
  idle_.push_back(&slot);
}

/// Before it the idle slot may be lent without a check.
inline TimePoint Core::end_of_freshness(const Slot& slot) const {
  const bool needs_check = options_.check_after_idle.count() == 0 || slot.generation != generation_;
  return needs_check ? TimePoint::min() : std::min<TimePoint>(slot.verified + options_.check_after_idle, slot.expires);
}

}  // namespace millrace::pooling
