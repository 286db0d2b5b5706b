#include "millrace/testing/fault_driver.hpp"

#include <thread>

#include <catch2/catch_test_macros.hpp>

#include "millrace/data/batch_builder.hpp"
#include "millrace/testing/fake_connection.hpp"

using namespace millrace;
using namespace millrace::testing;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  FakeDatabase database;
  std::shared_ptr<FaultPlan> shared = std::make_shared<FaultPlan>();
  FaultPlan& plan = *shared;
  FakeDriver fake{database};
  FaultDriver driver{fake, shared};
  std::unique_ptr<Connection> owner = connect();
  Connection& connection = *owner;

  std::unique_ptr<Connection> connect(std::chrono::milliseconds timeout = 10s) const {
    ConnectionConfig config = ConnectionConfig::from_url("fake://host/db");
    config.connect_timeout = timeout;
    return driver.connect(config);
  }
  std::unique_ptr<BulkWriter> open_writer() {
    ColumnInfo column;
    column.name = "a";
    column.type = SqlType::of(TypeKind::integer);
    return connection.open_writer({"s", "t"}, {column});
  }
  static RecordBatch batch() {
    BatchBuilder builder({{"a", SqlType::of(TypeKind::integer)}});
    builder.append(1);
    return builder.take();
  }
};

Error error_of(auto&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  return Error(ErrorInfo{});
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a fault driver takes the place of the driver that it wraps") {
  CHECK(driver.name() == "fake");
  CHECK(driver.schemes() == fake.schemes());
  CHECK(driver.traits().concurrent_writers);
  CHECK_THROWS_AS(FaultDriver(std::shared_ptr<const Driver>()), Error);
  CHECK_THROWS_AS(FaultDriver(fake, nullptr), Error);
}

TEST_CASE_METHOD(Fixture, "a connect fails with the chosen error, and the next one succeeds") {
  plan.add(Fault::error(FaultCall::connect, ErrorCode::authentication).nth(2));
  CHECK(connect()->usable());
  const Error error = error_of([&] { connect(); });
  CHECK(error.code() == ErrorCode::authentication);
  CHECK(connect()->usable());
  plan.add(Fault::drop(FaultCall::connect).on("/db"));
  plan.add(Fault::drop(FaultCall::connect).on("/elsewhere"));
  CHECK(error_of([&] { connect(); }).code() == ErrorCode::connection_refused);
  CHECK(connect()->usable());
  plan.add(Fault::drop_after(FaultCall::connect));
  CHECK(error_of([&] { connect(); }).code() == ErrorCode::connection_lost);
  CHECK(database.open_connections() == 1);
}

TEST_CASE_METHOD(Fixture, "an error that does not poison leaves the connection at work, and never reaches the database") {
  plan.add(Fault::error(FaultCall::statement, ErrorCode::unique_violation, "own words"));
  const Error error = error_of([&] { connection.execute("INSERT INTO t"); });
  CHECK(error.code() == ErrorCode::unique_violation);
  CHECK(std::string(error.what()).find("own words") != std::string::npos);
  CHECK(error.statement() == "INSERT INTO t");
  CHECK(database.count("execute") == 0);
  CHECK(connection.usable());
  connection.execute("INSERT INTO t");
  CHECK(plan.open_connections() == 1);
}

TEST_CASE_METHOD(Fixture, "a dropped connection is closed, and lost") {
  plan.add(Fault::drop(FaultCall::statement));
  connection.begin();
  const Error error = error_of([&] { connection.query("SELECT 1"); });
  CHECK(error.code() == ErrorCode::connection_lost);
  CHECK(error.safe_to_retry());
  CHECK(database.open_connections() == 0);
  CHECK(database.count("query") == 0);
  CHECK(connection.lost());
  CHECK_FALSE(connection.in_transaction());
  CHECK(plan.dropped() == 1);
  CHECK(plan.open_connections() == 0);
  owner.reset();
  CHECK(plan.open_connections() == 0);
}

TEST_CASE_METHOD(Fixture, "a commit that is dropped before it was sent has no effect and may be retried") {
  plan.add(Fault::drop(FaultCall::commit));
  connection.begin();
  const Error error = error_of([&] { connection.commit(); });
  CHECK(error.code() == ErrorCode::connection_lost);
  CHECK(error.safe_to_retry());
  CHECK(database.count("commit") == 0);
}

TEST_CASE_METHOD(Fixture, "a commit that is dropped after it was sent is in doubt, and done") {
  plan.add(Fault::drop_after(FaultCall::commit));
  connection.begin();
  try {
    connection.commit();
    FAIL("nothing was thrown");
  } catch (const InDoubtError& error) {
    CHECK_FALSE(error.safe_to_retry());
  }
  CHECK(database.count("commit") == 1);
  CHECK(database.open_connections() == 0);
  CHECK(connection.lost());
}

TEST_CASE_METHOD(Fixture, "a statement that is dropped after it was sent is in doubt unless a transaction holds it") {
  plan.add(Fault::drop_after(FaultCall::statement).times(2));
  CHECK(error_of([&] { connection.execute("UPDATE t"); }).code() == ErrorCode::in_doubt);
  const auto second = connect();
  second->begin();
  CHECK(error_of([&] { second->execute("UPDATE t"); }).code() == ErrorCode::connection_lost);
  CHECK(database.count("execute UPDATE t") == 2);
}

