// Faults under a pool and its sessions: what a program that uses them would test.

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/database.hpp"
#include "millrace/testing/fake_connection.hpp"
#include "millrace/testing/fault_driver.hpp"

using namespace millrace;
using namespace millrace::testing;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  FakeDatabase fake;
  std::shared_ptr<FaultPlan> shared = std::make_shared<FaultPlan>();
  FaultPlan& plan = *shared;
  DriverRegistry drivers;
  int runs = 0;

  Fixture() { drivers.add(std::make_shared<FaultDriver>(std::make_shared<FakeDriver>(fake), shared)); }

  Database open(std::size_t connections = 2) const {
    DatabaseConfig config = DatabaseConfig::from_url("fake://");
    config.pool.size = connections;
    config.pool.overflow = 0;
    config.pool.reconnect_delay = 1ms;
    config.retry.initial_delay = 1ms;
    return Database::open(config, drivers);
  }
  void work(Database& database) {
    database.with_session([&](Session& session) {
      ++runs;
      session->execute("UPDATE t");
    });
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a session runs again after faults that pass, on the same connection or another") {
  Database database = open();
  plan.add(Fault::error(FaultCall::commit, ErrorCode::serialization));
  plan.add(Fault::drop(FaultCall::statement).nth(2));
  work(database);
  CHECK(runs == 3);
  CHECK(fake.count("commit") == 1);
  CHECK(fake.count("connect") == 2);
  CHECK(plan.dropped() == 1);
}

TEST_CASE_METHOD(Fixture, "a session gives up when the faults do not pass") {
  Database database = open();
  const auto id = plan.add(Fault::error(FaultCall::statement, ErrorCode::deadlock).always());
  CHECK_THROWS_AS(work(database), RetryError);
  CHECK(plan.struck(id) == 3);
  CHECK(database.pool().statistics().in_use == 0);
}

TEST_CASE_METHOD(Fixture, "a commit in doubt is not run again") {
  Database database = open();
  plan.add(Fault::drop_after(FaultCall::commit));
  CHECK_THROWS_AS(work(database), InDoubtError);
  CHECK(runs == 1);
  CHECK(fake.count("commit") == 1);
  work(database);
  CHECK(runs == 2);
}

TEST_CASE_METHOD(Fixture, "a restart of the server and some refused connects cost a session one more run") {
  Database database = open();
  work(database);
  plan.drop_connections();
  const auto id = plan.add(Fault::error(FaultCall::connect, ErrorCode::connection_refused).times(3));
  work(database);
  CHECK(runs == 2);  // the dead connection was found by BEGIN, before the function
  CHECK(plan.struck(id) == 3);
  CHECK(plan.open_connections() == 1);
}

TEST_CASE_METHOD(Fixture, "an acquire's deadline holds while a connect hangs") {
  Database database = open();
  const auto id = plan.add(Fault::hold(FaultCall::connect));
  CHECK_THROWS_AS(database.pool().acquire(5ms), PoolError);
  plan.release(id);
  work(database);
  CHECK(runs == 1);
}
