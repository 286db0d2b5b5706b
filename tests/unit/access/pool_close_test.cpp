#include <algorithm>
#include <mutex>

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/log.hpp"
#include "pool_fixture.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(PoolFixture, "a closed pool gives out nothing, fails its waiters and closes what comes back") {
  make(plain(2));
  auto lease = pool->acquire(), other = pool->acquire();
  Acquirer a(*pool), b(*pool);
  REQUIRE(waiting(2));
  CHECK_FALSE(pool->close(0ms));
  for (Acquirer* waiter : {&a, &b}) {
    try {
      waiter->take();
      FAIL("nothing was thrown");
    } catch (const PoolError& error) {
      CHECK(error.code() == ErrorCode::pool_closed);
      CHECK_FALSE(error.safe_to_retry());
    }
  }
  CHECK_THROWS_AS(pool->acquire(), PoolError);
  CHECK(database.open_connections() == 2);
  lease->ping();  // leases that are out live on
  lease = {};
  CHECK(database.open_connections() == 1);
  CHECK_FALSE(pool->close(0ms));
  other = {};
  CHECK(database.open_connections() == 0);
  CHECK(pool->close(0ms));
  CHECK(pool->close());
}

TEST_CASE_METHOD(PoolFixture, "close waits for leases that are out") {
  make(plain(1));
  auto lease = pool->acquire();
  std::atomic<bool> drained = false;
  std::thread closer([&] { drained = pool->close(1h); });
  REQUIRE(eventually([&] {
    try {
      pool->acquire(0ms);
    } catch (const PoolError& error) {
      return error.code() == ErrorCode::pool_closed;
    }
    return false;
  }));
  CHECK_FALSE(drained);
  lease = {};
  closer.join();
  CHECK(drained);
  CHECK(database.open_connections() == 0);
}

TEST_CASE_METHOD(PoolFixture, "close waits no longer than its deadline") {
  make(plain(1));
  const auto lease = pool->acquire();
  std::atomic<int> result = -1;
  std::thread closer([&] { result = pool->close(500ms); });
  REQUIRE(eventually([&] {
    advance(1ms);
    return result >= 0;
  }));
  closer.join();
  CHECK(result == 0);
  CHECK(now_ms >= 500);
}

TEST_CASE_METHOD(PoolFixture, "close does not hang in a connect that hangs") {
  make(plain(1));
  connects_wait = true;
  Acquirer waiter(*pool);
  REQUIRE(eventually([&] { return connecting == 1; }));
  CHECK_FALSE(pool->close(0ms));
  CHECK_THROWS_AS(waiter.take(), PoolError);
  connects_wait = false;
  CHECK(pool->close(1h));
  CHECK(database.open_connections() == 0);
  CHECK(database.count("connect") == 1);
}

TEST_CASE_METHOD(PoolFixture, "a lease may outlive its pool") {
  make(plain(3));
  auto a = pool->acquire(), b = pool->acquire(), c = pool->acquire();
  c = {};
  pool.reset();
  CHECK(database.open_connections() == 2);
  a->execute("x");
  a = {};
  b.discard();
  CHECK(database.open_connections() == 0);
}

TEST_CASE_METHOD(PoolFixture, "opening after a close is a new pool") {
  make(plain(1));
  { const auto lease = pool->acquire(); }
  CHECK(pool->close());
  make(plain(1));
  CHECK(pool->acquire());
}

TEST_CASE_METHOD(PoolFixture, "the sink hears what a pool does") {
  std::mutex mutex;
  std::vector<std::string> events;
  set_log_sink([&](const LogRecord& record) {
    const std::lock_guard lock(mutex);
    events.push_back(std::string(to_string(record.level)) + " " + std::string(record.event));
  });
  PoolOptions options = plain(1);
  options.check_after_idle = 10ms;
  make(options);
  refuse();
  {
    Acquirer waiter(*pool);
    REQUIRE(eventually([&] {
      advance(1ms);
      return waiter.done();
    }));
    waiter.take();
  }
  advance(10ms);
  { const auto lease = pool->acquire(); }
  {
    auto lease = pool->acquire();
    CHECK_THROWS_AS(pool->acquire(0ms), PoolError);
    lose(*lease);
  }
  pool.reset();
  set_log_sink({});
  // What two threads say about the same thing comes in any order.
  std::sort(events.begin(), events.end());
  CHECK(events == std::vector<std::string>{"debug connection.acquired", "debug connection.acquired", "debug connection.acquired", "debug connection.checked", "info connection.closed",
                                           "info connection.opened", "info pool.closed", "warning connection.failed", "warning pool.lost", "warning pool.timed_out"});
}
