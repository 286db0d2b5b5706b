#pragma once
// One session with a database.

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/access/batch_reader.hpp"
#include "millrace/access/bulk_writer.hpp"
#include "millrace/access/dialect.hpp"
#include "millrace/access/error.hpp"
#include "millrace/data/types.hpp"
#include "millrace/data/value.hpp"

namespace millrace {

/// Bound parameters: positional for `?`, named for `:name`. Mixing both in one statement is an error.
class Params {
 public:
  Params() = default;
  Params(std::initializer_list<Value> values) : positional_(values) {}
  explicit Params(std::vector<Value> values) : positional_(std::move(values)) {}
  /// Positional, without braces: GCC 12 refuses a braced list inside a co_await expression.
  template <class... Values> static Params of(Values&&... values) {
    Params p;
    p.positional_.reserve(sizeof...(values));
    (p.positional_.emplace_back(std::forward<Values>(values)), ...);
    return p;
  }
  static Params named(std::vector<std::pair<std::string, Value>> values) { Params p; p.named_ = std::move(values); return p; }
  const std::vector<Value>& positional() const { return positional_; }
  const std::vector<std::pair<std::string, Value>>& named() const { return named_; }

 private:
  std::vector<Value> positional_;
  std::vector<std::pair<std::string, Value>> named_;
};

class ResultSet;

/// A row of a result; valid as long as its ResultSet.
class Row {
 public:
  template <std::integral I>
  const Value& operator[](I index) const { return at(static_cast<std::size_t>(index)); }  ///< @throws Error{misuse} out of range
  const Value& operator[](std::string_view column) const;    ///< the exact name. @throws Error{misuse} no such column, or two of that name
  const Value& operator[](const char* column) const { return (*this)[std::string_view(column)]; }
  const Value& operator[](int index) const { return (*this)[static_cast<std::size_t>(index)]; }  // row[0] would be ambiguous
  std::size_t size() const;
 private:
  friend class ResultSet;
  Row(const ResultSet* set, std::size_t row) : set_(set), row_(row) {}
  const Value& at(std::size_t index) const;
  const ResultSet* set_;
  std::size_t row_;
};

/// All rows of a query. An empty result keeps its columns.
class ResultSet {
 public:
  ResultSet(std::vector<ResultColumn> columns, std::vector<std::vector<Value>> rows) : columns_(std::move(columns)), rows_(std::move(rows)) {}
  const std::vector<ResultColumn>& columns() const { return columns_; }
  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  Row operator[](std::size_t row) const { return Row(this, row); }
  class Iterator {
   public:
    Iterator(const ResultSet* set, std::size_t row) : set_(set), row_(row) {}
    Row operator*() const { return (*set_)[row_]; }
    Iterator& operator++() { ++row_; return *this; }
    bool operator!=(const Iterator& other) const { return row_ != other.row_; }
   private:
    const ResultSet* set_;
    std::size_t row_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, rows_.size()}; }

 private:
  friend class Row;
  std::vector<ResultColumn> columns_;
  std::vector<std::vector<Value>> rows_;
};

enum class Isolation : unsigned char { server_default, read_committed, repeatable_read, serializable };
struct TransactionOptions {
  Isolation isolation = Isolation::server_default;
  bool read_only = false;
  std::optional<std::chrono::milliseconds> statement_timeout;  ///< of this transaction's statements instead of the session's; 0 = none
};

struct ServerInfo {
  std::string product;   ///< "PostgreSQL", "SQLite"
  std::string version;   ///< "15.6"
  int major = 0;
};

/// What a load asks of its sessions (see docs/loading.md): no statement time-out, a lock time-out.
struct LoadSession {
  std::chrono::milliseconds lock_timeout{30000};
};

/// The pointers below a connection. millrace/native.hpp of the backends turns them into their types.
struct NativeHandle {
  std::string_view backend;         ///< "postgresql", "sqlite3", ...
  void* client = nullptr;           ///< PGconn*, ::sqlite3*, ...
  void* soci_session = nullptr;     ///< soci::session*
};

