#pragma once

#include "products/db2/dialect.hpp"

namespace millrace::derby {

/// Apache Derby 10.14 and later, which speaks Db2's protocol and about Db2's SQL, but for window functions, fullselects in MERGE, and IS DISTINCT FROM.
class DerbyDialect : public db2::Db2Dialect {
 public:
  std::unique_ptr<Dialect> clone() const override { return std::make_unique<DerbyDialect>(*this); }
  std::string_view name() const override { return "derby"; }
  /// Binary data without a declaration of its own is VARCHAR FOR BIT DATA, of up to 32,672 bytes: a BLOB holds more, and nothing compares it.
  std::string type_name(const SqlType& type) const override;
  /// COUNT is an INTEGER, and there is no COUNT_BIG.
  std::string count_rows() const override { return "COALESCE(SUM(CAST(1 AS BIGINT)), 0)"; }
  std::string sum_expression(std::string_view column, const SqlType& type) const override;
  /// Derby compares the texts of a CLOB by LOCATE, whatever their length, and nothing by which a BLOB could be compared: two BLOBs always differ, so that a merge
  /// rewrites their rows.
  std::string differs(std::string_view left, std::string_view right, const SqlType& type) const override;

  /// Of several rows of one key the earlier ones are deleted from staging first, by a statement of role `prepare`: a MERGE takes its rows from a table, as they are.
  std::vector<PublishStatement> merge(const PublishSpec& spec) const override;
  std::string counting_join(const PublishSpec& spec) const override;
  std::string count_by_range(const StagedRows& staged, std::string_view ledger_ranges) const override;
  /// TRUNCATE can be rolled back like any other statement.
  std::optional<std::string> irrevocable_truncate(const TableName&) const override { return std::nullopt; }

 protected:
  std::string removal(const TableInfo& target, ReloadKind kind) const override;
  std::vector<std::string> indexed_columns(const StagingTable& table) const override;
  std::string binary_literal(std::string_view hex, std::string_view declared) const override;
};

}  // namespace millrace::derby
