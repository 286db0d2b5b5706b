// Reset, cancel, time-outs and handles, as far as a connection decides about them itself.

#include <chrono>

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/connection.hpp"
#include "millrace/testing/fake_connection.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  testing::FakeDatabase database;
  std::unique_ptr<Connection> owner = database.connect();
  Connection& connection = *owner;

  void poison(const char* call, ErrorCode code) {
    ErrorInfo info;
    info.code = code;
    info.message = "gone";
    info.poisons_connection = true;
    database.fail(call, info);
  }
};

ErrorCode code_of(auto&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  FAIL("nothing was thrown");
  return ErrorCode::unknown;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a reset rolls back first and leaves the session untouched") {
  connection.begin();
  connection.execute("x");
  CHECK(connection.touched());
  connection.reset();
  CHECK_FALSE(connection.touched());
  CHECK_FALSE(connection.in_transaction());
  CHECK(database.calls() == std::vector<std::string>{"connect", "begin", "execute x", "rollback", "reset"});
}

TEST_CASE_METHOD(Fixture, "a reset that fails leaves the session touched") {
  connection.execute("x");
  database.fail("reset", ErrorCode::unknown);
  CHECK_THROWS_AS(connection.reset(), DatabaseError);
  CHECK(connection.touched());
  poison("reset", ErrorCode::connection_lost);
  CHECK_THROWS_AS(connection.reset(), ConnectionError);
  CHECK(connection.lost());
  CHECK(code_of([&] { connection.reset(); }) == ErrorCode::misuse);
}

TEST_CASE_METHOD(Fixture, "what may change a session's state touches it") {
  const auto touches = [&](auto&& call) {
    connection.reset();
    call();
    return connection.touched();
  };
  CHECK(touches([&] { connection.execute("x"); }));
  CHECK(touches([&] { connection.query("x"); }));
  CHECK(touches([&] { connection.open_reader("x"); }));
  CHECK(touches([&] { connection.prepare_for_load({}); }));
  CHECK(touches([&] { connection.set_statement_timeout(1s); }));
  CHECK(touches([&] { connection.native_handle(); }));
  CHECK(touches([&] { connection.open_writer({"", "t"}, {ColumnInfo{"a", SqlType::of(TypeKind::integer)}})->finish(); }));
  CHECK_FALSE(touches([&] { connection.ping(); }));
  CHECK_FALSE(touches([&] { connection.try_describe({"", "t"}); }));
  CHECK_FALSE(touches([&] { Transaction(connection).commit(); }));
}

TEST_CASE_METHOD(Fixture, "only what says something about the server loses a connection") {
  poison("execute", ErrorCode::internal);
  CHECK_THROWS_AS(connection.execute("x"), Error);
  CHECK_FALSE(connection.usable());
  CHECK_FALSE(connection.lost());
  for (const ErrorCode code : {ErrorCode::connection_lost, ErrorCode::server_shutdown, ErrorCode::connection_refused}) {
    const auto other = database.connect();
    poison("execute", code);
    CHECK_THROWS_AS(other->execute("x"), ConnectionError);
    CHECK(other->lost());
  }
}

TEST_CASE_METHOD(Fixture, "time-outs can not be negative") {
  CHECK(code_of([&] { connection.set_statement_timeout(-1ms); }) == ErrorCode::misuse);
  CHECK(code_of([&] { connection.begin({.statement_timeout = -1ms}); }) == ErrorCode::misuse);
  CHECK(database.calls() == std::vector<std::string>{"connect"});
  connection.set_statement_timeout(0ms);
  CHECK(database.calls().back() == "set_statement_timeout 0");
}

TEST_CASE_METHOD(Fixture, "a cancel is pending until a statement reports it or it is settled") {
  CHECK_FALSE(connection.cancel_pending());
  connection.cancel();
  CHECK(connection.cancel_pending());
  connection.execute("x");  // not hit
  CHECK(connection.cancel_pending());
  database.fail("execute", ErrorCode::cancelled);
  CHECK(code_of([&] { connection.execute("x"); }) == ErrorCode::cancelled);
  CHECK_FALSE(connection.cancel_pending());
  CHECK(connection.settle_cancel());
  CHECK(database.count("settle_cancel") == 0);
  connection.cancel();
  CHECK(connection.settle_cancel());
  CHECK(database.count("settle_cancel") == 1);
  CHECK_FALSE(connection.cancel_pending());
}

TEST_CASE_METHOD(Fixture, "a cancel whose landing is not known makes the connection unusable") {
  connection.cancel();
  database.fail("settle_cancel", ErrorCode::unknown);
  CHECK_FALSE(connection.settle_cancel());
  CHECK_FALSE(connection.usable());
  CHECK_FALSE(connection.settle_cancel());
}

TEST_CASE_METHOD(Fixture, "a cancel is not settled over an open reader") {
  const auto reader = connection.open_reader("x");
  connection.cancel();
  CHECK_FALSE(connection.settle_cancel());
  CHECK_FALSE(connection.usable());
}
