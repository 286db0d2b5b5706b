#pragma once
// PostgreSQL's SQL.

#include "millrace/access/dialect.hpp"

namespace millrace::postgresql {

class PostgresDialect : public Dialect {
 public:
  /// @param server_major  12, 15, ...: MERGE is used from 15 on
  explicit PostgresDialect(int server_major) : server_major_(server_major) {}

  std::unique_ptr<Dialect> clone() const override { return std::make_unique<PostgresDialect>(*this); }
  std::string_view name() const override { return "postgresql"; }
  std::string fold(std::string_view unquoted) const override;
  std::size_t max_identifier_bytes() const override { return 63; }
  std::string placeholder(std::size_t index) const override { return "$" + std::to_string(index); }
  std::string type_name(const SqlType& type) const override;
  /// An untyped literal would become text inside a subquery.
  std::string typed_literal(std::string_view text, const SqlType& type) const override { return "CAST(" + string_literal(text) + " AS " + type_name(type) + ")"; }
  std::string now_expression() const override { return "LOCALTIMESTAMP"; }  // sessions are pinned to UTC
  /// @param column  a name, not quoted yet
  std::string sum_expression(std::string_view column, const SqlType& type) const override;
  std::string differs(std::string_view left, std::string_view right, const SqlType& type) const override;

  std::vector<std::string> create_staging(const StagingTable& table) const override;
  std::vector<std::string> analyze(const TableName& table) const override { return {"ANALYZE " + quote(table)}; }
  std::vector<std::string> lock_for_publish(const TableInfo& target) const override;
  std::vector<PublishStatement> merge(const PublishSpec& spec) const override;
  std::vector<PublishStatement> insert(const PublishSpec& spec) const override;
  std::vector<PublishStatement> replace(const PublishSpec& spec, ReloadKind kind, bool cascade) const override;
  /// PostgreSQL flushes these counters between transactions at times of its own: take them before and after, and subtract.
  std::optional<std::string> change_counters(const TableInfo& target) const override;
  std::string counting_join(const PublishSpec& spec) const override;
  std::string count_by_range(const StagedRows& staged, std::string_view ledger_ranges) const override;
  std::string advisory_lock(std::string_view purpose) const override;
  std::vector<std::string> grant_use(const TableName& table, std::string_view grantee) const override;

 private:
  int server_major_;
};

}  // namespace millrace::postgresql
