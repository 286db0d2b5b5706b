#include <latch>
#include <optional>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "pool_fixture.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

TEST_CASE_METHOD(PoolFixture, "connections are opened as needed and used again") {
  make(plain(2));
  CHECK(database.count("connect") == 0);
  {
    const auto a = pool->acquire();
    CHECK(database.count("connect") == 1);
    const auto b = pool->acquire();
    CHECK(&*a != &*b);
    CHECK(statistics().in_use == 2);
  }
  CHECK(statistics().idle == 2);
  { const auto c = pool->acquire(); }
  CHECK(database.count("connect") == 2);
  pool.reset();
  CHECK(database.open_connections() == 0);
}

TEST_CASE_METHOD(PoolFixture, "the connection that came back last is lent first") {
  make(plain(3));
  std::optional<Pool::Lease> a = pool->acquire(), b = pool->acquire();
  Connection* const last = &**a;
  b.reset();
  a.reset();
  CHECK(&*pool->acquire() == last);
}

TEST_CASE_METHOD(PoolFixture, "an eager pool opens its connections in its constructor, and throws what connecting throws") {
  PoolOptions options = plain(4);
  options.eager = true;
  make(options);
  CHECK(statistics().idle == 1);
  options.min = 3;
  make(options);
  CHECK(statistics().idle == 3);
  CHECK(database.open_connections() == 3);
  pool.reset();
  refuse();
  CHECK_THROWS_AS(make(options), ConnectionError);
  CHECK(database.open_connections() == 0);
}

TEST_CASE_METHOD(PoolFixture, "a pool with a minimum opens it by itself") {
  PoolOptions options = plain(4);
  options.min = 3;
  make(options);
  CHECK(eventually([&] { return statistics().idle == 3; }));
  auto lease = pool->acquire();
  lease.discard();
  CHECK(eventually([&] { return statistics().idle == 3; }));
  CHECK(database.open_connections() == 3);
}

TEST_CASE_METHOD(PoolFixture, "an acquire that times out prints the pool's state and may be retried") {
  make(plain(1));
  const auto lease = pool->acquire();
  Acquirer late(*pool, {.timeout = 1000ms});
  REQUIRE(waiting(1));
  advance(999ms);
  CHECK_FALSE(late.done());
  advance(1ms);
  try {
    late.take();
    FAIL("nothing was thrown");
  } catch (const PoolError& error) {
    CHECK(error.code() == ErrorCode::pool_timeout);
    CHECK(error.safe_to_retry());
    CHECK_THAT(error.what(), ContainsSubstring("within 1000 ms") && ContainsSubstring("1 of at most 1 open: 0 idle, 1 in use, 0 opening, 0 being checked or closed; 1 waiting"));
  }
  CHECK(statistics().waiting == 0);
  CHECK(statistics().timed_out == 1);
  CHECK_THROWS_AS(pool->acquire(0ms), PoolError);
  CHECK_THROWS_AS(pool->acquire(-5ms), PoolError);
}

TEST_CASE_METHOD(PoolFixture, "a free connection is handed out even when no time is left") {
  make(plain(1));
  { const auto lease = pool->acquire(); }
  CHECK(pool->acquire(0ms));
  CHECK(pool->acquire(std::chrono::milliseconds::min()));
}

TEST_CASE_METHOD(PoolFixture, "the longest time-out does not overflow") {
  make(plain(1));
  auto lease = pool->acquire(std::chrono::milliseconds::max());
  Acquirer waiter(*pool, {.timeout = std::chrono::milliseconds::max()});
  REQUIRE(waiting(1));
  lease = {};
  CHECK(waiter.take());
}

TEST_CASE_METHOD(PoolFixture, "the deadline of an acquire holds while a connect hangs") {
  make(plain(1));
  connects_wait = true;
  Acquirer waiter(*pool, {.timeout = 100ms});
  REQUIRE(eventually([&] { return connecting == 1; }));
  advance(100ms);
  CHECK_THROWS_AS(waiter.take(), PoolError);
  CHECK(connecting == 1);
  connects_wait = false;
  CHECK(eventually([&] { return statistics().idle == 1; }));  // it was not opened in vain
}

TEST_CASE_METHOD(PoolFixture, "no waiting of the whole time-out before growing") {
  make(plain(1, 1));
  const auto first = pool->acquire();
  const auto second = pool->acquire();  // the clock stands still: this would never end
  CHECK(&*first != &*second);
  CHECK(now_ms == 0);
}

