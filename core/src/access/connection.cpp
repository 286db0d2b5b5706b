#include "millrace/access/connection.hpp"

#include <algorithm>

#include "millrace/access/placeholders.hpp"

namespace millrace {
namespace {

constexpr std::size_t kStatementLimit = 200;

// Short enough for a message; cut on a character boundary.
std::string shortened(std::string_view sql) {
  if (sql.size() <= kStatementLimit) return std::string(sql);
  std::size_t keep = kStatementLimit;
  while (keep > 0 && (static_cast<unsigned char>(sql[keep]) & 0xC0) == 0x80) --keep;
  return std::string(sql.substr(0, keep)) + "...";
}

[[noreturn]] void misuse(std::string message) { throw Error(ErrorCode::misuse, std::move(message)); }

template <class E> void rethrow_if(const Error& error, const ErrorInfo& info) {
  if (dynamic_cast<const E*>(&error)) throw E(info);
}

// The same error, class included, with other facts.
[[noreturn]] void rethrow(const Error& error, const ErrorInfo& info) {
  rethrow_if<DatabaseError>(error, info);
  rethrow_if<ConnectionError>(error, info);
  rethrow_if<InDoubtError>(error, info);
  rethrow_if<DataError>(error, info);
  rethrow_if<ConfigError>(error, info);
  throw Error(info);
}

}  // namespace

const Value& Row::at(std::size_t index) const {
  if (index >= size()) misuse("column " + std::to_string(index) + " was asked of a row of " + std::to_string(size()) + " columns");
  return set_->rows_[row_][index];
}

const Value& Row::operator[](std::string_view column) const {
  const auto& columns = set_->columns();
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const ResultColumn& c) { return c.name == column; });
  if (found == columns.end()) misuse("the result has no column '" + std::string(column) + "'");
  return at(static_cast<std::size_t>(found - columns.begin()));
}

std::size_t Row::size() const {
  if (row_ >= set_->rows_.size()) misuse("row " + std::to_string(row_) + " was asked of a result of " + std::to_string(set_->rows_.size()) + " rows");
  return set_->rows_[row_].size();
}

void Connection::check_usable() const {
  if (usable_) return;
  ErrorInfo info;
  info.code = ErrorCode::misuse;
  info.message = "this connection was broken by an earlier error: discard it and open another";
  info.poisons_connection = true;
  throw Error(std::move(info));
}

void Connection::check_in_transaction(const char* call) const {
  if (!in_transaction_) misuse(std::string(call) + " was called outside a transaction: call begin() first");
}

template <class F> auto Connection::guarded(std::string_view sql, F&& call) {
  check_usable();
  try {
    return call();
  } catch (const Error& error) {
    if (error.poisons_connection()) mark_unusable();
    if (sql.empty() || !error.statement().empty()) throw;
    ErrorInfo info = error.info();
    info.statement = shortened(sql);
    rethrow(error, info);
  } catch (...) {
    mark_unusable();  // nobody knows where the conversation with the server stopped
    throw;
  }
}

std::int64_t Connection::execute(std::string_view sql, const Params& params) {
  return guarded(sql, [&] {
    const BoundStatement bound = translate_placeholders(sql, params, dialect());
    return do_execute(bound.sql, bound.values);
  });
}

ResultSet Connection::query(std::string_view sql, const Params& params) {
  return guarded(sql, [&] {
    const BoundStatement bound = translate_placeholders(sql, params, dialect());
    return do_query(bound.sql, bound.values);
  });
}

Value Connection::query_value(std::string_view sql, const Params& params) {
  const ResultSet result = query(sql, params);
  return result.empty() || result.columns().empty() ? Value() : result[0][0];
}

void Connection::ping() {
  if (query("SELECT 1").size() != 1) throw DatabaseError(ErrorCode::internal, "the server answered a ping with no row");
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
  guarded({}, [&] { do_truncate(table, cascade); });
}

std::unique_ptr<BulkWriter> Connection::open_writer(const TableName& table, const std::vector<ColumnInfo>& columns, const WriterOptions& options) {
  if (columns.empty()) misuse("a bulk writer into " + to_string(table) + " needs at least one column");
  return guarded({}, [&] { return do_open_writer(table, columns, options); });
}

void Connection::prepare_for_load(const LoadSession& session) {
  guarded({}, [&] { do_prepare_for_load(session); });
}

void Connection::begin(const TransactionOptions& options) {
  check_usable();
  if (in_transaction_) misuse("begin() was called inside a transaction: commit or roll back first, or use a savepoint");
  guarded("BEGIN", [&] { do_begin(options); });
  in_transaction_ = true;
}

void Connection::commit() {
  check_usable();
  check_in_transaction("commit()");
  try {
    guarded("COMMIT", [&] { do_commit(); });
  } catch (const InDoubtError&) {
    mark_unusable();
    throw;
  } catch (...) {
    rollback();  // a failed commit leaves nothing open
    throw;
  }
  in_transaction_ = false;
}

void Connection::rollback() noexcept {
  if (!in_transaction_) return;
  try {
    do_rollback();
    in_transaction_ = false;
  } catch (...) {
    mark_unusable();
  }
}

// Names are quoted and the text goes to the server as it is: a name may hold a question mark.
void Connection::run_in_transaction(const char* call, const std::string& sql) {
  check_usable();
  check_in_transaction(call);
  guarded(sql, [&] { do_execute(sql, {}); });
}

void Connection::savepoint(std::string_view name) { run_in_transaction("savepoint()", "SAVEPOINT " + dialect().quote(name)); }
void Connection::release(std::string_view name) { run_in_transaction("release()", "RELEASE SAVEPOINT " + dialect().quote(name)); }
void Connection::rollback_to(std::string_view name) { run_in_transaction("rollback_to()", "ROLLBACK TO SAVEPOINT " + dialect().quote(name)); }

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
