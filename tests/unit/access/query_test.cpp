#include "millrace/access/query.hpp"

#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "millrace/testing/fake_connection.hpp"

using namespace millrace;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

struct Trade {
  std::string acct_id;
  std::optional<Decimal> amount;
  int day = -1;
  static auto row_mapping() {
    using millrace::field;
    return millrace::row_mapping(field("acct_id", &Trade::acct_id), field("amount", &Trade::amount), field("day", &Trade::day));
  }
};

/// A type of somebody else's.
struct Point {
  double x = 0, y = 0;
};

SqlType of(TypeKind kind) { return SqlType::of(kind); }

struct Fixture {
  testing::FakeDatabase database;
  std::unique_ptr<Connection> owner = database.connect();
  Connection& connection = *owner;

  void answer(std::vector<ResultColumn> columns, std::vector<std::vector<Value>> rows) { database.answer(ResultSet(std::move(columns), std::move(rows))); }
};

template <class F> ErrorInfo data_error(F&& call) {
  try {
    call();
  } catch (const DataError& error) {
    return error.info();
  }
  FAIL("no DataError was thrown");
  return {};
}

}  // namespace

template <> struct millrace::RowTraits<Point> {
  static auto row_mapping() { return millrace::row_mapping(field("x", &Point::x), field("y", &Point::y)); }
};

TEST_CASE_METHOD(Fixture, "one column is read as values") {
  answer({{"n", of(TypeKind::bigint)}}, {{1}, {2}, {3}});
  CHECK(query<int>(connection, "SELECT n FROM t WHERE a = ?", {"x"}) == std::vector<int>{1, 2, 3});
  CHECK(database.calls().back() == "query SELECT n FROM t WHERE a = $1");
  answer({{"n", of(TypeKind::text)}}, {{"a"}, {nullptr}, {""}});
  CHECK(query<std::optional<std::string>>(connection, "SELECT n") == std::vector<std::optional<std::string>>{"a", std::nullopt, ""});
  answer({{"n", of(TypeKind::double_precision)}}, {{1.5}});
  CHECK(query<float>(connection, "SELECT n") == std::vector<float>{1.5F});
  answer({{"n", of(TypeKind::text)}}, {{nullptr}});
  CHECK(query<Value>(connection, "SELECT n") == std::vector<Value>{nullptr});
}

TEST_CASE_METHOD(Fixture, "tuples are read by position") {
  answer({{"a", of(TypeKind::integer)}, {"a", of(TypeKind::text)}}, {{1, "x"}, {2, nullptr}});
  const auto rows = query<std::tuple<int, std::optional<std::string>>>(connection, "SELECT a, b");
  CHECK(rows == std::vector<std::tuple<int, std::optional<std::string>>>{{1, "x"}, {2, std::nullopt}});
  answer({{"a", of(TypeKind::integer)}, {"b", of(TypeKind::text)}}, {{1, "x"}});
  CHECK(query<std::pair<int, std::string>>(connection, "SELECT a, b") == std::vector<std::pair<int, std::string>>{{1, "x"}});
}

TEST_CASE_METHOD(Fixture, "structs are read by the names of their mapping, whatever the order") {
  answer({{"day", of(TypeKind::integer)}, {"extra", of(TypeKind::text)}, {"amount", SqlType::decimal(15, 2)}, {"acct_id", of(TypeKind::text)}},
         {{1, "x", Decimal::parse("12.50"), "AC1"}, {2, "y", nullptr, ""}});
  const std::vector<Trade> trades = query<Trade>(connection, "SELECT * FROM trades");
  REQUIRE(trades.size() == 2);
  CHECK(trades[0].acct_id == "AC1");
  CHECK(trades[0].amount == Decimal::parse("12.50"));
  CHECK(trades[0].day == 1);
  CHECK(trades[1].acct_id.empty());
  CHECK_FALSE(trades[1].amount);
  answer({{"y", of(TypeKind::double_precision)}, {"x", of(TypeKind::double_precision)}}, {{1.5, 2.5}});
  const auto points = query<Point>(connection, "SELECT y, x");
  CHECK(points.at(0).x == 2.5);
  CHECK(points.at(0).y == 1.5);
}

