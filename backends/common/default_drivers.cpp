#include "millrace/backends.hpp"

namespace millrace {

DriverRegistry default_drivers() {
  DriverRegistry registry;
  register_postgresql_backend(registry);
  register_sqlite3_backend(registry);
  register_odbc_backend(registry);
#if defined(MILLRACE_HAS_DB2)
  register_db2_backend(registry);
#endif
  return registry;
}

}  // namespace millrace
