#include <stdexcept>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "pool_fixture.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

ErrorCode code_of(Acquirer& acquirer) {
  try {
    acquirer.take();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::unknown;
}

}  // namespace

TEST_CASE_METHOD(PoolFixture, "an error that time does not heal fails everybody who waits, at once") {
  make(plain(1));
  connects_wait = true;
  refuse(1, false);
  Acquirer a(*pool), b(*pool), c(*pool);
  REQUIRE(waiting(3));
  connects_wait = false;
  CHECK(code_of(a) == ErrorCode::authentication);
  CHECK(code_of(b) == ErrorCode::authentication);
  CHECK(code_of(c) == ErrorCode::authentication);
  CHECK(database.count("connect") == 1);
  CHECK(statistics().open == 0);
}

TEST_CASE_METHOD(PoolFixture, "a failed replacement does not lose its slot") {
  make(plain(1));
  for (int i = 0; i < 3; ++i) {
    auto lease = pool->acquire();
    lease.discard();
    refuse(1, false);
    CHECK_THROWS_AS(pool->acquire(), ConnectionError);
    CHECK(statistics().open == 0);
  }
  CHECK(pool->acquire());
  CHECK(statistics().open_failures == 3);
}

TEST_CASE_METHOD(PoolFixture, "an error of connecting keeps its class, and what is no Error passes too") {
  Pool odd([]() -> std::unique_ptr<Connection> { throw std::out_of_range("odd"); }, plain(1));
  CHECK_THROWS_AS(odd.acquire(), std::out_of_range);
  Pool number([]() -> std::unique_ptr<Connection> { throw 7; }, plain(1));
  CHECK_THROWS_AS(number.acquire(), int);
  Pool null([] { return std::unique_ptr<Connection>(); }, plain(1));
  CHECK_THROWS_AS(null.acquire(), Error);
  for (const Pool* pool_of : {&odd, &number, &null}) {
    CHECK(pool_of->statistics().open == 0);
    CHECK(pool_of->statistics().open_failures == 1);
  }
}

TEST_CASE_METHOD(PoolFixture, "while the server is away acquires wait, and are served when it is back") {
  PoolOptions options = plain(4);
  options.reconnect_delay = 100ms;
  options.reconnect_max = 400ms;
  make(options);
  refuse(3);
  Acquirer a(*pool), b(*pool), c(*pool);
  REQUIRE(waiting(3));
  REQUIRE(eventually([&] {
    advance(1ms);
    return a.done() && b.done() && c.done();
  }));
  CHECK(a.take());
  CHECK(b.take());
  CHECK(c.take());
  CHECK(statistics().open_failures == 3);
}

TEST_CASE_METHOD(PoolFixture, "one reconnector: while connecting fails there is one attempt at a time, with growing delays") {
  PoolOptions options = plain(4);
  options.reconnect_delay = 100ms;
  options.reconnect_max = 400ms;
  make(options);
  refuse(1000);
  Acquirer first(*pool, {.timeout = 10s});
  REQUIRE(eventually([&] { return statistics().open_failures == 1; }));
  Acquirer second(*pool, {.timeout = 10s}), third(*pool, {.timeout = 10s});
  REQUIRE(waiting(3));
  for (int i = 0; i < 49; ++i) advance(1ms);
  std::this_thread::yield();
  CHECK(statistics().open_failures == 1);          // half of the delay is the least
  advance(51ms);
  REQUIRE(eventually([&] { return statistics().open_failures == 2; }));
  connects_wait = true;
  advance(200ms);
  REQUIRE(eventually([&] { return connecting == 1; }));
  CHECK(statistics().open == 1);
  connects_wait = false;
  advance(10s);
  CHECK(code_of(first) == ErrorCode::pool_timeout);
  CHECK(code_of(second) == ErrorCode::pool_timeout);
  CHECK(code_of(third) == ErrorCode::pool_timeout);
  // 10 s at 200 to 400 ms would be at least 25 attempts; the clock has jumped over most of them.
  CHECK(statistics().open_failures <= 5);
}

TEST_CASE_METHOD(PoolFixture, "attempts that fail side by side count once") {
  make(plain(3));
  connects_wait = true;
  Acquirer a(*pool, {.attempts = 2}), b(*pool, {.attempts = 2}), c(*pool, {.attempts = 2});
  REQUIRE(eventually([&] { return connecting == 3; }));
  refuse(3);
  connects_wait = false;
  REQUIRE(eventually([&] { return statistics().open_failures == 3; }));
  CHECK(statistics().waiting == 3);
  REQUIRE(eventually([&] {
    advance(1ms);
    return statistics().waiting == 0;
  }));
  CHECK(a.take());
  CHECK(b.take());
  CHECK(c.take());
}

TEST_CASE_METHOD(PoolFixture, "an acquire whose attempts are used up gets the error of the last one, the others wait on") {
  make(plain(1));
  connects_wait = true;
  refuse(2);
  Acquirer once(*pool, {.attempts = 1}), twice(*pool, {.attempts = 2}), patient(*pool);
  REQUIRE(waiting(3));
  connects_wait = false;
  CHECK(code_of(once) == ErrorCode::connection_refused);
  CHECK(statistics().waiting == 2);
  REQUIRE(eventually([&] {
    advance(1ms);
    return statistics().waiting == 0;
  }));
  CHECK(code_of(twice) == ErrorCode::connection_refused);
  CHECK(patient.take());
  CHECK(statistics().open_failures == 2);
}

TEST_CASE_METHOD(PoolFixture, "a time-out while the server is away says why") {
  make(plain(1));
  refuse(1000);
  Acquirer waiter(*pool, {.timeout = 500ms});
  REQUIRE(eventually([&] { return statistics().open_failures == 1; }));
  advance(500ms);
  try {
    waiter.take();
    FAIL("nothing was thrown");
  } catch (const PoolError& error) {
    CHECK(error.safe_to_retry());
    CHECK_THAT(error.what(), ContainsSubstring("the last attempt to connect failed: refused"));
  }
}

TEST_CASE_METHOD(PoolFixture, "a minimum that can not be opened is tried again with delays, not in a loop") {
  PoolOptions options = plain(2);
  options.min = 2;
  for (const bool heals : {true, false}) {
    refuse(3, heals);
    make(options);
    REQUIRE(eventually([&] { return statistics().open_failures >= 1; }));
    for (int i = 0; i < 100; ++i) std::this_thread::yield();
    CHECK(statistics().open_failures <= 2);  // two were begun side by side
    REQUIRE(eventually([&] {
      advance(10ms);
      return statistics().idle == 2;
    }));
    CHECK(statistics().open_failures == 3);
    pool.reset();
  }
}

TEST_CASE_METHOD(PoolFixture, "a waiter is served by a returned connection while another is being opened") {
  make(plain(2));
  auto lease = pool->acquire();
  connects_wait = true;
  Acquirer waiter(*pool);
  REQUIRE(waiting(1));
  REQUIRE(eventually([&] { return connecting == 1; }));
  Connection* const mine = &*lease;
  lease = {};
  const auto got = waiter.take();
  CHECK(&*got == mine);
  connects_wait = false;
  CHECK(eventually([&] { return statistics().idle == 1; }));
}
