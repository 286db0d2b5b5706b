#include "millrace/access/connection.hpp"

#include <algorithm>
#include <thread>

#include "access/reader_link.hpp"
#include "access/statement_error.hpp"
#include "millrace/access/placeholders.hpp"

namespace millrace {
namespace {

constexpr auto kSettleTime = std::chrono::milliseconds(200);

[[noreturn]] void misuse(std::string message) { throw Error(ErrorCode::misuse, std::move(message)); }

std::string column_names(const std::vector<ResultColumn>& columns) {
  std::string names;
  for (const ResultColumn& column : columns) names.append(names.empty() ? "" : ", ").append(column.name);
  return names.empty() ? "none" : names;
}

// A connection that died of these tells something about the server, and so about the other connections to it.
bool means_lost(ErrorCode code) {
  return code == ErrorCode::connection_lost || code == ErrorCode::connection_refused || code == ErrorCode::server_shutdown || code == ErrorCode::in_doubt;
}

}  // namespace

const Value& Row::at(std::size_t index) const {
  if (index >= size()) misuse("column " + std::to_string(index) + " was asked of a row of " + std::to_string(size()) + " columns");
  return set_->rows_[row_][index];
}

const Value& Row::operator[](std::string_view column) const {
  const auto& columns = set_->columns();
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const ResultColumn& c) { return c.name == column; });
  if (found == columns.end()) misuse("the result has no column '" + std::string(column) + "'; it has " + column_names(columns));
  if (std::any_of(found + 1, columns.end(), [&](const ResultColumn& c) { return c.name == column; })) {
    misuse("the result has two columns '" + std::string(column) + "': name one of them with AS, or ask by position");
  }
  return at(static_cast<std::size_t>(found - columns.begin()));
}

std::size_t Row::size() const {
  if (row_ >= set_->rows_.size()) misuse("row " + std::to_string(row_) + " was asked of a result of " + std::to_string(set_->rows_.size()) + " rows");
  return set_->rows_[row_].size();
}

Connection::~Connection() { forget_reader(); }

void Connection::check_usable() const {
  if (usable_) return;
  ErrorInfo info;
  info.code = ErrorCode::misuse;
  info.message = "this connection was broken by an earlier error: discard it and open another";
  info.poisons_connection = true;
  throw Error(std::move(info));
}

void Connection::check_no_reader() const {
  if (reader_ && reader_->open) misuse("a batch reader is open on this connection: read it to its end or close it first");
}

void Connection::forget_reader() noexcept {
  if (reader_) reader_->connection = nullptr;
  reader_.reset();
}

void Connection::note_failure(const Error& error) noexcept {
  // A cancel that is still being sent may be another one than the statement reports.
  if (error.code() == ErrorCode::cancelled && cancels_running_ == 0) cancel_pending_ = false;
  if (!error.poisons_connection()) return;
  if (means_lost(error.code())) mark_lost();
  else mark_unusable();
}

void Connection::check_in_transaction(const char* call) const {
  if (!in_transaction_) misuse(std::string(call) + " was called outside a transaction: call begin() first");
}

template <class F> auto Connection::guarded(std::string_view sql, F&& call) {
  check_usable();
  check_no_reader();
  try {
    return call();
  } catch (const Error& error) {
    note_failure(error);
    if (replay_forbidden_ && error.safe_to_retry()) {
      ErrorInfo info = error.info();
      info.safe_to_retry = false;
      if (info.statement.empty()) info.statement = shortened_statement(sql);
      rethrow_as(error, std::move(info));
    }
    rethrow_with_statement(error, sql);
  } catch (...) {
    mark_unusable();  // nobody knows where the conversation with the server stopped
    throw;
  }
}

void Connection::begin_statement() noexcept {
  touched_ = true;
  if (!in_transaction_) ++irrevocable_;
}

std::int64_t Connection::execute(std::string_view sql, const Params& params) {
  begin_statement();
  return guarded(sql, [&] {
    const BoundStatement bound = translate_placeholders(sql, params, dialect());
    return do_execute(bound.sql, bound.values);
  });
}

ResultSet Connection::query(std::string_view sql, const Params& params) {
  begin_statement();
  return guarded(sql, [&] {
    const BoundStatement bound = translate_placeholders(sql, params, dialect());
    return do_query(bound.sql, bound.values);
  });
}

std::unique_ptr<BatchReader> Connection::open_reader(std::string_view sql, const Params& params, const ReaderOptions& options) {
  if (options.max_rows == 0 || options.max_bytes == 0) misuse("a batch reader needs max_rows and max_bytes of at least 1");
  begin_statement();
  auto reader = guarded(sql, [&] {
    const BoundStatement bound = translate_placeholders(sql, params, dialect());
    return do_open_reader(bound.sql, bound.values, options);
  });
  forget_reader();
  reader_ = reader->link_ = std::make_shared<BatchReader::Link>(BatchReader::Link{this});
  reader->statement_ = shortened_statement(sql);
  return reader;
}

Value Connection::query_value(std::string_view sql, const Params& params) {
  const ResultSet result = query(sql, params);
  return result.empty() || result.columns().empty() ? Value() : result[0][0];
}

