// Results over a fake client: cursors, columns, values.
#include "unit/db2/cli/fake_session.hpp"

using fake::column;
using fake::Log;
using fake::log_of;
using fake::Session;
using fake::world;
using millrace::drda::Kind;

TEST_CASE("a query's rows are read one by one, and its end ends its transaction") {
  fake::reset();
  Session s;
  world().results["SELECT"] = {{column("I", Kind::integer), column("T", Kind::text, 10)}, {{"1", "one"}, {"2", std::nullopt}}};
  REQUIRE(s.run("SELECT") == SQL_SUCCESS);
  SQLSMALLINT columns = 0;
  CHECK(SQLNumResultCols(s.statement, &columns) == SQL_SUCCESS);
  CHECK(columns == 2);
  SQLINTEGER number = 0;
  char text[8];
  SQLLEN length = 0;
  CHECK(SQLGetData(s.statement, 1, SQL_C_SLONG, &number, 0, nullptr) == SQL_ERROR);
  CHECK(s.state() == "24000");
  REQUIRE(SQLFetch(s.statement) == SQL_SUCCESS);
  CHECK(SQLGetData(s.statement, 2, SQL_C_CHAR, text, sizeof text, &length) == SQL_SUCCESS);
  CHECK(std::string(text) == "one");
  CHECK(SQLGetData(s.statement, 1, SQL_C_SLONG, &number, 0, nullptr) == SQL_SUCCESS);
  CHECK(number == 1);
  CHECK(SQLGetData(s.statement, 3, SQL_C_SLONG, &number, 0, nullptr) == SQL_ERROR);
  CHECK(s.state() == "07009");
  REQUIRE(SQLFetch(s.statement) == SQL_SUCCESS);
  CHECK(SQLGetData(s.statement, 2, SQL_C_CHAR, text, sizeof text, &length) == SQL_SUCCESS);
  CHECK(length == SQL_NULL_DATA);
  CHECK(log_of() == Log{"prepare SELECT", "open SELECT"});
  CHECK(SQLFetch(s.statement) == SQL_NO_DATA);
  CHECK(log_of() == Log{"close SELECT", "COMMIT"});
  CHECK(SQLFetch(s.statement) == SQL_NO_DATA);
  CHECK(SQLFreeStmt(s.statement, SQL_CLOSE) == SQL_SUCCESS);
  CHECK(log_of().empty());
  CHECK(SQLFetch(s.statement) == SQL_ERROR);
  CHECK(s.state() == "24000");
}

TEST_CASE("a cursor that is left open is closed first, and goes with its transaction") {
  fake::reset();
  Session s;
  world().results["SELECT"] = {{column("I", Kind::integer)}, {{"1"}, {"2"}}};
  s.autocommit(false);
  REQUIRE(s.run("SELECT") == SQL_SUCCESS);
  REQUIRE(SQLFetch(s.statement) == SQL_SUCCESS);
  CHECK(SQLExecute(s.statement) == SQL_ERROR);
  CHECK(s.state() == "24000");
  log_of();
  CHECK(SQLEndTran(SQL_HANDLE_DBC, s.connection, SQL_COMMIT) == SQL_SUCCESS);
  CHECK(log_of() == Log{"close SELECT", "COMMIT"});
  CHECK(SQLFetch(s.statement) == SQL_ERROR);
  CHECK(s.state() == "24000");
  CHECK(s.run("SELECT") == SQL_SUCCESS);
  CHECK(SQLFetch(s.statement) == SQL_SUCCESS);
}