TEST_CASE_METHOD(Fixture, "a bulk stream that is dropped after its end was sent is in doubt unless a transaction holds it") {
  plan.add(Fault::drop_after(FaultCall::finish).times(2));
  const std::vector<ColumnInfo> columns{{.name = "a", .type = SqlType::of(TypeKind::integer)}};
  CHECK(error_of([&] { connection.open_writer({"", "t"}, columns)->finish(); }).code() == ErrorCode::in_doubt);
  const auto second = connect();
  second->begin();
  CHECK(error_of([&] { second->open_writer({"", "t"}, columns)->finish(); }).code() == ErrorCode::connection_lost);
}

TEST_CASE_METHOD(Fixture, "a failed commit is rolled back") {
  plan.add(Fault::error(FaultCall::commit, ErrorCode::serialization));
  connection.begin();
  CHECK(error_of([&] { connection.commit(); }).code() == ErrorCode::serialization);
  CHECK(database.calls() == std::vector<std::string>{"connect", "begin", "rollback"});
  CHECK(connection.usable());
}

TEST_CASE_METHOD(Fixture, "a failed rollback makes the connection unusable") {
  plan.add(Fault::error(FaultCall::rollback, ErrorCode::internal));
  { Transaction transaction(connection); }
  CHECK_FALSE(connection.usable());
}

TEST_CASE_METHOD(Fixture, "a restart of the server is found out by each connection's next call") {
  const auto other = connect();
  plan.drop_connections();
  CHECK(connection.usable());
  CHECK(error_of([&] { connection.ping(); }).code() == ErrorCode::connection_lost);
  CHECK(error_of([&] { other->begin(); }).code() == ErrorCode::connection_lost);
  CHECK(plan.dropped() == 2);
  CHECK(connect()->usable());
}

TEST_CASE_METHOD(Fixture, "a restart is also found out by an open writer") {
  const auto writer = open_writer();
  plan.drop_connections();
  CHECK(error_of([&] { writer->write(batch()); }).code() == ErrorCode::connection_lost);
  CHECK(connection.lost());
}

TEST_CASE_METHOD(Fixture, "writes, finishes and reads of streams fail as scripted") {
  plan.add(Fault::error(FaultCall::write, ErrorCode::disk_full).nth(2));
  auto writer = open_writer();
  writer->write(batch());
  CHECK(error_of([&] { writer->write(batch()); }).code() == ErrorCode::disk_full);
  CHECK(database.count("write") == 1);
  CHECK(database.count("abandon") == 1);
  CHECK(connection.usable());

  plan.add(Fault::drop(FaultCall::finish));
  writer = open_writer();
  writer->write(batch());
  CHECK(error_of([&] { writer->finish(); }).code() == ErrorCode::connection_lost);
  CHECK(connection.lost());

  plan.add(Fault::error(FaultCall::next, ErrorCode::cancelled));
  const auto other = connect();
  const auto reader = other->open_reader("SELECT a FROM t");
  RecordBatch rows;
  CHECK(error_of([&] { reader->next(rows); }).code() == ErrorCode::cancelled);
}

TEST_CASE_METHOD(Fixture, "a held call goes on when it is released") {
  const auto id = plan.add(Fault::hold(FaultCall::commit));
  connection.begin();
  std::thread committer([&] { connection.commit(); });
  CHECK(plan.wait_until_struck(id));
  CHECK(database.count("commit") == 0);
  plan.release(id);
  committer.join();
  CHECK(database.count("commit") == 1);
}

TEST_CASE_METHOD(Fixture, "a held statement ends when it is cancelled, and the connection goes on") {
  const auto id = plan.add(Fault::hold(FaultCall::statement));
  ErrorCode code = ErrorCode::unknown;
  std::thread runner([&] { code = error_of([&] { connection.execute("UPDATE t"); }).code(); });
  CHECK(plan.wait_until_struck(id));
  connection.cancel();
  runner.join();
  CHECK(code == ErrorCode::cancelled);
  CHECK(connection.usable());
  CHECK_FALSE(connection.cancel_pending());
  CHECK(database.count("execute") == 0);
}

TEST_CASE_METHOD(Fixture, "a ping and a connect without an answer end at their time-outs") {
  plan.add(Fault::hold(FaultCall::ping));
  const Error no_pong = error_of([&] { connection.ping(1ms); });
  CHECK(no_pong.code() == ErrorCode::connection_lost);
  CHECK(std::string(no_pong.what()).find("1 ms") != std::string::npos);
  CHECK(connection.lost());
  plan.add(Fault::delay(FaultCall::connect, 1h));
  CHECK(error_of([&] { connect(1ms); }).code() == ErrorCode::connection_refused);
}

TEST_CASE_METHOD(Fixture, "a delayed call does what it would without the delay") {
  plan.add(Fault::delay(FaultCall::statement, 2ms));
  const auto start = std::chrono::steady_clock::now();
  connection.execute("UPDATE t");
  CHECK(std::chrono::steady_clock::now() - start >= 2ms);
  CHECK(database.count("execute") == 1);
}
