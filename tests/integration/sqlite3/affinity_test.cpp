#include "integration/sqlite3/support.hpp"

#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

namespace {

void open_writer(const std::string& declared) {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(\"the column\" " + declared + ")");
  connection->open_writer({"", "t"}, connection->columns({"", "t"}));
}

}  // namespace

TEST_CASE("a column whose affinity would change its values is refused by name, with the way out") {
  const auto [declared, instead] = GENERATE(table<std::string, std::string>({
      {"DECIMAL(16,2)", "DECIMAL_TEXT(16,2)"}, {"NUMERIC(38,0)", "DECIMAL_TEXT(38,0)"}, {"NUMERIC(50,2)", "DECIMAL_TEXT(50,2)"},
      {"STRING", "TEXT"}, {"inet", "TEXT"}, {"money", "TEXT"}, {"[PRINT]", "TEXT"}, {"ANY", "TEXT"}}));
  INFO(declared);
  const ErrorInfo error = error_of([&] { open_writer(declared); });
  CHECK(error.code == ErrorCode::config);
  CHECK_THAT(error.message, ContainsSubstring("\"the column\"") && ContainsSubstring("declare it " + instead));
}

TEST_CASE("a column that keeps its values is accepted") {
  const auto declared = GENERATE(as<std::string>{}, "DECIMAL(15,2)", "NUMERIC", "DECIMAL_TEXT(16,2)", "decimal_text(38, 10)", "DECIMAL_TEXT", "TEXT", "VARCHAR(5)", "CHARINESS", "BLOB", "",
                                 "DATE", "TIMESTAMP", "UUID", "JSON", "INTEGER", "BOOLEAN", "REAL", "BIGINT", "some text");
  INFO(declared);
  CHECK_NOTHROW(open_writer(declared));
}

TEST_CASE("ANY keeps every value in a STRICT table") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a ANY, b INT) STRICT");
  CHECK(connection->describe({"", "t"}).is_strict);
  CHECK(load(*connection, {"", "t"}, {{"007", "1"}}) == 1);
  CHECK(dump(*connection, "SELECT quote(a) FROM t") == "'007'");
}

TEST_CASE("the check is on the table's own declaration, not on what the caller says") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a DECIMAL(15,2))");
  const auto refused = [&](SqlType type) { return error_of([&] { connection->open_writer({"", "t"}, {ColumnInfo{"a", std::move(type)}}); }).code == ErrorCode::config; };
  CHECK(refused(SqlType::of(TypeKind::text)));
  CHECK(refused(SqlType::decimal(20, 2)));
  connection->execute("CREATE TABLE r(a REAL)");
  CHECK(error_of([&] { connection->open_writer({"", "r"}, {ColumnInfo{"a", SqlType::of(TypeKind::bigint)}}); }).code == ErrorCode::config);
}

TEST_CASE("a number without declared precision is refused when SQLite would round it") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(id INTEGER, n NUMERIC)");
  const auto accepted = [&](const std::string& value) {
    try {
      return load(*connection, {"", "t"}, {{"1", "1"}, {"2", value}}) == 2;
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::data);
      CHECK(error.info().row == 1);
      CHECK(error.info().column == "n");
      return false;
    }
  };
  for (const char* good : {"123456789012345", "-0.123456789012345", "12345678901234500000", "0.00000000000000000001", "1e200", "000000000000000000001", "0", "1.50000000000000000000"}) {
    INFO(good);
    CHECK(accepted(good));
  }
  for (const char* bad : {"1234567890123456", "0.1234567890123456", "1e400", "1e-320", "NaN", "Infinity", "-Infinity"}) {
    INFO(bad);
    CHECK_FALSE(accepted(bad));
  }
}

TEST_CASE("a bare JSON number is refused where SQLite would rewrite it, other JSON is stored as it is") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(j JSON)");
  CHECK(load(*connection, {"", "t"}, {{"{\"a\": 1.0}"}, {"[1.0]"}, {"\"1.0\""}, {"null"}}) == 4);
  CHECK(error_of([&] { load(*connection, {"", "t"}, {{"1.0"}}); }).column == "j");
  CHECK(dump(*connection, "SELECT count(*), min(typeof(j)) FROM t") == "4|text");
}
