#pragma once
// What ends a statement before its time: its time-out, the wait for a lock, cancel().

#include <atomic>
#include <chrono>
#include <optional>
#include <utility>

#include "millrace/access/error.hpp"

struct sqlite3;

namespace millrace::sqlite {

/// The busy handler and the progress handler of a session. SQLite's own busy time-out knows neither of time-outs nor of cancels.
/// @thread_safety  One thread at a time, except cancel().
class StatementLimits {
 public:
  using Clock = std::chrono::steady_clock;
  using Deadline = std::optional<Clock::time_point>;

  /// @param db  outlives the last statement that is run under these limits
  explicit StatementLimits(::sqlite3* db);
  StatementLimits(const StatementLimits&) = delete;
  StatementLimits& operator=(const StatementLimits&) = delete;

  /// Installs the busy handler, which `PRAGMA busy_timeout` replaces.
  void set_lock_timeout(std::chrono::milliseconds timeout);
  /// Of each statement; 0 = none.
  void set_statement_timeout(std::chrono::milliseconds timeout) { session_timeout_ = timeout; }
  /// Goes before the session's until it is taken back by nothing.
  void set_transaction_timeout(std::optional<std::chrono::milliseconds> timeout) { transaction_timeout_ = timeout; }

  /// When a statement that starts now has to end.
  Deadline deadline() const;
  /// Ends the running statement. Any thread; without one nothing happens.
  void cancel() noexcept;

  /// Runs a part of a statement under its deadline.
  /// @throws Error{statement_timeout, cancelled} instead of what SQLite says then, which may be that a lock was not to be had
  template <class F> auto run(Deadline deadline, F&& call) {
    const Running running(*this, deadline);
    try {
      return call();
    } catch (const Error& error) {
      rethrow(error);
    }
  }
  template <class F> auto run(F&& call) { return run(deadline(), std::forward<F>(call)); }

 private:
  class Running {
   public:
    Running(StatementLimits& limits, Deadline deadline);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
   private:
    StatementLimits& limits_;
  };

  std::chrono::milliseconds timeout() const { return transaction_timeout_.value_or(session_timeout_); }
  bool is_over() const { return deadline_ && Clock::now() >= *deadline_; }
  [[noreturn]] void rethrow(const Error& error) const;
  static int on_progress(void* limits) noexcept;
  static int on_busy(void* limits, int attempt) noexcept;

  ::sqlite3* const db_;
  std::chrono::milliseconds lock_timeout_{0};
  std::chrono::milliseconds session_timeout_{0};
  std::optional<std::chrono::milliseconds> transaction_timeout_;
  bool running_ = false;
  Deadline deadline_;                  // of what is running
  Clock::time_point waiting_since_;    // for a lock
  std::atomic<bool> cancelled_ = false;
};

}  // namespace millrace::sqlite
