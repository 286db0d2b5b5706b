#include "millrace/access/connection.hpp"

#include <stdexcept>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "millrace/testing/fake_connection.hpp"

using namespace millrace;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

struct Fixture {
  testing::FakeDatabase database;
  std::unique_ptr<Connection> owner = database.connect();
  Connection& connection = *owner;

  void poison(const char* call) {
    ErrorInfo info;
    info.code = ErrorCode::connection_lost;
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

TEST_CASE_METHOD(Fixture, "statements reach the backend translated and bound") {
  connection.execute("UPDATE t SET a = ? WHERE b ?? ?", {1, "x"});
  CHECK(database.calls().back() == "execute UPDATE t SET a = $1 WHERE b ? $2");
  CHECK(database.last_values() == std::vector<Value>{1, "x"});
  connection.query("SELECT :a", Params::named({{"a", nullptr}}));
  CHECK(database.calls().back() == "query SELECT $1");
}

TEST_CASE_METHOD(Fixture, "a value is the first of the first row, or NULL") {
  CHECK(connection.query_value("SELECT 1").as<int>() == 1);
  database.answer(ResultSet({{"a", SqlType::of(TypeKind::text)}}, {}));
  CHECK(connection.query_value("SELECT 1").is_null());
  database.answer(ResultSet({}, {}));
  CHECK(connection.query_value("SET x").is_null());
}

TEST_CASE_METHOD(Fixture, "rows are read by position and name") {
  database.answer(ResultSet({{"a", SqlType::of(TypeKind::integer)}, {"b", SqlType::of(TypeKind::text)}}, {{1, "x"}, {2, nullptr}}));
  const ResultSet result = connection.query("SELECT a, b FROM t");
  CHECK(result.size() == 2);
  CHECK(result[0][0].as<int>() == 1);
  CHECK(result[1]["b"].is_null());
  CHECK(result[0][std::string("b")].as<std::string>() == "x");
  int sum = 0;
  for (const Row row : result) sum += row["a"].as<int>();
  CHECK(sum == 3);
  CHECK(code_of([&] { result[0][2]; }) == ErrorCode::misuse);
  CHECK(code_of([&] { result[0][-1]; }) == ErrorCode::misuse);
  CHECK(code_of([&] { result[2][0]; }) == ErrorCode::misuse);
  CHECK_THROWS_MATCHES(result[0]["A"], Error, MessageMatches(ContainsSubstring("'A'")));
}

TEST_CASE_METHOD(Fixture, "errors carry the statement, shortened") {
  const std::string e = "\xC3\xA9";
  const std::string sql = "SELECT '" + std::string(191, 'x') + e + e + "' FROM t WHERE a = ?";
  database.fail("execute", ErrorCode::syntax);
  try {
    connection.execute(sql, {"a secret value"});
    FAIL("nothing was thrown");
  } catch (const DatabaseError& error) {
    CHECK(error.code() == ErrorCode::syntax);
    CHECK(error.statement() == sql.substr(0, 199) + "...");  // byte 200 would cut a character in half
    CHECK(error.statement().find("secret") == std::string::npos);
  }
  ErrorInfo info;
  info.code = ErrorCode::syntax;
  info.statement = "what the backend says";
  database.fail("query", info);
  try {
    connection.query("SELECT 1");
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.statement() == "what the backend says");
  }
  CHECK(connection.usable());
}

TEST_CASE_METHOD(Fixture, "a poisoned connection refuses everything with one sentence") {
  poison("query");
  connection.begin();
  CHECK_THROWS_AS(connection.query("SELECT 1"), ConnectionError);
  CHECK_FALSE(connection.usable());
  CHECK_FALSE(connection.in_transaction());
  const auto before = database.calls();
  const auto refused = [](auto&& call) { CHECK_THROWS_MATCHES(call(), Error, MessageMatches(ContainsSubstring("discard it"))); };
  refused([&] { connection.execute("SELECT 1"); });
  refused([&] { connection.query("SELECT 1"); });
  refused([&] { connection.ping(); });
  refused([&] { connection.begin(); });
  refused([&] { connection.commit(); });
  refused([&] { connection.savepoint("a"); });
  refused([&] { connection.release("a"); });
  refused([&] { connection.rollback_to("a"); });
  refused([&] { connection.truncate({"", "t"}); });
  refused([&] { connection.try_describe({"", "t"}); });
  refused([&] { connection.prepare_for_load({}); });
  refused([&] { connection.open_writer({"", "t"}, {ColumnInfo{"a", SqlType::of(TypeKind::integer)}}); });
  connection.rollback();
  CHECK(database.calls() == before);
  connection.cancel();  // always allowed
}

TEST_CASE_METHOD(Fixture, "every call that fails for good poisons") {
  const char* call = GENERATE("execute", "begin", "describe", "truncate", "open_writer", "prepare_for_load");
  CAPTURE(call);
  poison(call);
  CHECK_THROWS_AS(([&] {
                    connection.prepare_for_load({});
                    connection.execute("x");
                    connection.try_describe({"", "t"});
                    connection.truncate({"", "t"});
                    connection.open_writer({"", "t"}, {ColumnInfo{"a", SqlType::of(TypeKind::integer)}})->finish();
                    connection.begin();
                  }()),
                  ConnectionError);
  CHECK_FALSE(connection.usable());
}

TEST_CASE_METHOD(Fixture, "a transaction commits once, rolls back by default") {
  {
    Transaction transaction(connection);
    CHECK(connection.in_transaction());
    transaction.commit();
    CHECK_FALSE(connection.in_transaction());
    CHECK(code_of([&] { transaction.commit(); }) == ErrorCode::misuse);
    transaction.rollback();
  }
  CHECK(database.calls() == std::vector<std::string>{"connect", "begin", "commit"});
  { Transaction transaction(connection); }
  CHECK(database.calls().back() == "rollback");
  {
    Transaction transaction(connection);
    transaction.rollback();
    transaction.rollback();
    CHECK(code_of([&] { transaction.commit(); }) == ErrorCode::misuse);
  }
  CHECK(database.count("rollback") == 2);
  try {
    Transaction transaction(connection);
    throw std::runtime_error("x");
  } catch (const std::runtime_error&) {
  }
  CHECK(database.count("rollback") == 3);
}

TEST_CASE_METHOD(Fixture, "begin, commit and rollback keep to their order") {
  CHECK(code_of([&] { connection.commit(); }) == ErrorCode::misuse);
  connection.rollback();
  CHECK(database.count("rollback") == 0);
  connection.begin();
  CHECK(code_of([&] { connection.begin(); }) == ErrorCode::misuse);
  CHECK(code_of([&] { Transaction nested(connection); }) == ErrorCode::misuse);
  CHECK(connection.in_transaction());
  connection.commit();
  CHECK(code_of([&] { connection.commit(); }) == ErrorCode::misuse);
  CHECK(database.count("begin") == 1);
  CHECK(database.count("commit") == 1);
}

TEST_CASE_METHOD(Fixture, "a begin that fails opens no transaction") {
  database.fail("begin", ErrorCode::lock_timeout);
  CHECK_THROWS_AS(Transaction(connection), DatabaseError);
  CHECK_FALSE(connection.in_transaction());
  CHECK(connection.usable());
  connection.begin();
}

TEST_CASE_METHOD(Fixture, "a failed commit leaves no transaction open") {
  database.fail("commit", ErrorCode::serialization);
  {
    Transaction transaction(connection);
    CHECK(code_of([&] { transaction.commit(); }) == ErrorCode::serialization);
    CHECK_FALSE(connection.in_transaction());
  }
  CHECK(database.count("rollback") == 1);
  CHECK(connection.usable());
  connection.begin();
  connection.commit();

  SECTION("a rollback that fails as well makes the connection unusable") {
    database.fail("commit", ErrorCode::serialization);
    database.fail("rollback", ErrorCode::unknown);
    connection.begin();
    CHECK(code_of([&] { connection.commit(); }) == ErrorCode::serialization);
    CHECK_FALSE(connection.usable());
  }
  SECTION("so does an outcome in doubt, whatever the backend says") {
    ErrorInfo info;
    info.code = ErrorCode::in_doubt;
    database.fail("commit", info);
    connection.begin();
    CHECK_THROWS_AS(connection.commit(), InDoubtError);
    CHECK_FALSE(connection.usable());
    CHECK(database.count("rollback") == 1);
  }
  SECTION("a poisoned connection is not asked to roll back") {
    poison("commit");
    connection.begin();
    CHECK_THROWS_AS(connection.commit(), ConnectionError);
    CHECK_FALSE(connection.usable());
    CHECK(database.count("rollback") == 1);
  }
}

TEST_CASE_METHOD(Fixture, "an error keeps its class, whatever its code") {
  database.fail("commit", ErrorCode::config);
  connection.begin();
  CHECK_THROWS_AS(connection.commit(), ConfigError);
  database.fail("execute", ErrorCode::authentication);
  CHECK_THROWS_AS(connection.execute("x"), ConnectionError);
}

TEST_CASE_METHOD(Fixture, "a rollback that fails makes the connection unusable") {
  database.fail("rollback", ErrorCode::unknown);
  { Transaction transaction(connection); }
  CHECK_FALSE(connection.usable());
  CHECK_FALSE(connection.in_transaction());
}

TEST_CASE_METHOD(Fixture, "savepoints are quoted, live in transactions and roll back by default") {
  CHECK(code_of([&] { connection.savepoint("a"); }) == ErrorCode::misuse);
  CHECK(code_of([&] { Savepoint outside(connection, "a"); }) == ErrorCode::misuse);
  Transaction transaction(connection);
  {
    Savepoint kept(connection, "a?\":b");
    kept.release();
    CHECK(code_of([&] { kept.release(); }) == ErrorCode::misuse);
  }
  CHECK(database.calls() == std::vector<std::string>{"connect", "begin", "execute SAVEPOINT \"a?\"\":b\"", "execute RELEASE SAVEPOINT \"a?\"\":b\""});
  { Savepoint dropped(connection, "b"); }
  CHECK(database.count("execute ROLLBACK TO SAVEPOINT \"b\"") == 1);
  CHECK(database.count("execute RELEASE SAVEPOINT \"b\"") == 1);
  CHECK_THROWS_AS(connection.savepoint(""), ConfigError);
}

TEST_CASE_METHOD(Fixture, "a savepoint that can not roll back takes its transaction with it") {
  Transaction transaction(connection);
  database.fail("execute ROLLBACK TO", ErrorCode::unknown);
  { Savepoint savepoint(connection, "a"); }
  CHECK_FALSE(connection.in_transaction());
  CHECK(code_of([&] { transaction.commit(); }) == ErrorCode::misuse);
  CHECK(database.count("commit") == 0);
}

TEST_CASE_METHOD(Fixture, "a savepoint whose release failed rolls back") {
  Transaction transaction(connection);
  {
    Savepoint savepoint(connection, "a");
    database.fail("execute RELEASE", ErrorCode::unknown);
    CHECK_THROWS_AS(savepoint.release(), DatabaseError);
  }
  CHECK(database.calls().at(4) == "execute ROLLBACK TO SAVEPOINT \"a\"");
}

TEST_CASE_METHOD(Fixture, "a savepoint that outlives its transaction is silent") {
  connection.begin();
  {
    Savepoint savepoint(connection, "a");
    connection.rollback();
  }
  CHECK(database.calls().back() == "rollback");
  connection.begin();
  {
    Savepoint savepoint(connection, "a");
    poison("execute x");
    CHECK_THROWS_AS(connection.execute("x"), ConnectionError);
  }
  CHECK(database.calls().back() == "execute x");
}

TEST_CASE_METHOD(Fixture, "describing a missing table names it") {
  TableInfo info;
  info.name = {"s", "t"};
  info.columns = {ColumnInfo{"a", SqlType::of(TypeKind::integer)}};
  database.add_table(info);
  CHECK(connection.table_exists({"s", "t"}));
  CHECK(connection.columns({"s", "t"}).size() == 1);
  CHECK_FALSE(connection.table_exists({"s", "u"}));
  CHECK_FALSE(connection.try_describe({"s", "u"}));
  try {
    connection.describe({"s", "u"});
    FAIL("nothing was thrown");
  } catch (const DatabaseError& error) {
    CHECK(error.code() == ErrorCode::undefined_object);
    CHECK_THAT(error.what(), ContainsSubstring("s.u"));
  }
}

TEST_CASE_METHOD(Fixture, "a writer needs columns") {
  CHECK(code_of([&] { connection.open_writer({"", "t"}, {}); }) == ErrorCode::misuse);
}
