#include "db2/cli/execution.hpp"

#include "db2/cli/array_result.hpp"

namespace millrace::db2::cli {
namespace {

constexpr std::int32_t kNoRow = 100;
constexpr const char* kNoNesting = "3B002";
constexpr const char* kSavepoint = "SAVEPOINT MILLRACE_CLI_ARRAY ON ROLLBACK RETAIN CURSORS";
constexpr const char* kRollbackTo = "ROLLBACK TO SAVEPOINT MILLRACE_CLI_ARRAY";
constexpr const char* kRelease = "RELEASE SAVEPOINT MILLRACE_CLI_ARRAY";

/// What failed comes first among the diagnostics; that the transaction could not be put in order after it comes second.
template <class F> SQLRETURN guarded(StatementHandle& statement, F&& run) {
  try {
    return run();
  } catch (const drda::Failure& failure) {
    statement.diagnostics.add(failure.sqlca());
    statement.connection().note_failure(failure.sqlca());   // its exceptions become the next records
    return SQL_ERROR;
  }
}

void report(StatementHandle& statement, SQLUINTEGER row, SQLUSMALLINT status) {
  if (statement.statuses != nullptr) statement.statuses[row] = status;
}

void set_row_count(StatementHandle& statement, const drda::Sqlca& sqlca) { statement.row_count = changes_rows(statement.text) ? std::max<std::int64_t>(sqlca.rows, 0) : -1; }

SQLRETURN code_of(StatementHandle& statement, const drda::Sqlca& sqlca) {
  if (sqlca.code == kNoRow) return SQL_NO_DATA;
  if (sqlca.code <= 0) return SQL_SUCCESS;
  statement.diagnostics.add(sqlca);
  return SQL_SUCCESS_WITH_INFO;
}

SQLRETURN open_cursor(StatementHandle& statement) {
  {
    const Waiting waiting(statement.connection(), statement.timeout);
    statement.prepared().open(statement.rows.types(), statement.fill);
  }
  statement.cursor = StatementHandle::Cursor::open;
  statement.cancelled = false;
  statement.reading = true;
  statement.on_row = false;
  return SQL_SUCCESS;
}

SQLRETURN run_once(StatementHandle& statement) {
  report(statement, 0, SQL_PARAM_ERROR);
  drda::Sqlca sqlca;
  {
    const Waiting waiting(statement.connection(), statement.timeout);
    sqlca = statement.prepared().execute(statement.rows.types(), statement.fill);
  }
  if (sqlca.failed()) throw drda::Failure(sqlca, false);
  statement.connection().statement_done(true, statement.timeout);
  set_row_count(statement, sqlca);
  const SQLRETURN code = code_of(statement, sqlca);
  report(statement, 0, code == SQL_SUCCESS_WITH_INFO ? SQL_PARAM_SUCCESS_WITH_INFO : SQL_PARAM_SUCCESS);
  return code;
}

/// A savepoint that the server has lost means that the transaction was lost, too.
void undo_to_savepoint(StatementHandle& statement) {
  ConnectionHandle& connection = statement.connection();
  try {
    const Waiting waiting(connection, statement.timeout);
    waiting.client().execute_immediate(kRollbackTo);
    waiting.client().execute_immediate(kRelease);
  } catch (const drda::Failure&) {
    if (connection.client().is_open()) connection.rollback();
    throw;
  }
}

void undo(StatementHandle& statement, bool savepoint, bool transaction_ended) {
  if (transaction_ended || !savepoint) statement.connection().rollback();
  else undo_to_savepoint(statement);
}

/// False: the caller has one, and this server (Derby) does not nest them.
bool set_savepoint(StatementHandle& statement) {
  try {
    const Waiting waiting(statement.connection(), statement.timeout);
    waiting.client().execute_immediate(kSavepoint);
    return true;
  } catch (const drda::Failure& failure) {
    if (failure.sqlca().state == kNoNesting) return false;
    throw;
  }
}

SQLRETURN run_array(StatementHandle& statement) {
  ConnectionHandle& connection = statement.connection();
  const SQLUINTEGER count = statement.parameter_sets;
  for (SQLUINTEGER row = 0; row < count; ++row) report(statement, row, SQL_PARAM_UNUSED);
  const bool savepoint = statement.atomic && !connection.autocommit() && set_savepoint(statement);
  const bool atomic = savepoint || (statement.atomic && connection.autocommit());   // else rows are told of one by one, and undoing them is the caller's
  std::vector<drda::Sqlca> rows;
  try {
    const Waiting waiting(connection, statement.timeout);
    rows = statement.prepared().execute_array(statement.rows.types(), count, statement.fill);
    if (rows.size() != count) throw drda::Failure({-1, "58009", "the server answered " + std::to_string(rows.size()) + " of " + std::to_string(count) + " rows", 0}, false);
  } catch (const drda::Failure& failure) {
    if (savepoint && connection.client().is_open()) {
      statement.diagnostics.add(failure.sqlca());
      undo(statement, savepoint, connection.ends_transaction(failure.sqlca()));
      return SQL_ERROR;
    }
    throw;
  }
  const ArrayResult result = result_of(rows, atomic, [&](const drda::Sqlca& sqlca) { return connection.ends_transaction(sqlca); });
  for (SQLUINTEGER row = 0; row < count; ++row) report(statement, row, result.statuses[row]);
  if (statement.sets_processed != nullptr) *statement.sets_processed = count;
  describe(result, rows, statement.diagnostics);
  statement.row_count = changes_rows(statement.text) ? result.row_count : -1;
  if (result.undo) {
    undo(statement, savepoint, result.ended_transaction.has_value());
    return result.code;
  }
  if (savepoint) {
    const Waiting waiting(connection, statement.timeout);
    waiting.client().execute_immediate(kRelease);
  }
  connection.statement_done(true, statement.timeout);   // rows that were refused one by one have left nothing behind
  return result.code;
}

SQLRETURN run(StatementHandle& statement) {
  if (statement.cursor == StatementHandle::Cursor::open) throw CallError("24000", "the statement has an open cursor");
  statement.cursor = StatementHandle::Cursor::none;
  statement.ended = false;
  statement.row_count = -1;
  if (statement.sets_processed != nullptr) *statement.sets_processed = 0;
  statement.rows.prepare(statement.parameters, statement.text.markers, statement.parameter_sets);
  const bool query = !statement.columns().empty(), array = statement.parameter_sets > 1;
  if (query && array) throw CallError("HYC00", "a query takes one set of parameters at a time");
  if (query) return open_cursor(statement);
  if (array) return run_array(statement);
  if (statement.sets_processed != nullptr) *statement.sets_processed = 1;
  return run_once(statement);
}

}  // namespace

SQLRETURN execute_prepared(StatementHandle& statement) {
  statement.prepared();
  return guarded(statement, [&] { return run(statement); });
}

SQLRETURN execute_text(StatementHandle& statement, std::string_view sql) {
  const SqlText text = look_at(sql);
  if (text.markers > 0 || may_be_query(text) || statement.parameter_sets > 1) {
    return guarded(statement, [&] {
      statement.prepare(sql);
      return run(statement);
    });
  }
  if (statement.cursor == StatementHandle::Cursor::open) throw CallError("24000", "the statement has an open cursor");
  statement.forget();
  statement.text = text;
  statement.row_count = -1;
  return guarded(statement, [&]() -> SQLRETURN {
    drda::Sqlca sqlca;
    {
      const Waiting waiting(statement.connection(), statement.timeout);
      sqlca = waiting.client().execute_immediate(sql);
    }
    if (sqlca.failed()) throw drda::Failure(sqlca, false);
    statement.connection().statement_done(true, statement.timeout);
    set_row_count(statement, sqlca);
    return code_of(statement, sqlca);
  });
}

}  // namespace millrace::db2::cli
