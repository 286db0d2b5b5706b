#include "common/cli/connection.hpp"

#include <algorithm>
#include <charconv>

#include "common/cli/array_writer.hpp"
#include "common/cli/results.hpp"
#include "common/cli/row_reader.hpp"
#include "common/statement_words.hpp"

namespace millrace::MILLRACE_CLI {
namespace {

constexpr const char* kRowsSavepoint = "millrace_array";

bool changes_rows(std::string_view sql) {
  constexpr std::string_view kWords[] = {"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "WITH"};
  return std::find(std::begin(kWords), std::end(kWords), backends::first_word(sql)) != std::end(kWords);
}

/// A product's numbered markers (`$2`, `?1`) as question marks, each with a value of its own; plain ones take the texts in their order.
std::pair<std::string, std::vector<Value>> as_marks(const std::string& sql, const std::vector<std::string>& texts) {
  std::pair<std::string, std::vector<Value>> out;
  for (std::size_t at = 0; at < sql.size();) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(sql.data() + at + 1, sql.data() + sql.size(), number);
    if ((sql[at] == '$' || sql[at] == '?') && error == std::errc{} && number >= 1 && number <= texts.size()) {
      out.first += '?';
      out.second.emplace_back(texts[number - 1]);
      at = static_cast<std::size_t>(end - sql.data());
    } else {
      out.first += sql[at++];
    }
  }
  if (out.second.empty()) out.second.assign(texts.begin(), texts.end());
  return out;
}

ResultSet read_all(Session& session, const std::string& sql, const std::vector<Value>& values) {
  Statement statement(session);
  statement.run(sql, values);
  std::vector<ResultColumn> columns = result_columns(session, statement);
  std::vector<std::vector<Value>> rows;
  while (!columns.empty() && statement.fetch()) {
    std::vector<Value>& row = rows.emplace_back();
    row.reserve(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) row.push_back(read_value(statement, static_cast<int>(i), columns[i].type));
  }
  return {std::move(columns), std::move(rows)};
}

}  // namespace

CliConnection::CliConnection(std::shared_ptr<ProductSession> session, ConnectionConfig config)
    : session_(std::move(session)), config_(std::move(config)), dialect_(session_->product().dialect()) {
  session_->on_error = [this](const Error& error) { note_failure(error); };
}

CliConnection::~CliConnection() { session_->on_error = nullptr; }

ServerInfo CliConnection::do_server() const {
  // "15.0.18", "03.39.0003": leading zeros are the form's, not the version's.
  ServerInfo info{session_->product_name(), {}, 0};
  for (std::string_view rest = session_->product_version(); !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find_first_of(". "));
    int number = 0;
    std::from_chars(part.data(), part.data() + part.size(), number);
    if (info.version.empty()) info.major = number;
    info.version += (info.version.empty() ? "" : ".") + std::to_string(number);
    if (part.size() == rest.size() || rest[part.size()] == ' ') break;
    rest.remove_prefix(part.size() + 1);
  }
  return info;
}

/// A statement outside a transaction is one: without the server's word it may have been committed.
template <class F> auto CliConnection::as_own_transaction(const std::string& sql, F&& call) const {
  try {
    return call();
  } catch (const ConnectionError& error) {
    const bool lost = error.code() == ErrorCode::connection_lost || error.code() == ErrorCode::connection_refused;   // IBM's library has 08001 for both
    if (session_->in_transaction() || backends::is_plain_read(sql) || !lost) throw;
    ErrorInfo info = error.info();
    info.code = ErrorCode::in_doubt;
    info.safe_to_retry = false;
    info.message = "the connection died during the statement, so nobody knows whether it took effect: look at the data before repeating it (" + info.message + ")";
    throw_error(std::move(info));
  }
}

std::int64_t CliConnection::do_execute(const std::string& sql, const std::vector<Value>& values) {
  return as_own_transaction(sql, [&]() -> std::int64_t {
    Statement statement(*session_);
    statement.run(sql, values);
    if (statement.columns() > 0 || (session_->manners().stale_row_counts && !changes_rows(sql))) return 0;
    return std::max<std::int64_t>(statement.row_count(), 0);
  });
}

ResultSet CliConnection::do_query(const std::string& sql, const std::vector<Value>& values) {
  return as_own_transaction(sql, [&] { return read_all(*session_, sql, values); });
}

std::unique_ptr<BatchReader> CliConnection::do_open_reader(const std::string& sql, const std::vector<Value>& values, const ReaderOptions& options) {
  return as_own_transaction(sql, [&] { return open_row_reader(session_, sql, values, options); });
}

void CliConnection::do_begin(const TransactionOptions& options) { session_->begin(options); }
void CliConnection::do_commit() { session_->commit(); }

