#pragma once
// A connection that does nothing, without a lock or an allocation of its own, so that it neither orders threads nor costs time.

#include "millrace/testing/fake_connection.hpp"

namespace millrace::test {

class BareConnection : public Connection {
 protected:
  void do_ping(std::chrono::milliseconds) override {}

 private:
  const Dialect& do_dialect() const override {
    static const testing::FakeDialect dialect;
    return dialect;
  }
  ServerInfo do_server() const override { return {"Bare", "1.0", 1}; }
  std::int64_t do_execute(const std::string&, const std::vector<Value>&) override { return 0; }
  ResultSet do_query(const std::string&, const std::vector<Value>&) override { return {{}, {}}; }
  void do_begin(const TransactionOptions&) override {}
  void do_commit() override {}
  void do_rollback() override {}
  std::optional<TableInfo> do_describe(const TableName&) override { return std::nullopt; }
  void do_truncate(const TableName&, bool) override {}
  std::unique_ptr<BulkWriter> do_open_writer(const TableName&, const std::vector<ColumnInfo>&, const WriterOptions&) override { return nullptr; }
  std::unique_ptr<BatchReader> do_open_reader(const std::string&, const std::vector<Value>&, const ReaderOptions&) override { return nullptr; }
  void do_prepare_for_load(const LoadSession&) override {}
  void do_set_statement_timeout(std::chrono::milliseconds) override {}
  void do_reset() override {}
  void do_cancel() noexcept override {}
  bool do_settle_cancel() override { return true; }
  NativeHandle do_native_handle() override { return {"bare", nullptr, nullptr}; }
};

}  // namespace millrace::test
