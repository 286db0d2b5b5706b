#pragma once

#include "millrace/access/dialect.hpp"

namespace millrace::sqlite {

/// SQLite's SQL. Its names are the same in any case of their ASCII letters and keep the case in which they were written.
class SqliteDialect : public Dialect {
 public:
  /// @param own_functions  the session has the functions of functions.hpp. Without them nothing adds exactly, and `now` is each statement's own.
  explicit SqliteDialect(bool own_functions = true) : own_functions_(own_functions) {}
  std::unique_ptr<Dialect> clone() const override { return std::make_unique<SqliteDialect>(*this); }
  std::string_view name() const override { return "sqlite3"; }
  std::string fold(std::string_view unquoted) const override { return std::string(unquoted); }
  std::size_t max_identifier_bytes() const override { return 1024; }  // SQLite itself has no limit
  std::string placeholder(std::size_t index) const override { return std::string("?").append(std::to_string(index)); }
  std::string type_name(const SqlType& type) const override;
  std::string now_expression() const override;
  std::string sum_expression(std::string_view column, const SqlType& type) const override;
  std::string differs(std::string_view left, std::string_view right, const SqlType& type) const override;

  std::vector<std::string> create_staging(const StagingTable& table) const override;
  std::vector<std::string> analyze(const TableName&) const override { return {}; }  // the publishing statements leave the planner no choice
  std::vector<std::string> lock_for_publish(const TableInfo&) const override { return {}; }  // BEGIN IMMEDIATE keeps other writers off
  std::vector<PublishStatement> merge(const PublishSpec& spec) const override;
  std::vector<PublishStatement> insert(const PublishSpec& spec) const override;
  /// SQLite has no TRUNCATE: a DELETE without WHERE is as fast, and readers go on with what they see. With `cascade` the tables that refer to the
  /// target directly are emptied first; rows that refer to those fail the statement.
  std::vector<PublishStatement> replace(const PublishSpec& spec, ReloadKind kind, bool cascade) const override;
  std::optional<std::string> change_counters(const TableInfo&) const override { return std::nullopt; }  // the affected rows tell
  std::string counting_join(const PublishSpec& spec) const override;
  std::string count_by_range(const StagedRows& staged, std::string_view ledger_ranges) const override;
  std::string advisory_lock(std::string_view) const override { return {}; }
  std::vector<std::string> grant_use(const TableName&, std::string_view) const override { return {}; }

 private:
  bool own_functions_;
};

}  // namespace millrace::sqlite
