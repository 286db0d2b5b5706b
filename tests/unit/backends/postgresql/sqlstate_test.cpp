#include "products/postgresql/sqlstate.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace millrace;
using millrace::postgresql::meaning_of;

TEST_CASE("a SQLSTATE's exact code goes before its class") {
  CHECK(meaning_of("23505").code == ErrorCode::unique_violation);
  CHECK(meaning_of("23P01").code == ErrorCode::constraint);
  CHECK(meaning_of("22P02").code == ErrorCode::invalid_value);
  CHECK(meaning_of("42601").code == ErrorCode::syntax);
  CHECK(meaning_of("42P01").code == ErrorCode::undefined_object);
  CHECK(meaning_of("53100").code == ErrorCode::disk_full);
}

TEST_CASE("only what a repetition can mend is safe to retry") {
  for (const char* state : {
           "40001", "40P01", "40000",            // serialization failure, deadlock
           "55P03",                              // a lock was not to be had in time
           "53300",                              // too many connections
           "57P01", "57P02", "57P03", "57P05",   // the server is shutting down, crashed, starting up; the session was idle too long
           "25P03",                              // idle in a transaction for too long: nothing of it is left
           "08000", "08001", "08003", "08006"})  // refused, reset, timed out
  {
    INFO(state);
    CHECK(meaning_of(state).safe_to_retry);
  }
  for (const char* state : {
           "23000", "23001", "23502", "23503", "23505", "23514", "23P01", "40002", "44000",  // constraints
           "22001", "22003", "22007", "22P02", "22021", "21000",                             // data
           "42601", "42P01", "42703", "42804", "42501", "0A000",                             // syntax, names, rights
           "28000", "28P01", "08004",                                                        // authentication, the server's refusal
           "08007", "40003",                                                                 // the outcome of a commit is unknown
           "57014", "25P04",                                                                 // cancelled or out of time
           "25P02", "25006", "53100", "53200", "53400", "54000", "57P04", "08P01", "XX000", "P0001"}) {
    INFO(state);
    CHECK_FALSE(meaning_of(state).safe_to_retry);
  }
}

TEST_CASE("the codes of what a caller acts on") {
  CHECK(meaning_of("40001").code == ErrorCode::serialization);
  CHECK(meaning_of("40P01").code == ErrorCode::deadlock);
  CHECK(meaning_of("55P03").code == ErrorCode::lock_timeout);
  CHECK(meaning_of("53300").code == ErrorCode::resources);
  CHECK(meaning_of("57P01").code == ErrorCode::server_shutdown);
  CHECK(meaning_of("57P02").code == ErrorCode::server_shutdown);
  CHECK(meaning_of("57P03").code == ErrorCode::connection_refused);
  CHECK(meaning_of("08006").code == ErrorCode::connection_lost);
  CHECK(meaning_of("28P01").code == ErrorCode::authentication);
  CHECK(meaning_of("08007").code == ErrorCode::in_doubt);
  CHECK(meaning_of("40003").code == ErrorCode::in_doubt);
  CHECK(meaning_of("57014").code == ErrorCode::cancelled);
  CHECK(meaning_of("25P04").code == ErrorCode::statement_timeout);
  CHECK(meaning_of("3B001").code == ErrorCode::undefined_object);
}

TEST_CASE("the end of a session poisons its connection") {
  for (const char* state : {"57P01", "57P02", "57P03", "57P04", "57P05", "08006", "25P03", "25P04", "08007"}) CHECK(meaning_of(state).poisons_connection);
  for (const char* state : {"40001", "23505", "55P03", "57014", "25P02", "53300"}) CHECK_FALSE(meaning_of(state).poisons_connection);
}

TEST_CASE("what is not known is not retried") {
  for (const char* state : {"", "99999", "ZZ000", "23", "400"}) {
    CHECK(meaning_of(state).code == ErrorCode::unknown);
    CHECK_FALSE(meaning_of(state).safe_to_retry);
  }
}
