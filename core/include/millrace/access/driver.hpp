#pragma once
// Drivers make connections; a registry finds the driver of a URL.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/access/config.hpp"
#include "millrace/access/connection.hpp"

namespace millrace {

/// What the loader must know about a backend before it plans.
struct DriverTraits {
  bool concurrent_writers = true;        ///< false: one connection does every write, the others decode (SQLite)
  bool permanent_staging_only = false;   ///< staging is always a permanent table (Db2, ODBC)
  std::int64_t max_unit_rows = 0;        ///< most records in a unit; 0 = no limit
  bool stores_nan = true;                ///< false: NaN must be rejected (SQLite stores NULL)
};

/// @thread_safety  Any thread.
class Driver {
 public:
  virtual ~Driver() = default;
  virtual std::string_view name() const = 0;                       ///< "postgresql"
  virtual std::vector<std::string_view> schemes() const = 0;       ///< "postgresql", "postgres"
  virtual DriverTraits traits() const = 0;
  /// @throws ConnectionError  one sentence: which server, what it said, what to check
  virtual std::unique_ptr<Connection> connect(const ConnectionConfig& config) const = 0;
};

/// Backends register themselves through explicit functions, called from one place (see backends.hpp).
class DriverRegistry {
 public:
  void add(std::shared_ptr<const Driver> driver);
  /// @throws ConfigError  no driver for the scheme (the known ones are listed)
  const Driver& find(std::string_view scheme) const;
  std::shared_ptr<const Driver> share(std::string_view scheme) const;  ///< the same, kept alive without the registry
  std::vector<std::string_view> schemes() const;
  std::unique_ptr<Connection> connect(const ConnectionConfig& config) const { return find(config.scheme).connect(config); }

 private:
  std::vector<std::shared_ptr<const Driver>> drivers_;
};

}  // namespace millrace
