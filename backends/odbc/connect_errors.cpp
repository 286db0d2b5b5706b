#include "odbc/connect_errors.hpp"

#include <algorithm>

#include <odbcinst.h>

#include "odbc/connect_string.hpp"
#include "odbc/sqlstate.hpp"
#include "products/postgresql/sqlstate.hpp"

namespace millrace::cli_odbc {
namespace {

constexpr int kLongestEntry = 1024;

bool same_key(const std::string& key, std::string_view name) {
  return std::equal(key.begin(), key.end(), name.begin(), name.end(), [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

std::string keyword(const ConnectionConfig& config, std::string_view name) {
  const auto found = config.parameters.find("connection");
  if (found == config.parameters.end()) return {};
  for (Keyword& entry : keywords_of(found->second)) {
    if (same_key(entry.key, name)) return std::move(entry.value);
  }
  return {};
}

std::string entry_of(const std::string& section, const char* entry, const char* file) {
  char value[kLongestEntry] = "";
  SQLGetPrivateProfileString(section.c_str(), entry, "", value, sizeof value, file);
  return value;
}

/// The place in one phrase: `data source "x"`, `driver /usr/lib/x.so`.
std::string place(const ConnectionConfig& config, const std::string& driver) {
  if (const std::string dsn = keyword(config, "dsn"); !dsn.empty()) return "data source \"" + dsn + "\"";
  return driver.empty() ? std::string("a connection string without DSN= and Driver=") : "driver \"" + driver + "\"";
}

struct Sentence { ErrorCode code; bool retry; std::string text; };

Sentence sentence(const ConnectionConfig& config, const std::string& driver, const Diagnostic& said) {
  const bool by_dsn = !keyword(config, "dsn").empty();
  // A name that is not registered is taken for a library's, which is then not found.
  const bool is_library = driver.find('/') != std::string::npos || driver.find(".so") != std::string::npos;
  const bool unregistered = !by_dsn && !is_library && said.message.find("Can't open lib") != std::string::npos;
  if (said.sqlstate == "IM002" || said.sqlstate == "IM012" || unregistered) {
    return {ErrorCode::config, false, by_dsn ? "the driver manager knows no such data source: check DSN= against `odbcinst -q -s` and the file that ODBCINI names"
                                             : "the driver manager knows no such driver: check Driver= against `odbcinst -q -d`, or name the library's path"};
  }
  if (said.message.find("Can't open lib") != std::string::npos || said.sqlstate == "IM003") {
    return {ErrorCode::config, false, "the driver's library can not be loaded (" + said.message + "): install the driver's package, or mend the path"};
  }
  if (said.sqlstate == "IM004" || said.sqlstate == "IM005") return {ErrorCode::config, false, "the library was loaded but is no ODBC driver that works (" + said.message + ")"};
  if (const std::string_view refusal = postgresql::sqlstate_of_refusal(said.message); !refusal.empty()) {
    const SqlStateMeaning meaning = postgresql::meaning_of(refusal);
    return {meaning.code, meaning.safe_to_retry, said.message + (meaning.code == ErrorCode::authentication ? "; check the user and the password" : "; try again later")};
  }
  if (said.message.find("does not exist") != std::string::npos) return {ErrorCode::undefined_object, false, said.message + "; check the names in the connection string"};
  const SqlStateMeaning meaning = odbc_meaning_of(said.sqlstate);
  if (meaning.code == ErrorCode::authentication) return {meaning.code, false, said.message + "; check the user and the password"};
  if (meaning.code == ErrorCode::connection_lost || meaning.code == ErrorCode::connection_refused) {
    return {ErrorCode::connection_refused, meaning.safe_to_retry, said.message + "; check the server's name and port, and that it is running"};
  }
  const bool file = known_driver(driver) == KnownDriver::sqliteodbc;
  return {ErrorCode::connection_refused, false, said.message + (file ? "; check the path of the database: a missing file is made with --create only" : "; check the connection string")};
}

}  // namespace

std::string driver_of(const ConnectionConfig& config) {
  std::string driver = keyword(config, "driver");
  if (driver.empty()) {
    const std::string dsn = keyword(config, "dsn");
    if (!dsn.empty()) driver = entry_of(dsn, "Driver", "odbc.ini");
  }
  if (driver.empty() || driver.find('/') != std::string::npos) return driver;
  const std::string library = entry_of(driver, "Driver", "odbcinst.ini");   // a driver's name stands for its library
  return library.empty() ? driver : library;
}

void throw_connect_error(const ConnectionConfig& config, const std::string& driver, const Diagnostic& said) {
  const Sentence found = sentence(config, driver, said);
  ErrorInfo info;
  info.code = found.code;
  info.message = "can not connect through ODBC (" + place(config, driver) + "): " + config.password.scrub(found.text);
  info.sqlstate = said.sqlstate;
  info.native_code = said.native;
  info.backend = "odbc";
  info.poisons_connection = true;
  info.safe_to_retry = found.retry;
  throw ConnectionError(std::move(info));
}

}  // namespace millrace::cli_odbc
