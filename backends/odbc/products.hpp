#pragma once
// The databases that are known behind an ODBC driver.

#include <memory>
#include <string>
#include <string_view>

#include "common/cli/product.hpp"

namespace millrace::cli_odbc {

inline constexpr std::string_view kBackend = "odbc";

/// What all of them have in common.
class OdbcProduct : public Product {
 public:
  std::string_view backend() const override { return kBackend; }
};

/// @param name, version  SQL_DBMS_NAME and SQL_DBMS_VER
std::unique_ptr<Product> product_of(std::string_view name, std::string_view version);

std::unique_ptr<Product> make_postgresql(int major);
std::unique_ptr<Product> make_sqlite();
/// A dialect of the products that nothing more is known of: Db2, SQL Server, or standard SQL.
std::unique_ptr<Product> make_other(std::unique_ptr<Dialect> dialect, std::string ping);

}  // namespace millrace::cli_odbc
