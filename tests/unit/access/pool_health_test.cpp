#include <catch2/catch_test_macros.hpp>

#include "millrace/access/connection_decorator.hpp"
#include "pool_fixture.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

namespace {

struct Checked : PoolFixture {
  static PoolOptions checking(std::size_t size, std::chrono::milliseconds after = 1000ms) {
    PoolOptions options = plain(size);
    options.check_after_idle = after;
    return options;
  }
  void use(std::size_t count) {
    std::vector<Pool::Lease> leases;
    for (std::size_t i = 0; i < count; ++i) leases.push_back(pool->acquire());
  }
  /// Time for threads to do what they should not.
  static void settle() {
    for (int i = 0; i < 200; ++i) std::this_thread::yield();
  }
};

}  // namespace

TEST_CASE_METHOD(Checked, "a connection is checked before it is lent when it was idle for long, and only then") {
  make(checking(1));
  use(1);
  advance(999ms);
  use(1);
  CHECK(database.count("ping") == 0);
  advance(1000ms);
  use(1);
  CHECK(database.count("ping") == 1);
  use(1);
  CHECK(database.count("ping") == 1);
}

TEST_CASE_METHOD(Checked, "with check_after_idle 0 every acquire but a connection's first is checked") {
  make(checking(1, 0ms));
  use(1);
  CHECK(database.count("ping") == 0);
  use(1);
  use(1);
  CHECK(database.count("ping") == 2);
  auto lease = pool->acquire();
  Acquirer waiter(*pool);
  REQUIRE(waiting(1));
  lease = {};
  waiter.take();
  CHECK(database.count("ping") == 4);
}

TEST_CASE_METHOD(Checked, "a connection that failed its check never goes back") {
  make(checking(1));
  use(1);
  advance(1000ms);
  database.fail("ping", ErrorCode::connection_lost);
  use(1);
  CHECK(database.count("connect") == 2);
  CHECK(database.open_connections() == 1);
  CHECK(statistics().open == 1);
  CHECK(statistics().closed == 1);
}

TEST_CASE_METHOD(Checked, "stale connections are not checked one by one under backoff: one loss retires all that are idle") {
  make(checking(8));
  use(8);
  advance(1000ms);
  database.fail("ping", ErrorCode::connection_lost);
  const auto lease = pool->acquire();
  CHECK(database.count("ping") == 1);
  CHECK(eventually([&] { return statistics().open == 1; }));
  CHECK(statistics().closed == 8);
  CHECK(database.open_connections() == 1);
}

TEST_CASE_METHOD(Checked, "a lost connection that comes back retires the idle ones, and what is out is checked when it is back") {
  make(checking(4));
  auto a = pool->acquire(), b = pool->acquire();
  { const auto c = pool->acquire(), d = pool->acquire(); }
  CHECK(statistics().idle == 2);
  lose(*a);
  a = {};
  CHECK(statistics().idle == 0);
  CHECK(eventually([&] { return statistics().open == 1; }));
  Connection* const survivor = &*b;
  b = {};
  CHECK(statistics().idle == 1);
  CHECK(database.count("ping") == 0);
  CHECK(&*pool->acquire() == survivor);
  CHECK(database.count("ping") == 1);
  CHECK(&*pool->acquire() == survivor);
  CHECK(database.count("ping") == 1);
}

TEST_CASE_METHOD(Checked, "many losses of one restart retire one generation, not the new connections") {
  make(checking(4));
  auto a = pool->acquire(), b = pool->acquire(), c = pool->acquire();
  lose(*a);
  lose(*b);
  lose(*c);
  a = {};
  { const auto fresh = pool->acquire(); }
  CHECK(statistics().idle == 1);
  b = {};
  c.discard();
  CHECK(statistics().idle == 1);
  CHECK(statistics().open == 1);
}

TEST_CASE_METHOD(Checked, "after a loss one connect at a time finds out whether the server is back") {
  make(checking(4));
  auto a = pool->acquire();
  lose(*a);
  a = {};
  connects_wait = true;
  Acquirer x(*pool), y(*pool), z(*pool);
  REQUIRE(waiting(3));
  REQUIRE(eventually([&] { return connecting == 1; }));
  settle();
  CHECK(connecting == 1);
  connects_wait = false;
  CHECK(x.take());
  CHECK(y.take());
  CHECK(z.take());
}

