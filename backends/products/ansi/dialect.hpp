#pragma once
// Standard SQL, for databases that nothing more is known of, and the base of those that depart from it in a few places.

#include "millrace/access/dialect.hpp"

namespace millrace::ansi {

/// SQL:2008 as far as the big products agree: MERGE with conditions, window functions, GENERATED AS IDENTITY, names folded to upper case.
class AnsiDialect : public Dialect {
 public:
  std::unique_ptr<Dialect> clone() const override { return std::make_unique<AnsiDialect>(*this); }
  std::string_view name() const override { return "ansi"; }
  std::string fold(std::string_view unquoted) const override;
  std::size_t max_identifier_bytes() const override { return 128; }
  std::string placeholder(std::size_t) const override { return "?"; }
  std::string type_name(const SqlType& type) const override;
  /// VARCHAR with room for twice of what was seen: a CLOB can be no key, and comparing it is slow or impossible.
  SqlType created_type(const SqlType& inferred) const override;
  std::string now_expression() const override { return "CURRENT_TIMESTAMP"; }
  std::string sum_expression(std::string_view column, const SqlType& type) const override;
  std::string differs(std::string_view left, std::string_view right, const SqlType& type) const override;

  std::vector<std::string> create_staging(const StagingTable& table) const override;
  std::vector<std::string> analyze(const TableName&) const override { return {}; }
  std::vector<std::string> lock_for_publish(const TableInfo&) const override { return {}; }
  std::vector<PublishStatement> merge(const PublishSpec& spec) const override;
  std::vector<PublishStatement> insert(const PublishSpec& spec) const override;
  /// Always DELETE and INSERT: no TRUNCATE is known to be transactional. `cascade` empties the tables that refer to the target directly.
  std::vector<PublishStatement> replace(const PublishSpec& spec, ReloadKind kind, bool cascade) const override;
  /// MERGE reports one total: counting_join() tells inserts from updates.
  std::optional<std::string> change_counters(const TableInfo&) const override { return std::nullopt; }
  std::string counting_join(const PublishSpec& spec) const override;
  std::string count_by_range(const StagedRows& staged, std::string_view ledger_ranges) const override;
  std::string advisory_lock(std::string_view) const override { return {}; }
  std::vector<std::string> grant_use(const TableName& table, std::string_view grantee) const override;

 protected:
  virtual std::string identity_column() const { return "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"; }
  virtual int most_digits() const { return 31; }                    ///< of a DECIMAL
  virtual int longest_varchar() const { return 4000; }
  std::string decimal_name(const SqlType& type) const;
  virtual std::string statement_end() const { return {}; }          ///< of a MERGE
  /// Empties the target of a reload.
  virtual std::string removal(const TableInfo& target, ReloadKind kind) const;
  /// What a permanent staging table has an index on.
  virtual std::vector<std::string> indexed_columns(const StagingTable& table) const;
  virtual std::string index_name(const TableName& index) const { return quote(index); }
};

}  // namespace millrace::ansi
