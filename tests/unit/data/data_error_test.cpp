#include <catch2/catch_test_macros.hpp>

#include <set>
#include <string>

#include "millrace/data/data_error.hpp"

using namespace millrace;

TEST_CASE("what() of an error is its message") {
  const Error error(ErrorCode::io, "disk on fire");
  CHECK(std::string(error.what()) == "disk on fire");
  CHECK(error.code() == ErrorCode::io);
  CHECK_FALSE(error.safe_to_retry());
  CHECK(error.info().row == -1);
}

TEST_CASE("copies of an error share their facts") {
  ErrorInfo info;
  info.code = ErrorCode::deadlock;
  info.message = "deadlock";
  info.sqlstate = "40P01";
  info.safe_to_retry = true;
  const Error error(info);
  const Error copy = error;
  CHECK(&copy.info() == &error.info());
  CHECK(copy.sqlstate() == "40P01");
  CHECK(copy.safe_to_retry());
}

TEST_CASE("a DataError is caught as the root class") {
  try {
    throw DataError("bad line");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::data);
  }
}

TEST_CASE("every error code has a name of its own") {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::internal); ++code) {
    const std::string_view name = to_string(static_cast<ErrorCode>(code));
    CHECK_FALSE(name.empty());
    CHECK(names.insert(name).second);
  }
  CHECK(to_string(ErrorCode::statement_timeout) == "statement_timeout");
  CHECK(to_string(ErrorCode::in_doubt) == "in_doubt");
  CHECK(to_string(ErrorCode::internal) == "internal");
}
