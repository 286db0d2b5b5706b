// Batch readers over SQLite, where any column may hold any value.

#include <catch2/matchers/catch_matchers_string.hpp>

#include "integration/sqlite3/support.hpp"

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Types and values of a query's rows, one column of text for each row.
std::string read(Connection& connection, const std::string& sql) {
  const auto reader = connection.open_reader(sql);
  std::string text;
  for (const ResultColumn& column : reader->columns()) text += (text.empty() ? "" : "|") + to_string(column.type);
  for (RecordBatch batch = reader->make_batch(); reader->next(batch);) {
    for (std::size_t r = 0; r < batch.rows(); ++r) {
      for (std::size_t c = 0; c < batch.column_count(); ++c) {
        text += (c == 0 ? " " : "|") + (batch.column(c).is_null(r) ? "NULL" : batch.column(c).value(r).to_text());
      }
    }
  }
  return text;
}

}  // namespace

TEST_CASE("an expression's column is what its first value is") {
  const auto connection = open_memory();
  CHECK(read(*connection, "SELECT 1 + 1, 0.5 + 0.25, 'a' || 'b', x'00', NULL") == "bigint|double precision|text|binary|text 2|0.75|ab|\\x00|NULL");
  CHECK(read(*connection, "SELECT 1 + 1, 0.5 WHERE 1 = 0") == "text|text");
}

TEST_CASE("a later value of an expression that does not fit the first one is an error, and NULL fits") {
  const auto connection = open_memory();
  CHECK(read(*connection, "SELECT a + 0 FROM (SELECT 1 AS a UNION ALL SELECT NULL UNION ALL SELECT 3)") == "bigint 1 NULL 3");
  CHECK(read(*connection, "SELECT 1.5 + 0 UNION ALL SELECT 2") == "double precision 1.5 2");
  CHECK(read(*connection, "SELECT 'a' || '' UNION ALL SELECT 12 UNION ALL SELECT 0.1") == "text a 12 0.1");
  const ErrorInfo error = error_of([&] { read(*connection, "SELECT 1 + 0 AS sum UNION ALL SELECT 2.5"); });
  CHECK(error.code == ErrorCode::data);
  CHECK(error.column == "sum");
  CHECK(error.row == 1);
  CHECK_THAT(error.message, ContainsSubstring("\"sum\"") && ContainsSubstring("row 2") && ContainsSubstring("real 2.5"));
}

TEST_CASE("a value that is none of its column's declared type names column, row and value") {
  const auto connection = open_memory();
  struct Misfit { const char* type; const char* literal; const char* said; };
  for (const Misfit& misfit : {Misfit{"DATE", "'2023-02-30'", "2023-02-30"}, Misfit{"DATE", "19000", "integer 19000"}, Misfit{"BIGINT", "'abc'", "\"abc\""},
                               Misfit{"BIGINT", "1e300", "real"}, Misfit{"SMALLINT", "40000", "40000"}, Misfit{"BOOLEAN", "2", "integer 2"},
                               Misfit{"DECIMAL(5,2)", "1.005", "real 1.005"}, Misfit{"DECIMAL(5,2)", "'12345.6'", "12345.6"},
                               Misfit{"DECIMAL_TEXT(20,2)", "'x'", "\"x\""},
                               Misfit{"UUID", "x'00'", "blob of 1 bytes"}, Misfit{"BLOB", "'text'", "\"text\""}, Misfit{"TEXT", "x'ff'", "blob"},
                               Misfit{"TEXT", "CAST(x'ff' AS TEXT)", "no UTF-8"}, Misfit{"DOUBLE PRECISION", "'fast'", "\"fast\""}}) {
    INFO(misfit.type << " " << misfit.literal);
    connection->execute("DROP TABLE IF EXISTS t");
    connection->execute("CREATE TABLE t(a " + std::string(misfit.type) + ")");
    connection->execute("INSERT INTO t VALUES (NULL), (" + std::string(misfit.literal) + ")");
    const ErrorInfo error = error_of([&] { read(*connection, "SELECT a FROM t"); });
    CHECK(error.code == ErrorCode::data);
    CHECK(error.row == 1);
    CHECK(error.column == "a");
    CHECK_THAT(error.message, ContainsSubstring(misfit.said));
    CHECK(connection->query_value("SELECT count(*) FROM t").as<int>() == 2);
  }
}

TEST_CASE("numbers come in every storage class that holds them exactly") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(d DECIMAL(15,2), e DECIMAL_TEXT(20,2), f DOUBLE PRECISION, n NUMERIC, b BOOLEAN, v VARCHAR(3))");
  connection->execute("INSERT INTO t VALUES (12, '12.5', 3, 12, 1, 'longer'), (0.25, 7, 0.5, 'abc', 'false', 5)");
  CHECK(read(*connection, "SELECT * FROM t") == "decimal(15,2)|decimal(20,2)|double precision|decimal|boolean|varchar(3) "
                                               "12.00|12.50|3|12|true|longer 0.25|7.00|0.5|abc|false|5");
}

TEST_CASE("a text with a NUL byte is read whole") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a TEXT)");
  connection->execute("INSERT INTO t VALUES (?)", {std::string("a\0b", 3)});
  const auto reader = connection->open_reader("SELECT a FROM t");
  RecordBatch batch = reader->make_batch();
  REQUIRE(reader->next(batch));
  CHECK(batch.column(0).bytes(0) == std::string_view("a\0b", 3));
}
