#include "postgresql/connection.hpp"

#include <array>
#include <charconv>

#include "postgresql/copy_writer.hpp"
#include "postgresql/describe.hpp"
#include "postgresql/errors.hpp"
#include "postgresql/values.hpp"

namespace millrace::postgresql {
namespace {

constexpr const char* kRollbackReason = "the transaction is rolled back";
constexpr int kVersionsPerMajor = 10000;  // 150006 is 15.6

std::int64_t affected_rows(PGresult* result) {
  // A query's tag counts the rows it returned, and those are no affected rows.
  if (PQresultStatus(result) == PGRES_TUPLES_OK && std::string_view(PQcmdStatus(result)).starts_with("SELECT")) return 0;
  const std::string_view tuples = PQcmdTuples(result);
  std::int64_t count = 0;
  std::from_chars(tuples.data(), tuples.data() + tuples.size(), count);
  return count;
}

const char* isolation_clause(Isolation isolation) {
  switch (isolation) {
    case Isolation::read_committed: return " ISOLATION LEVEL READ COMMITTED";
    case Isolation::repeatable_read: return " ISOLATION LEVEL REPEATABLE READ";
    case Isolation::serializable: return " ISOLATION LEVEL SERIALIZABLE";
    case Isolation::server_default: break;
  }
  return "";
}

[[noreturn]] void throw_in_doubt(const Session& session, const PGresult* result, const char* what) {
  ErrorInfo info = failure(session, result);
  info.code = ErrorCode::in_doubt;
  info.message = std::string("the connection died during ") + what + ", so nobody knows whether it took effect: look at the data before repeating it (" +
                 info.message + ")";
  info.poisons_connection = true;
  info.safe_to_retry = false;
  throw InDoubtError(std::move(info));
}

}  // namespace

PostgresConnection::PostgresConnection(std::shared_ptr<Session> session)
    : session_(std::move(session)), dialect_(PQserverVersion(session_->handle) / kVersionsPerMajor), cancel_(PQgetCancel(session_->handle)) {
  session_->on_poisoned = [this] { mark_unusable(); };
}

PostgresConnection::~PostgresConnection() { session_->on_poisoned = nullptr; }

ServerInfo PostgresConnection::do_server() const {
  std::string version = PQparameterStatus(session_->handle, "server_version");
  version = version.substr(0, version.find(' '));  // "15.6 (Debian 15.6-1)"
  return {"PostgreSQL", std::move(version), PQserverVersion(session_->handle) / kVersionsPerMajor};
}

void PostgresConnection::check_idle() const {
  if (session_->copying) throw Error(ErrorCode::misuse, "a bulk writer is open on this connection: finish or abandon it first");
}

// What was never sent can not have been committed: a session that ended while it was idle is a lost connection, not a
// doubt. The first call reads the server's farewell, the second finds the end behind it.
void PostgresConnection::check_alive() const {
  PGconn* const handle = session_->handle;
  if (!PQconsumeInput(handle) || !PQconsumeInput(handle) || session_->lost()) throw_failure(*session_, nullptr);
}

// SQLSTATE 57014 stands for a cancel request and for the statement time-out, which only their texts tell apart.
void PostgresConnection::fail(const PGresult* result) const {
  ErrorInfo info = failure(*session_, result);
  if (info.code == ErrorCode::cancelled && !cancel_requested_ && !statements_are_unlimited_) info.code = ErrorCode::statement_timeout;
  throw_error(std::move(info));
}

Result PostgresConnection::statement(const std::string& sql, const std::vector<Value>& values) {
  check_idle();
  cancel_requested_ = false;
  const BoundValues bound(values);
  PQsendQueryParams(session_->handle, sql.c_str(), bound.count(), bound.types(), bound.pointers(), bound.lengths(), bound.formats(), 0);
  Result result = await_result(*session_);
  switch (PQresultStatus(result.get())) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY: return result;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH: {
      ErrorInfo info = error_info(ErrorCode::misuse, "COPY from or to the client does not work as a statement: use a bulk writer or a query");
      info.poisons_connection = !drain(*session_, "COPY is not possible here");
      throw_error(std::move(info));
    }
    default: fail(result.get());
  }
}

std::int64_t PostgresConnection::do_execute(const std::string& sql, const std::vector<Value>& values) {
  const bool autocommit = PQtransactionStatus(session_->handle) == PQTRANS_IDLE;
  if (autocommit) check_alive();
  try {
    return affected_rows(statement(sql, values).get());
  } catch (const ConnectionError& error) {
    // The statement was its own transaction; without the server's word it may have been committed.
    if (autocommit && error.sqlstate().empty()) throw_in_doubt(*session_, nullptr, "the statement");
    throw;
  }
}

ResultSet PostgresConnection::do_query(const std::string& sql, const std::vector<Value>& values) { return to_result_set(statement(sql, values).get()); }

void PostgresConnection::do_begin(const TransactionOptions& options) {
  check_idle();
  run(*session_, std::string("BEGIN") + isolation_clause(options.isolation) + (options.read_only ? " READ ONLY" : ""));
}

void PostgresConnection::do_commit() {
  check_idle();
  check_alive();
  PQsendQuery(session_->handle, "COMMIT");
  const Result result = await_result(*session_);
  if (session_->lost()) throw_in_doubt(*session_, result.get(), "COMMIT");
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) fail(result.get());
  if (std::string_view(PQcmdStatus(result.get())) != "COMMIT") {
    ErrorInfo info = error_info(ErrorCode::misuse, "the server rolled the transaction back instead of committing it, because an earlier statement in it failed");
    info.sqlstate = "25P02";  // in_failed_sql_transaction
    info.statement = "COMMIT";
    throw DatabaseError(std::move(info));
  }
}

void PostgresConnection::do_rollback() {
  if (!drain(*session_, kRollbackReason)) throw_failure(*session_, nullptr);
  if (PQtransactionStatus(session_->handle) != PQTRANS_IDLE) run(*session_, "ROLLBACK");
}

std::optional<TableInfo> PostgresConnection::do_describe(const TableName& table) {
  check_idle();
  return describe_table(*session_, table);
}

void PostgresConnection::do_truncate(const TableName& table, bool cascade) {
  check_idle();
  run(*session_, "TRUNCATE " + dialect_.quote(table) + (cascade ? " CASCADE" : ""));
}

std::unique_ptr<BulkWriter> PostgresConnection::do_open_writer(const TableName& table, const std::vector<ColumnInfo>& columns,
                                                               const WriterOptions& options) {
  check_idle();
  return std::make_unique<CopyWriter>(session_, dialect_, table, columns, options);
}

void PostgresConnection::do_prepare_for_load(const LoadSession& load) {
  check_idle();
  run(*session_, "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = " + std::to_string(load.lock_timeout.count()));
  statements_are_unlimited_ = true;
}

void PostgresConnection::do_cancel() noexcept {
  if (!cancel_) return;
  cancel_requested_ = true;
  std::array<char, 256> problem{};
  PQcancel(cancel_.get(), problem.data(), problem.size());  // best effort: a server that can not be reached runs no statement for us
}

}  // namespace millrace::postgresql