TEST_CASE_METHOD(PoolFixture, "as many connections are opened at once as there are waiters, within the maximum") {
  make(plain(2, 1));
  connects_wait = true;
  Acquirer a(*pool), b(*pool), c(*pool), d(*pool);
  REQUIRE(waiting(4));
  CHECK(eventually([&] { return connecting == 3; }));
  CHECK(statistics().open == 3);
  connects_wait = false;
  REQUIRE(eventually([&] { return statistics().in_use == 3; }));
  CHECK(statistics().waiting == 1);
  CHECK(database.count("connect") == 3);
  // The one that is not served yet gets the first that comes back, whichever of the four it is.
  bool returned = false;
  for (Acquirer* one : {&a, &b, &c, &d}) {
    if (!returned && one->done()) {
      one->take();
      returned = true;
    }
  }
  CHECK(returned);
  CHECK(waiting(0));
}

TEST_CASE_METHOD(PoolFixture, "no race in lazy initialization: first acquires of many threads open no more than one connection each") {
  for (int round = 0; round < 20; ++round) {
    testing::FakeDatabase fresh;
    Pool lazy([&] { return fresh.connect(); }, plain(8));
    std::latch start(2);
    const auto use = [&] {
      start.arrive_and_wait();
      lazy.acquire()->execute("x");
    };
    std::thread other(use);
    use();
    other.join();
    lazy.close();
    CHECK(fresh.count("connect") <= 2);
    CHECK(fresh.count("execute") == 2);
    CHECK(fresh.open_connections() == 0);
  }
}

TEST_CASE_METHOD(PoolFixture, "overflow connections close on return, unless somebody waits") {
  make(plain(1, 2));
  auto a = pool->acquire(), b = pool->acquire(), c = pool->acquire();
  Acquirer waiter(*pool);
  REQUIRE(waiting(1));
  a = {};
  auto d = waiter.take();
  CHECK(statistics().in_use == 3);
  b = {};
  CHECK(statistics().idle == 0);
  CHECK(database.open_connections() == 2);
  c = {};
  CHECK(statistics().idle == 0);
  CHECK(database.open_connections() == 1);
  d = {};
  CHECK(statistics().idle == 1);
  CHECK(database.open_connections() == 1);
  CHECK(statistics().closed == 2);
}

TEST_CASE_METHOD(PoolFixture, "waiters are served in the order of asking") {
  for (const auto handoff : {0ms, 1ms}) {
    PoolOptions options = plain(1);
    options.handoff_after = handoff;
    make(options);
    auto lease = pool->acquire();
    Acquirer a(*pool);
    REQUIRE(waiting(1));
    Acquirer b(*pool);
    REQUIRE(waiting(2));
    lease = {};
    lease = a.take();
    CHECK_FALSE(b.done());
    CHECK(statistics().waiting == 1);
    lease = {};
    lease = b.take();
    lease = {};
  }
}

TEST_CASE_METHOD(PoolFixture, "nobody passes a waiter that waited for handoff_after") {
  PoolOptions options = plain(1);
  options.handoff_after = 5ms;
  make(options);
  auto lease = pool->acquire();
  Acquirer waiter(*pool);
  REQUIRE(waiting(1));
  advance(5ms);
  lease = {};
  CHECK(statistics().idle == 0);    // handed over in the returning thread
  CHECK(statistics().waiting == 0);
  CHECK_THROWS_AS(pool->acquire(0ms), PoolError);
  CHECK(waiter.take());
}

TEST_CASE_METHOD(PoolFixture, "with handoff_after 0 nobody ever passes a waiter") {
  PoolOptions options = plain(1);
  options.handoff_after = 0ms;
  make(options);
  auto lease = pool->acquire();
  Acquirer waiter(*pool);
  REQUIRE(waiting(1));
  lease = {};
  CHECK(statistics().idle == 0);
  CHECK_THROWS_AS(pool->acquire(0ms), PoolError);
  CHECK(waiter.take());
}

TEST_CASE_METHOD(PoolFixture, "one acquire more than may wait fails at once") {
  PoolOptions options = plain(1);
  options.max_waiting = 1;
  make(options);
  const auto lease = pool->acquire();
  Acquirer waiter(*pool, {.timeout = 10ms});
  REQUIRE(waiting(1));
  try {
    pool->acquire();
    FAIL("nothing was thrown");
  } catch (const PoolError& error) {
    CHECK(error.code() == ErrorCode::pool_full);
    CHECK(error.safe_to_retry());
  }
  advance(10ms);
  CHECK_THROWS_AS(waiter.take(), PoolError);
}

TEST_CASE_METHOD(PoolFixture, "a requested stop ends the wait") {
  make(plain(1));
  auto lease = pool->acquire();
  std::stop_source stop;
  Acquirer waiter(*pool, {.stop = stop.get_token()});
  REQUIRE(waiting(1));
  stop.request_stop();
  try {
    waiter.take();
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::cancelled);
  }
  CHECK(statistics().waiting == 0);
  CHECK_THROWS_AS(pool->acquire({.stop = stop.get_token()}), Error);
  lease = {};
  CHECK(statistics().idle == 1);
}

