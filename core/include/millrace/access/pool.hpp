#pragma once
// A pool of connections with leases.

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "millrace/access/connection.hpp"
#include "millrace/access/pool_statistics.hpp"
#include "millrace/access/source_location.hpp"

namespace millrace {

namespace pooling {
class Core;
struct Slot;
struct Waiter;
}  // namespace pooling

/// docs/pool.md explains each of these. A duration of 0 means "never" unless it says otherwise.
struct PoolOptions {
  std::string name = "millrace";                      ///< in logs and metrics
  std::size_t min = 0;                                ///< kept open, needed or not
  std::size_t size = 5;                               ///< most that are kept for reuse; >= 1, >= min
  std::size_t overflow = 10;                          ///< opened beyond size while they are needed, closed on return: size + overflow is the maximum
  std::size_t max_waiting = 10000;                    ///< acquires that may wait at once; another one fails with pool_full
  std::chrono::milliseconds acquire_timeout{30000};   ///< > 0
  int acquire_attempts = 0;                           ///< an acquire gives up after this many failed attempts to connect; 0 = at its deadline
  bool eager = false;                                 ///< the constructor opens `min` connections (at least one) and throws where it can not
  std::chrono::milliseconds check_after_idle{1000};   ///< idle longer than this: a ping before it is lent; 0 = at every acquire
  std::chrono::milliseconds check_timeout{5000};      ///< of that ping
  std::chrono::milliseconds max_idle{600000};         ///< idle longer: closed, down to min
  std::chrono::milliseconds max_lifetime{1800000};    ///< older: closed when it is idle, never while it is lent
  double jitter = 0.1;                                ///< share by which each connection's max_lifetime and max_idle are shortened at random
  std::chrono::milliseconds keepalive{120000};        ///< idle longer: a ping in the background
  bool reset_session = true;                          ///< settings, temporary tables and the like of a user are undone on return; false: only the transaction
  std::chrono::milliseconds leak_report_after{0};     ///< a lease out longer than this is logged once, with the place of its acquisition
  std::chrono::milliseconds reconnect_delay{50};      ///< after a failed attempt to connect; doubled up to reconnect_max, with jitter
  std::chrono::milliseconds reconnect_max{1000};
  std::chrono::milliseconds handoff_after{5};         ///< a waiter that waited this long gets the next connection before anybody who just came; 0 = always
  std::chrono::milliseconds close_timeout{10000};     ///< how long close() waits for leases that are out

  std::size_t max() const { return size + overflow; }
  /// @throws ConfigError  names the option that is out of range, as the JSON section "pool" calls it
  void validate() const;
};

struct AcquireOptions {
  std::optional<std::chrono::milliseconds> timeout;   ///< default: PoolOptions::acquire_timeout
  std::optional<int> attempts;                        ///< default: PoolOptions::acquire_attempts
  std::stop_token stop;                               ///< a requested stop ends the wait with Error{cancelled}
};

using ConnectFunction = std::function<std::unique_ptr<Connection>()>;
/// The clock is a seam for tests: a pool looks at one of its user's own every millisecond while it waits, since nobody tells it when that clock moves.
using ClockFunction = std::function<std::chrono::steady_clock::time_point()>;

/// Lends connections, one user at a time, in the order of asking. Connections are opened, checked and closed by the pool's own threads, so an
/// acquire's deadline holds however long a connect hangs.
///
/// One lost connection retires all idle ones at once; then one thread tries to connect again, with growing delays, while acquires wait for
/// their deadlines.
/// @thread_safety  Any thread.
class Pool {
 public:
  /// A connection on loan; returned by scope, closed when unusable. On return an open transaction is rolled back and the session is reset.
  /// A lease may outlive its pool.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept
        : core_(std::exchange(other.core_, nullptr)), slot_(std::exchange(other.slot_, nullptr)), connection_(std::exchange(other.connection_, nullptr)) {}
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { give_back(); }
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_; }
    explicit operator bool() const { return connection_ != nullptr; }
    void discard();    ///< closes the connection instead of returning it

   private:
    friend class pooling::Core;
    Lease(pooling::Core* core, pooling::Slot* slot, Connection* connection) : core_(core), slot_(slot), connection_(connection) {}
    void give_back() noexcept;
    pooling::Core* core_ = nullptr;
    pooling::Slot* slot_ = nullptr;
    Connection* connection_ = nullptr;
  };

  /// An acquire that is waiting. Dropping it does not cancel it.
  class Ticket {
   public:
    Ticket() = default;
    /// @return true  the wait is over: the handler is called with Error{cancelled} before this returns; false: it was served or failed already
    bool cancel() noexcept;
   private:
    friend class pooling::Core;
    std::weak_ptr<pooling::Waiter> waiter_;
  };
  /// Gets the lease or the error, once. Called without the pool's lock, from the pool's thread, a returning lease's or the caller's own; must not block or throw.
  using AcquireHandler = std::function<void(std::exception_ptr, Lease)>;

  /// @throws ConfigError  options out of range; with `eager` what connecting throws
  Pool(ConnectFunction connect, PoolOptions options, ClockFunction clock = {});
  ~Pool();  ///< close() without waiting for leases; a connect that is under way is waited for, since it uses what the connect function refers to
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// @throws PoolError        pool_timeout (prints the pool's state and why it could not connect), pool_full, pool_closed
  /// @throws ConnectionError  connecting fails for a reason that time does not heal (authentication), or `attempts` are used up
  /// @throws Error{cancelled}
  Lease acquire(const AcquireOptions& options = {}, SourceLocation place = SourceLocation::current());
  Lease acquire(std::chrono::milliseconds timeout, SourceLocation place = SourceLocation::current()) { return acquire(AcquireOptions{.timeout = timeout, .attempts = {}, .stop = {}}, place); }
  /// The same without a thread that waits; async_acquire (millrace/access/async.hpp) is the comfortable form. `options.stop` is not looked at.
  Ticket acquire_later(const AcquireOptions& options, AcquireHandler done, SourceLocation place = SourceLocation::current());

  /// Refuses new leases, fails those who wait, closes what is idle, and waits for what is out, up to the deadline. Idempotent.
  /// @return false when leases are still out; they close on return
  bool close() { return close(options().close_timeout); }
  bool close(std::chrono::milliseconds timeout);

  PoolStatistics statistics() const;
  const PoolOptions& options() const;

 private:
  std::shared_ptr<pooling::Core> core_;
};

}  // namespace millrace
