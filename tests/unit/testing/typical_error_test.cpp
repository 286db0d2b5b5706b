#include "millrace/testing/typical_error.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace millrace;
using testing::typical_error;

TEST_CASE("a typical error may be retried where a server's own may") {
  for (const ErrorCode code : {ErrorCode::connection_refused, ErrorCode::connection_lost, ErrorCode::server_shutdown, ErrorCode::serialization,
                               ErrorCode::deadlock, ErrorCode::resources, ErrorCode::lock_timeout, ErrorCode::pool_timeout}) {
    INFO(to_string(code));
    CHECK(typical_error(code).safe_to_retry);
  }
  for (const ErrorCode code : {ErrorCode::authentication, ErrorCode::in_doubt, ErrorCode::unique_violation, ErrorCode::syntax, ErrorCode::permission,
                               ErrorCode::cancelled, ErrorCode::data, ErrorCode::config, ErrorCode::unknown}) {
    INFO(to_string(code));
    CHECK_FALSE(typical_error(code).safe_to_retry);
  }
}

TEST_CASE("a typical error poisons the connection where there is none any more") {
  CHECK(typical_error(ErrorCode::connection_lost).poisons_connection);
  CHECK(typical_error(ErrorCode::in_doubt).poisons_connection);
  CHECK_FALSE(typical_error(ErrorCode::deadlock).poisons_connection);
  CHECK_FALSE(typical_error(ErrorCode::resources).poisons_connection);
}

TEST_CASE("a typical error has a sentence and an SQLSTATE, and takes another sentence") {
  const ErrorInfo usual = typical_error(ErrorCode::deadlock);
  CHECK(usual.code == ErrorCode::deadlock);
  CHECK(usual.sqlstate == "40P01");
  CHECK_FALSE(usual.message.empty());
  CHECK(typical_error(ErrorCode::deadlock, "own words").message == "own words");
  CHECK(typical_error(ErrorCode::unknown).code == ErrorCode::unknown);
}
