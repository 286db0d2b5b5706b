// What the calls make of the client's answers: transactions, time-outs, wrong calls. The client is a fake that notes what it is asked.
#include <cstring>
#include <thread>

#include "unit/db2/cli/fake_session.hpp"

using fake::column;
using fake::log_of;
using fake::Session;
using fake::world;
using fake::Log;
using millrace::drda::Kind;
using millrace::drda::Sqlca;

namespace {

const std::string kInsert = "INSERT INTO t VALUES (?)";
const Sqlca kDuplicate{-20001, "23505", "duplicate key", 0};
const Sqlca kDeadlock{-30001, "40001", "deadlock", 0};

}  // namespace

TEST_CASE("outside of a transaction every statement is one") {
  fake::reset();
  Session s;
  REQUIRE(s.run("INSERT INTO t VALUES (1)") == SQL_SUCCESS);
  CHECK(log_of() == Log{"immediate INSERT INTO t VALUES (1)", "COMMIT"});
  SQLINTEGER value = 5;
  SQLBindParameter(s.statement, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10, 0, &value, 4, nullptr);
  REQUIRE(s.run(kInsert) == SQL_SUCCESS);
  CHECK(log_of() == Log{"prepare " + kInsert, "execute " + kInsert, "COMMIT"});
  CHECK(world().values == std::vector<Log>{{"integer 5"}});

  world().failures["DELETE FROM t"] = kDuplicate;
  CHECK(s.run("DELETE FROM t") == SQL_ERROR);
  CHECK(log_of() == Log{"immediate DELETE FROM t", "ROLLBACK"});
  CHECK(s.records() == std::vector<Session::Record>{{"23505", -20001, "[Millrace][DRDA] duplicate key SQLSTATE=23505", -1}});
}

TEST_CASE("a transaction ends when it is told to, and autocommit ends it") {
  fake::reset();
  Session s;
  s.autocommit(false);
  REQUIRE(s.run("DELETE FROM t") == SQL_SUCCESS);
  CHECK(log_of() == Log{"immediate DELETE FROM t"});
  REQUIRE(SQLEndTran(SQL_HANDLE_DBC, s.connection, SQL_COMMIT) == SQL_SUCCESS);
  CHECK(log_of() == Log{"COMMIT"});
  s.autocommit(true);
  CHECK(log_of().empty());   // there is nothing to commit
  s.autocommit(false);
  REQUIRE(s.run("DELETE FROM t") == SQL_SUCCESS);
  s.autocommit(true);
  CHECK(log_of() == Log{"immediate DELETE FROM t", "COMMIT"});
  s.autocommit(false);
  REQUIRE(s.run("DELETE FROM t") == SQL_SUCCESS);
  REQUIRE(SQLEndTran(SQL_HANDLE_ENV, s.environment, SQL_ROLLBACK) == SQL_SUCCESS);
  CHECK(log_of() == Log{"immediate DELETE FROM t", "ROLLBACK"});
}

TEST_CASE("a transaction that the server ended is rolled back for good") {
  fake::reset();
  Session s;
  s.autocommit(false);
  world().failures["UPDATE a"] = kDeadlock;
  world().failures["UPDATE b"] = {-30001, "23506", "a deferred constraint", 0};
  CHECK(s.run("UPDATE a") == SQL_ERROR);
  CHECK(log_of() == Log{"immediate UPDATE a", "ROLLBACK"});
  CHECK(s.run("UPDATE b") == SQL_ERROR);
  CHECK(log_of() == Log{"immediate UPDATE b", "ROLLBACK"});   // Derby's codes tell how far an error reaches
  world().server = {"QDB2/LINUXX8664", "SQL11055", "SQL11055", false};
  CHECK(s.run("UPDATE b") == SQL_ERROR);
  CHECK(log_of() == Log{"immediate UPDATE b"});
}

TEST_CASE("a COMMIT that fails fails the call") {
  fake::reset();
  Session s;
  world().failures["COMMIT"] = {-1, "08S01", "the connection was lost", 0};
  CHECK(s.run("DELETE FROM t") == SQL_ERROR);
  CHECK(s.state() == "08007");   // the statement ran: nobody knows whether it took effect
  SQLUINTEGER dead = SQL_CD_FALSE;
  CHECK(SQLGetConnectAttr(s.connection, SQL_ATTR_CONNECTION_DEAD, &dead, 0, nullptr) == SQL_SUCCESS);
  CHECK(dead == SQL_CD_TRUE);
}

