#include "millrace/backends.hpp"

namespace millrace {

DriverRegistry default_drivers() {
  DriverRegistry registry;
  register_postgresql_backend(registry);
  register_sqlite3_backend(registry);
  register_odbc_backend(registry);
  return registry;
}

}  // namespace millrace
