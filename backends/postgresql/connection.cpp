#include "postgresql/connection.hpp"

#include <algorithm>
#include <charconv>

#include "common/statement_words.hpp"
#include "postgresql/copy_writer.hpp"
#include "products/postgresql/catalog.hpp"
#include "postgresql/errors.hpp"
#include "postgresql/row_reader.hpp"
#include "products/postgresql/session_state.hpp"
#include "postgresql/values.hpp"

namespace millrace::postgresql {
namespace {

constexpr const char* kRollbackReason = "the transaction is rolled back";
constexpr int kVersionsPerMajor = 10000;  // 150006 is 15.6
constexpr auto kSettleTime = std::chrono::milliseconds(200);

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

bool commits_transaction(std::string_view sql) {
  const std::string word = backends::first_word(sql);
  return word == "COMMIT" || word == "END" || word == "PREPARE";
}

TextRows texts_of(const PGresult* result) {
  TextRows rows(static_cast<std::size_t>(PQntuples(result)));
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (int c = 0; c < PQnfields(result); ++c) rows[r].emplace_back(field(result, static_cast<int>(r), c));
  }
  return rows;
}

Result statement(Session& session, const std::string& sql, const std::vector<Value>& values) {
  const BoundValues bound(values);
  PQsendQueryParams(session.handle, sql.c_str(), bound.count(), bound.types(), bound.pointers(), bound.lengths(), bound.formats(), 0);
  Result result = await_result(session);
  switch (PQresultStatus(result.get())) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY: return result;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH: throw_copy_refused(session);
    default: throw_failure(session, result.get());
  }
}

}  // namespace

PostgresConnection::PostgresConnection(std::shared_ptr<Session> session)
    : session_(std::move(session)), dialect_(PQserverVersion(session_->handle) / kVersionsPerMajor) {
  session_->on_error = [this](const Error& error) { note_failure(error); };
}

PostgresConnection::~PostgresConnection() { session_->on_error = nullptr; }

ServerInfo PostgresConnection::do_server() const {
  std::string version = PQparameterStatus(session_->handle, "server_version");
  version = version.substr(0, version.find(' '));  // "15.6 (Debian 15.6-1)"
  return {"PostgreSQL", std::move(version), PQserverVersion(session_->handle) / kVersionsPerMajor};
}

void PostgresConnection::check_idle() const {
  if (session_->stream == Stream::copy) throw Error(ErrorCode::misuse, "a bulk writer is open on this connection: finish or abandon it first");
  if (session_->stream == Stream::rows) throw Error(ErrorCode::misuse, "a batch reader is open on this connection: read it to its end or close it first");
}

// What was never sent can not have been committed: a session that ended while it was idle is a lost connection, not a
// doubt. The first call reads the server's farewell, the second finds the end behind it.
void PostgresConnection::check_alive() const {
  PGconn* const handle = session_->handle;
  if (!PQconsumeInput(handle) || !PQconsumeInput(handle) || session_->lost()) throw_failure(*session_, nullptr);
}

// A COMMIT or ROLLBACK that was sent as SQL: what followed would be committed statement by statement, and nothing would be rolled back.
void PostgresConnection::check_transaction() const {
  if (!in_transaction() || session_->lost() || PQtransactionStatus(session_->handle) != PQTRANS_IDLE) return;
  ErrorInfo info = error_info(ErrorCode::misuse, "a statement has ended this transaction: end it by commit() or rollback(), not by SQL");
  info.sqlstate = "25P01";  // no_active_sql_transaction
  throw_error(std::move(info));
}

/// A statement outside a transaction is one: without the server's word it may have been committed.
template <class F> auto PostgresConnection::as_own_transaction(const std::string& sql, bool reads_only, F&& call) {
  check_idle();
  check_transaction();
  const bool autocommit = PQtransactionStatus(session_->handle) == PQTRANS_IDLE;
  const bool may_commit = autocommit ? !reads_only : commits_transaction(sql);
  if (autocommit) check_alive();
  try {
    auto result = call(may_commit);
    check_transaction();
    return result;
  } catch (const ConnectionError& error) {
    if (may_commit && error.sqlstate().empty()) throw_in_doubt(*session_, nullptr, "the statement");
    throw;
  }
}

std::int64_t PostgresConnection::do_execute(const std::string& sql, const std::vector<Value>& values) {
  return as_own_transaction(sql, false, [&](bool) { return affected_rows(statement(*session_, sql, values).get()); });
}

ResultSet PostgresConnection::do_query(const std::string& sql, const std::vector<Value>& values) {
  return as_own_transaction(sql, backends::is_plain_read(sql), [&](bool) { return to_result_set(statement(*session_, sql, values).get()); });
}

std::unique_ptr<BatchReader> PostgresConnection::do_open_reader(const std::string& sql, const std::vector<Value>& values, const ReaderOptions& options) {
  return as_own_transaction(sql, backends::is_plain_read(sql), [&](bool may_commit) { return std::make_unique<RowReader>(session_, sql, BoundValues(values), options, may_commit); });
}