TEST_CASE_METHOD(PoolFixture, "a cancelled waiter does not lose the connection handed to it") {
  // Whether the stop or the connection comes first is left to chance, often enough to see both.
  PoolOptions options = plain(1);
  make(options);
  { const auto first = pool->acquire(); }
  for (int round = 0; round < 200; ++round) {
    auto lease = pool->acquire();
    std::stop_source stop;
    Acquirer waiter(*pool, {.stop = stop.get_token()});
    REQUIRE(waiting(1));
    if (round % 2) advance(1ms);
    std::latch start(2);
    std::thread stopper([&] {
      start.arrive_and_wait();
      stop.request_stop();
    });
    start.arrive_and_wait();
    lease = {};
    stopper.join();
    try {
      const Pool::Lease served = waiter.take();
      REQUIRE(served);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::cancelled);
    }
    REQUIRE(statistics().idle == 1);
    REQUIRE(statistics().in_use == 0);
  }
  CHECK(database.count("connect") == 1);
}

TEST_CASE_METHOD(PoolFixture, "a woken waiter that gives up passes the connection on") {
  PoolOptions options = plain(1);
  options.handoff_after = 1h;
  make(options);
  for (int round = 0; round < 100; ++round) {
    auto lease = pool->acquire();
    std::stop_source stop;
    Acquirer first(*pool, {.stop = stop.get_token()});
    REQUIRE(waiting(1));
    Acquirer second(*pool);
    REQUIRE(waiting(2));
    std::thread stopper([&] { stop.request_stop(); });
    lease = {};
    stopper.join();
    try {
      first.take();
    } catch (const Error&) {
    }
    CHECK(second.take());
  }
}

TEST_CASE_METHOD(PoolFixture, "a lease moves, and returns once") {
  make(plain(2));
  Pool::Lease a = pool->acquire();
  Pool::Lease b = std::move(a);
  CHECK_FALSE(a);
  CHECK(statistics().in_use == 1);
  a = pool->acquire();
  a = std::move(b);
  CHECK(statistics().in_use == 1);
  CHECK(statistics().idle == 1);
  Pool::Lease& same = a;
  a = std::move(same);
  CHECK(a);
}

TEST_CASE("options out of range are named as the configuration calls them") {
  const auto message_of = [](auto&& change) -> std::string {
    PoolOptions options;
    change(options);
    try {
      options.validate();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  PoolOptions{}.validate();
  CHECK_THAT(message_of([](auto& o) { o.size = 0; }), ContainsSubstring("pool.size"));
  CHECK_THAT(message_of([](auto& o) { o.min = 6; }), ContainsSubstring("pool.min"));
  CHECK_THAT(message_of([](auto& o) { o.max_waiting = 0; }), ContainsSubstring("pool.max_waiting"));
  CHECK_THAT(message_of([](auto& o) { o.acquire_timeout = 0ms; }), ContainsSubstring("pool.acquire_timeout"));
  CHECK_THAT(message_of([](auto& o) { o.acquire_attempts = -1; }), ContainsSubstring("pool.acquire_attempts"));
  CHECK_THAT(message_of([](auto& o) { o.check_after_idle = -1ms; }), ContainsSubstring("pool.check_after_idle"));
  CHECK_THAT(message_of([](auto& o) { o.check_timeout = 0ms; }), ContainsSubstring("pool.check_timeout"));
  CHECK_THAT(message_of([](auto& o) { o.max_idle = -1ms; }), ContainsSubstring("pool.max_idle"));
  CHECK_THAT(message_of([](auto& o) { o.max_lifetime = -1ms; }), ContainsSubstring("pool.max_lifetime"));
  CHECK_THAT(message_of([](auto& o) { o.jitter = 1.0; }), ContainsSubstring("pool.jitter"));
  CHECK_THAT(message_of([](auto& o) { o.jitter = -0.1; }), ContainsSubstring("pool.jitter"));
  CHECK_THAT(message_of([](auto& o) { o.keepalive = -1ms; }), ContainsSubstring("pool.keepalive"));
  CHECK_THAT(message_of([](auto& o) { o.leak_report_after = -1ms; }), ContainsSubstring("pool.leak_report_after"));
  CHECK_THAT(message_of([](auto& o) { o.reconnect_delay = 0ms; }), ContainsSubstring("pool.reconnect_delay"));
  CHECK_THAT(message_of([](auto& o) { o.reconnect_max = 1ms; }), ContainsSubstring("pool.reconnect_max"));
  CHECK_THAT(message_of([](auto& o) { o.handoff_after = -1ms; }), ContainsSubstring("pool.handoff_after"));
  CHECK_THAT(message_of([](auto& o) { o.close_timeout = -1ms; }), ContainsSubstring("pool.close_timeout"));
  CHECK_THROWS_AS(Pool([] { return std::unique_ptr<Connection>(); }, PoolOptions{.size = 0}), ConfigError);
  CHECK_THROWS_AS(Pool({}, PoolOptions{}), Error);
}
