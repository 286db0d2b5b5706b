#include "odbc/products.hpp"

#include <algorithm>
#include <charconv>

#include "common/statement_words.hpp"
#include "products/ansi/dialect.hpp"
#include "products/db2/dialect.hpp"
#include "products/sqlserver/dialect.hpp"

namespace millrace::cli_odbc {
namespace {

// "15.0.18", "03.40.0001", "11.05.0800"
int major_of(std::string_view version) {
  const std::size_t begin = std::min(version.find_first_of("0123456789"), version.size());
  int major = 0;
  std::from_chars(version.data() + begin, version.data() + version.size(), major);
  return major;
}

}  // namespace

std::unique_ptr<Product> product_of(std::string_view name, std::string_view version) {
  const std::string product = backends::lowered(name);
  if (product.starts_with("postgresql")) return make_postgresql(major_of(version));
  if (product.starts_with("sqlite")) return make_sqlite();
  if (product.starts_with("db2")) return make_other(std::make_unique<Marked<db2::Db2Dialect>>(), "SELECT 1 FROM SYSIBM.SYSDUMMY1");
  if (product.starts_with("microsoft sql server")) return make_other(std::make_unique<Marked<sqlserver::SqlServerDialect>>(), "SELECT 1");
  return make_other(std::make_unique<Marked<ansi::AnsiDialect>>(), {});
}

}  // namespace millrace::cli_odbc