void CliConnection::do_rollback() {
  if (session_->in_transaction()) session_->rollback();
}

std::optional<TableInfo> CliConnection::do_describe(const TableName& table) {
  const Ask ask = [this](const std::string& sql, const std::vector<std::string>& texts) {
    const auto [marked, values] = as_marks(sql, texts);
    Statement statement(*session_);
    statement.run(marked, values);
    const int columns = statement.columns();
    TextRows rows;
    while (statement.fetch()) {
      rows.emplace_back();
      for (int c = 0; c < columns; ++c) rows.back().emplace_back(statement.read(c, SQL_C_CHAR).value_or(std::string_view()));
    }
    return rows;
  };
  return product().describe(*session_, ask, table);
}

void CliConnection::do_truncate(const TableName& table, bool cascade) {
  if (!cascade || product().truncates_cascading()) return session_->run(product().truncate(*dialect_, table, cascade));
  std::vector<TableName> emptied;
  const bool own = !session_->in_transaction();
  if (own) session_->begin();
  try {
    empty_cascading(describe(table).name, emptied);
  } catch (const Error&) {
    if (own && !session_->dead()) session_->rollback();
    throw;
  }
  if (own) session_->commit();
}

/// The tables that refer to this one are emptied first, and theirs before them.
void CliConnection::empty_cascading(const TableName& table, std::vector<TableName>& emptied) {
  if (std::find(emptied.begin(), emptied.end(), table) != emptied.end()) return;
  emptied.push_back(table);
  const auto info = do_describe(table);
  if (!info) return;
  for (const ReferencingKey& child : info->referenced_by) empty_cascading(child.table, emptied);
  // TRUNCATE may refuse a table that foreign keys point to, even from empty ones.
  if (!info->referenced_by.empty()) return session_->run({"DELETE FROM " + dialect_->quote(info->name)});
  session_->run(product().truncate(*dialect_, info->name, false));
}

std::unique_ptr<BulkWriter> CliConnection::do_open_writer(const TableName& table, const std::vector<ColumnInfo>& columns, const WriterOptions& options) {
  std::vector<std::string> names;
  std::string marks;
  for (const ColumnInfo& column : columns) {
    names.push_back(column.name);
    marks += marks.empty() ? "?" : ", ?";
  }
  const std::string list = dialect_->quote_list(names), target = dialect_->quote(table);
  // Qualified names: SQLite takes a quoted name that it does not know for a text.
  const std::string probe = "SELECT " + dialect_->quote_list(names, "probed.") + " FROM " + target + " probed WHERE 1 = 0";
  return open_array_writer(session_,
                           {"INSERT INTO " + target + " (" + list + ") VALUES (" + marks + ")", product().packed_insert(*dialect_, table, columns), probe, columns,
                            dialect_->savepoint(kRowsSavepoint), dialect_->release_savepoint(kRowsSavepoint), dialect_->rollback_to_savepoint(kRowsSavepoint)},
                           options);
}

void CliConnection::do_prepare_for_load(const LoadSession& load) { session_->prepare_for_load(load); }
void CliConnection::do_set_statement_timeout(std::chrono::milliseconds timeout) { session_->change_statement_timeout(timeout); }

// Without the attribute, how long an answer may take is the driver's business.
void CliConnection::do_ping(std::chrono::milliseconds timeout) {
  const std::string sql = product().ping();
  if (sql.empty()) {
    if (session_->dead()) throw_error(session_->error_info(ErrorCode::connection_lost, "the driver says that the connection is gone"));
    return;
  }
  Statement statement(*session_);
  if (session_->manners().timeout_attribute) statement.set_timeout(timeout);
  statement.run(sql);
  if (!statement.fetch()) throw_error(session_->error_info(ErrorCode::internal, "the server answered a ping without a row"));
}

void CliConnection::do_reset() {
  if (product().begins_by_statement()) {
    try {
      Statement(*session_).run("ROLLBACK");   // of a transaction that was begun as SQL, behind the connection's back
    } catch (const Error& error) {
      if (error.poisons_connection()) throw;  // there was none
    }
  }
  session_->reset(config_);
}

void CliConnection::do_cancel() noexcept { session_->cancel(); }

// SQLCancel has sent its request by the time it returns; a statement that was over by then may have left it to the next one.
bool CliConnection::do_settle_cancel() {
  const std::string sql = product().ping();
  for (int attempt = 0; attempt < 2 && !sql.empty(); ++attempt) {
    try {
      Statement(*session_).run(sql);
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::cancelled) return false;
    }
  }
  return sql.empty();
}

NativeHandle CliConnection::do_native_handle() { return {product().backend(), native_pointer(session_->handle()), session_->soci()}; }

}  // namespace millrace::MILLRACE_CLI