/// A session. A statement outside a Transaction is a transaction of its own.
///
/// Placeholders are `?` and `:name` on every backend; they are translated outside literals, quoted names, comments, dollar quotes
/// and `::casts`. A question mark as an operator is written `??`.
/// @thread_safety  One thread at a time, except cancel().
class Connection {
 public:
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const Dialect& dialect() const { return do_dialect(); }
  ServerInfo server() const { return do_server(); }
  /// False once an error poisoned the session: discard it.
  bool usable() const noexcept { return usable_; }
  /// Unusable because the server is gone, or was stopped, or its answer to a COMMIT never came.
  bool lost() const noexcept { return lost_; }

  /// @return rows affected, 0 where the statement has none
  std::int64_t execute(std::string_view sql, const Params& params = {});
  ResultSet query(std::string_view sql, const Params& params = {});
  /// The first column of the first row; NULL when there is no row.
  Value query_value(std::string_view sql, const Params& params = {});
  /// Streams a query's rows as batches, in flat memory. The connection does nothing else while the reader is open.
  std::unique_ptr<BatchReader> open_reader(std::string_view sql, const Params& params = {}, const ReaderOptions& options = {});
  /// A query that must return one row, within the time-out.
  /// @throws ConnectionError  the server did not answer; the connection is unusable
  void ping(std::chrono::milliseconds timeout = std::chrono::seconds(5));

  bool in_transaction() const noexcept { return in_transaction_; }

  bool table_exists(const TableName& table) { return try_describe(table).has_value(); }
  /// nullopt when there is no such table. The result's name has its schema.
  std::optional<TableInfo> try_describe(const TableName& table);
  /// @throws DatabaseError{undefined_object}  names the table and what to do
  TableInfo describe(const TableName& table);
  std::vector<ColumnInfo> columns(const TableName& table) { return describe(table).columns; }
  /// Empties a table (TRUNCATE where the database has it). With `cascade` also the tables that refer to it.
  void truncate(const TableName& table, bool cascade = false);

  /// Opens a bulk writer. The caller owns the transaction around it.
  std::unique_ptr<BulkWriter> open_writer(const TableName& table, const std::vector<ColumnInfo>& columns, const WriterOptions& options = {});

  /// Until reset(): no statement time-out, and a lock time-out.
  void prepare_for_load(const LoadSession& session);
  /// Of every statement from now on until reset(), outside loads; 0 = none.
  void set_statement_timeout(std::chrono::milliseconds timeout);

  /// Takes the session back to what it was after connecting: no transaction, no setting, temporary table, lock or cursor of its last user.
  /// @throws ConnectionError, DatabaseError  it could not be; discard it
  void reset();
  /// Something was run since the session was opened or reset, so that its state may have changed.
  bool touched() const noexcept { return touched_; }

  /// Asks the server to stop the running statement, which then throws Error{cancelled}. Any thread, at any time while the connection lives.
  /// The request may come too late and hit a later statement: see settle_cancel().
  void cancel() noexcept;
  /// A cancel() is on its way, or was sent and no statement reported it yet.
  bool cancel_pending() const noexcept { return cancel_pending_ || cancels_running_ > 0; }
  /// Waits, for a moment, until a pending cancel() has landed where it does no harm. False: it did not, and the connection is unusable now.
  /// @pre the thread that uses the connection calls it, outside a transaction and with no reader or writer open
  bool settle_cancel() noexcept;

  /// The escape hatch. The session counts as touched; what is done with the handle is the caller's own risk.
  NativeHandle native_handle();

  /// Says that the open transaction has used up what another run of it would need (a source that can be read only once): until its end no
  /// error is safe to retry.
  void forbid_replay() noexcept { replay_forbidden_ = true; ++irrevocable_; }
  /// Counts what a rollback does not take back: commits, acknowledged or in doubt, statements outside a transaction, and forbid_replay().
  std::uint64_t irrevocable() const noexcept { return irrevocable_; }

