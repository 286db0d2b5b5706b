#pragma once
// Connections without a database: scripted answers, and a record of what was called.

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/access/connection.hpp"

namespace millrace::test {

/// Names and quotes like PostgreSQL; its statements are no SQL.
class FakeDialect : public Dialect {
 public:
  explicit FakeDialect(std::size_t max_identifier_bytes = 63, bool numbered = true) : max_identifier_bytes_(max_identifier_bytes), numbered_(numbered) {}

  std::string_view name() const override { return "fake"; }
  std::string fold(std::string_view unquoted) const override;
  std::size_t max_identifier_bytes() const override { return max_identifier_bytes_; }
  std::string placeholder(std::size_t index) const override { return numbered_ ? "$" + std::to_string(index) : "?"; }
  std::string type_name(const SqlType& type) const override { return to_string(type); }
  std::string now_expression() const override { return "now"; }
  std::string sum_expression(std::string_view column, const SqlType& type) const override;
  std::string differs(std::string_view left, std::string_view right, const SqlType& type) const override;
  std::vector<std::string> create_staging(const StagingTable& table) const override;
  std::vector<std::string> analyze(const TableName& table) const override;
  std::vector<std::string> lock_for_publish(const TableInfo& target) const override;
  std::vector<PublishStatement> merge(const PublishSpec& spec) const override;
  std::vector<PublishStatement> insert(const PublishSpec& spec) const override;
  std::vector<PublishStatement> replace(const PublishSpec& spec, ReloadKind kind, bool cascade) const override;
  std::optional<std::string> change_counters(const TableInfo&) const override { return std::nullopt; }
  std::string counting_join(const PublishSpec& spec) const override;
  std::string count_by_range(const StagedRows& staged, std::string_view ledger_ranges) const override;
  std::string advisory_lock(std::string_view purpose) const override;
  std::vector<std::string> grant_use(const TableName& table, std::string_view grantee) const override;

 private:
  std::size_t max_identifier_bytes_;
  bool numbered_;
};

/// What the fake connections of one test share. Outlives them.
///
/// Calls are recorded as text, in order: "connect", "begin", "commit", "rollback", "execute SQL", "query SQL", "describe s.t", "truncate s.t",
/// "open_writer s.t", "prepare_for_load", "cancel", "write 3" (rows), "finish", "abandon", "close".
/// @thread_safety  Any thread.
class FakeDatabase {
 public:
  /// The next call that begins with `call` throws this error (once).
  void fail(std::string call, ErrorInfo error);
  void fail(std::string call, ErrorCode code, std::string message = "scripted");
  /// The next query without an answer of its own returns this; without any, one row with the number 1.
  void answer(ResultSet result);
  /// What describe() finds.
  void add_table(TableInfo table);
  /// What finish() reports instead of the rows written.
  void report_rows(std::int64_t rows);

  std::vector<std::string> calls() const;
  std::size_t count(std::string_view call) const;   ///< calls that begin with `call`
  std::vector<Value> last_values() const;           ///< bound by the last execute or query
  int open_connections() const;                     ///< connected and not closed yet

  std::unique_ptr<Connection> connect();

 private:
  friend class FakeConnection;
  friend class FakeWriter;
  void called(std::string call);
  ResultSet next_answer();

  mutable std::mutex mutex_;
  std::vector<std::string> calls_;
  std::vector<std::pair<std::string, ErrorInfo>> failures_;
  std::deque<ResultSet> answers_;
  std::vector<TableInfo> tables_;
  std::vector<Value> last_values_;
  std::optional<std::int64_t> reported_rows_;
  int open_ = 0;
};

}  // namespace millrace::test
