#include "db2/cli/parameters.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <string>

#include "db2/cli/diagnostics.hpp"
#include "unit/db2/cli/fake_client.hpp"

using namespace millrace::db2::cli;
using millrace::drda::Kind;
using Values = std::vector<std::string>;

namespace {

BoundParameter bound(SQLSMALLINT c_type, SQLSMALLINT sql_type, const void* values, SQLLEN room, SQLLEN* lengths) {
  return bind_parameter(SQL_PARAM_INPUT, c_type, sql_type, const_cast<void*>(values), room, lengths);
}

Values written(const BoundParameter& parameter, std::size_t rows = 1) {
  ParameterRows prepared;
  prepared.prepare({parameter}, 1, rows);
  fake::NotingWriter writer;
  for (std::size_t row = 0; row < rows; ++row) prepared.write(writer, row);
  return writer.values;
}

millrace::drda::ParameterType type_of(const BoundParameter& parameter, std::size_t rows = 1) {
  ParameterRows prepared;
  prepared.prepare({parameter}, 1, rows);
  return prepared.types().at(0);
}

template <class F> std::string state(F&& call) {
  try {
    call();
    return "";
  } catch (const CallError& error) {
    return error.state;
  }
}

template <class T> Values one(SQLSMALLINT c_type, SQLSMALLINT sql_type, const T& value) { return written(bound(c_type, sql_type, &value, sizeof value, nullptr)); }

}  // namespace

TEST_CASE("every C type travels as what is exact") {
  CHECK(one<unsigned char>(SQL_C_BIT, SQL_BIT, 1) == Values{"integer 1"});
  CHECK(one<signed char>(SQL_C_STINYINT, SQL_SMALLINT, -7) == Values{"integer -7"});
  CHECK(one<SQLSMALLINT>(SQL_C_SSHORT, SQL_SMALLINT, -300) == Values{"integer -300"});
  CHECK(one<SQLUSMALLINT>(SQL_C_USHORT, SQL_INTEGER, 65535) == Values{"integer 65535"});
  CHECK(one<SQLINTEGER>(SQL_C_LONG, SQL_INTEGER, -70000) == Values{"integer -70000"});
  CHECK(one<SQLUINTEGER>(SQL_C_ULONG, SQL_BIGINT, 4294967295u) == Values{"integer 4294967295"});
  CHECK(one<SQLBIGINT>(SQL_C_SBIGINT, SQL_BIGINT, INT64_MIN) == Values{"integer -9223372036854775808"});
  CHECK(one<SQLUBIGINT>(SQL_C_UBIGINT, SQL_BIGINT, UINT64_MAX) == Values{"text 18446744073709551615"});
  CHECK(one<float>(SQL_C_FLOAT, SQL_REAL, 0.5F) == Values{"number 0.500000"});
  CHECK(one<double>(SQL_C_DOUBLE, SQL_DOUBLE, -2.25) == Values{"number -2.250000"});
  CHECK(one<DATE_STRUCT>(SQL_C_TYPE_DATE, SQL_TYPE_DATE, {2024, 1, 2}) == Values{"text 2024-01-02"});
  CHECK(one<TIME_STRUCT>(SQL_C_TYPE_TIME, SQL_TYPE_TIME, {3, 4, 5}) == Values{"text 03:04:05"});
  const TIMESTAMP_STRUCT t{2024, 1, 2, 3, 4, 5, 123456000};
  CHECK(one(SQL_C_TIMESTAMP, SQL_TIMESTAMP, t) == Values{"text 2024-01-02 03:04:05.123456"});
  CHECK(one(SQL_C_TYPE_TIMESTAMP, SQL_TYPE_DATE, t) == Values{"text 2024-01-02"});
  CHECK(one(SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIME, t) == Values{"text 03:04:05"});
  CHECK(one(SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, TIMESTAMP_STRUCT{9999, 12, 31, 23, 59, 59, 1}) == Values{"text 9999-12-31 23:59:59.000000001"});
  CHECK(one(SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, TIMESTAMP_STRUCT{-32768, 65535, 65535, 65535, 65535, 65535, 4294967295u}).at(0).size() < 64);   // for the server to refuse
}

TEST_CASE("a text has a length, or ends with a zero") {
  SQLLEN length = 3;
  CHECK(written(bound(SQL_C_CHAR, SQL_VARCHAR, "abcdef", 7, &length)) == Values{"text abc"});
  length = SQL_NTS;
  CHECK(written(bound(SQL_C_CHAR, SQL_VARCHAR, "abcdef", 7, &length)) == Values{"text abcdef"});
  CHECK(written(bound(SQL_C_CHAR, SQL_VARCHAR, "abcdef", 0, nullptr)) == Values{"text abcdef"});
  length = SQL_NULL_DATA;
  CHECK(written(bound(SQL_C_CHAR, SQL_VARCHAR, "abcdef", 7, &length)) == Values{"null"});
  CHECK(written(bound(SQL_C_CHAR, SQL_VARCHAR, nullptr, 0, &length)) == Values{"null"});
  length = 2;
  CHECK(written(bound(SQL_C_BINARY, SQL_VARBINARY, "a\0c", 3, &length)) == Values{std::string("bytes a\0", 8)});
}

TEST_CASE("a decimal travels as its text") {
  CHECK(written(bound(SQL_C_CHAR, SQL_DECIMAL, "-12345678901234567890123456789.12", 40, nullptr)) == Values{"text -12345678901234567890123456789.12"});
}