void PostgresConnection::do_begin(const TransactionOptions& options) {
  check_idle();
  std::string sql = std::string("BEGIN") + isolation_clause(options.isolation) + (options.read_only ? " READ ONLY" : "");
  if (options.statement_timeout) sql += "; SET LOCAL statement_timeout = " + timeout_value(*options.statement_timeout);
  try {
    run(*session_, sql);
  } catch (const Error&) {  // a late cancel may have hit what follows BEGIN
    if (!session_->lost() && PQtransactionStatus(session_->handle) != PQTRANS_IDLE) run_despite_cancel(*session_, "ROLLBACK");
    throw;
  }
}

void PostgresConnection::do_commit() {
  check_idle();
  check_alive();
  check_transaction();
  PQsendQuery(session_->handle, "COMMIT");
  const Result result = await_result(*session_);
  if (session_->lost()) throw_in_doubt(*session_, result.get(), "COMMIT");
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) throw_failure(*session_, result.get());
  if (std::string_view(PQcmdStatus(result.get())) != "COMMIT") {
    ErrorInfo info =
        error_info(ErrorCode::misuse, "the server rolled the transaction back instead of committing it, because an earlier statement in it failed");
    info.sqlstate = "25P02";  // in_failed_sql_transaction
    info.statement = "COMMIT";
    throw DatabaseError(std::move(info));
  }
}

void PostgresConnection::do_rollback() {
  if (!stop_stream(*session_, kRollbackReason)) throw_failure(*session_, nullptr);
  if (PQtransactionStatus(session_->handle) != PQTRANS_IDLE) run_despite_cancel(*session_, "ROLLBACK");
}

std::optional<TableInfo> PostgresConnection::do_describe(const TableName& table) {
  check_idle();
  const Ask ask = [this](const std::string& sql, const std::vector<std::string>& texts) {
    std::vector<const char*> values;
    for (const std::string& text : texts) values.push_back(text.c_str());
    const Result result(PQexecParams(session_->handle, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0));
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) throw_failure(*session_, result.get());
    return texts_of(result.get());
  };
  return describe_table(ask, table);
}

void PostgresConnection::do_truncate(const TableName& table, bool cascade) {
  check_idle();
  run(*session_, "TRUNCATE " + dialect_.quote(table) + (cascade ? " CASCADE" : ""));
}

std::unique_ptr<BulkWriter> PostgresConnection::do_open_writer(const TableName& table, const std::vector<ColumnInfo>& columns,
                                                               const WriterOptions& options) {
  check_idle();
  check_transaction();
  return std::make_unique<CopyWriter>(session_, dialect_, table, columns, options);
}

void PostgresConnection::do_prepare_for_load(const LoadSession& load) {
  check_idle();
  run(*session_, load_settings(PQserverVersion(session_->handle), load.lock_timeout));
  session_->unlimited = true;
}

void PostgresConnection::do_set_statement_timeout(std::chrono::milliseconds timeout) {
  check_idle();
  run(*session_, "SET statement_timeout = " + timeout_value(timeout));
  session_->unlimited = timeout.count() == 0;
}

void PostgresConnection::do_reset() {
  check_idle();
  run_despite_cancel(*session_, reset_statements(session_->baseline, PQtransactionStatus(session_->handle) != PQTRANS_IDLE));
  session_->unlimited = session_->unlimited_at_first;
}

void PostgresConnection::do_ping(std::chrono::milliseconds timeout) {
  check_idle();
  PQsendQuery(session_->handle, "SELECT 1");
  const std::optional<Result> result = await_result(*session_, Clock::now() + timeout);
  if (!result) {
    ErrorInfo info = error_info(ErrorCode::connection_lost, "the server did not answer a ping within " + std::to_string(timeout.count()) + " ms");
    info.poisons_connection = true;
    info.safe_to_retry = true;
    throw_error(std::move(info));
  }
  if (PQresultStatus(result->get()) != PGRES_TUPLES_OK) throw_failure(*session_, result->get());
  if (PQntuples(result->get()) != 1) throw_error(error_info(ErrorCode::internal, "the server answered a ping without a row"));
}

void PostgresConnection::do_cancel() noexcept {
  session_->cancel_sent = true;
  if (!session_->send_cancel()) session_->cancel_unanswered = true;
}

// A request that the server confirmed (see Session::send_cancel) is over when the next statement has been answered, by it or not. Without the
// confirmation it may still be on its way: then only a statement that it hits tells.
bool PostgresConnection::do_settle_cancel() {
  if (session_->stream != Stream::none) return false;
  const bool confirmed = !session_->cancel_unanswered;
  for (const auto deadline = Clock::now() + kSettleTime; Clock::now() < deadline;) {
    PQsendQuery(session_->handle, confirmed ? "SELECT 1" : "SELECT pg_catalog.pg_sleep(0.01)");
    const std::optional<Result> result = await_result(*session_, deadline + kSettleTime);
    if (!result) return false;
    const bool hit = diagnostic(result->get(), PG_DIAG_SQLSTATE) == "57014";
    if (!hit && PQresultStatus(result->get()) != PGRES_TUPLES_OK) return false;
    if (!hit && !confirmed) continue;
    session_->cancel_sent = session_->cancel_unanswered = false;
    return true;
  }
  return false;
}

NativeHandle PostgresConnection::do_native_handle() { return {kBackend, session_->handle, session_->owner.get()}; }

}  // namespace millrace::postgresql
