#pragma once

#include "products/ansi/dialect.hpp"

namespace millrace::sqlserver {

/// SQL Server 2016 and later, as far as staging and MERGE go. Not run against one: see docs/backends/odbc.md.
class SqlServerDialect : public ansi::AnsiDialect {
 public:
  std::unique_ptr<Dialect> clone() const override { return std::make_unique<SqlServerDialect>(*this); }
  std::string_view name() const override { return "sqlserver"; }
  std::string fold(std::string_view unquoted) const override { return std::string(unquoted); }   // names keep their case, and the collation compares them
  std::string type_name(const SqlType& type) const override;
  std::string count_rows() const override { return "COUNT_BIG(*)"; }
  std::string now_expression() const override { return "SYSUTCDATETIME()"; }
  std::vector<std::string> lock_for_publish(const TableInfo& target) const override;
  std::string savepoint(std::string_view name) const override { return "SAVE TRANSACTION " + quote(name); }
  std::string release_savepoint(std::string_view) const override { return {}; }   // they end with the transaction
  std::string rollback_to_savepoint(std::string_view name) const override { return "ROLLBACK TRANSACTION " + quote(name); }

 protected:
  std::string identity_column() const override { return "BIGINT IDENTITY(1,1) PRIMARY KEY"; }
  int most_digits() const override { return 38; }
  int longest_varchar() const override { return 8000; }
  std::string index_name(const TableName& index) const override { return quote(index.name); }   // a schema before it is a syntax error
  std::string statement_end() const override { return ";"; }        // SQL Server wants its MERGE to have one
};

}  // namespace millrace::sqlserver
