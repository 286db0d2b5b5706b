#pragma once
// What async.hpp stands on, without Boost. Nothing in here is for users.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

#include "millrace/access/database.hpp"

namespace millrace::detail {

class AsyncEngine;

std::shared_ptr<AsyncEngine> make_async_engine(Database& database);
Database& database_of(AsyncEngine& engine);
/// Cancels what is under way, waits until all of it has completed, and ends the threads.
void shut_down(AsyncEngine& engine) noexcept;

Error cancelled_error();
/// Why a database is not healthy, when its check failed with this error.
Health sick(AsyncEngine& engine, const std::exception_ptr& error, std::chrono::steady_clock::duration latency);

/// What an operation needs before its code can run.
enum class AsyncNeeds : unsigned char {
  lease,             ///< nothing but a lease: run() only keeps it
  lease_and_thread,  ///< a lease, and then one of the engine's threads for blocking calls
  waiting_thread     ///< no lease, and the thread on which the engine waits for slow things
};

struct AsyncOptions {
  AsyncNeeds needs = AsyncNeeds::lease_and_thread;
  AcquireOptions acquire;
  std::optional<RetryPolicy> retry;  ///< run again after a transient error
  SourceLocation place;
};

/// An operation: waits for its lease without a thread, runs blocking code on one of the engine's, perhaps again after a delay, and completes once.
///
/// The state says who may act next; every change of it is made under the lock, everything that blocks or calls others without it.
class AsyncOperation : public std::enable_shared_from_this<AsyncOperation> {
 public:
  virtual ~AsyncOperation() = default;
  AsyncOperation(const AsyncOperation&) = delete;
  AsyncOperation& operator=(const AsyncOperation&) = delete;

  /// Never completes before it returns on the caller's stack: complete() hands over to an executor.
  void start();
  /// Any thread, at any time, any number of times; never blocks.
  void cancel() noexcept;

  /// While it lives, a cancel() goes to the connection. Its end waits for a request that is on its way, so that none can reach a connection that
  /// has been returned.
  class Cancellable {
   public:
    /// @throws Error{cancelled}  it was cancelled before
    Cancellable(AsyncOperation& operation, Connection& connection);
    ~Cancellable();
    Cancellable(const Cancellable&) = delete;
    Cancellable& operator=(const Cancellable&) = delete;

   private:
    AsyncOperation& operation_;
  };

  /// @throws Error{cancelled}
  void throw_if_cancelled() const;
  std::chrono::steady_clock::duration age() const { return std::chrono::steady_clock::now() - made_; }

 protected:
  AsyncOperation(std::shared_ptr<AsyncEngine> engine, AsyncOptions options);
  bool cancel_requested() const;

 private:
  virtual void run(Pool::Lease lease) = 0;
  /// Hands the result of run(), or the error, to whoever waits for it. Called once.
  virtual void complete(std::exception_ptr error) noexcept = 0;

  struct Cancel {
    std::weak_ptr<AsyncOperation> operation;
    void operator()() const noexcept { if (const auto o = operation.lock()) o->cancel(); }
  };
  enum class State : unsigned char { starting, waiting, queued, running, settled, delayed, finished };

  void request_lease();
  void acquired(std::exception_ptr error, Pool::Lease lease);
  void step();
  void failed(std::exception_ptr error);
  std::optional<std::chrono::milliseconds> replay_after(std::exception_ptr& error);
  void wait_for_replay(std::chrono::milliseconds delay);
  void send_cancel();
  void finish(std::exception_ptr error) noexcept;
  template <class Lane> void post_step(Lane& lane) noexcept;

  const std::shared_ptr<AsyncEngine> engine_;
  const AsyncOptions options_;
  const std::chrono::steady_clock::time_point made_ = std::chrono::steady_clock::now();
  std::optional<RetryState> retry_;
  Pool::Lease lease_;                        // between acquired() and step(), which the state keeps apart

  mutable std::mutex mutex_;
  State state_ = State::starting;
  bool cancelled_ = false;
  Pool::Ticket ticket_;                      // of the wait that is numbered waits_
  std::uint64_t waits_ = 0;
  Connection* connection_ = nullptr;         // while State::running
  bool sending_cancel_ = false;
  std::chrono::milliseconds resend_after_{100};
  std::condition_variable cancel_sent_;
  std::optional<std::stop_callback<Cancel>> on_stop_;
};

}  // namespace millrace::detail
