#include "millrace/testing/fault_plan.hpp"

#include <set>

#include <catch2/catch_test_macros.hpp>

#include "millrace/testing/fake_connection.hpp"
#include "millrace/testing/fault_driver.hpp"

using namespace millrace;
using namespace millrace::testing;

namespace {

struct Fixture {
  FakeDatabase database;
  FaultDriver driver{std::make_shared<FakeDriver>(database)};
  FaultPlan& plan = driver.plan();
  std::unique_ptr<Connection> connection = driver.connect(ConnectionConfig::from_url("fake://"));

  // Which of so many calls fail: "..x."
  std::string strikes(int calls, const std::string& sql = "UPDATE t") {
    std::string out;
    for (int i = 0; i < calls; ++i) {
      try {
        connection->execute(sql);
        out += '.';
      } catch (const DatabaseError&) {
        out += 'x';
      }
    }
    return out;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a fault strikes the next call, once") {
  plan.add(Fault::error(FaultCall::statement, ErrorCode::deadlock));
  CHECK(strikes(3) == "x..");
}

TEST_CASE_METHOD(Fixture, "a fault strikes the nth call, so many times") {
  plan.add(Fault::error(FaultCall::statement, ErrorCode::deadlock).nth(3));
  CHECK(strikes(4) == "..x.");
  plan.add(Fault::error(FaultCall::statement, ErrorCode::deadlock).nth(2).times(2));
  CHECK(strikes(5) == ".xx..");
  const auto id = plan.add(Fault::error(FaultCall::statement, ErrorCode::deadlock).always());
  CHECK(strikes(3) == "xxx");
  CHECK(plan.struck(id) == 3);
  plan.remove(id);
  CHECK(strikes(2) == "..");
  CHECK(plan.struck(id) == 3);
}

TEST_CASE_METHOD(Fixture, "a fault counts and strikes only the statements that contain its text") {
  plan.add(Fault::error(FaultCall::statement, ErrorCode::deadlock).on("UPDATE").nth(2));
  CHECK(strikes(2, "INSERT INTO t") == "..");
  CHECK(strikes(3) == ".x.");
}

TEST_CASE_METHOD(Fixture, "faults follow one another when they wait for the same call") {
  plan.add(Fault::error(FaultCall::statement, ErrorCode::deadlock));
  plan.add(Fault::error(FaultCall::statement, ErrorCode::serialization));
  CHECK(strikes(3) == "xx.");
}

TEST_CASE_METHOD(Fixture, "a cleared plan has no faults, and its counts stay") {
  const auto id = plan.add(Fault::error(FaultCall::any, ErrorCode::deadlock).always());
  CHECK(strikes(2) == "xx");
  plan.clear();
  CHECK(strikes(2) == "..");
  CHECK(plan.struck(id) == 2);
  CHECK(plan.calls(FaultCall::statement) == 4);
  CHECK(plan.calls(FaultCall::connect) == 1);
  CHECK(plan.calls(FaultCall::any) == 5);
  CHECK(plan.calls(FaultCall::commit) == 0);
}

TEST_CASE("a plan refuses what can never strike") {
  FaultPlan plan;
  CHECK_THROWS_AS(plan.add(Fault::drop(FaultCall::any).nth(0)), Error);
  CHECK_THROWS_AS(plan.add(Fault::drop(FaultCall::any).times(0)), Error);
  CHECK_THROWS_AS(plan.add(Fault::delay(FaultCall::any, std::chrono::milliseconds(-1))), Error);
}

TEST_CASE("waiting for a strike that does not come ends") {
  FaultPlan plan;
  const auto id = plan.add(Fault::drop(FaultCall::commit));
  CHECK_FALSE(plan.wait_until_struck(id, 1, std::chrono::milliseconds(1)));
}

TEST_CASE("every call has a name of its own") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kFaultCalls; ++i) names.insert(to_string(static_cast<FaultCall>(i)));
  CHECK(names.size() == kFaultCalls);
  CHECK_FALSE(names.contains(""));
}
