// Arrays over a fake client that notes what it is asked: what stays, what is undone, what is told.
#include <algorithm>

#include "common/cli/array_outcome.hpp"
#include "common/cli/diagnostics.hpp"
#include "unit/db2/cli/fake_session.hpp"

using fake::Log;
using fake::log_of;
using fake::Session;
using fake::world;
using Statuses = std::vector<SQLUSMALLINT>;
using millrace::cli_db2::ArrayOutcome;
using millrace::drda::Sqlca;

namespace {

const std::string kInsert = "INSERT INTO t VALUES (?)";
constexpr const char* kSavepoint = "immediate SAVEPOINT MILLRACE_CLI_ARRAY ON ROLLBACK RETAIN CURSORS";
constexpr const char* kRollbackTo = "immediate ROLLBACK TO SAVEPOINT MILLRACE_CLI_ARRAY";
constexpr const char* kRelease = "immediate RELEASE SAVEPOINT MILLRACE_CLI_ARRAY";

const Sqlca kDuplicate{-20001, "23505", "duplicate key", 0};
const Sqlca kDeadlock{-30001, "40001", "deadlock", 0};

/// Five integers as an array of kInsert.
struct Array {
  explicit Array(Session& s, bool atomic = true) : session(s) {
    REQUIRE(s.prepare(kInsert) == SQL_SUCCESS);
    REQUIRE(SQLBindParameter(s.statement, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10, 0, values, 4, nullptr) == SQL_SUCCESS);
    REQUIRE(s.set(SQL_ATTR_PARAMSET_SIZE, Session::number(5)) == SQL_SUCCESS);
    REQUIRE(s.set(SQL_ATTR_PARAM_STATUS_PTR, statuses.data()) == SQL_SUCCESS);
    REQUIRE(s.set(SQL_ATTR_PARAMS_PROCESSED_PTR, &processed) == SQL_SUCCESS);
    REQUIRE(s.set(SQL_ATTR_PARAMOPT_ATOMIC, Session::number(atomic ? 1 : 0)) == SQL_SUCCESS);
    log_of();
  }
  SQLRETURN run() { return code = SQLExecute(session.statement); }
  ArrayOutcome judged() const { return millrace::cli_db2::judge({code, statuses, processed}); }
  SQLLEN rows() const {
    SQLLEN count = -7;
    REQUIRE(SQLRowCount(session.statement, &count) == SQL_SUCCESS);
    return count;
  }
  Session& session;
  SQLINTEGER values[5] = {1, 2, 3, 4, 5};
  Statuses statuses = Statuses(5, millrace::cli_db2::kStatusUnset);
  SQLULEN processed = 99;
  SQLRETURN code = SQL_SUCCESS;
};

void fail_rows(std::initializer_list<std::size_t> rows, const Sqlca& how) {
  world().row_answer = [bad = std::vector<std::size_t>(rows), how](std::size_t row) { return std::find(bad.begin(), bad.end(), row) != bad.end() ? how : Sqlca{0, "00000", "", 1}; };
}

}  // namespace

TEST_CASE("an array is one chain, and its rows are counted") {
  fake::reset();
  Session s;
  s.autocommit(false);
  Array array(s);
  CHECK(array.run() == SQL_SUCCESS);
  CHECK(log_of() == Log{kSavepoint, "array 5 " + kInsert, kRelease});
  CHECK(world().values == std::vector<Log>{{"integer 1"}, {"integer 2"}, {"integer 3"}, {"integer 4"}, {"integer 5"}});
  CHECK(array.rows() == 5);
  CHECK(array.judged().kind == ArrayOutcome::Kind::complete);
  s.autocommit(true);
  log_of();
  CHECK(array.run() == SQL_SUCCESS);
  CHECK(log_of() == Log{"array 5 " + kInsert, "COMMIT"});
}

TEST_CASE("a row that fails undoes an atomic array") {
  fake::reset();
  Session s;
  s.autocommit(false);
  Array array(s);
  fail_rows({1, 3}, kDuplicate);
  CHECK(array.run() == SQL_ERROR);
  CHECK(log_of() == Log{kSavepoint, "array 5 " + kInsert, kRollbackTo, kRelease});
  CHECK(array.statuses == Statuses{SQL_PARAM_UNUSED, SQL_PARAM_ERROR, SQL_PARAM_UNUSED, SQL_PARAM_ERROR, SQL_PARAM_UNUSED});
  CHECK(array.judged().kind == ArrayOutcome::Kind::refused);
  CHECK(array.judged().rows == std::vector<std::size_t>{1, 3});
  const auto records = millrace::cli_db2::read_diagnostics(SQL_HANDLE_STMT, s.statement);
  REQUIRE(records.size() == 2);
  CHECK(records[0].row == 2);
  CHECK(records[1].row == 4);
  CHECK(records[0].sqlstate == "23505");
  CHECK(records[0].message == "duplicate key");
  CHECK(array.rows() == 0);

  s.autocommit(true);
  log_of();
  CHECK(array.run() == SQL_ERROR);
  CHECK(log_of() == Log{"array 5 " + kInsert, "ROLLBACK"});
}

