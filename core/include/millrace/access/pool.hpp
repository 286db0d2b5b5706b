#pragma once
// A pool of connections with leases.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "millrace/access/connection.hpp"

namespace millrace {

struct PoolOptions {
  std::size_t size = 5;                               ///< most connections open at once; >= 1
  std::chrono::milliseconds acquire_timeout{30000};
};
using ConnectFunction = std::function<std::unique_ptr<Connection>()>;
/// The clock is a seam for tests.
using ClockFunction = std::function<std::chrono::steady_clock::time_point()>;

/// Opens connections as they are needed, up to its size, and hands them out one user at a time.
/// @thread_safety  Any thread.
class Pool {
 public:
  /// A connection on loan; returned by scope, discarded when poisoned. An open transaction is rolled back on return.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), connection_(std::move(other.connection_)) {}
    Lease& operator=(Lease&& other) noexcept { give_back(); pool_ = std::exchange(other.pool_, nullptr); connection_ = std::move(other.connection_); return *this; }
    ~Lease() { give_back(); }
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }
    explicit operator bool() const { return connection_ != nullptr; }
    void discard();    ///< closes the connection instead of returning it

   private:
    friend class Pool;
    Lease(Pool* pool, std::unique_ptr<Connection> connection) : pool_(pool), connection_(std::move(connection)) {}
    void give_back() noexcept;
    Pool* pool_ = nullptr;
    std::unique_ptr<Connection> connection_;
  };

  Pool(ConnectFunction connect, PoolOptions options, ClockFunction clock = &std::chrono::steady_clock::now);
  ~Pool();  ///< @pre no lease is out
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// @throws PoolError        no connection within the time-out (prints idle / in use / waiting), or the pool is closed
  /// @throws ConnectionError  a new connection could not be opened
  Lease acquire();
  Lease acquire(std::chrono::milliseconds timeout);
  /// Closes idle connections and refuses new leases; leases that are out close on return.
  void close();

  struct State { std::size_t idle, in_use, waiting; bool closed; };
  State state() const;

 private:
  Lease lease_idle();                                    // @pre an idle connection, the lock held
  Lease open_new(std::unique_lock<std::mutex>& lock);    // @pre a free slot; unlocks
  void take_back(std::unique_ptr<Connection> connection) noexcept;

  const ConnectFunction connect_;
  const PoolOptions options_;
  const ClockFunction clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t in_use_ = 0;
  std::size_t waiting_ = 0;
  bool closed_ = false;
};

}  // namespace millrace
