#include "integration/sqlite3/support.hpp"

#include <cmath>
#include <limits>

using namespace millrace;
using namespace millrace::test;

TEST_CASE("every kind of value comes back from a column declared for it") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(b BOOLEAN, i INTEGER, d DOUBLE, n DECIMAL(15,2), w DECIMAL_TEXT(38,4), s TEXT, x BLOB, dt DATE, tm TIME, ts TIMESTAMP, tz TIMESTAMPTZ, u UUID)");
  Uuid uuid;
  for (std::size_t i = 0; i < 16; ++i) uuid.bytes[i] = static_cast<std::uint8_t>(i * 16 + 1);
  const std::vector<Value> row{true, std::numeric_limits<std::int64_t>::min(), 0.1, Decimal{-1250, 2}, Decimal::parse("1234567890123456789012345678901234.5678"),
                               std::string("a\0b'\xE6\x9D\xB1", 7), Bytes{std::byte{0}, std::byte{255}}, make_date(9999, 12, 31), TimeOfDay{86'399'999'999},
                               Timestamp{-1}, TimestampTz{1'600'000'000'123'400}, uuid};
  CHECK(connection->execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", Params(row)) == 1);
  const ResultSet result = connection->query("SELECT * FROM t");
  for (std::size_t i = 0; i < row.size(); ++i) {
    INFO(result.columns()[i].name);
    CHECK(result[0][i] == row[i]);
  }
  CHECK(result.columns()[3].type == SqlType::decimal(15, 2));
  CHECK(result.columns()[4].type == SqlType::decimal(38, 4));
}

TEST_CASE("SQLite's own functions understand stored timestamps") {
  const auto connection = open_memory();
  CHECK(dump(*connection, "SELECT strftime('%s', '1970-01-02')") == "86400");
  CHECK(connection->query_value("SELECT strftime('%s', ?)", {TimestampTz{5'000'000}}) == Value("5"));
  CHECK(connection->query_value("SELECT strftime('%s', ?)", {Timestamp{5'500'000}}) == Value("5"));
}

TEST_CASE("a value that does not fit its declared type comes as it is stored") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(b BOOLEAN, d DATE, n DECIMAL(5,2), u UUID, i INTEGER)");
  connection->execute("INSERT INTO t VALUES (2, 'soon', 1.234, 'x', 'y'), ('yes', 20200102, 12345.5, x'00', 1.5), (NULL, '2020-02-30', 'abc', 5, x'')");
  CHECK(connection->query("SELECT * FROM t")[0][0] == Value(2));
  CHECK(dump(*connection, "SELECT * FROM t") == "2|soon|1.234|x|y yes|20200102|12345.5|\\x00|1.5 NULL|2020-02-30|abc|5|\\x");
}

TEST_CASE("decimals come with their column's scale however they are stored") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(n DECIMAL(10,2))");
  connection->execute("INSERT INTO t VALUES (12), (12.5), ('-0.050'), (99999999.99)");
  CHECK(dump(*connection, "SELECT typeof(n), n FROM t") == "integer|12.00 real|12.50 real|-0.05 real|99999999.99");
}

TEST_CASE("expressions come by storage class, and an empty result keeps its columns") {
  const auto connection = open_memory();
  const ResultSet result = connection->query("SELECT 1 AS one, 1.5, 'x', x'0102', NULL WHERE 1 = 1");
  CHECK(result[0]["one"] == Value(1));
  CHECK(result[0][1] == Value(1.5));
  CHECK(result[0][3] == Value(Bytes{std::byte{1}, std::byte{2}}));
  CHECK(result[0][4].is_null());
  CHECK(connection->query("SELECT 1 AS a, 2 AS b WHERE 0").columns().size() == 2);
}

TEST_CASE("execute counts the rows of this statement only") {
  const auto connection = open_memory();
  CHECK(connection->execute("CREATE TABLE t(a)") == 0);
  CHECK(connection->execute("INSERT INTO t VALUES (1), (2), (3)") == 3);
  CHECK(connection->execute("CREATE TABLE u(a)") == 0);
  CHECK(connection->execute("UPDATE t SET a = 5 WHERE a > 1") == 2);
  CHECK(connection->execute("UPDATE t SET a = 5 WHERE a > 100") == 0);
  CHECK(connection->execute("SELECT * FROM t") == 0);
  CHECK(connection->execute("DELETE FROM t") == 3);
  CHECK(connection->execute("-- nothing") == 0);
}

TEST_CASE("what SQLite would drop silently is refused") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a)");
  CHECK(error_of([&] { connection->execute("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)"); }).sqlstate == "42601");
  CHECK(connection->execute("INSERT INTO t VALUES (1); -- and a comment\n ;") == 1);
  CHECK(error_of([&] { connection->execute("INSERT INTO t VALUES (?)", {std::nan("")}); }).code == ErrorCode::data);
  CHECK(dump(*connection, "SELECT count(*) FROM t") == "1");
}

TEST_CASE("an empty blob and an empty text are not NULL") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a, b)");
  connection->execute("INSERT INTO t VALUES (?, ?)", {Bytes{}, std::string()});
  CHECK(dump(*connection, "SELECT quote(a), quote(b) FROM t") == "X''|''");
}

TEST_CASE("errors carry SQLite's sentence, a SQLSTATE and the statement") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b NOT NULL CHECK (b <> 3), c UNIQUE)");
  connection->execute("INSERT INTO t VALUES (1, 1, 1)");
  const auto state = [&](const std::string& sql) { return error_of([&] { connection->execute(sql); }).sqlstate; };
  CHECK(state("SELECT * FROM nowhere") == "42P01");
  CHECK(state("SELECT missing FROM t") == "42703");
  CHECK(state("CREATE TABLE t(a)") == "42P07");
  CHECK(state("SELEKT 1") == "42601");
  CHECK(state("SELECT (1") == "42601");
  CHECK(state("INSERT INTO t VALUES (1, 2, 2)") == "23505");
  CHECK(state("INSERT INTO t VALUES (2, 2, 1)") == "23505");
  CHECK(state("INSERT INTO t VALUES (2, 3, 2)") == "23514");
  CHECK(state("INSERT INTO t VALUES ('x', 2, 2)") == "22018");
  const ErrorInfo error = error_of([&] { connection->execute("INSERT INTO t VALUES (2, NULL, 2)"); });
  CHECK(error.code == ErrorCode::not_null_violation);
  CHECK(error.column == "b");
  CHECK(error.message == "NOT NULL constraint failed: t.b");
  CHECK(error.statement == "INSERT INTO t VALUES (2, NULL, 2)");
  CHECK(error.backend == "sqlite3");
  CHECK(connection->usable());
}
