#pragma once
// The one place where backends are registered.

#include "millrace/access/driver.hpp"

namespace millrace {

void register_postgresql_backend(DriverRegistry& registry);  ///< schemes postgresql, postgres
void register_sqlite3_backend(DriverRegistry& registry);     ///< schemes sqlite, sqlite3
void register_odbc_backend(DriverRegistry& registry);        ///< scheme odbc: whatever unixODBC has a driver for
/// Scheme db2. Not in builds without SOCI's source (MILLRACE_DB2, see docs/backends/db2.md).
void register_db2_backend(DriverRegistry& registry);

/// A registry with every backend of this build.
DriverRegistry default_drivers();

}  // namespace millrace
