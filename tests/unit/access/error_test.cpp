#include "millrace/access/error.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace millrace;

namespace {

template <class Expected> bool throws_class(ErrorCode code) {
  ErrorInfo info;
  info.code = code;
  info.message = "m";
  info.sqlstate = "12345";
  try {
    throw_error(info);
  } catch (const Expected& error) {
    return error.code() == code && error.sqlstate() == "12345" && typeid(error) == typeid(Expected);
  } catch (...) {
  }
  return false;
}

}  // namespace

TEST_CASE("an error's class follows its code") {
  for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    CAPTURE(to_string(code));
    switch (code) {
      case ErrorCode::connection_refused: case ErrorCode::connection_lost: case ErrorCode::authentication: case ErrorCode::server_shutdown:
        CHECK(throws_class<ConnectionError>(code));
        break;
      case ErrorCode::in_doubt: CHECK(throws_class<InDoubtError>(code)); break;
      case ErrorCode::pool_timeout: case ErrorCode::pool_full: case ErrorCode::pool_closed: CHECK(throws_class<PoolError>(code)); break;
      case ErrorCode::config: CHECK(throws_class<ConfigError>(code)); break;
      case ErrorCode::data: CHECK(throws_class<DataError>(code)); break;
      case ErrorCode::misuse: case ErrorCode::io: case ErrorCode::internal: case ErrorCode::retries_exhausted:
        CHECK(throws_class<Error>(code));
        break;
      default: CHECK(throws_class<DatabaseError>(code));
    }
  }
}

TEST_CASE("a retry error is the last error with the number of attempts") {
  ErrorInfo info;
  info.code = ErrorCode::deadlock;
  info.message = "deadlock detected";
  info.sqlstate = "40P01";
  info.safe_to_retry = true;
  const RetryError error(DatabaseError(info), 3);
  CHECK(error.attempts() == 3);
  CHECK(error.code() == ErrorCode::deadlock);
  CHECK(error.sqlstate() == "40P01");
  CHECK(std::string(error.what()) == "deadlock detected (gave up after 3 attempts)");
}

TEST_CASE("copies of an error share its facts and can not throw") {
  STATIC_CHECK(std::is_nothrow_copy_constructible_v<DatabaseError>);
  const DatabaseError error(ErrorCode::syntax, "m");
  const DatabaseError copy = error;
  CHECK(copy.what() == error.what());
}
