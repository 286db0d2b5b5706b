#pragma once

#include "products/ansi/dialect.hpp"

namespace millrace::db2 {

/// Db2 for Linux, UNIX and Windows, 11.1 and later. Not run against one: see docs/backends/odbc.md.
class Db2Dialect : public ansi::AnsiDialect {
 public:
  std::unique_ptr<Dialect> clone() const override { return std::make_unique<Db2Dialect>(*this); }
  std::string_view name() const override { return "db2"; }
  std::string type_name(const SqlType& type) const override;
  std::string differs(std::string_view left, std::string_view right, const SqlType& type) const override;
  std::vector<std::string> lock_for_publish(const TableInfo& target) const override { return {"LOCK TABLE " + quote(target.name) + " IN SHARE MODE"}; }
  std::string savepoint(std::string_view name) const override { return AnsiDialect::savepoint(name) + " ON ROLLBACK RETAIN CURSORS"; }
};

}  // namespace millrace::db2
