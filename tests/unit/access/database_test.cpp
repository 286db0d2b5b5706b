#include "millrace/access/database.hpp"

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "millrace/testing/fake_connection.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using Calls = std::vector<std::string>;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

class FakeDriver final : public Driver {
 public:
  explicit FakeDriver(testing::FakeDatabase& database) : database_(database) {}
  std::string_view name() const override { return "fake"; }
  std::vector<std::string_view> schemes() const override { return {"fake"}; }
  DriverTraits traits() const override { return {}; }
  std::unique_ptr<Connection> connect(const ConnectionConfig&) const override { return database_.connect(); }

 private:
  testing::FakeDatabase& database_;
};

DatabaseConfig fake_config() {
  DatabaseConfig config;
  config.connection.scheme = "fake";
  config.connection.password = Secret("tr0ub4dor");
  config.connection.has_password = true;
  config.pool.size = 1;
  config.pool.overflow = 0;
  config.pool.acquire_timeout = 5s;
  config.retry.initial_delay = 0ms;
  config.retry.max_delay = 0ms;
  return config;
}

struct Fixture {
  testing::FakeDatabase fake;
  DriverRegistry drivers;
  Fixture() { drivers.add(std::make_shared<FakeDriver>(fake)); }

  Database open(const DatabaseConfig& config = fake_config()) { return Database::open(config, drivers); }
  /// What was called, without what the pool does between two users.
  Calls work() const {
    Calls calls;
    for (const std::string& call : fake.calls()) {
      if (call != "connect" && call != "close" && call != "ping" && call != "reset") calls.push_back(call);
    }
    return calls;
  }
  void fail_once(const char* call, ErrorCode code, bool poisons = false) {
    ErrorInfo info;
    info.code = code;
    info.message = "scripted";
    info.safe_to_retry = code != ErrorCode::in_doubt;
    info.poisons_connection = poisons;
    fake.fail(call, info);
  }
};

ErrorCode code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  FAIL("nothing was thrown");
  return ErrorCode::unknown;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a session function's work is committed when it returns, and its value passed on") {
  Database database = open();
  const int value = database.with_session([](Session& session) {
    session->execute("a");
    return 42;
  });
  CHECK(value == 42);
  CHECK(work() == Calls{"begin", "execute a", "commit"});
  const auto moved = database.with_session([](Session&) { return std::make_unique<int>(7); });
  CHECK(*moved == 7);
  int target = 0;
  int& reference = database.with_session([&](Session&) -> int& { return target; });
  CHECK(&reference == &target);
}

TEST_CASE_METHOD(Fixture, "a session function's work is rolled back when it throws, whatever it throws") {
  Database database = open();
  CHECK_THROWS_AS(database.with_session([](Session& session) { session->execute("a"); throw std::runtime_error("x"); }), std::runtime_error);
  CHECK_THROWS_AS(database.with_session([](Session&) { throw DataError("x"); }), DataError);
  CHECK(work() == Calls{"begin", "execute a", "rollback", "begin", "rollback"});
}

TEST_CASE_METHOD(Fixture, "the whole session function is run again after a transient error") {
  Database database = open();
  SECTION("of a statement") {
    fail_once("execute b", ErrorCode::deadlock);
    database.with_session([](Session& session) { session->execute("a"); session->execute("b"); });
    CHECK(work() == Calls{"begin", "execute a", "execute b", "rollback", "begin", "execute a", "execute b", "commit"});
  }
  SECTION("of the commit") {
    fail_once("commit", ErrorCode::serialization);
    database.with_session([](Session& session) { session->execute("a"); });
    CHECK(work() == Calls{"begin", "execute a", "commit", "rollback", "begin", "execute a", "commit"});
  }
  SECTION("on another connection when the first one was lost") {
    fail_once("execute a", ErrorCode::connection_lost, true);
    database.with_session([](Session& session) { session->execute("a"); });
    CHECK(work() == Calls{"begin", "execute a", "begin", "execute a", "commit"});
    CHECK(fake.count("connect") == 2);
  }
}

