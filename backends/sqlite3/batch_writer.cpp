#include "sqlite3/batch_writer.hpp"

#include <algorithm>
#include <utility>

#include "common/batch_shape.hpp"
#include "sqlite3/errors.hpp"

namespace millrace::sqlite {
namespace {

/// SQLite's names are the same in any case of their ASCII letters.
const ColumnInfo& find_column(const TableInfo& table, const std::string& name) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(), [&](const ColumnInfo& c) { return sqlite3_stricmp(c.name.c_str(), name.c_str()) == 0; });
  if (found != table.columns.end()) return *found;
  ErrorInfo info = error_info(ErrorCode::undefined_object, "table " + to_string(table.name) + " has no column \"" + name + "\"");
  info.sqlstate = "42703";
  throw_error(std::move(info));
}

std::vector<BatchTable::Column> plan_columns(const TableInfo& table, const std::vector<ColumnInfo>& columns) {
  std::vector<BatchTable::Column> plan;
  for (const ColumnInfo& column : columns) {
    const std::string& declared = find_column(table, column.name).type.native;
    const Affinity affinity = affinity_of(declared);
    check_stores_exactly(table.name, column.name, column.type, declared, affinity);
    plan.push_back({cell_encoding(column.type, affinity), column.type.scale});
  }
  return plan;
}

std::string insert_statement(const Dialect& dialect, const TableName& table, const std::vector<ColumnInfo>& columns) {
  std::string names, values;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string separator = i == 0 ? "" : ", ";
    names += separator + dialect.quote(columns[i].name);
    values += separator + "c" + std::to_string(i);
  }
  return "INSERT INTO " + dialect.quote(table) + " (" + names + ") SELECT " + values + " FROM " + BatchTable::kName;
}

std::string_view explain(CellProblem problem) {
  switch (problem) {
    case CellProblem::not_a_number: return "is NaN, which SQLite would store as NULL";
    case CellProblem::inexact_number: return "has more than 15 significant digits or no finite value, and SQLite would round it; declare the column DECIMAL_TEXT or TEXT";
    case CellProblem::json_number: return "is a bare JSON number, which SQLite would rewrite in a column that is not declared as text; declare the column TEXT or JSON_TEXT";
    case CellProblem::none: break;
  }
  return "";
}

class BatchWriter final : public BulkWriter {
 public:
  BatchWriter(std::shared_ptr<Session> session, const Dialect& dialect, const TableInfo& table, const std::vector<ColumnInfo>& columns)
      : session_(std::move(session)), columns_(columns), batches_(std::in_place, session_->handle(), plan_columns(table, columns)),
        insert_(std::in_place, session_->handle(), insert_statement(dialect, table.name, columns)) {
    // Outside a transaction the stream is one of its own: all of its batches or none.
    if (sqlite3_get_autocommit(session_->handle())) {
      run(session_->handle(), "BEGIN IMMEDIATE");
      session_->began();
      own_transaction_ = true;
    }
    transaction_ = session_->transactions();
  }
  ~BatchWriter() override { abandon(); }

 private:
  void do_write(const RecordBatch& batch) override {
    backends::check_shape(batch, columns_, kBackend);
    check_transaction();
    batches_->attach(batch);
    const ::sqlite3_int64 before = sqlite3_total_changes64(session_->handle());
    try {
      insert_->run();
    } catch (const Error& error) {
      explain_failure(batch, error);
    }
    insert_->reset();  // nothing of the batch is referred to any more
    if (sqlite3_total_changes64(session_->handle()) != before) stored_ += sqlite3_changes64(session_->handle());
  }

  WriteResult do_finish() override {
    check_transaction();
    // A trigger that drops rows fails the stream: then the transaction is rolled back with it.
    if (own_transaction_ && stored_ == rows_written()) {
      insert_.reset();
      run(session_->handle(), "COMMIT");
      own_transaction_ = false;
      session_->ended();
    }
    release();
    return {stored_};
  }

  void do_abandon() noexcept override { release(); }

  void release() noexcept {
    insert_.reset();
    batches_.reset();
    if (!std::exchange(own_transaction_, false)) return;
    session_->ended();
    if (!sqlite3_get_autocommit(session_->handle())) sqlite3_exec(session_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }

  /// A stream whose transaction is gone has lost its rows: to go on, or to report success, would lose them silently.
  void check_transaction() const {
    if (session_->transactions() == transaction_ && !sqlite3_get_autocommit(session_->handle())) return;
    throw_error(error_info(ErrorCode::misuse, "the transaction of this bulk writer has ended, and its rows with it: open a new writer"));
  }

  // The statement has undone the whole batch; the transaction goes on with what was written before, unless SQLite says otherwise.
  [[noreturn]] void explain_failure(const RecordBatch& batch, const Error& error) const {
    ErrorInfo info = error.info();
    if (batches_->problem() != CellProblem::none) {
      const std::string& name = columns_[batches_->problem_column()].name;
      info = error_info(ErrorCode::data, "the value of column \"" + name + "\" " + std::string(explain(batches_->problem())));
      info.column = name;
    }
    // With triggers on the table SQLite reads all rows before it inserts the first: then the position tells nothing.
    if (batches_->row() < batch.rows()) info.row = rows_written() + static_cast<std::int64_t>(batches_->row());
    throw_error(std::move(info));
  }

  std::shared_ptr<Session> session_;
  std::vector<ColumnInfo> columns_;
  std::optional<BatchTable> batches_;
  std::optional<Statement> insert_;  // ends before the table that it reads
  std::int64_t stored_ = 0;
  bool own_transaction_ = false;
  std::uint64_t transaction_ = 0;
};

}  // namespace

std::unique_ptr<BulkWriter> open_batch_writer(std::shared_ptr<Session> session, const Dialect& dialect, const TableInfo& table, const std::vector<ColumnInfo>& columns) {
  return std::make_unique<BatchWriter>(std::move(session), dialect, table, columns);
}

}  // namespace millrace::sqlite
