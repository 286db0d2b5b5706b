#include "sqlite3/connection.hpp"

#include <algorithm>

#include <sqlite3.h>

#include "sqlite3/batch_writer.hpp"
#include "sqlite3/errors.hpp"
#include "sqlite3/exact_sum.hpp"
#include "sqlite3/now_function.hpp"
#include "sqlite3/result_values.hpp"
#include "sqlite3/row_reader.hpp"
#include "sqlite3/statement.hpp"
#include "products/sqlite3/catalog.hpp"

namespace millrace::sqlite {
namespace {

constexpr auto kLockTimeout = std::chrono::seconds(30);
// Indexes that do not fit the page cache are read and written over and over; the default is 2 MB. A merge that sorts takes as much again.
constexpr const char* kLoadCache = "PRAGMA cache_size = -16384";

bool same_table(const TableName& a, const TableName& b) {
  return sqlite3_stricmp(a.schema.c_str(), b.schema.c_str()) == 0 && sqlite3_stricmp(a.name.c_str(), b.name.c_str()) == 0;
}

std::optional<TableInfo> describe(::sqlite3* db, const TableName& table) {
  const Ask ask = [db](const std::string& sql, const std::vector<std::string>& texts) {
    Statement statement(db, sql);
    const std::vector<Value> values(texts.begin(), texts.end());
    statement.bind(values);
    TextRows rows;
    while (statement.step()) {
      for (int c = 0; c < statement.columns(); ++c) (c == 0 ? rows.emplace_back() : rows.back()).emplace_back(statement.text(c));
    }
    return rows;
  };
  const CollationOf collation_of = [db](const TableName& owner, const std::string& column) {
    const char* collation = nullptr;
    sqlite3_table_column_metadata(db, owner.schema.c_str(), owner.name.c_str(), column.c_str(), nullptr, &collation, nullptr, nullptr, nullptr);
    return std::string(collation ? collation : "");
  };
  return describe_table(ask, collation_of, table);
}

ResultSet read_all(::sqlite3* db, const std::string& sql, const std::vector<Value>& values) {
  Statement statement(db, sql);
  statement.bind(values);
  std::vector<std::vector<Value>> rows;
  bool more = statement.step();  // may compile the statement again: the columns are asked for afterwards
  std::vector<ResultColumn> columns = result_columns(statement);
  for (; more; more = statement.step()) {
    std::vector<Value>& row = rows.emplace_back();
    row.reserve(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) row.push_back(result_value(statement, static_cast<int>(i), columns[i].type));
  }
  return {std::move(columns), std::move(rows)};
}

}  // namespace

SqliteConnection::SqliteConnection(std::shared_ptr<Session> session, std::chrono::milliseconds statement_timeout)
    : session_(std::move(session)), statement_timeout_(statement_timeout) {
  sqlite3_extended_result_codes(db(), 1);
  limits().set_lock_timeout(kLockTimeout);
  limits().set_statement_timeout(statement_timeout_);
  run(db(), "PRAGMA foreign_keys = ON");  // SQLite's default is to ignore them, which nobody who declared them wants
  register_exact_sum(db());
  register_now(db(), *session_);
  run(db(), "PRAGMA schema_version");  // SQLite looks into the file at the first statement only
  fresh_.emplace(db());
}

ServerInfo SqliteConnection::do_server() const { return {"SQLite", sqlite3_libversion(), sqlite3_libversion_number() / 1'000'000}; }

// Some errors make SQLite roll the whole transaction back (disk full, I/O error, interrupt, ON CONFLICT ROLLBACK). What follows would then commit
// statement by statement.
void SqliteConnection::check_transaction() const {
  if (!in_transaction() || !sqlite3_get_autocommit(db())) return;
  ErrorInfo info = error_info(ErrorCode::misuse, "SQLite ended this transaction by itself after an earlier error or statement: roll back and begin again");
  info.sqlstate = "25P02";
  throw_error(std::move(info));
}

std::int64_t SqliteConnection::do_execute(const std::string& sql, const std::vector<Value>& values) {
  check_transaction();
  return limits().run([&] {
    Statement statement(db(), sql);
    statement.bind(values);
    // sqlite3_changes() keeps its value over statements that change no rows.
    const ::sqlite3_int64 before = sqlite3_total_changes64(db());
    statement.run();
    return sqlite3_total_changes64(db()) == before ? std::int64_t{0} : std::int64_t{sqlite3_changes64(db())};
  });
}

ResultSet SqliteConnection::do_query(const std::string& sql, const std::vector<Value>& values) {
  check_transaction();
  return limits().run([&] { return read_all(db(), sql, values); });
}

std::unique_ptr<BatchReader> SqliteConnection::do_open_reader(const std::string& sql, const std::vector<Value>& values, const ReaderOptions& options) {
  check_transaction();
  return open_row_reader(session_, sql, values, options);
}

// Writing transactions take the write lock at once: one that reads first and then writes can not wait for another's lock, busy time-out or not.
void SqliteConnection::do_begin(const TransactionOptions& options) {
  limits().set_transaction_timeout(options.statement_timeout);
  try {
    limits().run([&] { run(db(), options.read_only ? "BEGIN" : "BEGIN IMMEDIATE"); });
  } catch (const Error&) {
    limits().set_transaction_timeout(std::nullopt);
    throw;
  }
  session_->began();
  if (!options.read_only) return;
  read_only_ = true;
  try {
    run(db(), "PRAGMA query_only = ON");
  } catch (const Error&) {  // a late cancel: a transaction that nobody knows of must not stay open
    do_rollback();
    throw;
  }
}

void SqliteConnection::do_commit() {
  check_transaction();
  try {
    limits().run([&] { run(db(), "COMMIT"); });
  } catch (const Error& error) {
    // After a failed write nobody knows whether the file has the transaction; with a hot journal the next reader takes it back.
    if ((error.native_code() & 0xff) != SQLITE_IOERR) throw;
    ErrorInfo info = error.info();
    info.code = ErrorCode::in_doubt;
    info.poisons_connection = true;
    throw_error(std::move(info));
  }
  if (!sqlite3_get_autocommit(db())) throw_error(error_info(ErrorCode::internal, "SQLite's transaction is open after its COMMIT"));
  session_->ended();
  limits().set_transaction_timeout(std::nullopt);
  if (std::exchange(read_only_, false)) run(db(), "PRAGMA query_only = OFF");
}

void SqliteConnection::do_rollback() {
  session_->ended();
  limits().set_transaction_timeout(std::nullopt);
  if (!sqlite3_get_autocommit(db())) run(db(), "ROLLBACK");
  if (std::exchange(read_only_, false)) run(db(), "PRAGMA query_only = OFF");
}

std::optional<TableInfo> SqliteConnection::do_describe(const TableName& table) { return sqlite::describe(db(), table); }

void SqliteConnection::do_truncate(const TableName& table, bool cascade) {
  check_transaction();
  limits().run([&] {
    if (cascade) empty_tables(table);
    else run(db(), "DELETE FROM " + dialect_.quote(table));
  });
}

// All tables or none, inside a transaction or not.
void SqliteConnection::empty_tables(const TableName& table) {
  std::vector<TableName> emptied;
  run(db(), "SAVEPOINT millrace_truncate");
  try {
    run(db(), "PRAGMA defer_foreign_keys = ON");  // tables may refer to each other in a circle
    empty_table(describe(table).name, emptied);
    run(db(), "PRAGMA defer_foreign_keys = OFF");
  } catch (...) {
    if (!sqlite3_get_autocommit(db())) {
      run(db(), "ROLLBACK TO millrace_truncate");
      run(db(), "RELEASE millrace_truncate");
    }
    throw;
  }
  run(db(), "RELEASE millrace_truncate");
}

/// SQLite has no TRUNCATE CASCADE: the tables that refer to this one are emptied first, and theirs before them.
void SqliteConnection::empty_table(const TableName& table, std::vector<TableName>& emptied) {
  if (std::any_of(emptied.begin(), emptied.end(), [&](const TableName& other) { return same_table(other, table); })) return;
  emptied.push_back(table);
  const auto info = sqlite::describe(db(), table);
  if (!info) return;
  for (const ReferencingKey& child : info->referenced_by) empty_table(child.table, emptied);
  run(db(), "DELETE FROM " + dialect_.quote(info->name));
}

std::unique_ptr<BulkWriter> SqliteConnection::do_open_writer(const TableName& table, const std::vector<ColumnInfo>& columns, const WriterOptions&) {
  check_transaction();
  return open_batch_writer(session_, dialect_, describe(table), columns);
}

void SqliteConnection::do_prepare_for_load(const LoadSession& session) {
  limits().set_lock_timeout(session.lock_timeout);
  limits().set_statement_timeout({});
  run(db(), kLoadCache);
}

void SqliteConnection::do_set_statement_timeout(std::chrono::milliseconds timeout) { limits().set_statement_timeout(timeout); }

void SqliteConnection::do_ping(std::chrono::milliseconds) {
  Statement statement(db(), "SELECT 1");
  if (!statement.step()) throw_error(error_info(ErrorCode::internal, "SQLite answered a ping without a row"));
}

void SqliteConnection::do_reset() {
  fresh_->restore();
  limits().set_lock_timeout(kLockTimeout);
  limits().set_statement_timeout(statement_timeout_);
}

void SqliteConnection::do_cancel() noexcept { limits().cancel(); }

// An interrupt that finds no statement running is forgotten when the next one starts.
bool SqliteConnection::do_settle_cancel() { return true; }

NativeHandle SqliteConnection::do_native_handle() { return {kBackend, db(), session_->soci()}; }

}  // namespace millrace::sqlite
