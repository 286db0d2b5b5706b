#pragma once
// An AsyncDatabase over a scripted one, for its unit tests.

#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/async.hpp"
#include "millrace/testing/fake_connection.hpp"
#include "millrace/testing/fault_driver.hpp"

namespace millrace::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::Fault;
using testing::FaultCall;

inline DatabaseConfig fake_config(std::size_t connections) {
  DatabaseConfig config = DatabaseConfig::from_url("fake://");
  config.pool.size = connections;
  config.pool.overflow = 0;
  config.pool.acquire_timeout = 20s;
  config.pool.close_timeout = 10s;
  config.retry.initial_delay = 1ms;
  config.retry.jitter = false;
  return config;
}

struct AsyncFixture {
  testing::FakeDatabase fake;
  std::shared_ptr<testing::FaultPlan> plan = std::make_shared<testing::FaultPlan>();
  DriverRegistry drivers;
  std::optional<Database> database;
  std::optional<AsyncDatabase> async;

  explicit AsyncFixture(std::size_t connections = 2) : AsyncFixture(fake_config(connections)) {}
  explicit AsyncFixture(const DatabaseConfig& config) {
    drivers.add(std::make_shared<testing::FaultDriver>(std::make_shared<testing::FakeDriver>(fake), plan));
    database.emplace(Database::open(config, drivers));
    async.emplace(*database);
  }
  PoolStatistics statistics() const { return database->pool().statistics(); }
  /// No lease is out, nobody waits, and a connection can be had.
  bool whole() const {
    const PoolStatistics now = statistics();
    return now.in_use == 0 && now.waiting == 0 && database->pool().acquire(5s)->query_value("whole").as<int>() == 1;
  }
};

/// What came of an operation with a handler of its own kind.
template <class T> struct Outcome {
  using Ends = std::promise<std::pair<std::exception_ptr, std::optional<T>>>;
  std::shared_ptr<Ends> ends = std::make_shared<Ends>();

  auto handler() {
    return [ends = ends](std::exception_ptr error, T value) { ends->set_value({std::move(error), std::optional<T>(std::move(value))}); };
  }
  T get() {
    auto [error, value] = ends->get_future().get();
    if (error) std::rethrow_exception(error);
    return std::move(*value);
  }
};

template <class E = Error> E error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const E& error) {
    return error;
  }
  FAIL("no error was thrown");
  throw std::logic_error("not reached");
}

inline void wait_until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) FAIL("what was waited for did not happen within ten seconds");
    std::this_thread::sleep_for(200us);
  }
}

}  // namespace millrace::test
