#include <atomic>
#include <mutex>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "millrace/access/connection_decorator.hpp"
#include "millrace/access/log.hpp"
#include "pool_fixture.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

TEST_CASE_METHOD(PoolFixture, "an open transaction handed back is rolled back") {
  make(plain(1));
  pool->acquire()->begin();
  CHECK(database.calls().back() == "rollback");
  CHECK(statistics().idle == 1);
  CHECK_FALSE(pool->acquire()->in_transaction());

  SECTION("a connection that can not roll back is closed") {
    database.fail("rollback", ErrorCode::unknown);
    pool->acquire()->begin();
    CHECK(statistics().open == 0);
    CHECK(database.open_connections() == 0);
  }
}

TEST_CASE_METHOD(PoolFixture, "what a user changed in the session is undone on return") {
  make(plain(1));
  pool->acquire()->execute("SET search_path TO elsewhere");
  CHECK(database.calls().back() == "reset");
  CHECK(statistics().idle == 1);

  SECTION("a session that was not touched needs no round trip") {
    { const auto lease = pool->acquire(); }
    CHECK(database.count("reset") == 1);
  }
  SECTION("a connection that can not be reset is closed") {
    database.fail("reset", ErrorCode::unknown);
    pool->acquire()->execute("x");
    CHECK(statistics().open == 0);
    CHECK(database.open_connections() == 0);
  }
  SECTION("unless the pool's owner does not want it") {
    PoolOptions options = plain(1);
    options.reset_session = false;
    make(options);
    const std::size_t before = database.count("reset");
    pool->acquire()->execute("x");
    pool->acquire()->begin();
    CHECK(database.count("reset") == before);
    CHECK(database.calls().back() == "rollback");
  }
}

TEST_CASE_METHOD(PoolFixture, "a pending cancel is settled before the next user gets the connection") {
  make(plain(1));
  pool->acquire()->cancel();
  CHECK(database.calls().back() == "settle_cancel");
  CHECK(statistics().idle == 1);

  SECTION("or the connection is closed") {
    database.fail("settle_cancel", ErrorCode::unknown);
    pool->acquire()->cancel();
    CHECK(statistics().open == 0);
  }
}

TEST_CASE_METHOD(PoolFixture, "a discard wakes a waiter, who gets a new connection") {
  make(plain(1));
  auto lease = pool->acquire();
  Acquirer waiter(*pool);
  REQUIRE(waiting(1));
  lease.discard();
  CHECK_FALSE(lease);
  CHECK(waiter.take());
  CHECK(database.count("connect") == 2);
  CHECK(database.open_connections() == 1);
  lease.discard();  // harmless
}

TEST_CASE_METHOD(PoolFixture, "a poisoned connection is not handed out again") {
  make(plain(1));
  {
    const auto lease = pool->acquire();
    ErrorInfo info;
    info.code = ErrorCode::unknown;
    info.poisons_connection = true;
    database.fail("query", info);
    CHECK_THROWS_AS(lease->query("x"), Error);
  }
  CHECK(statistics().idle == 0);
  CHECK(database.open_connections() == 0);
  pool->acquire()->ping();
}

namespace {

/// A connection whose end takes as long as the test wants.
class SlowToClose : public ConnectionDecorator {
 public:
  SlowToClose(std::unique_ptr<Connection> inner, std::atomic<bool>& hold, std::atomic<int>& alive) : ConnectionDecorator(std::move(inner)), hold_(hold), alive_(alive) { ++alive_; }
  ~SlowToClose() override {
    while (hold_) std::this_thread::yield();
    --alive_;
  }

 private:
  std::atomic<bool>& hold_;
  std::atomic<int>& alive_;
};

}  // namespace

TEST_CASE("closing connections count against the maximum, in a pool") {
  testing::FakeDatabase database;
  std::atomic<bool> hold = false;
  std::atomic<int> alive = 0, most = 0;
  Pool pool([&]() -> std::unique_ptr<Connection> {
    auto connection = std::make_unique<SlowToClose>(database.connect(), hold, alive);
    if (alive > most) most = alive.load();
    return connection;
  }, PoolFixture::plain(1));
  auto lease = pool.acquire();
  hold = true;
  std::thread discarder([&] { lease.discard(); });
  Acquirer next(pool);
  REQUIRE(eventually([&] { return pool.statistics().waiting == 1 && pool.statistics().in_use == 0; }));
  for (int i = 0; i < 100; ++i) std::this_thread::yield();
  CHECK(database.count("connect") == 1);
  CHECK(pool.statistics().open == 1);
  hold = false;
  discarder.join();
  CHECK(next.take());
  CHECK(most == 1);
}

TEST_CASE_METHOD(PoolFixture, "a lease that is out too long is reported once, with the place of its acquisition") {
  PoolOptions options = plain(2);
  options.leak_report_after = 1000ms;
  make(options);
  std::mutex mutex;
  std::vector<std::string> leaks;
  set_log_sink([&](const LogRecord& record) {
    const std::lock_guard lock(mutex);
    if (record.event == "pool.leak") leaks.push_back(record.message);
  });
  {
    const auto lease = pool->acquire();
    const auto quick = pool->acquire();
    advance(999ms);
  }
  const auto lost = pool->acquire();
  const unsigned line = __LINE__ - 1;
  advance(999ms);
  for (int i = 0; i < 100; ++i) std::this_thread::yield();
  CHECK(statistics().leaks_reported == 0);
  advance(1ms);
  CHECK(eventually([&] { return statistics().leaks_reported == 1; }));
  advance(5000ms);
  for (int i = 0; i < 100; ++i) std::this_thread::yield();
  CHECK(statistics().leaks_reported == 1);
  pool->close(0ms);
  set_log_sink({});
  REQUIRE(leaks.size() == 1);
  CHECK_THAT(leaks[0], ContainsSubstring("pool_return_test.cpp:" + std::to_string(line)));
}