TEST_CASE("statements that change no row say so") {
  fake::reset();
  Session s;
  world().row_answer = [](std::size_t) { return Sqlca{100, "02000", "", 0}; };
  SQLINTEGER value = 5;
  SQLBindParameter(s.statement, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10, 0, &value, 4, nullptr);
  CHECK(s.run("DELETE FROM t WHERE i = ?") == SQL_NO_DATA);
  SQLLEN rows = -7;
  CHECK(SQLRowCount(s.statement, &rows) == SQL_SUCCESS);
  CHECK(rows == 0);
  CHECK(s.run("CREATE TABLE x (i INT)") == SQL_SUCCESS);
  CHECK(SQLRowCount(s.statement, &rows) == SQL_SUCCESS);
  CHECK(rows == -1);
}

TEST_CASE("SQLCancel closes the connection of a call that waits, and does nothing to one that does not") {
  fake::reset();
  Session s;
  REQUIRE(SQLCancel(s.statement) == SQL_SUCCESS);
  CHECK(world().aborts == 0);
  SQLINTEGER value = 5;
  SQLBindParameter(s.statement, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10, 0, &value, 4, nullptr);
  world().while_executing = [&] { std::thread([&] { SQLCancel(s.statement); }).join(); };
  CHECK(s.run(kInsert) == SQL_ERROR);
  CHECK(world().aborts == 1);
  CHECK(s.state() == "57014");
}

TEST_CASE("time-outs are the connection's, and a statement's own while it runs") {
  fake::reset();
  Session s("CONNECTTIMEOUT=3;QUERYTIMEOUT=8");
  CHECK(world().options.connect_timeout == std::chrono::seconds(3));
  CHECK(world().options.answer_timeout == std::chrono::seconds(8));
  REQUIRE(s.set(SQL_ATTR_QUERY_TIMEOUT, Session::number(2)) == SQL_SUCCESS);
  REQUIRE(s.run("DELETE FROM t") == SQL_SUCCESS);
  CHECK(world().timeouts == std::vector<std::chrono::milliseconds>{std::chrono::seconds(2), std::chrono::seconds(8), std::chrono::seconds(2), std::chrono::seconds(8)});   // its COMMIT's, too
  CHECK(SQLSetConnectAttr(s.connection, SQL_ATTR_CONNECTION_TIMEOUT, Session::number(5), 0) == SQL_SUCCESS);
  CHECK(world().timeouts.back() == std::chrono::seconds(5));
}

TEST_CASE("isolation and schema are set at the login, in a transaction of their own") {
  fake::reset();
  const Session s("CURRENTSCHEMA=It's;TXNISOLATION=8");
  CHECK(log_of() == Log{"immediate SET CURRENT ISOLATION = RR", "immediate SET CURRENT SCHEMA = 'It''s'", "COMMIT"});
  REQUIRE(SQLSetConnectAttr(s.connection, SQL_ATTR_TXN_ISOLATION, Session::number(SQL_TXN_READ_UNCOMMITTED), 0) == SQL_SUCCESS);
  CHECK(log_of() == Log{"immediate SET CURRENT ISOLATION = UR", "COMMIT"});
  s.autocommit(false);
  REQUIRE(s.run("DELETE FROM t") == SQL_SUCCESS);
  CHECK(SQLSetConnectAttr(s.connection, SQL_ATTR_TXN_ISOLATION, Session::number(SQL_TXN_READ_COMMITTED), 0) == SQL_ERROR);
  CHECK(s.records(SQL_HANDLE_DBC, s.connection)[0].state == "HY011");
}

TEST_CASE("a connection tells what it is connected to") {
  fake::reset();
  Session s;
  const auto info = [&](SQLUSMALLINT what) {
    char text[64] = "";
    SQLSMALLINT length = 0;
    CHECK(SQLGetInfo(s.connection, what, text, sizeof text, &length) == SQL_SUCCESS);
    CHECK(length == static_cast<SQLSMALLINT>(std::strlen(text)));
    return std::string(text);
  };
  CHECK(info(SQL_DBMS_NAME) == "Apache Derby");
  CHECK(info(SQL_DBMS_VER) == "10.14.0000");
  CHECK(info(SQL_DATABASE_NAME) == "db");
  world().server = {"QDB2/LINUXX8664", "SQL11055", "SQL11055", false};
  CHECK(info(SQL_DBMS_NAME) == "DB2/LINUXX8664");
  CHECK(info(SQL_DBMS_VER) == "11.05.0005");
}

