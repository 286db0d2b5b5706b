#include "millrace/testing/fake_connection.hpp"

#include <catch2/catch_test_macros.hpp>

#include "millrace/data/batch_builder.hpp"

using namespace millrace;
using namespace millrace::testing;

namespace {

ResultSet one(int value) { return ResultSet({{"n", SqlType::of(TypeKind::integer)}}, {{value}}); }

}  // namespace

TEST_CASE("a fake answers by the text of the query, then in the order of the script, then with 1") {
  FakeDatabase database;
  const auto connection = database.connect();
  database.answer_to("FROM account", one(7));
  database.answer(one(2));
  CHECK(connection->query_value("SELECT n FROM account").as<int>() == 7);
  CHECK(connection->query_value("SELECT n FROM other").as<int>() == 2);
  CHECK(connection->query_value("SELECT n FROM other").as<int>() == 1);
  CHECK(connection->query_value("SELECT n FROM account").as<int>() == 7);
  database.answer_to("FROM account", one(8));
  CHECK(connection->query_value("SELECT n FROM account").as<int>() == 8);
}

TEST_CASE("a fake says how many rows a statement affected") {
  FakeDatabase database;
  const auto connection = database.connect();
  database.affect("DELETE", 3);
  CHECK(connection->execute("DELETE FROM t") == 3);
  CHECK(connection->execute("UPDATE t SET a = 1") == 1);
}

TEST_CASE("a scripted failure strikes once, with the facts of its kind") {
  FakeDatabase database;
  const auto connection = database.connect();
  database.fail("execute UPDATE", ErrorCode::deadlock);
  connection->execute("INSERT INTO t VALUES (1)");
  try {
    connection->execute("UPDATE t SET a = 1");
    FAIL("nothing was thrown");
  } catch (const DatabaseError& error) {
    CHECK(error.safe_to_retry());
    CHECK(error.sqlstate() == "40P01");
  }
  CHECK(connection->execute("UPDATE t SET a = 1") == 1);
  database.fail("ping", ErrorCode::connection_lost);
  CHECK_THROWS_AS(connection->ping(), ConnectionError);
  CHECK_FALSE(connection->usable());
}

TEST_CASE("what can not fail does not, whatever the script says") {
  FakeDatabase database;
  auto connection = database.connect();
  for (const char* call : {"cancel", "abandon", "close"}) database.fail(call, ErrorCode::internal);
  ColumnInfo column;
  column.name = "a";
  column.type = SqlType::of(TypeKind::integer);
  connection->open_writer({"s", "t"}, {column}).reset();
  connection->cancel();
  connection.reset();
  CHECK(database.calls() == std::vector<std::string>{"connect", "open_writer s.t", "abandon", "cancel", "close"});
  CHECK(database.open_connections() == 0);
}

TEST_CASE("a fake keeps the rows of writers that were finished") {
  FakeDatabase database;
  const auto connection = database.connect();
  ColumnInfo column;
  column.name = "a";
  column.type = SqlType::of(TypeKind::integer);
  BatchBuilder rows({{"a", column.type}});
  rows.append(1);
  rows.append(nullptr);
  const RecordBatch batch = rows.take();
  auto writer = connection->open_writer({"s", "t"}, {column});
  writer->write(batch);
  CHECK(database.written({"s", "t"}).empty());
  writer->finish();
  CHECK(database.written({"s", "t"}) == std::vector<std::vector<Value>>{{1}, {nullptr}});
  writer = connection->open_writer({"s", "u"}, {column});
  writer->write(batch);
  writer->abandon();
  CHECK(database.written({"s", "u"}).empty());
}

TEST_CASE("the fake driver connects through a registry") {
  FakeDatabase database;
  DriverRegistry drivers;
  drivers.add(std::make_shared<FakeDriver>(database, DriverTraits{.concurrent_writers = false}));
  const auto connection = drivers.connect(ConnectionConfig::from_url("fake://"));
  connection->ping();
  CHECK(connection->server().product == "Fake");
  CHECK_FALSE(drivers.find("fake").traits().concurrent_writers);
  CHECK(database.calls() == std::vector<std::string>{"connect", "ping"});
}
