#pragma once
// The ODBC drivers that the tests go through. They are named by their libraries' paths, so that no odbcinst.ini is needed.

#include <optional>
#include <string>

namespace millrace::test {

enum class OdbcDriver : unsigned char { postgresql, sqlite };

/// The path of a driver's library: what MILLRACE_TEST_ODBC_POSTGRESQL or MILLRACE_TEST_ODBC_SQLITE says, else where Debian's packages put it.
std::optional<std::string> odbc_driver(OdbcDriver driver);
/// Which package to install.
std::string how_to_get(OdbcDriver driver);

/// The server of a postgresql:// URL through a driver.
std::string odbc_url(const std::string& driver, const std::string& postgresql_url);

}  // namespace millrace::test
