#include "db2/cli/conversions.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstring>

#include "db2/cli/columns.hpp"
#include "db2/cli/diagnostics.hpp"
#include "unit/db2/cli/fake_client.hpp"

using namespace millrace::db2::cli;
using fake::TextCell;
using millrace::drda::Kind;

namespace {

struct Read {
  std::string state;
  Fit fit = Fit::whole;
  SQLLEN length = -77;
  bool operator==(const Read&) const = default;
};

template <class T> Read read(const std::string& text, Kind kind, SQLSMALLINT c_type, T& out) {
  Read result;
  try {
    result.fit = convert(TextCell(text), kind, {c_type, reinterpret_cast<char*>(&out), sizeof out, &result.length}, nullptr);
  } catch (const CallError& error) {
    result.state = error.state;
  }
  return result;
}

template <class T> T good(const std::string& text, Kind kind, SQLSMALLINT c_type) {
  T out{};
  const Read result = read(text, kind, c_type, out);
  CHECK(result == Read{"", Fit::whole, sizeof(T)});
  return out;
}

template <class T> std::string state(const std::string& text, Kind kind, SQLSMALLINT c_type) {
  T out{};
  return read(text, kind, c_type, out).state;
}

}  // namespace

TEST_CASE("integers are read in every width, and never cut off") {
  CHECK(good<SQLSMALLINT>("-32768", Kind::integer, SQL_C_SSHORT) == -32768);
  CHECK(good<SQLINTEGER>("-2147483648", Kind::bigint, SQL_C_SLONG) == INT32_MIN);
  CHECK(good<SQLBIGINT>("-9223372036854775808", Kind::bigint, SQL_C_SBIGINT) == INT64_MIN);
  CHECK(good<SQLUBIGINT>("18446744073709551615", Kind::decimal, SQL_C_UBIGINT) == UINT64_MAX);
  CHECK(good<SQLUSMALLINT>("65535", Kind::integer, SQL_C_USHORT) == 65535);
  CHECK(good<unsigned char>("1", Kind::boolean, SQL_C_BIT) == 1);
  CHECK(state<SQLSMALLINT>("32768", Kind::integer, SQL_C_SSHORT) == "22003");
  CHECK(state<SQLUBIGINT>("-1", Kind::bigint, SQL_C_UBIGINT) == "22003");
  CHECK(state<SQLUBIGINT>("18446744073709551616", Kind::decimal, SQL_C_UBIGINT) == "22003");
  CHECK(state<unsigned char>("2", Kind::smallint, SQL_C_BIT) == "22003");
  CHECK(state<SQLINTEGER>("2024-01-02", Kind::date, SQL_C_SLONG) == "07006");
}

TEST_CASE("decimals and texts are read as integers without a detour by doubles") {
  CHECK(good<SQLBIGINT>("9007199254740993", Kind::decimal, SQL_C_SBIGINT) == 9007199254740993);
  CHECK(good<SQLBIGINT>(" 12.000 ", Kind::decimal, SQL_C_SBIGINT) == 12);
  CHECK(good<SQLINTEGER>("+7", Kind::text, SQL_C_SLONG) == 7);
  CHECK(good<SQLINTEGER>("1e3", Kind::text, SQL_C_SLONG) == 1000);
  SQLINTEGER out = 0;
  CHECK(read("-12.9", Kind::decimal, SQL_C_SLONG, out) == Read{"", Fit::fraction_cut, 4});
  CHECK(out == -12);
  CHECK(read(".5", Kind::decimal, SQL_C_SLONG, out).fit == Fit::fraction_cut);
  CHECK(out == 0);
  CHECK(state<SQLINTEGER>("12x", Kind::text, SQL_C_SLONG) == "22018");
  CHECK(state<SQLINTEGER>("1.2.3", Kind::text, SQL_C_SLONG) == "22018");
  CHECK(state<SQLINTEGER>("", Kind::text, SQL_C_SLONG) == "22018");
  CHECK(state<SQLINTEGER>("-", Kind::text, SQL_C_SLONG) == "22018");
  CHECK(state<SQLINTEGER>(".", Kind::text, SQL_C_SLONG) == "22018");
}

TEST_CASE("doubles at the edges of integers") {
  CHECK(state<SQLBIGINT>("9223372036854775808", Kind::double_precision, SQL_C_SBIGINT) == "22003");
  CHECK(good<SQLBIGINT>("-9223372036854775808", Kind::double_precision, SQL_C_SBIGINT) == INT64_MIN);
  CHECK(state<SQLBIGINT>("nan", Kind::double_precision, SQL_C_SBIGINT) == "22003");
  CHECK(state<float>("1e300", Kind::double_precision, SQL_C_FLOAT) == "22003");
  CHECK(good<double>("-12.50", Kind::decimal, SQL_C_DOUBLE) == -12.5);
  CHECK(good<double>("0.1", Kind::text, SQL_C_DOUBLE) == 0.1);
  CHECK(state<double>("1e400", Kind::text, SQL_C_DOUBLE) == "22003");
}