TEST_CASE("the connection string that comes back has no password and fits its room") {
  fake::reset();
  Session s;
  SQLDisconnect(s.connection);
  const std::string in = "DATABASE=db;HOSTNAME=host;UID=u;PWD=hunter2";
  for (const auto room : {SQLSMALLINT{10}, SQLSMALLINT{200}}) {
    char out[200];
    std::memset(out, 'x', sizeof out);
    SQLSMALLINT length = 0;
    REQUIRE(SQLDriverConnect(s.connection, nullptr, Session::text(in), static_cast<SQLSMALLINT>(in.size()), reinterpret_cast<SQLCHAR*>(out), room, &length, SQL_DRIVER_COMPLETE) == SQL_SUCCESS);
    CHECK(std::string(out) == std::string("DATABASE=db;HOSTNAME=host;PORT=50000;PROTOCOL=TCPIP;UID=u;").substr(0, static_cast<std::size_t>(room) - 1));
    CHECK(length == static_cast<SQLSMALLINT>(std::strlen(out)));
    SQLDisconnect(s.connection);
  }
}

TEST_CASE("a login that fails leaves a connection that can be tried again") {
  fake::reset();
  Session s;
  SQLDisconnect(s.connection);
  world().failures["connect"] = {-1, "28000", "user or password refused", 0};
  CHECK(s.connect("DATABASE=db;HOSTNAME=host;UID=u;PWD=p") == SQL_ERROR);
  CHECK(s.records(SQL_HANDLE_DBC, s.connection)[0].state == "28000");
  world().failures.clear();
  CHECK(s.connect("DATABASE=db;HOSTNAME=host;UID=u;PWD=p") == SQL_SUCCESS);
  CHECK(s.connect("DATABASE=db;HOSTNAME=host;UID=u;PWD=p") == SQL_ERROR);
  CHECK(s.records(SQL_HANDLE_DBC, s.connection)[0].state == "08002");
}

TEST_CASE("calls in the wrong order or with arguments that make no sense are errors") {
  fake::reset();
  Session s;
  CHECK(SQLExecute(s.statement) == SQL_ERROR);
  CHECK(s.state() == "HY010");
  CHECK(SQLFetch(s.statement) == SQL_ERROR);
  CHECK(SQLPrepare(s.statement, nullptr, SQL_NTS) == SQL_ERROR);
  CHECK(s.state() == "HY009");
  CHECK(SQLPrepare(s.statement, Session::text("x"), -9) == SQL_ERROR);
  CHECK(s.state() == "HY090");
  CHECK(s.run(kInsert) == SQL_ERROR);
  CHECK(s.state() == "07002");
  for (const std::uintptr_t size : {0, 40'000}) CHECK(s.set(SQL_ATTR_PARAMSET_SIZE, Session::number(size)) == SQL_ERROR);
  CHECK(s.set(SQL_ATTR_CURSOR_TYPE, Session::number(SQL_CURSOR_STATIC)) == SQL_ERROR);
  CHECK(s.set(4711, nullptr) == SQL_ERROR);
  CHECK(SQLEndTran(SQL_HANDLE_DBC, s.connection, 7) == SQL_ERROR);
  CHECK(SQLFreeStmt(s.statement, 77) == SQL_ERROR);
  CHECK(SQLSetConnectAttr(s.connection, 4711, nullptr, 0) == SQL_ERROR);
  CHECK(SQLSetEnvAttr(s.environment, SQL_ATTR_ODBC_VERSION, Session::number(3), 0) == SQL_SUCCESS);
  world().results["SELECT"] = {{column("I", Kind::integer)}, {}};
  REQUIRE(s.prepare("SELECT") == SQL_SUCCESS);
  REQUIRE(s.set(SQL_ATTR_PARAMSET_SIZE, Session::number(2)) == SQL_SUCCESS);
  CHECK(SQLExecute(s.statement) == SQL_ERROR);
  CHECK(s.state() == "HYC00");
}
