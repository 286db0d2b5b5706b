#pragma once
// Handles of the call-level interface over the DRDA client, connected to a live server.

#include <sqlcli1.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "common/cli/diagnostics.hpp"
#include "support/derby_server.hpp"

namespace cli {

using millrace::cli_db2::Diagnostic;
using millrace::test::DerbyServer;

/// A database of the test program's own on the shared server.
struct Database {
  const DerbyServer* server = DerbyServer::shared();
  std::string name, keywords;
  Database() {
    if (!server) SKIP(DerbyServer::how_to_get());
    if (!server->is_derby()) SKIP("MILLRACE_TEST_DB2_URL names the server: these tests make databases");
    name = "memory:cli_test_" + std::to_string(getpid());
    const std::string url = server->url_for(name);
    const std::string login = url.substr(6, url.find('@') - 6);
    keywords = "DATABASE={" + name + ";create=true};HOSTNAME=127.0.0.1;PORT=" + server->port() + ";PROTOCOL=TCPIP;UID=" + login.substr(0, login.find(':')) +
               ";PWD=" + login.substr(login.find(':') + 1) + ";ANSWERTIMEOUT=30";
  }
  std::vector<std::vector<std::string>> rows(const std::string& query) const { return server->rows(query, server->url_for(name)); }
};

inline SQLPOINTER number(std::uintptr_t value) { return reinterpret_cast<SQLPOINTER>(value); }
inline SQLCHAR* text(const std::string& value) { return reinterpret_cast<SQLCHAR*>(const_cast<char*>(value.c_str())); }

struct Session {
  explicit Session(const std::string& keywords) {
    REQUIRE(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment) == SQL_SUCCESS);
    REQUIRE(SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection) == SQL_SUCCESS);
    code = SQLDriverConnect(connection, nullptr, text(keywords), SQL_NTS, nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT);
    if (code == SQL_SUCCESS) REQUIRE(SQLAllocHandle(SQL_HANDLE_STMT, connection, &statement) == SQL_SUCCESS);
  }
  ~Session() {
    SQLDisconnect(connection);
    SQLFreeHandle(SQL_HANDLE_DBC, connection);
    SQLFreeHandle(SQL_HANDLE_ENV, environment);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  SQLRETURN run(const std::string& sql) { return SQLExecDirect(statement, text(sql), SQL_NTS); }
  void must(const std::string& sql) {
    INFO(sql);
    const SQLRETURN result = run(sql);
    INFO((records().empty() ? "" : records()[0].message));
    REQUIRE((result == SQL_SUCCESS || result == SQL_NO_DATA));
    REQUIRE(SQLFreeStmt(statement, SQL_CLOSE) == SQL_SUCCESS);
  }
  void make_table(const std::string& table, const std::string& columns) {
    run("DROP TABLE " + table);
    must("CREATE TABLE " + table + " (" + columns + ")");
  }
  std::string value(const std::string& sql) {
    REQUIRE(run(sql) == SQL_SUCCESS);
    REQUIRE(SQLFetch(statement) == SQL_SUCCESS);
    char out[4096] = "";
    SQLLEN length = 0;
    REQUIRE(SQLGetData(statement, 1, SQL_C_CHAR, out, sizeof out, &length) == SQL_SUCCESS);
    REQUIRE(SQLFreeStmt(statement, SQL_CLOSE) == SQL_SUCCESS);
    return length == SQL_NULL_DATA ? "NULL" : out;
  }
  void autocommit(bool on) { REQUIRE(SQLSetConnectAttr(connection, SQL_ATTR_AUTOCOMMIT, number(on ? 1 : 0), 0) == SQL_SUCCESS); }
  SQLRETURN end(SQLSMALLINT how) { return SQLEndTran(SQL_HANDLE_DBC, connection, how); }
  std::vector<Diagnostic> records() const { return millrace::cli_db2::read_diagnostics(SQL_HANDLE_STMT, statement); }
  std::vector<Diagnostic> connection_records() const { return millrace::cli_db2::read_diagnostics(SQL_HANDLE_DBC, connection); }
  bool dead() const {
    SQLUINTEGER state = 7;
    REQUIRE(SQLGetConnectAttr(connection, SQL_ATTR_CONNECTION_DEAD, &state, 0, nullptr) == SQL_SUCCESS);
    return state == SQL_CD_TRUE;
  }

  SQLHENV environment = 0;
  SQLHDBC connection = 0;
  SQLHSTMT statement = 0;
  SQLRETURN code = SQL_ERROR;
};

}  // namespace cli
