#include <optional>

#include <catch2/catch_test_macros.hpp>

#include "pool_fixture.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

namespace {

/// What a handler was given.
struct Outcome {
  std::atomic<int> calls = 0;
  std::exception_ptr error;
  Pool::Lease lease;

  Pool::AcquireHandler handler() {
    return [this](std::exception_ptr e, Pool::Lease l) {
      error = std::move(e);
      lease = std::move(l);
      ++calls;
    };
  }
  ErrorCode code() const {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const Error& e) {
      return e.code();
    }
    return ErrorCode::unknown;
  }
};

}  // namespace

TEST_CASE_METHOD(PoolFixture, "acquire_later hands over what is free at once") {
  make(plain(1));
  { const auto first = pool->acquire(); }
  Outcome outcome;
  auto ticket = pool->acquire_later({}, outcome.handler());
  CHECK(outcome.calls == 1);
  CHECK(outcome.lease);
  CHECK_FALSE(ticket.cancel());
  CHECK_FALSE(Pool::Ticket().cancel());
  outcome.lease = {};
}

TEST_CASE_METHOD(PoolFixture, "acquire_later waits without a thread, is served in order and opens what it needs") {
  make(plain(1));
  Outcome a, b;
  pool->acquire_later({}, a.handler());
  REQUIRE(eventually([&] { return a.calls == 1; }));
  pool->acquire_later({}, b.handler());
  Acquirer c(*pool);
  REQUIRE(waiting(2));
  a.lease = {};
  CHECK(b.calls == 1);  // in the returning thread
  CHECK(statistics().waiting == 1);
  b.lease = {};
  CHECK(c.take());
}

TEST_CASE_METHOD(PoolFixture, "the deadline of acquire_later holds while connects hang") {
  make(plain(1));
  connects_wait = true;
  Outcome late, later;
  pool->acquire_later({.timeout = 200ms}, later.handler());
  pool->acquire_later({.timeout = 100ms}, late.handler());
  REQUIRE(eventually([&] { return connecting == 1; }));
  advance(100ms);
  REQUIRE(eventually([&] { return late.calls == 1; }));
  CHECK(late.code() == ErrorCode::pool_timeout);
  CHECK(later.calls == 0);
  advance(100ms);
  REQUIRE(eventually([&] { return later.calls == 1; }));
  CHECK(later.code() == ErrorCode::pool_timeout);
  CHECK(statistics().timed_out == 2);
}

TEST_CASE_METHOD(PoolFixture, "a cancelled ticket calls its handler before cancel() returns, once") {
  make(plain(1));
  auto lease = pool->acquire();
  Outcome outcome;
  auto ticket = pool->acquire_later({}, outcome.handler());
  CHECK(outcome.calls == 0);
  CHECK(ticket.cancel());
  CHECK(outcome.calls == 1);
  CHECK(outcome.code() == ErrorCode::cancelled);
  CHECK_FALSE(ticket.cancel());
  CHECK(statistics().waiting == 0);
  lease = {};
  CHECK(statistics().idle == 1);
  CHECK(outcome.calls == 1);
}

TEST_CASE_METHOD(PoolFixture, "a ticket may outlive its pool") {
  make(plain(1));
  const auto lease = pool->acquire();
  Outcome outcome;
  auto ticket = pool->acquire_later({}, outcome.handler());
  pool.reset();
  CHECK(outcome.code() == ErrorCode::pool_closed);
  CHECK_FALSE(ticket.cancel());
}

TEST_CASE_METHOD(PoolFixture, "what a handler holds is gone when it has run") {
  make(plain(1));
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = held;
  auto lease = pool->acquire();
  auto ticket = pool->acquire_later({}, [held = std::move(held)](std::exception_ptr, Pool::Lease) {});
  lease = {};
  CHECK(watch.expired());
  CHECK(statistics().idle == 1);
}

TEST_CASE_METHOD(PoolFixture, "acquire_later fails through its handler when the queue is full or the pool closed") {
  PoolOptions options = plain(1);
  options.max_waiting = 1;
  make(options);
  const auto lease = pool->acquire();
  Outcome waits, refused, closed;
  pool->acquire_later({}, waits.handler());
  pool->acquire_later({}, refused.handler());
  CHECK(refused.code() == ErrorCode::pool_full);
  pool->close(0ms);
  CHECK(waits.code() == ErrorCode::pool_closed);
  pool->acquire_later({}, closed.handler());
  CHECK(closed.code() == ErrorCode::pool_closed);
  CHECK_THROWS_AS(pool->acquire_later({}, {}), Error);
}

TEST_CASE_METHOD(PoolFixture, "thousands of handlers that drop their leases at once do not exhaust the stack") {
  make(plain(1));
  auto lease = pool->acquire();
  std::atomic<int> served = 0;
  for (int i = 0; i < 9999; ++i) {
    pool->acquire_later({}, [&](std::exception_ptr, Pool::Lease mine) {
      if (mine) ++served;
    });
  }
  CHECK(statistics().waiting == 9999);
  lease = {};
  CHECK(served == 9999);
  CHECK(statistics().idle == 1);
}

TEST_CASE_METHOD(PoolFixture, "a handler may acquire, and destroy the pool") {
  make(plain(2));
  std::atomic<bool> outer_holds = true, inner_calls = false;
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> inner = held;
  pool->acquire_later({}, [&, held = std::move(held)](std::exception_ptr, Pool::Lease) mutable {
    pool->acquire_later({}, [&, held = std::move(held)](std::exception_ptr, Pool::Lease) {
      pool.reset();
      inner_calls = true;
    });
    outer_holds = false;
  });
  CHECK(eventually([&] { return inner.expired() && !outer_holds; }));  // the handler is gone, and its lease before it
  CHECK(inner_calls);
  CHECK(eventually([&] { return database.open_connections() == 0; }));
}
