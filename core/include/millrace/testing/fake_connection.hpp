#pragma once
// Connections without a database: scripted answers, and a record of what was called.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/access/driver.hpp"
#include "millrace/testing/typical_error.hpp"

namespace millrace::testing {

/// Names and quotes like PostgreSQL; its statements are no SQL.
class FakeDialect : public Dialect {
 public:
  explicit FakeDialect(std::size_t max_identifier_bytes = 63, bool numbered = true) : max_identifier_bytes_(max_identifier_bytes), numbered_(numbered) {}

  std::unique_ptr<Dialect> clone() const override { return std::make_unique<FakeDialect>(*this); }
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

/// What the fake connections of one test share: its script and the record of their calls. It outlives them.
///
///     FakeDatabase database;
///     database.answer_to("SELECT balance", ResultSet({{"balance", SqlType::of(TypeKind::bigint)}}, {{Value(100)}}));
///     database.fail("commit", ErrorCode::serialization);
///     book(*database.connect());                                  // the code under test
///     CHECK(database.count("execute UPDATE account") == 1);
///
/// Calls are recorded as text, in order: "connect", "begin", "commit", "rollback", "execute SQL", "query SQL", "open_reader SQL", "describe s.t",
/// "truncate s.t", "truncate s.t cascade", "open_writer s.t", "write 3" (rows), "finish", "abandon", "ping", "reset", "prepare_for_load",
/// "set_statement_timeout MS", "cancel", "settle_cancel", "close". SQL is recorded as the database would get it, with $1 for the first `?`.
/// @thread_safety  Any thread.
class FakeDatabase {
 public:
  /// The next call that begins with `call` throws this error, once. "abandon", "cancel" and "close" can not fail.
  void fail(std::string call, ErrorInfo error);
  /// The same with the facts of typical_error().
  void fail(std::string call, ErrorCode code, std::string message = {}) { fail(std::move(call), typical_error(code, std::move(message))); }
  /// The next query without an answer of its own returns this; without any, one row with the number 1.
  void answer(ResultSet result);
  /// Every query whose SQL contains the text returns this, until the same text gets another answer.
  void answer_to(std::string text, ResultSet result);
  /// Every execute() whose SQL contains the text says that it affected so many rows; without this, one.
  void affect(std::string text, std::int64_t rows);
  /// What describe() finds.
  void add_table(TableInfo table);
  /// What a writer's finish() reports instead of the rows written.
  void report_rows(std::int64_t rows);

  std::vector<std::string> calls() const;
  std::size_t count(std::string_view call) const;   ///< calls that begin with `call`
  std::vector<Value> last_values() const;           ///< bound by the last execute or query
  /// The rows of the writers into this table that were finished; rollbacks do not matter here.
  std::vector<std::vector<Value>> written(const TableName& table) const;
  int open_connections() const;                     ///< connected and not closed yet

  std::unique_ptr<Connection> connect();

 private:
  friend class FakeConnection;
  friend class FakeWriter;
  void called(std::string call);          // may throw what the script says
  void noted(std::string call) noexcept;  // of calls that can not fail
  ResultSet answer_for(const std::string& sql);
  std::int64_t affected_by(const std::string& sql) const;

  mutable std::mutex mutex_;
  std::vector<std::string> calls_;
  std::vector<std::pair<std::string, ErrorInfo>> failures_;
  std::deque<ResultSet> answers_;
  std::map<std::string, ResultSet> answers_to_;
  std::map<std::string, std::int64_t> affected_;
  std::map<std::string, std::vector<std::vector<Value>>> written_;
  std::vector<TableInfo> tables_;
  std::vector<Value> last_values_;
  std::optional<std::int64_t> reported_rows_;
  int open_ = 0;
};

/// The driver of a FakeDatabase, for code that connects through a DriverRegistry or a Database: the URL is `fake://`.
/// @thread_safety  Any thread.
class FakeDriver : public Driver {
 public:
  /// @param database  outlives the driver's connections
  explicit FakeDriver(FakeDatabase& database, DriverTraits traits = {}) : database_(database), traits_(traits) {}
  std::string_view name() const override { return "fake"; }
  std::vector<std::string_view> schemes() const override { return {"fake"}; }
  DriverTraits traits() const override { return traits_; }
  std::unique_ptr<Connection> connect(const ConnectionConfig&) const override { return database_.connect(); }

 private:
  FakeDatabase& database_;
  DriverTraits traits_;
};

}  // namespace millrace::testing
