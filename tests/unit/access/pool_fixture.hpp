#pragma once
// A pool over fake connections and a clock that the test moves.

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "millrace/access/pool.hpp"
#include "millrace/testing/fake_connection.hpp"

namespace millrace::test {

/// Waits for what other threads are about to do. The limit is for broken code only.
template <class Predicate> bool eventually(Predicate&& predicate) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!predicate()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

struct PoolFixture {
  testing::FakeDatabase database;
  std::atomic<std::int64_t> now_ms = 0;
  std::atomic<bool> connects_wait = false;   ///< a connect does not come back
  std::atomic<int> connecting = 0;           ///< that are under way
  std::unique_ptr<Pool> pool;

  /// Holds for a test that says nothing else: nothing is checked, ended or kept alive by itself.
  static PoolOptions plain(std::size_t size, std::size_t overflow = 0) {
    PoolOptions options;
    options.size = size;
    options.overflow = overflow;
    options.check_after_idle = std::chrono::hours(1000);
    options.max_idle = options.max_lifetime = options.keepalive = std::chrono::milliseconds(0);
    options.jitter = 0;
    return options;
  }
  void make(PoolOptions options) {
    pool = std::make_unique<Pool>([this] { return connect(); }, std::move(options), [this] { return time(); });
  }
  ~PoolFixture() {
    connects_wait = false;
    pool.reset();
  }

  std::unique_ptr<Connection> connect() {
    ++connecting;
    while (connects_wait) std::this_thread::yield();
    --connecting;
    return database.connect();
  }
  std::chrono::steady_clock::time_point time() const { return std::chrono::steady_clock::time_point(std::chrono::milliseconds(now_ms)); }
  void advance(std::chrono::milliseconds by) { now_ms += by.count(); }
  PoolStatistics statistics() const { return pool->statistics(); }
  bool waiting(std::size_t count) const {
    return eventually([&] { return statistics().waiting == count; });
  }
  /// An error of connecting that time may heal, or not.
  void refuse(int times = 1, bool heals = true) {
    ErrorInfo info;
    info.code = heals ? ErrorCode::connection_refused : ErrorCode::authentication;
    info.message = heals ? "refused" : "wrong password";
    info.safe_to_retry = heals;
    for (int i = 0; i < times; ++i) database.fail("connect", info);
  }
  /// The server is gone, as this connection notices.
  void lose(Connection& connection) {
    ErrorInfo info;
    info.code = ErrorCode::connection_lost;
    info.poisons_connection = true;
    database.fail("query lost", info);
    try {
      connection.query("lost");
    } catch (const ConnectionError&) {
    }
  }
};

/// An acquire in a thread of its own.
class Acquirer {
 public:
  explicit Acquirer(Pool& pool, AcquireOptions options = {}) {
    thread_ = std::thread([this, &pool, options] {
      try {
        lease_ = pool.acquire(options);
      } catch (...) {
        error_ = std::current_exception();
      }
      done_ = true;
    });
  }
  ~Acquirer() {
    if (thread_.joinable()) thread_.join();
  }
  bool done() const { return done_; }
  /// @throws what the acquire threw
  Pool::Lease take() {
    thread_.join();
    if (error_) std::rethrow_exception(error_);
    return std::move(lease_);
  }

 private:
  Pool::Lease lease_;
  std::exception_ptr error_;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

}  // namespace millrace::test