TEST_CASE_METHOD(Fixture, "attempts at a session function are limited, by its own policy where it has one") {
  Database database = open();
  int calls = 0;
  const auto fails = [&](Session&) {
    ++calls;
    ErrorInfo info;
    info.code = ErrorCode::deadlock;
    info.safe_to_retry = true;
    throw DatabaseError(info);
  };
  CHECK_THROWS_AS(database.with_session(fails), RetryError);
  CHECK(calls == 3);
  SessionOptions options;
  options.retry = database.config().retry;
  options.retry->attempts = 1;
  CHECK_THROWS_AS(database.with_session(fails, options), DatabaseError);
  CHECK(calls == 4);
}

TEST_CASE_METHOD(Fixture, "a commit in doubt is never repeated, whatever the policy says") {
  Database database = open();
  SessionOptions options;
  options.retry = database.config().retry;
  options.retry->retry_if = [](const Error&) { return true; };
  fail_once("commit", ErrorCode::in_doubt);
  CHECK_THROWS_AS(database.with_session([](Session& session) { session->execute("a"); }, options), InDoubtError);
  CHECK(work() == Calls{"begin", "execute a", "commit"});
}

TEST_CASE_METHOD(Fixture, "a session function that did what a rollback does not undo is not run again") {
  Database database = open();
  int runs = 0;
  SECTION("a statement behind its own rollback") {
    fail_once("execute b", ErrorCode::deadlock);
    try {
      database.with_session([&](Session& session) { ++runs; session.rollback(); session->execute("a"); session->execute("b"); });
      FAIL("nothing was thrown");
    } catch (const DatabaseError& error) {
      CHECK_FALSE(error.safe_to_retry());
      CHECK(std::string(error.what()).starts_with("scripted; the session is not run again"));
    }
  }
  SECTION("a commit on the connection") {
    fail_once("execute b", ErrorCode::deadlock);
    CHECK_THROWS_AS(database.with_session([&](Session& session) { ++runs; session->commit(); session->begin(); session->execute("b"); }), DatabaseError);
  }
  SECTION("a source that is used up, and the policy retries everything") {
    SessionOptions options;
    options.retry = database.config().retry;
    options.retry->retry_if = [](const Error&) { return true; };
    fail_once("commit", ErrorCode::serialization);
    CHECK_THROWS_AS(database.with_session([&](Session& session) { ++runs; session->forbid_replay(); }, options), DatabaseError);
  }
  CHECK(runs == 1);
}

TEST_CASE_METHOD(Fixture, "a session function leaves the commit to its session, and may roll back") {
  Database database = open();
  CHECK(code_of([&] { database.with_session([](Session& session) { session.commit(); }); }) == ErrorCode::misuse);
  CHECK(fake.count("commit") == 0);
  CHECK(database.with_session([](Session& session) { session.rollback(); return 1; }) == 1);
  CHECK(work() == Calls{"begin", "rollback", "begin", "rollback"});
}

TEST_CASE_METHOD(Fixture, "a session rolls back at the end of its scope unless it was committed") {
  Database database = open();
  {
    Session session = database.session();
    session->execute("a");
  }
  {
    Session session = database.session();
    session->execute("b");
    session.commit();
    CHECK(code_of([&] { session.commit(); }) == ErrorCode::misuse);
  }
  CHECK(work() == Calls{"begin", "execute a", "rollback", "begin", "execute b", "commit"});
}

TEST_CASE_METHOD(Fixture, "a session moves, and its transaction ends before its connection goes back") {
  Database database = open();
  {
    Session first = database.session();
    first->execute("a");
    Session second = std::move(first);
    CHECK(second.connection().in_transaction());
    CHECK(code_of([&] { first.commit(); }) == ErrorCode::misuse);
    CHECK(database.pool().statistics().in_use == 1);
  }
  Session next = database.session();  // the only connection: it is back
  const Calls calls = fake.calls();
  const auto rollback = std::find(calls.begin(), calls.end(), "rollback");
  const auto reset = std::find(calls.begin(), calls.end(), "reset");
  REQUIRE(rollback != calls.end());
  CHECK(rollback < reset);
}

TEST_CASE_METHOD(Fixture, "only the opening of a scoped session is retried") {
  Database database = open();
  fail_once("begin", ErrorCode::connection_lost, true);  // a stale connection that nobody noticed
  Session session = database.session();
  CHECK(fake.count("begin") == 2);
  CHECK(fake.count("connect") == 2);
  fail_once("execute", ErrorCode::deadlock);
  CHECK_THROWS_AS(session->execute("a"), DatabaseError);
  CHECK(fake.count("execute") == 1);
  fail_once("commit", ErrorCode::serialization);
  CHECK(code_of([&] { session.commit(); }) == ErrorCode::serialization);
  CHECK(fake.count("commit") == 1);
}

