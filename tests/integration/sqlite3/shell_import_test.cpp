// The reference for stored values is the sqlite3 shell: .import binds each field as text and lets affinity do the rest.

#include "integration/sqlite3/support.hpp"

#include <cstdlib>
#include <fstream>
#include <random>

using namespace millrace;
using namespace millrace::test;

namespace {

void shell_import(const std::filesystem::path& database, const std::filesystem::path& csv) {
#ifdef MILLRACE_SQLITE3_SHELL
  const std::string command = std::string(MILLRACE_SQLITE3_SHELL) + " '" + database.string() + "' '.mode csv' \".import '" + csv.string() + "' t\"";
  REQUIRE(std::system(command.c_str()) == 0);
#else
  (void)database, (void)csv;
#endif
}

/// Loads the values both ways and compares storage class and value row by row.
void check_like_shell(const std::string& declared, const std::vector<std::string>& values) {
#ifndef MILLRACE_SQLITE3_SHELL
  SKIP("the sqlite3 shell was not found");
#endif
  INFO("declared as '" << declared << "'");
  const TempDir dir;
  const auto connection = open_sqlite(dir / "x.db");
  connection->execute("CREATE TABLE ours(v " + declared + ")");
  connection->execute("CREATE TABLE t(v " + declared + ")");
  std::ofstream csv(dir / "x.csv");
  std::vector<TextRow> rows;
  for (const std::string& value : values) {
    csv << value << '\n';
    rows.push_back({value});
  }
  csv.close();
  shell_import(dir / "x.db", dir / "x.csv");
  CHECK(load(*connection, {"", "ours"}, rows) == static_cast<std::int64_t>(values.size()));
  const ResultSet pairs = connection->query("SELECT typeof(o.v), quote(o.v), typeof(t.v), quote(t.v) FROM ours o LEFT JOIN t ON t.rowid = o.rowid ORDER BY o.rowid");
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    INFO(values[i]);
    REQUIRE(pairs[i][0] == pairs[i][2]);
    REQUIRE(pairs[i][1] == pairs[i][3]);
  }
}

std::vector<std::string> random_decimals(int precision, int scale, int count) {
  std::mt19937_64 random(static_cast<std::uint64_t>(precision * 100 + scale));
  std::vector<std::string> values;
  for (int i = 0; i < count; ++i) {
    const int digits = 1 + static_cast<int>(random() % static_cast<unsigned>(precision));
    int128 unscaled = 0;
    for (int d = 0; d < digits; ++d) unscaled = unscaled * 10 + static_cast<int>(random() % 10);
    values.push_back(to_string(Decimal{random() % 2 ? unscaled : -unscaled, scale}));
  }
  return values;
}

}  // namespace

TEST_CASE("integers are stored as .import stores them") {
  for (const char* type : {"INTEGER", "INT", "BIGINT", "INT8"}) check_like_shell(type, {"0", "1", "-5", "4294967296", "9223372036854775807", "-9223372036854775808"});
  check_like_shell("SMALLINT", {"0", "-32768", "32767"});
  check_like_shell("BOOLEAN", {"0", "1"});
}

TEST_CASE("decimals of up to 15 digits are stored as .import stores them") {
  check_like_shell("DECIMAL(15,2)", {"0.00", "12.50", "12.00", "-0.05", "9999999999999.99", "-9999999999999.99", "0.01", "1234567890123.45"});
  for (const auto& [precision, scale] : {std::pair{15, 2}, {15, 0}, {15, 1}, {15, 3}, {15, 4}, {15, 9}, {15, 15}, {5, 3}, {1, 1}}) {
    check_like_shell("NUMERIC(" + std::to_string(precision) + "," + std::to_string(scale) + ")", random_decimals(precision, scale, 3000));
    check_like_shell("DECIMAL_TEXT(" + std::to_string(precision) + "," + std::to_string(scale) + ")", random_decimals(precision, scale, 100));
  }
}

TEST_CASE("longer decimals stay text, digit by digit") {
  check_like_shell("DECIMAL_TEXT(38,10)", random_decimals(38, 10, 1000));
  check_like_shell("DECIMAL_TEXT(38,0)", random_decimals(38, 0, 1000));
  check_like_shell("DECIMAL_TEXT(38,38)", random_decimals(38, 38, 1000));
}

TEST_CASE("numbers without a declared precision are stored as .import stores them") {
  check_like_shell("NUMERIC", {"1", "1.5", "0.10", "1e5", "-0.001", "1e-5", "123456789012345", "12345678901234500000", "007", "+1"});
}

TEST_CASE("floating point numbers are stored as .import stores them") {
  for (const char* type : {"REAL", "DOUBLE", "FLOAT", "DOUBLE PRECISION"}) check_like_shell(type, {"0", "1", "-1", "1.5", "0.1", "1e10", "-2.25e-3", "123456.789", "9007199254740992"});
}

TEST_CASE("text stays text, whatever it looks like") {
  for (const char* type : {"TEXT", "VARCHAR(20)", "CHARACTER VARYING(20)", "CLOB", "", "CHAR(20)", "JSON_TEXT"}) {
    check_like_shell(type, type == std::string("JSON_TEXT") ? std::vector<std::string>{"5", "1.0", "{}", "null"} : std::vector<std::string>{"007", "1e5", " x ", "0x10", "NULL", "1.0", "h\xC3\xA4"});
  }
}

TEST_CASE("dates, times and uuids are stored as ISO text") {
  check_like_shell("DATE", {"2020-01-02", "0001-01-01", "9999-12-31", "1969-12-31", "2024-02-29"});
  check_like_shell("TIME", {"00:00:00", "23:59:59.999999", "13:45:00.5"});
  for (const char* type : {"TIMESTAMP", "DATETIME"}) check_like_shell(type, {"2020-01-02 03:04:05", "1969-12-31 23:59:59.999999", "0001-01-01 00:00:00", "9999-12-31 23:59:59.1"});
  check_like_shell("TIMESTAMPTZ", {"2020-01-02 03:04:05+00:00", "1969-12-31 23:59:59.5+00:00"});
  check_like_shell("UUID", {"12345678-9012-3456-7890-123456789012", "00000000-0000-0000-0000-000000000000", "1e234567-89ab-cdef-0123-456789abcdef"});
}
