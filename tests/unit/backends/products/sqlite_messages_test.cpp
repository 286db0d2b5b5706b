#include "products/sqlite3/messages.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace millrace;
using millrace::sqlite::add_culprit;
using millrace::sqlite::meaning_of_message;

namespace {

ErrorInfo violation(ErrorCode code, std::string message) {
  ErrorInfo info;
  info.code = code;
  info.message = std::move(message);
  add_culprit(info);
  return info;
}

}  // namespace

TEST_CASE("SQLite's messages have the SQLSTATEs of what they say") {
  const struct { const char* message; const char* sqlstate; ErrorCode code; } cases[] = {
      {"UNIQUE constraint failed: t.a, t.b", "23505", ErrorCode::unique_violation},
      {"NOT NULL constraint failed: t.a", "23502", ErrorCode::not_null_violation},
      {"FOREIGN KEY constraint failed", "23503", ErrorCode::foreign_key_violation},
      {"CHECK constraint failed: positive", "23514", ErrorCode::check_violation},
      {"cannot store TEXT value in INTEGER column t.a", "22018", ErrorCode::invalid_value},
      {"datatype mismatch", "22018", ErrorCode::invalid_value},
      {"database is locked", "55P03", ErrorCode::lock_timeout},
      {"database table is locked: t", "55006", ErrorCode::lock_timeout},
      {"attempt to write a readonly database", "25006", ErrorCode::read_only},
      {"interrupted", "57014", ErrorCode::cancelled},
      {"interrupted (9)", "57014", ErrorCode::cancelled},
      {"database or disk is full", "53100", ErrorCode::disk_full},
      {"disk I/O error", "58030", ErrorCode::io},
      {"unable to open database file", "58030", ErrorCode::io},
      {"file is not a database", "XX001", ErrorCode::io},
      {"database disk image is malformed", "XX001", ErrorCode::io},
      {"no such table: main.t", "42P01", ErrorCode::undefined_object},
      {"no such column: a", "42703", ErrorCode::undefined_object},
      {"table t has no column named a", "42703", ErrorCode::undefined_object},
      {"no such index: i", "42704", ErrorCode::undefined_object},
      {"no such savepoint: s", "3B001", ErrorCode::undefined_object},
      {"no such function: f", "42883", ErrorCode::undefined_object},
      {"unknown database other", "3F000", ErrorCode::undefined_object},
      {"table t already exists", "42P07", ErrorCode::duplicate_object},
      {"there is already a table named t", "42P07", ErrorCode::duplicate_object},
      {"near \"SELEC\": syntax error", "42601", ErrorCode::syntax},
      {"incomplete input", "42601", ErrorCode::syntax},
      {"unrecognized token: \"#\"", "42601", ErrorCode::syntax},
      {"too many columns on t", "54011", ErrorCode::unsupported},
  };
  for (const auto& [message, sqlstate, code] : cases) {
    INFO(message);
    CHECK(meaning_of_message(message).sqlstate == sqlstate);
    CHECK(meaning_of_message(message).code == code);
  }
}

TEST_CASE("of SQLite's messages only a lock is worth another try, and none ends the connection") {
  CHECK(meaning_of_message("database is locked").safe_to_retry);
  for (const char* message : {"database table is locked: t", "UNIQUE constraint failed: t.a", "interrupted", "disk I/O error", "no such table: t", "near \"x\": syntax error"}) {
    INFO(message);
    CHECK_FALSE(meaning_of_message(message).safe_to_retry);
    CHECK_FALSE(meaning_of_message(message).poisons_connection);
  }
}

TEST_CASE("a message that SQLite does not have means nothing") {
  for (const char* message : {"", "constraint failed", "out of memory", "a trigger's own words"}) {
    INFO(message);
    CHECK(meaning_of_message(message).code == ErrorCode::unknown);
    CHECK(meaning_of_message(message).sqlstate.empty());
    CHECK_FALSE(meaning_of_message(message).safe_to_retry);
  }
}

TEST_CASE("a name in a message of SQLite's is not taken for the message") {
  CHECK(meaning_of_message("no such column: interrupted").code == ErrorCode::undefined_object);
  CHECK(meaning_of_message("table interrupted already exists").code == ErrorCode::duplicate_object);
  CHECK(meaning_of_message("near \"interrupted\": syntax error").code == ErrorCode::syntax);
}

TEST_CASE("what SQLite refused a NULL for is a column") {
  const ErrorInfo info = violation(ErrorCode::not_null_violation, "NOT NULL constraint failed: t.a");
  CHECK(info.column == "a");
  CHECK(info.constraint.empty());
}

TEST_CASE("other constraints of SQLite's are named as it names them") {
  CHECK(violation(ErrorCode::unique_violation, "UNIQUE constraint failed: t.a, t.b").constraint == "t.a, t.b");
  CHECK(violation(ErrorCode::check_violation, "CHECK constraint failed: positive").constraint == "positive");
  CHECK(violation(ErrorCode::check_violation, "CHECK constraint failed: positive").column.empty());
}

TEST_CASE("a violation without a name in its message names nothing") {
  for (const char* message : {"FOREIGN KEY constraint failed", "no such table: t", ""}) {
    const ErrorInfo info = violation(ErrorCode::foreign_key_violation, message);
    INFO(message);
    CHECK(info.constraint.empty());
    CHECK(info.column.empty());
  }
}
