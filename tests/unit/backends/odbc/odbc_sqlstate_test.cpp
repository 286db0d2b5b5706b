#include "odbc/sqlstate.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace millrace;
using millrace::cli_odbc::odbc_meaning_of;

TEST_CASE("an ODBC state's exact code goes before its class") {
  CHECK(odbc_meaning_of("08001").code == ErrorCode::connection_refused);
  CHECK(odbc_meaning_of("08S01").code == ErrorCode::connection_lost);
  CHECK(odbc_meaning_of("42S02").code == ErrorCode::undefined_object);
  CHECK(odbc_meaning_of("42S22").code == ErrorCode::undefined_object);
  CHECK(odbc_meaning_of("42S01").code == ErrorCode::duplicate_object);
  CHECK(odbc_meaning_of("42000").code == ErrorCode::syntax);
  CHECK(odbc_meaning_of("23505").code == ErrorCode::unique_violation);
  CHECK(odbc_meaning_of("23000").code == ErrorCode::constraint);
  CHECK(odbc_meaning_of("HYT00").code == ErrorCode::statement_timeout);
  CHECK(odbc_meaning_of("HYT01").code == ErrorCode::connection_lost);
  CHECK(odbc_meaning_of("HY008").code == ErrorCode::cancelled);
  CHECK(odbc_meaning_of("HYC00").code == ErrorCode::unsupported);
  CHECK(odbc_meaning_of("HY000").code == ErrorCode::internal);
  CHECK(odbc_meaning_of("IM001").code == ErrorCode::unsupported);
  CHECK(odbc_meaning_of("IM002").code == ErrorCode::config);
}

TEST_CASE("ODBC's classes say what kind of error it is") {
  CHECK(odbc_meaning_of("07002").code == ErrorCode::misuse);
  CHECK(odbc_meaning_of("0A000").code == ErrorCode::unsupported);
  CHECK(odbc_meaning_of("21S01").code == ErrorCode::invalid_value);
  CHECK(odbc_meaning_of("22003").code == ErrorCode::invalid_value);
  CHECK(odbc_meaning_of("24000").code == ErrorCode::internal);
  CHECK(odbc_meaning_of("25000").code == ErrorCode::misuse);
  CHECK(odbc_meaning_of("25006").code == ErrorCode::read_only);
  CHECK(odbc_meaning_of("28000").code == ErrorCode::authentication);
  CHECK(odbc_meaning_of("40001").code == ErrorCode::serialization);
  CHECK(odbc_meaning_of("44000").code == ErrorCode::check_violation);
}

TEST_CASE("only what a repetition can mend is safe to retry through ODBC") {
  for (const char* state : {"08001", "08003", "08S01", "HYT01", "40001", "40000"}) {
    INFO(state);
    CHECK(odbc_meaning_of(state).safe_to_retry);
  }
  for (const char* state : {"08004", "08007", "40003", "28000", "HYT00", "HY008", "HY000", "HY001", "23000", "23505", "22001", "42S02", "42000", "25006", "IM002", "01004"}) {
    INFO(state);
    CHECK_FALSE(odbc_meaning_of(state).safe_to_retry);
  }
}

TEST_CASE("a COMMIT without an answer is in doubt") {
  for (const char* state : {"08007", "40003"}) {
    CHECK(odbc_meaning_of(state).code == ErrorCode::in_doubt);
    CHECK(odbc_meaning_of(state).poisons_connection);
  }
}

TEST_CASE("the end of an ODBC connection poisons it") {
  for (const char* state : {"08001", "08003", "08S01", "HYT01", "28000"}) CHECK(odbc_meaning_of(state).poisons_connection);
  for (const char* state : {"40001", "HYT00", "HY008", "23000", "42S02", "HY000"}) CHECK_FALSE(odbc_meaning_of(state).poisons_connection);
}

TEST_CASE("an ODBC state that is not known is not retried") {
  for (const char* state : {"", "99999", "S1000", "08", "4000", "400010", "01004"}) {
    INFO(state);
    CHECK(odbc_meaning_of(state).code == ErrorCode::unknown);
    CHECK_FALSE(odbc_meaning_of(state).safe_to_retry);
    CHECK_FALSE(odbc_meaning_of(state).poisons_connection);
  }
}
