#pragma once

#include <memory>

#include "millrace/access/connection.hpp"
#include "sqlite3/dialect.hpp"
#include "sqlite3/session.hpp"

namespace millrace::sqlite {

class SqliteConnection final : public Connection {
 public:
  explicit SqliteConnection(std::shared_ptr<Session> session);

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
  void do_prepare_for_load(const LoadSession& session) override;
  void do_cancel() noexcept override;

  ::sqlite3* db() const { return session_->handle(); }
  void check_transaction() const;
  void empty_table(const TableName& table, std::vector<TableName>& emptied);

  std::shared_ptr<Session> session_;
  SqliteDialect dialect_;
  bool read_only_ = false;  // in a read-only transaction
};

}  // namespace millrace::sqlite