TEST_CASE("dates and times are read as structs") {
  const auto t = good<TIMESTAMP_STRUCT>("2024-01-02 03:04:05.123456", Kind::timestamp, SQL_C_TYPE_TIMESTAMP);
  CHECK((t.year == 2024 && t.month == 1 && t.day == 2 && t.hour == 3 && t.minute == 4 && t.second == 5 && t.fraction == 123'456'000));
  CHECK(good<TIMESTAMP_STRUCT>("2024-12-31", Kind::date, SQL_C_TYPE_TIMESTAMP).day == 31);
  CHECK(good<TIMESTAMP_STRUCT>("2024-01-02T03:04:05.123456789012", Kind::timestamp, SQL_C_TYPE_TIMESTAMP).fraction == 123'456'789);
  CHECK(good<TIMESTAMP_STRUCT>("03:04:05", Kind::time, SQL_C_TYPE_TIMESTAMP).second == 5);
  CHECK(good<DATE_STRUCT>("0001-02-03", Kind::date, SQL_C_TYPE_DATE).year == 1);
  CHECK(good<TIME_STRUCT>("23:59:58", Kind::time, SQL_C_TYPE_TIME).hour == 23);
  DATE_STRUCT date;
  CHECK(read("2024-01-02 03:04:05", Kind::timestamp, SQL_C_TYPE_DATE, date).fit == Fit::fraction_cut);
  CHECK(state<TIME_STRUCT>("2024-01-02", Kind::date, SQL_C_TYPE_TIME) == "07006");
  for (const char* const bad : {"", "2024", "2024-13-01", "2024-01-32", "2024-01-02x", "2024-01-02 03:04", "2024-01-02 03:04:05.", "2024-01-02 03:04:05.x", "25:00:00", "0x:00:00"}) {
    INFO(bad);
    CHECK(state<TIMESTAMP_STRUCT>(bad, Kind::text, SQL_C_TYPE_TIMESTAMP) == "22007");
  }
}

TEST_CASE("a text that is too long for its place is cut, a number is not") {
  char room[5] = "xxxx";
  CHECK(read("abcd", Kind::text, SQL_C_CHAR, room) == Read{"", Fit::whole, 4});
  CHECK(std::string(room) == "abcd");
  CHECK(read("abcdefgh", Kind::text, SQL_C_CHAR, room) == Read{"", Fit::cut, 8});
  CHECK(std::string(room) == "abcd");
  CHECK(read("12345", Kind::integer, SQL_C_CHAR, room).state == "22003");
  CHECK(read("-1.23", Kind::decimal, SQL_C_CHAR, room).state == "22003");
  CHECK(read("abcde", Kind::bytes, SQL_C_BINARY, room) == Read{"", Fit::whole, 5});
  CHECK(read("12", Kind::integer, SQL_C_BINARY, room).state == "07006");
}

TEST_CASE("a long value is read in pieces") {
  const TextCell cell("abcdefgh");
  char room[4];
  SQLLEN length = 0;
  std::size_t offset = 0;
  std::string all;
  Fit fit = Fit::cut;
  for (const SQLLEN left : {8, 5, 2}) {
    fit = convert(cell, Kind::clob, {SQL_C_CHAR, room, sizeof room, &length}, &offset);
    CHECK(length == left);
    all += room;
  }
  CHECK(fit == Fit::whole);
  CHECK(all == "abcdefgh");
  CHECK(convert(cell, Kind::clob, {SQL_C_CHAR, room, sizeof room, &length}, &offset) == Fit::end);

  offset = 0;   // how long is it?
  CHECK(convert(cell, Kind::clob, {SQL_C_CHAR, nullptr, 0, &length}, &offset) == Fit::cut);
  CHECK(length == 8);
  offset = 0;
  CHECK(convert(TextCell(""), Kind::text, {SQL_C_CHAR, room, sizeof room, &length}, &offset) == Fit::whole);
  CHECK(length == 0);
  CHECK(convert(TextCell(""), Kind::text, {SQL_C_CHAR, room, sizeof room, &length}, &offset) == Fit::end);
  offset = 0;
  SQLINTEGER number = 0;
  CHECK(convert(TextCell("5"), Kind::integer, {SQL_C_SLONG, reinterpret_cast<char*>(&number), 0, &length}, &offset) == Fit::whole);
  CHECK(convert(TextCell("5"), Kind::integer, {SQL_C_SLONG, reinterpret_cast<char*>(&number), 0, &length}, &offset) == Fit::end);
}

TEST_CASE("NULL needs an indicator") {
  SQLLEN length = 0;
  char room[4];
  CHECK(convert(TextCell(), Kind::text, {SQL_C_CHAR, room, sizeof room, &length}, nullptr) == Fit::whole);
  CHECK(length == SQL_NULL_DATA);
  try {
    convert(TextCell(), Kind::text, {SQL_C_CHAR, room, sizeof room, nullptr}, nullptr);
    FAIL("NULL can not be told");
  } catch (const CallError& error) {
    CHECK(error.state == "22002");
  }
}

TEST_CASE("columns are described in bytes, so that a buffer of that size holds every value") {
  millrace::drda::Column column;
  column.kind = Kind::text;
  column.length = 10;
  CHECK(describe(column, false).size == 10);
  CHECK(describe(column, true).size == 30);
  CHECK(describe(column, true).type == SQL_VARCHAR);
  CHECK(describe(column, true).type_name == "VARCHAR");
  column.kind = Kind::clob;
  column.length = 2'147'483'647;
  CHECK(describe(column, true).size <= 2'147'483'647);
  column.length = -5;
  CHECK(describe(column, false).size == 0);
  column.kind = Kind::decimal;
  column.precision = 12, column.scale = 2;
  CHECK(describe(column, true).size == 12);
  CHECK(describe(column, true).scale == 2);
  column.kind = Kind::timestamp;
  column.scale = 6;
  CHECK(describe(column, true).size == 26);
}