TEST_CASE("a TIME takes no fraction that is zero") {
  CHECK(written(bound(SQL_C_CHAR, SQL_TYPE_TIME, "03:04:05.000000", 16, nullptr)) == Values{"text 03:04:05"});
  CHECK(written(bound(SQL_C_CHAR, SQL_TYPE_TIME, "03:04:05.000001", 16, nullptr)) == Values{"text 03:04:05.000001"});
  CHECK(written(bound(SQL_C_CHAR, SQL_TYPE_TIMESTAMP, "2024-01-02 03:04:05.000000", 30, nullptr)) == Values{"text 2024-01-02 03:04:05.000000"});
}

TEST_CASE("an array's values lie side by side") {
  SQLLEN lengths[] = {2, SQL_NULL_DATA, SQL_NTS, 4};
  CHECK(written(bound(SQL_C_CHAR, SQL_VARCHAR, "ab  xxxxcd\0 efgh", 4, lengths), 4) == Values{"text ab", "null", "text cd", "text efgh"});
  const SQLINTEGER numbers[] = {1, 2, 3};
  SQLLEN ignored[] = {SQL_NTS, 0, 4};   // SOCI says SQL_NTS of every number
  CHECK(written(bound(SQL_C_SLONG, SQL_INTEGER, numbers, 4, ignored), 3) == Values{"integer 1", "integer 2", "integer 3"});
  SQLLEN too_long[] = {5, 1};
  CHECK(state([&] { written(bound(SQL_C_CHAR, SQL_VARCHAR, "abcdefgh", 4, too_long), 2); }) == "HY090");
  CHECK(state([&] { written(bound(SQL_C_CHAR, SQL_VARCHAR, "abcdefgh", 0, nullptr), 2); }) == "HY090");
}

TEST_CASE("only what is longer than a row may hold goes outside of it") {
  const std::string text(40'000, 'x');
  SQLLEN length = 40'000;
  CHECK(type_of(bound(SQL_C_CHAR, SQL_LONGVARCHAR, text.data(), 40'001, &length)).length == 40'000);
  length = 5;
  CHECK(type_of(bound(SQL_C_CHAR, SQL_LONGVARCHAR, text.data(), 40'001, &length)).length == 5);
  length = SQL_NTS;
  CHECK(type_of(bound(SQL_C_CHAR, SQL_LONGVARCHAR, text.data(), 40'001, &length)).length == 40'000);
  CHECK(type_of(bound(SQL_C_CHAR, SQL_LONGVARCHAR, text.data(), 40'001, nullptr)).kind == Kind::text);
  std::string two(80'002, '\0');
  two[0] = 'a', two[40'001] = 'b';
  SQLLEN lengths[] = {1, SQL_NTS};
  CHECK(type_of(bound(SQL_C_CHAR, SQL_LONGVARCHAR, two.data(), 40'001, lengths), 2).length == 1);
  CHECK(type_of(bound(SQL_C_BINARY, SQL_LONGVARBINARY, text.data(), 10, nullptr)).kind == Kind::bytes);
}

TEST_CASE("bindings that make no sense are refused") {
  SQLLEN length = 1;
  char text[] = "x";
  CHECK(state([&] { bind_parameter(SQL_PARAM_OUTPUT, SQL_C_CHAR, SQL_VARCHAR, text, 1, &length); }) == "HYC00");
  CHECK(state([&] { bind_parameter(17, SQL_C_CHAR, SQL_VARCHAR, text, 1, &length); }) == "HY105");
  CHECK(state([&] { bound(SQL_C_CHAR, 4711, text, 1, &length); }) == "HY004");
  CHECK(state([&] { bound(4711, SQL_VARCHAR, text, 1, &length); }) == "HY003");
  CHECK(state([&] { bound(SQL_C_CHAR, SQL_VARBINARY, text, 1, &length); }) == "07006");
  CHECK(state([&] { bound(SQL_C_CHAR, SQL_VARCHAR, text, -1, &length); }) == "HY090");
  CHECK(state([&] { bound(SQL_C_CHAR, SQL_VARCHAR, nullptr, 1, nullptr); }) == "HY009");
  CHECK(bound(SQL_C_DEFAULT, SQL_BIGINT, text, 1, &length).c_type == SQL_C_SBIGINT);

  CHECK(state([&] { written(bound(SQL_C_CHAR, SQL_VARCHAR, nullptr, 1, &length)); }) == "HY009");
  for (const auto& [bad, want] : std::vector<std::pair<SQLLEN, std::string>>{{SQL_DATA_AT_EXEC, "HYC00"}, {-200, "HYC00"}, {-7, "HY090"}}) {
    length = bad;
    CHECK(state([&] { written(bound(SQL_C_CHAR, SQL_VARCHAR, text, 1, &length)); }) == want);
  }
  length = SQL_NTS;
  CHECK(state([&] { written(bound(SQL_C_BINARY, SQL_BINARY, text, 1, &length)); }) == "HY090");
  ParameterRows rows;
  CHECK(state([&] { rows.prepare({}, 1, 1); }) == "07002");
  CHECK(state([&] { rows.prepare({{}, bound(SQL_C_CHAR, SQL_VARCHAR, text, 1, nullptr)}, 2, 1); }) == "07002");
}
