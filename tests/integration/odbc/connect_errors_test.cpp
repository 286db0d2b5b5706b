// Connections that do not come about, through the driver manager itself: one clear sentence each, and no password in it.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/generators/catch_generators.hpp>

#include "integration/odbc/support.hpp"
#include "millrace/backends.hpp"
#include "support/odbc_drivers.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

constexpr const char* kPassword = "Sesame#opens1";

/// What a connection string with a password is refused with, after what holds for every refusal.
ErrorInfo refusal_of(const std::string& connection) {
  const auto config = ConnectionConfig::from_url("odbc:" + connection + ";UID=someone;PWD={" + kPassword + "}");
  ErrorInfo error = error_of<ConnectionError>([&] { default_drivers().connect(config); });
  CAPTURE(error.message);
  CHECK(error.backend == "odbc");
  CHECK(error.poisons_connection);
  CHECK(error.message.find_first_of("\r\n") == std::string::npos);
  CHECK(error.message.find("Sesame") == std::string::npos);
  CHECK(error.message.starts_with("can not connect through ODBC ("));
  return error;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void check_names(const ErrorInfo& error, const std::string& place, const std::string& advice) {
  INFO(error.message);
  CHECK(contains(error.message, place));
  CHECK(contains(error.message, advice));
}

/// A library that can be loaded and has none of a driver's functions, found where this process has mapped it.
std::string plain_library() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const auto at = line.find('/');
    if (at != std::string::npos && contains(line, "/libm.so")) return line.substr(at);
  }
  return {};
}

/// ODBCINI names an empty file while this lives.
class NoDataSources {
 public:
  NoDataSources() : path_(std::filesystem::temp_directory_path() / ("millrace-odbc-" + std::to_string(getpid()) + ".ini")) {
    if (const char* const before = std::getenv("ODBCINI")) before_ = before;
    const std::ofstream empty(path_);
    setenv("ODBCINI", path_.c_str(), 1);
  }
  ~NoDataSources() {
    before_ ? setenv("ODBCINI", before_->c_str(), 1) : unsetenv("ODBCINI");
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  NoDataSources(const NoDataSources&) = delete;
  NoDataSources& operator=(const NoDataSources&) = delete;

 private:
  std::filesystem::path path_;
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("a driver's name that nobody has registered is a matter of configuration") {
  const ErrorInfo error = refusal_of("Driver=Millrace No Such Driver;Database=x");
  CHECK(error.code == ErrorCode::config);
  CHECK_FALSE(error.safe_to_retry);
  check_names(error, "driver \"Millrace No Such Driver\"", "odbcinst -q -d");
}

TEST_CASE("a library that is not there is named with its path") {
  const ErrorInfo error = refusal_of("Driver=/nowhere/libmillrace_none.so;Database=x");
  CHECK(error.code == ErrorCode::config);
  CHECK_FALSE(error.safe_to_retry);
  check_names(error, "/nowhere/libmillrace_none.so", "install the driver's package");
}

TEST_CASE("a library that is no driver is said to be none") {
  const std::string library = plain_library();
  if (library.empty()) SKIP("the process has no library that could stand for a driver");
  const ErrorInfo error = refusal_of("Driver=" + library + ";Database=x");
  CHECK(error.code == ErrorCode::config);
  CHECK_FALSE(error.safe_to_retry);
  check_names(error, library, "is no ODBC driver");
}

TEST_CASE("a file that is no library is said to be none") {
  const NoDataSources empty;
  const std::string file = std::getenv("ODBCINI");
  const ErrorInfo error = refusal_of("Driver=" + file + ";Database=x");
  CHECK(error.code == ErrorCode::config);
  check_names(error, file, "can not be loaded");
}

TEST_CASE("a data source that no file has is a matter of configuration") {
  const NoDataSources empty;
  const ErrorInfo error = refusal_of("DSN=millrace_nowhere");
  CHECK(error.code == ErrorCode::config);
  CHECK_FALSE(error.safe_to_retry);
  check_names(error, "data source \"millrace_nowhere\"", "ODBCINI");
}

TEST_CASE("a string without a driver and a data source says what it lacks") {
  const NoDataSources empty;
  const ErrorInfo error = refusal_of("Database=x");
  CHECK(error.code == ErrorCode::config);
  check_names(error, "without DSN= and Driver=", "check");
}

TEST_CASE("what a driver says is judged by its SQLSTATE, and passed on without the connection string's password") {
  const auto [state, code, retry] = GENERATE(table<std::string, ErrorCode, bool>({{"28000", ErrorCode::authentication, false},
                                                                                  {"08001", ErrorCode::connection_refused, true},
                                                                                  {"08004", ErrorCode::connection_refused, false},
                                                                                  {"HY000", ErrorCode::connection_refused, false}}));
  CAPTURE(state);
  const ErrorInfo error = refusal_of("Driver=" MILLRACE_FAKE_ODBC ";Database=x;Refuses=" + state);
  CHECK(error.code == code);
  CHECK(error.safe_to_retry == retry);
  CHECK(error.sqlstate == state);
  check_names(error, MILLRACE_FAKE_ODBC, "check");
}

TEST_CASE("a port where nobody listens is refused, and may be tried again") {
  const auto driver = odbc_driver(OdbcDriver::postgresql);
  if (!driver) SKIP(how_to_get(OdbcDriver::postgresql));
  const ErrorInfo error = refusal_of("Driver=" + *driver + ";Server=127.0.0.1;Port=1;Database=x");
  CHECK(error.code == ErrorCode::connection_refused);
  CHECK(error.safe_to_retry);
  check_names(error, *driver, "check the server's name and port");
}

TEST_CASE("a database file whose directory is not there is refused") {
  const auto driver = odbc_driver(OdbcDriver::sqlite);
  if (!driver) SKIP(how_to_get(OdbcDriver::sqlite));
  const ErrorInfo error = refusal_of("Driver=" + *driver + ";Database=/nowhere/millrace.db");
  CHECK(error.code == ErrorCode::connection_refused);
  CHECK_FALSE(error.safe_to_retry);
  check_names(error, *driver, "check the path of the database");
}