TEST_CASE_METHOD(Fixture, "a failed BEGIN gives its connection back and counts as an attempt") {
  Database database = open();
  for (int i = 0; i < 3; ++i) fail_once("begin", ErrorCode::lock_timeout);
  CHECK_THROWS_AS(database.session(), RetryError);
  CHECK(fake.count("begin") == 3);
  CHECK_NOTHROW(database.session());  // nothing of them is left open
}

TEST_CASE_METHOD(Fixture, "a database checks its configuration before it opens anything") {
  DatabaseConfig config = fake_config();
  config.pool.size = 0;
  CHECK_THROWS_AS(open(config), ConfigError);
  config = fake_config();
  config.retry.attempts = 0;
  CHECK_THROWS_AS(open(config), ConfigError);
  config = fake_config();
  config.connection.scheme = "unheard";
  CHECK_THROWS_MATCHES(open(config), ConfigError, MessageMatches(ContainsSubstring("unheard")));
  CHECK(fake.calls().empty());
}

TEST_CASE_METHOD(Fixture, "a database that closed refuses sessions, at once") {
  Database database = open();
  database.with_session([](Session&) {});
  CHECK(database.close());
  CHECK(database.close());
  CHECK(fake.open_connections() == 0);
  CHECK(code_of([&] { database.session(); }) == ErrorCode::pool_closed);
  CHECK(code_of([&] { database.with_session([](Session&) { FAIL("called"); }); }) == ErrorCode::pool_closed);
  Database again = open();  // a new pool
  CHECK_NOTHROW(again.with_session([](Session&) {}));
}

TEST_CASE_METHOD(Fixture, "a database outlives the registry of its drivers") {
  auto registry = std::make_unique<DriverRegistry>();
  registry->add(std::make_shared<FakeDriver>(fake));
  Database database = Database::open(fake_config(), *registry);
  registry.reset();
  CHECK_NOTHROW(database.with_session([](Session&) {}));
  CHECK(database.driver().name() == "fake");
}

TEST_CASE_METHOD(Fixture, "a database moves with its pool") {
  Database first = open();
  Database second = std::move(first);
  CHECK_NOTHROW(second.with_session([](Session&) {}));
  CHECK(code_of([&] { first.pool(); }) == ErrorCode::misuse);
  CHECK_FALSE(first.health_check().ok);
}

TEST_CASE_METHOD(Fixture, "a healthy database says so and how long it took") {
  Database database = open();
  const Health health = database.health_check();
  CHECK(health.ok);
  CHECK(health.reason.empty());
  CHECK(health.latency > 0us);
  CHECK(fake.count("ping") == 1);
  CHECK(fake.count("begin") == 0);
}

TEST_CASE_METHOD(Fixture, "a health check reports what is wrong once, without a secret, and never throws") {
  Database database = open();
  SECTION("the server refuses") {
    ErrorInfo info;
    info.code = ErrorCode::connection_refused;
    info.message = "could not connect to host 10.0.0.1 with tr0ub4dor";
    info.safe_to_retry = true;
    fake.fail("connect", info);
    const Health health = database.health_check();
    CHECK_FALSE(health.ok);
    CHECK_THAT(health.reason, ContainsSubstring("could not connect to host 10.0.0.1"));
    CHECK_THAT(health.reason, !ContainsSubstring("tr0ub4dor"));
    CHECK(fake.count("connect") == 1);
  }
  SECTION("the ping fails") {
    fail_once("ping", ErrorCode::connection_lost, true);
    const Health health = database.health_check();
    CHECK_FALSE(health.ok);
    CHECK_THAT(health.reason, ContainsSubstring("scripted"));
    CHECK(fake.count("ping") == 1);
  }
  SECTION("the pool is closed") {
    database.close();
    CHECK_THAT(database.health_check().reason, ContainsSubstring("closed"));
  }
}

TEST_CASE_METHOD(Fixture, "a health check keeps to its time when every connection is out") {
  Database database = open();
  const Session busy = database.session();
  const Health health = database.health_check(30ms);
  CHECK_FALSE(health.ok);
  CHECK(health.latency >= 30ms);
  CHECK(health.latency < 2s);
  CHECK_THAT(health.reason, ContainsSubstring("in use"));
}
