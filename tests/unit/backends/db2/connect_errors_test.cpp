#include "db2/connect_errors.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace millrace;

namespace {

ErrorInfo error_of(const std::string& said) {
  try {
    cli_db2::throw_connect_error(ConnectionConfig::from_url("db2://app:s3cret@db:50000/SALES"), said);
  } catch (const ConnectionError& error) {
    return error.info();
  }
}

const std::string kSoci = "Error connecting to database SQLMESSAGE: ";

}  // namespace

TEST_CASE("a refused connection is one sentence: where, what was said, what to check") {
  const ErrorInfo info = error_of(kSoci + "[IBM][CLI Driver] SQL30081N  A communication error has been detected.  SQLSTATE=08001\n");
  CHECK(info.message == "can not connect to db2://app@db:50000/SALES: SQL30081N A communication error has been detected; check the host and the port, and that the server is running");
  CHECK(info.code == ErrorCode::connection_refused);
  CHECK(info.sqlstate == "08001");
  CHECK(info.native_code == -30081);
  CHECK(info.safe_to_retry);
  CHECK(info.poisons_connection);
}

TEST_CASE("what to check depends on what was refused") {
  CHECK(error_of(kSoci + "[Millrace][DRDA] the user or the password is wrong SQLSTATE=28000").message.ends_with("; check the user and the password"));
  CHECK(error_of(kSoci + "[Millrace][DRDA] the database \"X\" is unknown SQLSTATE=08004").message.ends_with("; check the name of the database"));
  CHECK(error_of(kSoci + "[Millrace][DRDA] connection keyword ACCESSTOKEN: this client has no such login SQLSTATE=HYC00").message.ends_with("no such login"));
}

TEST_CASE("no password is in it") {
  CHECK(error_of(kSoci + "bad login for app with s3cret SQLSTATE=28000").message.find("s3cret") == std::string::npos);
  CHECK(error_of("something without a form").message.find("something without a form") != std::string::npos);
}
