#pragma once

#include <atomic>
#include <memory>

#include "millrace/access/connection.hpp"
#include "postgresql/dialect.hpp"
#include "postgresql/session.hpp"

namespace millrace::postgresql {

class PostgresConnection final : public Connection {
 public:
  explicit PostgresConnection(std::shared_ptr<Session> session);
  ~PostgresConnection() override;

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
  std::unique_ptr<BulkWriter> do_open_writer(const TableName& table, const std::vector<ColumnInfo>& columns,
                                             const WriterOptions& options) override;
  void do_prepare_for_load(const LoadSession& session) override;
  void do_cancel() noexcept override;

  Result statement(const std::string& sql, const std::vector<Value>& values);
  [[noreturn]] void fail(const PGresult* result) const;
  void check_idle() const;
  void check_alive() const;

  struct FreeCancel { void operator()(PGcancel* cancel) const noexcept { PQfreeCancel(cancel); } };

  std::shared_ptr<Session> session_;
  PostgresDialect dialect_;
  std::unique_ptr<PGcancel, FreeCancel> cancel_;   // immutable, so another thread may use it at any time
  std::atomic<bool> cancel_requested_ = false;
  bool statements_are_unlimited_ = false;          // prepare_for_load() switched the statement time-out off
};

}  // namespace millrace::postgresql