  // The building blocks of Transaction and Savepoint, which are the ways to use them.
  void begin(const TransactionOptions& options = {});  ///< @throws Error{misuse}  inside a transaction
  /// Success is only what the server acknowledges as a commit. After a failure no transaction is open: what is left of it was
  /// rolled back, or the connection is unusable.
  /// @throws Error{misuse}  outside a transaction
  /// @throws InDoubtError   the connection died before the answer
  /// @throws DatabaseError  the server rolled back instead (an earlier error aborted the transaction)
  void commit();
  void rollback() noexcept;  ///< nothing outside a transaction; a connection that can not roll back is marked unusable
  // Savepoints live in transactions (Error{misuse} outside); their names are quoted by the dialect.
  void savepoint(std::string_view name);
  void release(std::string_view name);
  void rollback_to(std::string_view name);

 protected:
  Connection() = default;
  /// Of errors that pass the connection by: those of its open writers.
  void note_failure(const Error& error) noexcept;
  void mark_unusable() noexcept { usable_ = false; in_transaction_ = false; }
  void mark_lost() noexcept { lost_ = true; mark_unusable(); }

 private:
  friend class ConnectionDecorator;
  friend class BatchReader;
  virtual const Dialect& do_dialect() const = 0;
  virtual ServerInfo do_server() const = 0;
  /// Runs one statement whose placeholders are the database's own. Both members may throw what throw_error() throws.
  virtual std::int64_t do_execute(const std::string& sql, const std::vector<Value>& values) = 0;
  virtual ResultSet do_query(const std::string& sql, const std::vector<Value>& values) = 0;
  virtual void do_begin(const TransactionOptions& options) = 0;
  virtual void do_commit() = 0;
  virtual void do_rollback() = 0;
  virtual std::optional<TableInfo> do_describe(const TableName& table) = 0;
  virtual void do_truncate(const TableName& table, bool cascade) = 0;
  virtual std::unique_ptr<BulkWriter> do_open_writer(const TableName& table, const std::vector<ColumnInfo>& columns, const WriterOptions& options) = 0;
  virtual std::unique_ptr<BatchReader> do_open_reader(const std::string& sql, const std::vector<Value>& values, const ReaderOptions& options) = 0;
  virtual void do_ping(std::chrono::milliseconds timeout) = 0;
  virtual void do_prepare_for_load(const LoadSession& session) = 0;
  virtual void do_set_statement_timeout(std::chrono::milliseconds timeout) = 0;
  virtual void do_reset() = 0;          ///< outside a transaction
  virtual void do_cancel() noexcept = 0;
  /// Called while no do_cancel() runs. True once no cancel can hit a later statement; false or an exception: not known.
  virtual bool do_settle_cancel() = 0;
  virtual NativeHandle do_native_handle() = 0;

  void check_usable() const;
  void check_no_reader() const;
  void forget_reader() noexcept;
  void check_in_transaction(const char* call) const;
  void begin_statement() noexcept;
  void run_in_transaction(const char* call, const std::string& sql);
  // Marks the connection unusable when an error poisons it, and adds the statement to an error that has none.
  template <class F> auto guarded(std::string_view sql, F&& call);

  bool usable_ = true;
  bool lost_ = false;
  bool in_transaction_ = false;
  bool touched_ = false;
  bool replay_forbidden_ = false;
  std::uint64_t irrevocable_ = 0;
  std::atomic<bool> cancel_pending_ = false;
  std::atomic<int> cancels_running_ = 0;
  std::shared_ptr<BatchReader::Link> reader_;   // of the last reader, open or not
};

/// Rolls back unless commit() was called.
class Transaction {
 public:
  explicit Transaction(Connection& connection, const TransactionOptions& options = {}) : connection_(&connection) { connection.begin(options); }
  ~Transaction() { if (connection_) connection_->rollback(); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  /// Rolls back when the commit fails. @throws like Connection::commit(), Error{misuse} after the end
  void commit();
  void rollback() noexcept { if (auto* c = std::exchange(connection_, nullptr)) c->rollback(); }

 private:
  Connection* connection_;
};

/// Rolls back to the savepoint unless release() succeeded.
class Savepoint {
 public:
  Savepoint(Connection& connection, std::string name) : connection_(&connection), name_(std::move(name)) { connection.savepoint(name_); }
  ~Savepoint();
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;
  void release();

 private:
  Connection* connection_;
  std::string name_;
};

}  // namespace millrace
