#include "millrace/access/pool.hpp"

#include <atomic>
#include <thread>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "support/fake_connection.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Fixture {
  test::FakeDatabase database;
  std::atomic<std::int64_t> now_ms = 0;
  std::atomic<std::int64_t> step_ms = 0;  // the clock goes on by this at each look

  std::unique_ptr<Pool> make_pool(std::size_t size) {
    return std::make_unique<Pool>([this] { return database.connect(); }, PoolOptions{size, 1000ms}, [this] { return std::chrono::steady_clock::time_point(std::chrono::milliseconds(now_ms.fetch_add(step_ms))); });
  }
};

void wait_until_waiting(const Pool& pool, std::size_t count) {
  while (pool.state().waiting != count) std::this_thread::yield();
}

}  // namespace

TEST_CASE_METHOD(Fixture, "connections are opened as needed and used again") {
  auto pool = make_pool(2);
  CHECK(database.count("connect") == 0);
  {
    const auto a = pool->acquire();
    CHECK(database.count("connect") == 1);
    const auto b = pool->acquire();
    CHECK(&*a != &*b);
    CHECK(pool->state().in_use == 2);
  }
  CHECK(pool->state().idle == 2);
  { const auto c = pool->acquire(); }
  CHECK(database.count("connect") == 2);
  pool.reset();
  CHECK(database.open_connections() == 0);
}

TEST_CASE_METHOD(Fixture, "an acquire that times out prints the pool's state and may be retried") {
  auto pool = make_pool(1);
  const auto lease = pool->acquire();
  step_ms = 1000;
  try {
    pool->acquire();
    FAIL("nothing was thrown");
  } catch (const PoolError& error) {
    CHECK(error.code() == ErrorCode::pool_timeout);
    CHECK(error.safe_to_retry());
    CHECK_THAT(error.what(), ContainsSubstring("1000 ms") && ContainsSubstring("0 idle, 1 in use, 1 waiting"));
  }
  CHECK(pool->state().waiting == 0);
  step_ms = 0;
  CHECK_THROWS_AS(pool->acquire(0ms), PoolError);
  CHECK_THROWS_AS(pool->acquire(-5ms), PoolError);
}

TEST_CASE_METHOD(Fixture, "a free connection is handed out even when no time is left") {
  auto pool = make_pool(1);
  step_ms = 5000;
  { const auto lease = pool->acquire(0ms); }
  const auto again = pool->acquire(0ms);
  CHECK(again);
}

TEST_CASE_METHOD(Fixture, "the longest time-out does not overflow") {
  auto pool = make_pool(1);
  auto lease = pool->acquire(std::chrono::milliseconds::max());
  bool served = false;
  std::thread waiter([&] { served = static_cast<bool>(pool->acquire(std::chrono::milliseconds::max())); });
  wait_until_waiting(*pool, 1);
  lease = {};
  waiter.join();
  CHECK(served);
}

TEST_CASE_METHOD(Fixture, "a return wakes a waiter") {
  auto pool = make_pool(1);
  auto lease = pool->acquire();
  Connection* const first = &*lease;
  Connection* second = nullptr;
  std::thread waiter([&] { const auto mine = pool->acquire(1h); second = &*mine; });
  wait_until_waiting(*pool, 1);
  lease = Pool::Lease();
  waiter.join();
  CHECK(second == first);
}

TEST_CASE_METHOD(Fixture, "a discard wakes a waiter, who opens a new connection") {
  auto pool = make_pool(1);
  auto lease = pool->acquire();
  std::thread waiter([&] { const auto mine = pool->acquire(1h); });
  wait_until_waiting(*pool, 1);
  lease.discard();
  CHECK_FALSE(lease);
  waiter.join();
  CHECK(database.count("connect") == 2);
  CHECK(database.open_connections() == 1);
  lease.discard();  // harmless
}

TEST_CASE_METHOD(Fixture, "a poisoned connection is not handed out again") {
  auto pool = make_pool(1);
  {
    const auto lease = pool->acquire();
    ErrorInfo info;
    info.code = ErrorCode::connection_lost;
    info.poisons_connection = true;
    database.fail("query", info);
    CHECK_THROWS_AS(lease->ping(), ConnectionError);
  }
  CHECK(pool->state().idle == 0);
  CHECK(database.open_connections() == 0);
  pool->acquire()->ping();
}

