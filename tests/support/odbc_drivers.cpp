#include "support/odbc_drivers.hpp"

#include <cstdlib>
#include <filesystem>

#include "millrace/access/config.hpp"

namespace millrace::test {
namespace {

struct Place { const char* variable; const char* library; const char* package; };

Place place_of(OdbcDriver driver) {
  if (driver == OdbcDriver::postgresql) return {"MILLRACE_TEST_ODBC_POSTGRESQL", "psqlodbcw.so", "odbc-postgresql"};
  return {"MILLRACE_TEST_ODBC_SQLITE", "libsqlite3odbc.so", "libsqliteodbc"};
}

}  // namespace

std::optional<std::string> odbc_driver(OdbcDriver driver) {
  const Place place = place_of(driver);
  if (const char* const given = std::getenv(place.variable); given && *given) return given;
  for (const char* directory : {"/usr/lib/" MILLRACE_LIBRARY_ARCHITECTURE "/odbc", "/usr/lib64", "/usr/lib"}) {
    const auto path = std::filesystem::path(directory) / place.library;
    if (std::filesystem::exists(path)) return path.string();
  }
  return std::nullopt;
}

std::string how_to_get(OdbcDriver driver) {
  const Place place = place_of(driver);
  return std::string(place.library) + " is not installed (Debian, Ubuntu: " + place.package + "), and " + place.variable + " names none";
}

std::string odbc_url(const std::string& driver, const std::string& postgresql_url) {
  const ConnectionConfig config = ConnectionConfig::from_url(postgresql_url);
  std::string url = "odbc:Driver=" + driver + ";Server=" + config.host + ";Port=" + config.port + ";Database=" + config.database + ";UID=" + config.user;
  if (config.has_password) url += ";PWD={" + config.password.reveal() + "}";
  return url;
}

}  // namespace millrace::test
