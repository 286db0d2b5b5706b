#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "millrace/access/connection.hpp"
#include "products/sqlite3/dialect.hpp"
#include "sqlite3/session.hpp"
#include "sqlite3/session_state.hpp"

namespace millrace::sqlite {

class SqliteConnection final : public Connection {
 public:
  /// Pins the session's settings.
  /// @throws DatabaseError  the file is locked, or no database
  SqliteConnection(std::shared_ptr<Session> session, std::chrono::milliseconds statement_timeout);

 private:
  const Dialect& do_dialect() const override { return dialect_; }
  ServerInfo do_server() const override;
  std::int64_t do_execute(const std::string& sql, const std::vector<Value>& values) override;
  ResultSet do_query(const std::string& sql, const std::vector<Value>& values) override;
  void do_begin(const TransactionOptions& options) override;
  void do_commit() override;
  void do_rollback() override;
  std::optional<TableInfo> do_describe(const TableName& table) override;
  void do_truncate(const TableName& table, bool cascade) override;
  std::unique_ptr<BulkWriter> do_open_writer(const TableName& table, const std::vector<ColumnInfo>& columns, const WriterOptions& options) override;
  std::unique_ptr<BatchReader> do_open_reader(const std::string& sql, const std::vector<Value>& values, const ReaderOptions& options) override;
  void do_ping(std::chrono::milliseconds timeout) override;
  void do_prepare_for_load(const LoadSession& session) override;
  void do_set_statement_timeout(std::chrono::milliseconds timeout) override;
  void do_reset() override;
  void do_cancel() noexcept override;
  bool do_settle_cancel() override;
  NativeHandle do_native_handle() override;

  ::sqlite3* db() const { return session_->handle(); }
  void check_transaction() const;
  void empty_tables(const TableName& table);
  void empty_table(const TableName& table, std::vector<TableName>& emptied);

  StatementLimits& limits() const { return session_->limits(); }

  std::shared_ptr<Session> session_;
  const std::chrono::milliseconds statement_timeout_;
  SqliteDialect dialect_;
  std::optional<SessionState> fresh_;
  bool read_only_ = false;  // in a read-only transaction
};

}  // namespace millrace::sqlite