TEST_CASE_METHOD(Fixture, "an open transaction is rolled back on return") {
  auto pool = make_pool(1);
  pool->acquire()->begin();
  CHECK(database.calls().back() == "rollback");
  CHECK(pool->state().idle == 1);

  SECTION("a connection that can not roll back is closed") {
    database.fail("rollback", ErrorCode::unknown);
    pool->acquire()->begin();
    CHECK(pool->state().idle == 0);
    CHECK(pool->state().in_use == 0);
    CHECK(database.open_connections() == 0);
  }
}

TEST_CASE_METHOD(Fixture, "a connection that can not be opened frees its slot") {
  auto pool = make_pool(1);
  for (int i = 0; i < 3; ++i) {
    database.fail("connect", ErrorCode::connection_refused);
    CHECK_THROWS_AS(pool->acquire(), ConnectionError);
  }
  CHECK(pool->state().in_use == 0);
  CHECK(pool->acquire());
}

TEST_CASE("a failed opening passes the slot on to a waiter") {
  test::FakeDatabase database;
  std::atomic<bool> proceed = false;
  std::atomic<int> calls = 0;
  Pool pool([&]() -> std::unique_ptr<Connection> {
    if (++calls > 1) return database.connect();
    while (!proceed) std::this_thread::yield();
    throw ConnectionError(ErrorCode::connection_refused, "x");
  }, PoolOptions{1, 1h});
  bool refused = false, served = false;
  std::thread opener([&] {
    try {
      pool.acquire();
    } catch (const ConnectionError&) {
      refused = true;
    }
  });
  while (calls == 0) std::this_thread::yield();
  std::thread waiter([&] { served = static_cast<bool>(pool.acquire()); });
  wait_until_waiting(pool, 1);
  proceed = true;
  opener.join();
  waiter.join();
  CHECK(refused);
  CHECK(served);
}

TEST_CASE_METHOD(Fixture, "a closed pool gives out nothing, wakes its waiters and closes what comes back") {
  auto pool = make_pool(2);
  auto lease = pool->acquire();
  auto other = pool->acquire();
  std::atomic<int> refused = 0;
  std::vector<std::thread> waiters;
  for (int i = 0; i < 3; ++i) {
    waiters.emplace_back([&] {
      try {
        pool->acquire(1h);
      } catch (const PoolError& error) {
        if (error.code() == ErrorCode::pool_closed && !error.safe_to_retry()) ++refused;
      }
    });
  }
  wait_until_waiting(*pool, 3);
  pool->close();
  for (auto& waiter : waiters) waiter.join();
  CHECK(refused == 3);
  CHECK(pool->state().closed);
  CHECK(database.open_connections() == 2);
  lease->ping();  // leases that are out live on
  lease = {};
  CHECK(database.open_connections() == 1);
  other = {};
  CHECK(database.open_connections() == 0);
  pool->close();
}

TEST_CASE_METHOD(Fixture, "a lease moves, and returns once") {
  auto pool = make_pool(2);
  Pool::Lease a = pool->acquire();
  Pool::Lease b = std::move(a);
  CHECK_FALSE(a);
  CHECK(pool->state().in_use == 1);
  a = pool->acquire();
  a = std::move(b);
  CHECK(pool->state().in_use == 1);
  CHECK(pool->state().idle == 1);
}

TEST_CASE("a pool needs room and a way to connect") {
  test::FakeDatabase database;
  CHECK_THROWS_AS(Pool([&] { return database.connect(); }, PoolOptions{0, 1s}), ConfigError);
  CHECK_THROWS_AS(Pool({}, PoolOptions{}), Error);
  Pool null([] { return std::unique_ptr<Connection>(); }, PoolOptions{1, 1s});
  CHECK_THROWS_AS(null.acquire(), Error);
  CHECK(null.state().in_use == 0);
}

TEST_CASE("many threads share few connections, each with one user at a time") {
  test::FakeDatabase database;
  Pool pool([&] { return database.connect(); }, PoolOptions{3, 1h});
  std::atomic<int> users = 0, most = 0, served = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        auto lease = pool.acquire();
        const int inside = ++users;
        for (int seen = most; inside > seen && !most.compare_exchange_weak(seen, inside);) {}
        if (i % 7 == 0) lease->begin();
        --users;
        ++served;
        if ((i + t) % 31 == 0) lease.discard();
      }
    });
  }
  threads.clear();
  CHECK(served == 2400);
  CHECK(most <= 3);
  CHECK(pool.state().in_use == 0);
  CHECK(pool.state().waiting == 0);
  CHECK(pool.state().idle <= 3);
}