TEST_CASE("bound columns take rowsets") {
  fake::reset();
  Session s;
  world().results["SELECT"] = {{column("I", Kind::integer), column("T", Kind::text, 2)}, {{"1", "a"}, {"2", std::nullopt}, {"3", "\xC3\xA4\xC3\xB6"}}};
  SQLINTEGER numbers[2] = {};
  char texts[2][7] = {};   // as SOCI makes room: three bytes for each of the column's characters, and a zero
  SQLLEN lengths[2] = {};
  SQLUINTEGER fetched = 99;
  SQLUSMALLINT statuses[2] = {};
  REQUIRE(s.set(SQL_ATTR_ROW_ARRAY_SIZE, Session::number(0xABCD'EF01'0000'0002)) == SQL_SUCCESS);   // SOCI leaves the upper half to chance
  REQUIRE(s.set(SQL_ATTR_ROWS_FETCHED_PTR, &fetched) == SQL_SUCCESS);
  REQUIRE(s.set(SQL_ATTR_ROW_STATUS_PTR, statuses) == SQL_SUCCESS);
  REQUIRE(SQLBindCol(s.statement, 1, SQL_C_SLONG, numbers, sizeof numbers[0], nullptr) == SQL_SUCCESS);
  REQUIRE(SQLBindCol(s.statement, 2, SQL_C_CHAR, texts, sizeof texts[0], lengths) == SQL_SUCCESS);
  REQUIRE(s.run("SELECT") == SQL_SUCCESS);
  CHECK(SQLFetch(s.statement) == SQL_SUCCESS);
  CHECK(fetched == 2);
  CHECK((numbers[0] == 1 && numbers[1] == 2));
  CHECK(std::string(texts[0]) == "a");
  CHECK((lengths[0] == 1 && lengths[1] == SQL_NULL_DATA));
  CHECK(SQLFetch(s.statement) == SQL_SUCCESS);
  CHECK(fetched == 1);
  CHECK((statuses[0] == SQL_ROW_SUCCESS && statuses[1] == SQL_ROW_NOROW));
  CHECK(std::string(texts[0]) == "\xC3\xA4\xC3\xB6");
  CHECK(SQLFetch(s.statement) == SQL_NO_DATA);
  CHECK(fetched == 0);
}

TEST_CASE("a value that is longer than its column never reaches a caller who made room for the column") {
  fake::reset();
  Session s;
  world().results["SELECT"] = {{column("T", Kind::text, 2)}, {{"much too long"}}};
  char text[7] = {};
  SQLLEN length = 0;
  SQLBindCol(s.statement, 1, SQL_C_CHAR, text, sizeof text, &length);
  REQUIRE(s.run("SELECT") == SQL_SUCCESS);
  CHECK(SQLFetch(s.statement) == SQL_ERROR);
  CHECK(s.state() == "22001");
  SQLFreeStmt(s.statement, SQL_CLOSE);
  SQLBindCol(s.statement, 1, SQL_C_CHAR, text, 3, &length);   // who made less room knows that a text may be cut
  REQUIRE(s.run("SELECT") == SQL_SUCCESS);
  CHECK(SQLFetch(s.statement) == SQL_SUCCESS_WITH_INFO);
  CHECK(s.state() == "01004");
  CHECK(std::string(text) == "mu");
  CHECK(length == 13);
}

TEST_CASE("columns are described") {
  fake::reset();
  Session s;
  world().results["SELECT"] = {{column("ACOLUMN", Kind::text, 20)}, {}};
  world().results["SELECT"].columns[0].nullable = false;
  REQUIRE(s.prepare("SELECT") == SQL_SUCCESS);
  SQLCHAR name[4] = "";
  SQLSMALLINT length = 0, type = 0, scale = 0, nullable = 0;
  SQLULEN size = 0;
  CHECK(SQLDescribeCol(s.statement, 1, name, sizeof name, &length, &type, &size, &scale, &nullable) == SQL_SUCCESS_WITH_INFO);
  CHECK(std::string(reinterpret_cast<char*>(name)) == "ACO");
  CHECK((length == 7 && type == SQL_VARCHAR && size == 60 && nullable == SQL_NO_NULLS));
  char text[32];
  CHECK(SQLColAttribute(s.statement, 1, SQL_DESC_TYPE_NAME, text, sizeof text, &length, nullptr) == SQL_SUCCESS);
  CHECK(std::string(text) == "VARCHAR");
  SQLLEN number = 0;
  CHECK(SQLColAttribute(s.statement, 1, SQL_DESC_TYPE, nullptr, 0, nullptr, &number) == SQL_SUCCESS);
  CHECK(number == SQL_VARCHAR);
  CHECK(SQLColAttribute(s.statement, 1, 4711, nullptr, 0, nullptr, &number) == SQL_ERROR);
  CHECK(SQLColAttribute(s.statement, 2, SQL_DESC_TYPE, nullptr, 0, nullptr, &number) == SQL_ERROR);
}