TEST_CASE("in an array that is not atomic every row has its own fate") {
  fake::reset();
  Session s;
  s.autocommit(false);
  Array array(s, false);
  fail_rows({0, 4}, kDuplicate);
  CHECK(array.run() == SQL_SUCCESS_WITH_INFO);
  CHECK(log_of() == Log{"array 5 " + kInsert});
  CHECK(array.statuses == Statuses{SQL_PARAM_ERROR, SQL_PARAM_SUCCESS, SQL_PARAM_SUCCESS, SQL_PARAM_SUCCESS, SQL_PARAM_ERROR});
  REQUIRE(s.records().size() == 2);
  CHECK(s.records()[1].row == 5);
  CHECK(array.rows() == 3);   // a call like any other: it replaces the diagnostics
  fail_rows({0, 1, 2, 3, 4}, kDuplicate);
  CHECK(array.run() == SQL_ERROR);
  CHECK(array.judged().kind == ArrayOutcome::Kind::failed);
  CHECK(array.rows() == 0);
}

TEST_CASE("nothing of an array stays when the server ended its transaction in the middle") {
  for (const bool atomic : {true, false}) {
    for (const bool autocommit : {true, false}) {
      fake::reset();
      Session s;
      s.autocommit(autocommit);
      Array array(s, atomic);
      fail_rows({2}, kDeadlock);
      CHECK(array.run() == SQL_ERROR);
      CHECK(log_of().back() == "ROLLBACK");
      CHECK(array.statuses == Statuses{SQL_PARAM_UNUSED, SQL_PARAM_UNUSED, SQL_PARAM_ERROR, SQL_PARAM_UNUSED, SQL_PARAM_UNUSED});
      REQUIRE(s.records().size() == 1);
      CHECK(s.records()[0].state == "40001");
      CHECK(s.records()[0].row == 3);
      CHECK(array.rows() == 0);
    }
  }
}

TEST_CASE("where the savepoint is gone the whole transaction is rolled back, and both errors are told") {
  fake::reset();
  Session s;
  s.autocommit(false);
  Array array(s);
  fail_rows({2}, kDuplicate);
  world().failures[std::string(kRollbackTo).substr(10)] = {-20001, "3B001", "no such savepoint", 0};
  CHECK(array.run() == SQL_ERROR);
  CHECK(log_of() == Log{kSavepoint, "array 5 " + kInsert, kRollbackTo, "ROLLBACK"});
  REQUIRE(s.records().size() == 2);
  CHECK(s.records()[0].state == "23505");
  CHECK(s.records()[1].state == "3B001");
}

TEST_CASE("an array during which the connection dies names no row") {
  fake::reset();
  Session s;
  s.autocommit(false);
  Array array(s);
  world().failures[kInsert] = {-1, "08S01", "the connection was lost", 0};
  CHECK(array.run() == SQL_ERROR);
  CHECK(s.state() == "08S01");
  CHECK(array.judged().kind == ArrayOutcome::Kind::failed);
  CHECK(array.statuses == Statuses(5, SQL_PARAM_UNUSED));
}

TEST_CASE("no more than ten thousand rows are told of") {
  fake::reset();
  Session s;
  REQUIRE(s.prepare(kInsert) == SQL_SUCCESS);
  const std::vector<SQLINTEGER> values(20'000, 1);
  SQLBindParameter(s.statement, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10, 0, const_cast<SQLINTEGER*>(values.data()), 4, nullptr);
  REQUIRE(s.set(SQL_ATTR_PARAMSET_SIZE, Session::number(20'000)) == SQL_SUCCESS);
  world().row_answer = [](std::size_t) { return kDuplicate; };
  CHECK(SQLExecute(s.statement) == SQL_ERROR);
  SQLINTEGER records = 0;
  CHECK(SQLGetDiagField(SQL_HANDLE_STMT, s.statement, 0, SQL_DIAG_NUMBER, &records, 0, nullptr) == SQL_SUCCESS);
  CHECK(records == 10'000);
}