TEST_CASE_METHOD(Fixture, "a struct's names match exactly first, else in any case where that is unique") {
  answer({{"X", of(TypeKind::integer)}, {"Y", of(TypeKind::integer)}}, {{1, 2}});
  CHECK(query<Point>(connection, "SELECT").at(0).x == 1);
  answer({{"X", of(TypeKind::integer)}, {"x", of(TypeKind::integer)}, {"Y", of(TypeKind::integer)}}, {{1, 2, 3}});
  CHECK(query<Point>(connection, "SELECT").at(0).x == 2);
  answer({{"x", of(TypeKind::integer)}, {"Y", of(TypeKind::integer)}, {"\xC3\x9F", of(TypeKind::integer)}, {"Y", of(TypeKind::integer)}}, {{1, 2, 3, 4}});
  CHECK_THAT(data_error([&] { query<Point>(connection, "SELECT"); }).message, ContainsSubstring("two columns"));
}

TEST_CASE_METHOD(Fixture, "a missing column is refused by name, with those that are there, even of an empty result") {
  answer({{"acct", of(TypeKind::text)}, {"day", of(TypeKind::integer)}}, {});
  const ErrorInfo error = data_error([&] { query<Trade>(connection, "SELECT"); });
  CHECK(error.column == "acct_id");
  CHECK(error.message == "the query returns no column \"acct_id\"; it has acct, day");
  answer({{"a", of(TypeKind::text)}, {"b", of(TypeKind::text)}}, {});
  CHECK(data_error([&] { query<int>(connection, "SELECT"); }).message == "the query returns 2 columns (a, b) where 1 is asked for");
  answer({{"a", of(TypeKind::text)}}, {});
  CHECK_THROWS_AS((query<std::tuple<int, int>>(connection, "SELECT")), DataError);
}

TEST_CASE_METHOD(Fixture, "a NULL for what is not optional names the column and the row") {
  answer({{"acct_id", of(TypeKind::text)}, {"amount", of(TypeKind::text)}, {"day", of(TypeKind::integer)}}, {{"a", nullptr, 1}, {"b", nullptr, nullptr}});
  ErrorInfo error = data_error([&] { query<Trade>(connection, "SELECT"); });
  CHECK(error.column == "day");
  CHECK(error.row == 1);
  CHECK_THAT(error.message, ContainsSubstring("column \"day\", row 2") && ContainsSubstring("NULL") && ContainsSubstring("std::optional"));
  answer({{"n", of(TypeKind::text)}}, {{"12"}, {"a dozen"}});
  error = data_error([&] { query<int>(connection, "SELECT"); });
  CHECK(error.column == "n");
  CHECK(error.row == 1);
  answer({{"n", of(TypeKind::integer)}}, {{300}});
  CHECK_THAT(data_error([&] { query<std::int8_t>(connection, "SELECT"); }).message, ContainsSubstring("300"));
  answer({{"n", of(TypeKind::double_precision)}}, {{1e300}});
  CHECK_THAT(data_error([&] { query<float>(connection, "SELECT"); }).message, ContainsSubstring("float"));
}

TEST_CASE_METHOD(Fixture, "one row is one row") {
  const auto rows = [&](std::size_t count) { answer({{"n", of(TypeKind::integer)}}, std::vector<std::vector<Value>>(count, {7})); };
  rows(1);
  CHECK(query_one<int>(connection, "SELECT") == 7);
  rows(0);
  CHECK(data_error([&] { query_one<int>(connection, "SELECT"); }).message == "the query returned no row where exactly one was asked for");
  rows(2);
  CHECK_THAT(data_error([&] { query_one<int>(connection, "SELECT"); }).message, ContainsSubstring("2 rows"));
  rows(0);
  CHECK(query_optional<int>(connection, "SELECT") == std::nullopt);
  rows(1);
  CHECK(query_optional<int>(connection, "SELECT") == 7);
  rows(2);
  CHECK_THROWS_AS(query_optional<int>(connection, "SELECT"), DataError);
}

TEST_CASE_METHOD(Fixture, "a row's column of an ambiguous name is asked for by position") {
  answer({{"id", of(TypeKind::integer)}, {"id", of(TypeKind::integer)}, {"Id", of(TypeKind::integer)}}, {{1, 2, 3}});
  const ResultSet result = connection.query("SELECT * FROM a JOIN b");
  CHECK(result[0][1].as<int>() == 2);
  CHECK(result[0]["Id"].as<int>() == 3);
  CHECK_THROWS_MATCHES(result[0]["id"], Error, MessageMatches(ContainsSubstring("two columns 'id'")));
  CHECK_THROWS_MATCHES(result[0]["ID"], Error, MessageMatches(ContainsSubstring("it has id, id, Id")));
}
