#pragma once
// A connection in front of another one, for what has to happen around its calls: faults, tracing, counting.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "millrace/access/connection.hpp"

namespace millrace {

/// Forwards everything to the connection inside. A derived class overrides what it wants to see or change and calls the base class's member
/// to go on:
///
///     std::int64_t do_execute(const std::string& sql, const std::vector<Value>& values) override {
///       const auto begin = Clock::now();
///       const std::int64_t rows = ConnectionDecorator::do_execute(sql, values);
///       record(sql, Clock::now() - begin);
///       return rows;
///     }
///
/// The connection inside keeps its own state (transaction, usable, lost), and this one follows it.
/// @thread_safety  As Connection: one thread at a time, except cancel().
class ConnectionDecorator : public Connection {
 public:
  ~ConnectionDecorator() override;

 protected:
  /// @throws Error{misuse}  there is no connection inside
  explicit ConnectionDecorator(std::unique_ptr<Connection> inner);

  /// Ends the session inside at once, its open writers and readers first. From then on this connection is lost; its dialect and server stay known.
  void close_inner() noexcept;
  bool has_inner() const noexcept { return inner_ != nullptr; }

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
  void do_cancel() noexcept override;  ///< called from any thread
  bool do_settle_cancel() override;
  NativeHandle do_native_handle() override;

  // The calls of this connection's open writer or reader. After close_inner() `inner` is gone.
  virtual void write(BulkWriter& inner, const RecordBatch& batch) { inner.write(batch); }
  virtual WriteResult finish(BulkWriter& inner) { return inner.finish(); }
  virtual bool next(BatchReader& inner, RecordBatch& batch) { return inner.next(batch); }

 private:
  class Stream;
  class Writer;
  class Reader;

  template <class F> auto forward(F&& call);
  Connection& open_inner();
  void follow_inner() noexcept;

  std::unique_ptr<Connection> inner_;
  std::mutex closing_;                      // between cancel() and close_inner()
  std::unique_ptr<const Dialect> dialect_;  // a copy: references to it stay good when the session inside is closed
  std::optional<ServerInfo> closed_server_;
  std::vector<Stream*> streams_;            // open on this connection
};

}  // namespace millrace
