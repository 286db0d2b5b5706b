#include "odbc/connect_errors.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace millrace;
using namespace millrace::cli_odbc;

namespace {

ConnectionConfig config_of(std::string connection) {
  ConnectionConfig config;
  config.scheme = "odbc";
  config.parameters["connection"] = std::move(connection);
  return config;
}

ErrorInfo refused(const ConnectionConfig& config, const std::string& driver, const Diagnostic& said) {
  try {
    throw_connect_error(config, driver, said);
  } catch (const ConnectionError& error) {
    CHECK(error.poisons_connection());
    CHECK(error.sqlstate() == said.sqlstate);
    CHECK(error.native_code() == said.native);
    CHECK(error.backend() == "odbc");
    return error.info();
  }
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a data source or a driver that the manager does not know is a matter of configuration") {
  const ErrorInfo source = refused(config_of("DSN=nowhere"), "", {"IM002", 0, "Data source name not found and no default driver specified", 0});
  CHECK(source.code == ErrorCode::config);
  CHECK_FALSE(source.safe_to_retry);
  CHECK(contains(source.message, "data source \"nowhere\""));
  CHECK(contains(source.message, "odbcinst -q -s"));
  const ErrorInfo driver = refused(config_of("Driver=Nothing"), "Nothing", {"IM002", 0, "Data source name not found and no default driver specified", 0});
  CHECK(driver.code == ErrorCode::config);
  CHECK(contains(driver.message, "driver \"Nothing\""));
  CHECK(contains(driver.message, "odbcinst -q -d"));
}

TEST_CASE("a library that can not be loaded is a matter of configuration") {
  for (const Diagnostic& said : {Diagnostic{"01000", 0, "Can't open lib '/x.so' : file not found", 0}, Diagnostic{"IM003", 0, "Specified driver could not be loaded", 0},
                                 Diagnostic{"IM004", 0, "Driver's SQLAllocHandle on SQL_HANDLE_HENV failed", 0}}) {
    const ErrorInfo info = refused(config_of("Driver=/x.so"), "/x.so", said);
    CHECK(info.code == ErrorCode::config);
    CHECK_FALSE(info.safe_to_retry);
    CHECK(contains(info.message, said.message));
  }
}

TEST_CASE("a wrong password is not tried again through psqlODBC, whatever its SQLSTATE") {
  const std::string words = "connection to server at \"h\" failed: FATAL: password authentication failed for user \"me\"";
  const ErrorInfo info = refused(config_of("DSN=pg"), "psqlodbcw.so", {"08001", 101, words, 0});
  CHECK(info.code == ErrorCode::authentication);
  CHECK_FALSE(info.safe_to_retry);
}

TEST_CASE("a server that is full or starting up may be tried again") {
  for (const char* words : {"FATAL: sorry, too many clients already", "FATAL: the database system is starting up"}) {
    CHECK(refused(config_of("DSN=pg"), "psqlodbcw.so", {"08001", 101, words, 0}).safe_to_retry);
  }
}

TEST_CASE("a server that does not answer may be tried again") {
  const ErrorInfo info = refused(config_of("DSN=x"), "libfoo.so", {"08001", 0, "connection refused", 0});
  CHECK(info.code == ErrorCode::connection_refused);
  CHECK(info.safe_to_retry);
}

TEST_CASE("a database that does not exist is not tried again") {
  const ErrorInfo info = refused(config_of("DSN=pg"), "psqlodbcw.so", {"08001", 101, "FATAL: database \"nope\" does not exist", 0});
  CHECK(info.code == ErrorCode::undefined_object);
  CHECK_FALSE(info.safe_to_retry);
}

TEST_CASE("what nobody knows is not tried again, and says what to check") {
  const ErrorInfo other = refused(config_of("DSN=x"), "libfoo.so", {"HY000", 7, "no idea", 0});
  CHECK(other.code == ErrorCode::connection_refused);
  CHECK_FALSE(other.safe_to_retry);
  CHECK(contains(other.message, "no idea; check the connection string"));
  CHECK(contains(refused(config_of("Driver=SQLite3"), "libsqlite3odbc.so", {"HY000", 14, "unable to open database file", 0}).message, "--create"));
}

TEST_CASE("a connect error does not show the password that a driver repeats") {
  ConnectionConfig config = config_of("DSN=x");
  config.password = Secret("Sesame#1");
  config.has_password = true;
  const ErrorInfo info = refused(config, "libfoo.so", {"28000", 0, "login failed with PWD=Sesame#1", 0});
  CHECK(info.code == ErrorCode::authentication);
  CHECK_FALSE(contains(info.message, "Sesame"));
}

TEST_CASE("a driver is named by its path where the string has one") { CHECK(driver_of(config_of("UID=me; DRIVER ={/opt/x.so}")) == "/opt/x.so"); }

TEST_CASE("a string without a driver and a data source has none") { CHECK(driver_of(config_of("UID=me")).empty()); }
