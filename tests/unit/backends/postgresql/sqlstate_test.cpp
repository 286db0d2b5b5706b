#include "postgresql/sqlstate.hpp"

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
  for (const char* state : {"40001", "40P01", "55P03", "53300", "57P01", "57P02", "57P03", "08006", "08003"}) {
    INFO(state);
    CHECK(meaning_of(state).safe_to_retry);
  }
  for (const char* state : {"23505", "40002", "42601", "28P01", "57014", "08007", "53100", "08P01"}) {
    INFO(state);
    CHECK_FALSE(meaning_of(state).safe_to_retry);
  }
}

TEST_CASE("the end of a session poisons its connection") {
  for (const char* state : {"57P01", "57P02", "57P03", "08006", "25P03"}) CHECK(meaning_of(state).poisons_connection);
  for (const char* state : {"40001", "23505", "55P03"}) CHECK_FALSE(meaning_of(state).poisons_connection);
}

TEST_CASE("what is not known is not retried") {
  for (const char* state : {"", "99999", "ZZ000", "23", "400"}) {
    CHECK(meaning_of(state).code == ErrorCode::unknown);
    CHECK_FALSE(meaning_of(state).safe_to_retry);
  }
}
