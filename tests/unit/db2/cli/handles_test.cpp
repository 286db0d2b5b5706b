// Handles as numbers: stale, forged and foreign ones, and many threads.
#include <atomic>
#include <cstdlib>
#include <thread>

#include "db2/cli/provider.hpp"
#include "unit/db2/cli/fake_session.hpp"

using fake::Session;

TEST_CASE("handles of this client are told from others by their number") {
  fake::reset();
  const Session s;
  CHECK(s.environment >= millrace::db2::cli::kFirstHandle);
  CHECK(s.connection >= millrace::db2::cli::kFirstHandle);
  CHECK(s.statement >= millrace::db2::cli::kFirstHandle);
}

TEST_CASE("a handle that is none, is of another type or was freed is invalid") {
  fake::reset();
  Session s;
  CHECK(SQLExecute(0) == SQL_INVALID_HANDLE);
  CHECK(SQLExecute(-5) == SQL_INVALID_HANDLE);
  CHECK(SQLExecute(7) == SQL_INVALID_HANDLE);   // IBM's, which is not loaded
  CHECK(SQLExecute(0x40000000 + 0xFFFF) == SQL_INVALID_HANDLE);
  CHECK(SQLExecute(0x7FFFFFFF) == SQL_INVALID_HANDLE);
  CHECK(SQLExecute(s.connection) == SQL_INVALID_HANDLE);
  CHECK(SQLDisconnect(s.statement) == SQL_INVALID_HANDLE);
  CHECK(SQLFreeHandle(SQL_HANDLE_DBC, s.statement) == SQL_INVALID_HANDLE);
  SQLCHAR state[6];
  CHECK(SQLGetDiagRec(SQL_HANDLE_STMT, s.connection, 1, state, nullptr, nullptr, 0, nullptr) == SQL_INVALID_HANDLE);

  REQUIRE(SQLFreeHandle(SQL_HANDLE_STMT, s.statement) == SQL_SUCCESS);
  CHECK(SQLFreeHandle(SQL_HANDLE_STMT, s.statement) == SQL_INVALID_HANDLE);
  CHECK(s.run("SELECT 1") == SQL_INVALID_HANDLE);
  for (int i = 0; i < 1000; ++i) {   // its slot is used again and again, and the old number stays dead
    const SQLHSTMT other = s.new_statement();
    CHECK(other != s.statement);
    REQUIRE(SQLFreeHandle(SQL_HANDLE_STMT, other) == SQL_SUCCESS);
  }
  CHECK(SQLExecute(s.statement) == SQL_INVALID_HANDLE);
}

TEST_CASE("disconnecting frees the statements") {
  fake::reset();
  Session s;
  REQUIRE(SQLDisconnect(s.connection) == SQL_SUCCESS);
  CHECK(SQLExecute(s.statement) == SQL_INVALID_HANDLE);
  CHECK(SQLDisconnect(s.connection) == SQL_ERROR);
  CHECK(s.records(SQL_HANDLE_DBC, s.connection)[0].state == "08003");
  SQLHSTMT none = 1;
  CHECK(SQLAllocHandle(SQL_HANDLE_STMT, s.connection, &none) == SQL_ERROR);
  CHECK(none == SQL_NULL_HANDLE);
  CHECK(s.connect("DATABASE=db;HOSTNAME=host") == SQL_SUCCESS);
}

TEST_CASE("an environment with connections is not freed; a connection that is open may be") {
  fake::reset();
  Session s;
  CHECK(SQLFreeHandle(SQL_HANDLE_ENV, s.environment) == SQL_ERROR);
  CHECK(s.records(SQL_HANDLE_ENV, s.environment)[0].state == "HY010");
  CHECK(SQLFreeHandle(SQL_HANDLE_DBC, s.connection) == SQL_SUCCESS);
  CHECK(SQLExecute(s.statement) == SQL_INVALID_HANDLE);
  CHECK(SQLFreeHandle(SQL_HANDLE_ENV, s.environment) == SQL_SUCCESS);
}

TEST_CASE("threads make, use and free handles without knowing of each other") {
  fake::reset();
  Session s;
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        SQLHSTMT h = 0;
        wrong += SQLAllocHandle(SQL_HANDLE_STMT, s.connection, &h) != SQL_SUCCESS;
        wrong += SQLSetStmtAttr(h, SQL_ATTR_PARAMSET_SIZE, Session::number(static_cast<std::uintptr_t>(i) % 100 + 1), 0) != SQL_SUCCESS;
        SQLUINTEGER size = 0;
        wrong += SQLGetStmtAttr(h, SQL_ATTR_PARAMSET_SIZE, &size, 0, nullptr) != SQL_SUCCESS || size != static_cast<SQLUINTEGER>(i) % 100 + 1;
        wrong += SQLFreeHandle(SQL_HANDLE_STMT, h) != SQL_SUCCESS;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("without IBM's library its scope says what was tried and what to set") {
  using namespace millrace::db2::cli;
  setenv("IBM_DB_HOME", "/nowhere/clidriver", 1);
  try {
    const ProviderScope scope(Provider::ibm);
    FAIL("there is no library in /nowhere");
  } catch (const ProviderError& error) {
    const std::string what = error.what();
    CHECK(what.find("/nowhere/clidriver/lib/libdb2.so") != std::string::npos);
    CHECK(what.find("set IBM_DB_HOME") != std::string::npos);
  }
  unsetenv("IBM_DB_HOME");
  SQLHENV environment = 0;   // the choice before it stays
  REQUIRE(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment) == SQL_SUCCESS);
  CHECK(environment >= kFirstHandle);
  CHECK(SQLFreeHandle(SQL_HANDLE_ENV, environment) == SQL_SUCCESS);
}