TEST_CASE_METHOD(Checked, "an acquire's deadline holds while a check hangs") {
  std::atomic<bool> hang = true;
  std::atomic<int> pings = 0;
  class Hanging : public ConnectionDecorator {
   public:
    Hanging(std::unique_ptr<Connection> inner, std::atomic<bool>& hang_now, std::atomic<int>& count) : ConnectionDecorator(std::move(inner)), hang_(hang_now), pings_(count) {}

   private:
    void do_ping(std::chrono::milliseconds timeout) override {
      ++pings_;
      while (hang_) std::this_thread::yield();
      ConnectionDecorator::do_ping(timeout);
    }
    std::atomic<bool>& hang_;
    std::atomic<int>& pings_;
  };
  Pool own([&]() -> std::unique_ptr<Connection> { return std::make_unique<Hanging>(database.connect(), hang, pings); }, checking(1), [this] { return time(); });
  { const auto lease = own.acquire(); }
  advance(1000ms);
  Acquirer waiter(own, {.timeout = 300ms});
  REQUIRE(eventually([&] { return pings == 1; }));
  CHECK(own.statistics().open == 1);
  CHECK(own.statistics().idle == 0);
  advance(300ms);
  CHECK_THROWS_AS(waiter.take(), PoolError);
  hang = false;
  CHECK(eventually([&] { return own.statistics().idle == 1; }));
  CHECK(own.acquire(0ms));  // the check was not in vain
}

TEST_CASE_METHOD(Checked, "idle connections above the minimum are closed after max_idle, the longest idle first") {
  PoolOptions options = plain(4);
  options.min = 1;
  options.max_idle = 1000ms;
  make(options);
  REQUIRE(eventually([&] { return statistics().idle == 1; }));
  use(3);
  advance(999ms);
  settle();
  CHECK(statistics().open == 3);
  Connection* const used = &*pool->acquire();
  advance(1ms);
  CHECK(eventually([&] { return statistics().open == 1; }));
  CHECK(&*pool->acquire() == used);
  advance(100000ms);
  settle();
  CHECK(statistics().open == 1);
}

TEST_CASE_METHOD(Checked, "max_lifetime closes a connection when it is idle, never while it is lent") {
  PoolOptions options = plain(2);
  options.max_lifetime = 1000ms;
  make(options);
  auto lease = pool->acquire();
  { const auto other = pool->acquire(); }
  advance(1000ms);
  CHECK(eventually([&] { return statistics().open == 1; }));
  CHECK(lease->usable());
  lease->execute("x");
  CHECK(statistics().in_use == 1);
  lease = {};
  CHECK(statistics().open == 0);
  CHECK(database.open_connections() == 0);
}

TEST_CASE_METHOD(Checked, "an expired connection is not lent even when nobody closed it yet") {
  PoolOptions options = plain(1);
  options.max_lifetime = 1000ms;
  make(options);
  use(1);
  advance(1000ms);
  use(1);
  CHECK(database.count("connect") == 2);
}

TEST_CASE_METHOD(Checked, "jitter spreads the ends of connections opened together") {
  PoolOptions options = plain(20);
  options.max_lifetime = 1000ms;
  options.jitter = 0.5;
  make(options);
  use(20);
  advance(500ms);
  settle();
  CHECK(statistics().open == 20);
  advance(250ms);  // half of the range, and half of the connections, give or take
  REQUIRE(eventually([&] { return statistics().open < 20; }));
  settle();
  CHECK(statistics().open > 0);
  advance(250ms);
  CHECK(eventually([&] { return statistics().open == 0; }));
}

TEST_CASE_METHOD(Checked, "idle connections are kept alive in the background, without becoming younger") {
  PoolOptions options = plain(2);
  options.keepalive = 100ms;
  options.max_idle = 350ms;
  make(options);
  use(2);
  advance(100ms);
  CHECK(eventually([&] { return database.count("ping") == 2 && statistics().idle == 2; }));
  advance(100ms);
  CHECK(eventually([&] { return database.count("ping") == 4 && statistics().idle == 2; }));
  advance(150ms);
  CHECK(eventually([&] { return statistics().open == 0; }));
}

TEST_CASE_METHOD(Checked, "a keep-alive that fails retires the idle connections before anybody meets them") {
  PoolOptions options = plain(3);
  options.keepalive = 100ms;
  make(options);
  use(3);
  database.fail("ping", ErrorCode::connection_lost);
  advance(100ms);
  CHECK(eventually([&] { return statistics().closed >= 1 && statistics().open == statistics().idle; }));
  CHECK(pool->acquire()->usable());
}

TEST_CASE_METHOD(PoolFixture, "an attempt to connect that hangs does not hold up the recovery") {
  std::atomic<bool> hangs = false;
  std::atomic<int> attempts = 0;
  PoolOptions options = plain(2);
  options.reconnect_max = 1000ms;
  pool = std::make_unique<Pool>(
      [&] {
        if (++attempts == 2) {
          hangs = true;
          while (hangs) std::this_thread::yield();
        }
        return database.connect();
      },
      options, [this] { return time(); });
  {
    const Pool::Lease lease = pool->acquire();
    lose(*lease);
  }
  Acquirer waiter(*pool);
  REQUIRE(eventually([&] { return hangs.load(); }));
  advance(999ms);
  std::this_thread::sleep_for(20ms);
  CHECK(attempts == 2);  // one at a time, since the server may be gone
  advance(1ms);
  CHECK(waiter.take());
  CHECK(attempts == 3);
  hangs = false;
  CHECK(eventually([&] { return statistics().idle == 2; }));
}
