#pragma once

#include <memory>

#include "millrace/access/connection.hpp"
#include "common/cli/product_session.hpp"

namespace millrace::MILLRACE_CLI {

class CliConnection final : public Connection {
 public:
  CliConnection(std::shared_ptr<ProductSession> session, ConnectionConfig config);
  ~CliConnection() override;

 private:
  const Dialect& do_dialect() const override { return *dialect_; }
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

  template <class F> auto as_own_transaction(const std::string& sql, F&& call) const;
  void empty_cascading(const TableName& table, std::vector<TableName>& emptied);

  const Product& product() const { return session_->product(); }

  std::shared_ptr<ProductSession> session_;
  const ConnectionConfig config_;
  const std::unique_ptr<Dialect> dialect_;
};

}  // namespace millrace::MILLRACE_CLI
