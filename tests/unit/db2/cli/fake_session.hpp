#pragma once
// Handles over the fake client, as an application has them.

#include <sqlcli1.h>

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <utility>
#include <vector>

#include "unit/db2/cli/fake_client.hpp"

namespace fake {

using Log = std::vector<std::string>;
inline Log log_of() { return std::exchange(world().log, {}); }

inline millrace::drda::Column column(const std::string& name, millrace::drda::Kind kind, std::int64_t length = 0) {
  millrace::drda::Column c;
  c.name = name;
  c.kind = kind;
  c.length = length;
  return c;
}

struct Session {
  explicit Session(const std::string& more = {}) {
    REQUIRE(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment) == SQL_SUCCESS);
    REQUIRE(SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection) == SQL_SUCCESS);
    REQUIRE(connect("DATABASE=db;HOSTNAME=host;UID=u;PWD=secret;" + more) == SQL_SUCCESS);
    statement = new_statement();
  }
  ~Session() {
    SQLDisconnect(connection);
    SQLFreeHandle(SQL_HANDLE_DBC, connection);
    SQLFreeHandle(SQL_HANDLE_ENV, environment);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  SQLRETURN connect(const std::string& text) {
    return SQLDriverConnect(connection, nullptr, reinterpret_cast<SQLCHAR*>(const_cast<char*>(text.c_str())), SQL_NTS, nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT);
  }
  SQLHSTMT new_statement() const {
    SQLHSTMT made = 0;
    REQUIRE(SQLAllocHandle(SQL_HANDLE_STMT, connection, &made) == SQL_SUCCESS);
    return made;
  }
  void autocommit(bool on) const { REQUIRE(SQLSetConnectAttr(connection, SQL_ATTR_AUTOCOMMIT, number(on ? 1 : 0), 0) == SQL_SUCCESS); }
  SQLRETURN prepare(const std::string& sql) const { return SQLPrepare(statement, text(sql), SQL_NTS); }
  SQLRETURN run(const std::string& sql) const { return SQLExecDirect(statement, text(sql), SQL_NTS); }
  SQLRETURN set(SQLINTEGER attribute, SQLPOINTER value) const { return SQLSetStmtAttr(statement, attribute, value, 0); }

  static SQLPOINTER number(std::uintptr_t value) { return reinterpret_cast<SQLPOINTER>(value); }
  static SQLCHAR* text(const std::string& sql) { return reinterpret_cast<SQLCHAR*>(const_cast<char*>(sql.c_str())); }

  struct Record {
    std::string state;
    int native = 0;
    std::string message;
    int row = 0;
    bool operator==(const Record&) const = default;
  };
  std::vector<Record> records(SQLSMALLINT type, SQLHANDLE handle) const {
    std::vector<Record> found;
    for (SQLSMALLINT i = 1;; ++i) {
      SQLCHAR state[6] = "", message[SQL_MAX_MESSAGE_LENGTH + 1] = "";
      SQLINTEGER native = 0;
      SQLSMALLINT length = 0;
      if (SQLGetDiagRec(type, handle, i, state, &native, message, sizeof message, &length) != SQL_SUCCESS) return found;
      SQLLEN row = 0;
      REQUIRE(SQLGetDiagField(type, handle, i, SQL_DIAG_ROW_NUMBER, &row, 0, nullptr) == SQL_SUCCESS);
      found.push_back({reinterpret_cast<char*>(state), native, reinterpret_cast<char*>(message), row});
    }
  }
  std::vector<Record> records() const { return records(SQL_HANDLE_STMT, statement); }
  std::string state() const { return records().empty() ? "" : records()[0].state; }

  SQLHENV environment = 0;
  SQLHDBC connection = 0;
  SQLHSTMT statement = 0;
};

}  // namespace fake