void Connection::ping(std::chrono::milliseconds timeout) {
  guarded({}, [&] { do_ping(timeout); });
}

std::optional<TableInfo> Connection::try_describe(const TableName& table) {
  return guarded({}, [&] { return do_describe(table); });
}

TableInfo Connection::describe(const TableName& table) {
  if (auto info = try_describe(table)) return *std::move(info);
  throw DatabaseError(ErrorCode::undefined_object,
                      "there is no table " + to_string(table) + ": check its name and schema (unquoted names are folded), or create it");
}

void Connection::truncate(const TableName& table, bool cascade) {
  begin_statement();
  guarded({}, [&] { do_truncate(table, cascade); });
}

std::unique_ptr<BulkWriter> Connection::open_writer(const TableName& table, const std::vector<ColumnInfo>& columns, const WriterOptions& options) {
  if (columns.empty()) misuse("a bulk writer into " + to_string(table) + " needs at least one column");
  begin_statement();  // triggers may change settings
  return guarded({}, [&] { return do_open_writer(table, columns, options); });
}

void Connection::prepare_for_load(const LoadSession& session) {
  touched_ = true;
  guarded({}, [&] { do_prepare_for_load(session); });
}

void Connection::set_statement_timeout(std::chrono::milliseconds timeout) {
  if (timeout.count() < 0) misuse("a statement time-out can not be negative; 0 means none");
  touched_ = true;
  guarded({}, [&] { do_set_statement_timeout(timeout); });
}

void Connection::reset() {
  check_usable();
  rollback();
  guarded({}, [&] { do_reset(); });
  touched_ = false;
  replay_forbidden_ = false;
}

void Connection::cancel() noexcept {
  ++cancels_running_;
  cancel_pending_ = true;
  do_cancel();
  --cancels_running_;
}

bool Connection::settle_cancel() noexcept {
  const auto deadline = std::chrono::steady_clock::now() + kSettleTime;
  bool settled = true;
  try {
    while (settled && usable_ && cancel_pending()) {
      settled = std::chrono::steady_clock::now() < deadline;
      if (settled && cancels_running_ > 0) {  // sending takes a moment, and there is nothing else to wait for
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      } else if (settled) {
        check_no_reader();
        cancel_pending_ = false;  // before: one that comes meanwhile sets it again
        settled = do_settle_cancel();
      }
    }
  } catch (...) {  // whether it landed is not known
    settled = false;
  }
  if (settled && usable_) return true;
  mark_unusable();
  return false;
}

NativeHandle Connection::native_handle() {
  check_usable();
  touched_ = true;
  return do_native_handle();
}

void Connection::begin(const TransactionOptions& options) {
  check_usable();
  if (in_transaction_) misuse("begin() was called inside a transaction: commit or roll back first, or use a savepoint");
  if (options.statement_timeout && options.statement_timeout->count() < 0) misuse("a statement time-out can not be negative; 0 means none");
  replay_forbidden_ = false;
  guarded("BEGIN", [&] { do_begin(options); });
  in_transaction_ = true;
}

void Connection::commit() {
  check_usable();
  check_in_transaction("commit()");
  try {
    guarded("COMMIT", [&] { do_commit(); });
  } catch (const InDoubtError&) {
    ++irrevocable_;
    mark_lost();
    throw;
  } catch (...) {
    rollback();  // a failed commit leaves nothing open
    throw;
  }
  ++irrevocable_;
  in_transaction_ = false;
  replay_forbidden_ = false;
}

void Connection::rollback() noexcept {
  if (!in_transaction_) return;
  try {
    do_rollback();
    in_transaction_ = false;
    forget_reader();  // its stream ended with the transaction
  } catch (...) {
    mark_unusable();
  }
}

// Names are quoted and the text goes to the server as it is: a name may hold a question mark.
void Connection::run_in_transaction(const char* call, const std::string& sql) {
  check_usable();
  check_in_transaction(call);
  if (!sql.empty()) guarded(sql, [&] { do_execute(sql, {}); });
}

void Connection::savepoint(std::string_view name) { run_in_transaction("savepoint()", dialect().savepoint(name)); }
void Connection::release(std::string_view name) { run_in_transaction("release()", dialect().release_savepoint(name)); }
void Connection::rollback_to(std::string_view name) { run_in_transaction("rollback_to()", dialect().rollback_to_savepoint(name)); }

void Transaction::commit() {
  Connection* connection = std::exchange(connection_, nullptr);
  if (!connection) misuse("commit() was called on a transaction that has ended already");
  connection->commit();  // rolls back when it fails
}

Savepoint::~Savepoint() {
  if (!connection_ || !connection_->usable() || !connection_->in_transaction()) return;
  try {
    connection_->rollback_to(name_);
    connection_->release(name_);
  } catch (...) {
    connection_->rollback();  // better nothing than a part: the transaction can not commit any more
  }
}

void Savepoint::release() {
  if (!connection_) misuse("release() was called on savepoint '" + name_ + "', which has ended already");
  connection_->release(name_);
  connection_ = nullptr;  // only now: a release that failed leaves the savepoint to the destructor
}

}  // namespace millrace
