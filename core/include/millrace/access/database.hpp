#pragma once
// A database as an application uses it: a pool, sessions with retry, health.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "millrace/access/database_config.hpp"
#include "millrace/access/driver.hpp"
#include "millrace/access/pool.hpp"
#include "millrace/access/retry.hpp"

namespace millrace {

struct SessionOptions {
  TransactionOptions transaction;        ///< isolation, read_only, statement_timeout
  AcquireOptions acquire;                ///< its `stop` also ends the waits between retries
  std::optional<RetryPolicy> retry;      ///< instead of the database's
};

/// A leased connection inside a transaction. It rolls back unless commit() was called.
/// @thread_safety  One thread at a time.
class Session {
 public:
  Session(Session&&) noexcept = default;
  Session& operator=(Session&&) = delete;
  Connection& operator*() const { return *lease_; }
  Connection* operator->() const { return &*lease_; }
  Connection& connection() const { return *lease_; }
  /// @throws like Connection::commit(); Error{misuse} after the end, and inside with_session(), which commits by itself
  void commit();
  void rollback() noexcept;

 private:
  friend class Database;
  friend class AsyncDatabase;
  Session(Pool::Lease lease, const TransactionOptions& options);

  /// with_session()'s part: fn, then the commit, unless fn has rolled back.
  /// @throws what fn throws; an Error that is safe to retry only where all of it can run again, and sets `replayable`
  template <class F> auto run(F& fn, bool& replayable) -> std::invoke_result_t<F&, Session&>;
  void complete();
  /// @pre inside the catch block that caught `error`
  [[noreturn]] void rethrow(const Error& error, bool& replayable) const;

  Pool::Lease lease_;
  std::unique_ptr<Transaction> transaction_;  // behind the lease: it ends first
  std::uint64_t irrevocable_ = 0;             // of the connection, when the transaction began
  bool completed_by_owner_ = false;           // inside with_session()
  bool rolled_back_ = false;
};

struct Health {
  bool ok = false;
  std::chrono::microseconds latency{0};  ///< of the acquire and the query together
  std::string reason;                    ///< why it is not ok; one sentence without secrets
};

/// One object per database, made at start-up and handed to whoever needs it: there is no hidden global one. Open again after close() by making a new one.
/// docs/sessions.md tells the whole of it.
/// @thread_safety  Any thread.
class Database {
 public:
  /// @throws ConfigError  before anything is opened; with config.pool.eager also what connecting throws
  static Database open(const DatabaseConfig& config, const DriverRegistry& drivers);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();  ///< leases that are out stay usable, and close on return

  /// Calls fn(Session&), commits when it returns, rolls back when it throws. The whole of it is run again, on another session, when the
  /// error is transient: fn must be able to run more than once. It is not run again when a rollback did not undo everything: a commit in doubt,
  /// statements outside the transaction, a copy from a range that can be read only once.
  /// @throws what fn throws, RetryError, InDoubtError, PoolError
  template <class F> auto with_session(F&& fn, const SessionOptions& options = {}, SourceLocation place = SourceLocation::current()) -> std::invoke_result_t<F&, Session&>;
  /// A session by scope. Only its opening is retried: the lease and the BEGIN.
  /// @throws RetryError, PoolError, ConnectionError, DatabaseError
  Session session(const SessionOptions& options = {}, SourceLocation place = SourceLocation::current());

  /// Acquires a connection and pings it, within the time-out. Never throws for a sick server or a busy pool, and never retries.
  Health health_check(std::chrono::milliseconds timeout = std::chrono::seconds(5)) noexcept;
  /// Refuses new sessions and waits for those that are out. Idempotent.
  /// @return false when leases were still out at the deadline (config.pool.close_timeout)
  bool close();

  Pool& pool() const;
  const DatabaseConfig& config() const;
  const Driver& driver() const;

 private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  State& state() const;
  Session open_session(const SessionOptions& options, SourceLocation place);
  RetryPolicy policy(const SessionOptions& options) const;
  /// The same, where nothing is retried once `replayable` is false.
  RetryPolicy policy(const SessionOptions& options, const bool& replayable) const;
  std::unique_ptr<State> state_;
};

template <class F> auto Session::run(F& fn, bool& replayable) -> std::invoke_result_t<F&, Session&> {
  using Result = std::invoke_result_t<F&, Session&>;
  completed_by_owner_ = true;
  try {
    if constexpr (std::is_void_v<Result>) {
      fn(*this);
      complete();
    } else {
      Result result = fn(*this);
      complete();
      return static_cast<Result&&>(result);
    }
  } catch (const Error& error) {
    rethrow(error, replayable);
  }
}

template <class F> auto Database::with_session(F&& fn, const SessionOptions& options, SourceLocation place) -> std::invoke_result_t<F&, Session&> {
  bool replayable = true;
  const auto once = [&]() -> std::invoke_result_t<F&, Session&> { return open_session(options, place).run(fn, replayable); };
  return retry(policy(options, replayable), once, RetryEnvironment::real(options.acquire.stop));
}

}  // namespace millrace
