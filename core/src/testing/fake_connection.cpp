#include "millrace/testing/fake_connection.hpp"

#include <algorithm>

#include "millrace/data/batch_builder.hpp"

namespace millrace::testing {

// ---- Dialect

std::string FakeDialect::fold(std::string_view unquoted) const {
  std::string out(unquoted);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string FakeDialect::sum_expression(std::string_view column, const SqlType&) const { return "sum(" + quote(column) + ")"; }
std::string FakeDialect::differs(std::string_view left, std::string_view right, const SqlType&) const {
  return std::string(left) + " differs from " + std::string(right);
}
std::vector<std::string> FakeDialect::create_staging(const StagingTable& table) const { return {"create staging " + quote(table.name)}; }
std::vector<std::string> FakeDialect::analyze(const TableName& table) const { return {"analyze " + quote(table)}; }
std::vector<std::string> FakeDialect::lock_for_publish(const TableInfo& target) const { return {"lock " + quote(target.name)}; }
std::vector<PublishStatement> FakeDialect::merge(const PublishSpec& spec) const {
  return {{StatementRole::update, "update " + quote(spec.target.name)}, {StatementRole::insert, "insert " + quote(spec.target.name)}};
}
std::vector<PublishStatement> FakeDialect::insert(const PublishSpec& spec) const {
  return {{StatementRole::insert, "insert " + quote(spec.target.name)}};
}
std::vector<PublishStatement> FakeDialect::replace(const PublishSpec& spec, ReloadKind, bool) const {
  return {{StatementRole::remove, "empty " + quote(spec.target.name)}, {StatementRole::insert, "insert " + quote(spec.target.name)}};
}
std::string FakeDialect::counting_join(const PublishSpec& spec) const { return "count " + quote(spec.target.name); }
std::string FakeDialect::count_by_range(const StagedRows& staged, std::string_view) const { return "count ranges " + quote(staged.table); }
std::string FakeDialect::advisory_lock(std::string_view purpose) const { return "lock " + string_literal(purpose); }
std::vector<std::string> FakeDialect::grant_use(const TableName& table, std::string_view grantee) const {
  return {"grant " + quote(table) + " to " + quote(grantee)};
}

// ---- Writer and connection

class FakeWriter : public BulkWriter {
 public:
  FakeWriter(FakeDatabase& database, std::string table) : database_(database), table_(std::move(table)) {}
  ~FakeWriter() override { abandon(); }

 private:
  void do_write(const RecordBatch& batch) override {
    database_.called("write " + std::to_string(batch.rows()));
    for (std::size_t r = 0; r < batch.rows(); ++r) {
      std::vector<Value>& row = rows_.emplace_back();
      for (const Column& column : batch.columns()) row.push_back(column.value(r));
    }
  }
  WriteResult do_finish() override {
    database_.called("finish");
    const std::lock_guard lock(database_.mutex_);
    auto& written = database_.written_[table_];
    written.insert(written.end(), rows_.begin(), rows_.end());
    return {database_.reported_rows_.value_or(rows_written())};
  }
  void do_abandon() noexcept override { database_.noted("abandon"); }

  FakeDatabase& database_;
  std::string table_;
  std::vector<std::vector<Value>> rows_;
};

class FakeReader : public BatchReader {
 public:
  FakeReader(ResultSet answer, const ReaderOptions& options) : answer_(std::move(answer)), options_(options) { columns_ = answer_.columns(); }
  ~FakeReader() override { close(); }

 private:
  bool do_next(RecordBatch& batch) override {
    if (at_ == answer_.size()) return false;
    std::vector<BatchColumn> columns;
    for (const ResultColumn& column : answer_.columns()) columns.push_back({column.name, column.type});
    BatchBuilder builder(std::move(columns));
    for (; at_ < answer_.size() && builder.rows() < options_.max_rows; ++at_) {
      std::vector<Value> row;
      for (std::size_t c = 0; c < answer_.columns().size(); ++c) row.push_back(answer_[at_][c]);
      builder.append_row(row);
    }
    batch = builder.take();
    return true;
  }
  void do_close() noexcept override {}

  ResultSet answer_;
  ReaderOptions options_;
  std::size_t at_ = 0;
};

class FakeConnection : public Connection {
 public:
  explicit FakeConnection(FakeDatabase& database) : database_(database) {}
  ~FakeConnection() override {
    database_.noted("close");
    const std::lock_guard lock(database_.mutex_);
    --database_.open_;
  }

 private:
  const Dialect& do_dialect() const override { return dialect_; }
  ServerInfo do_server() const override { return {"Fake", "1.0", 1}; }
  std::int64_t do_execute(const std::string& sql, const std::vector<Value>& values) override {
    record(values);
    database_.called("execute " + sql);
    return database_.affected_by(sql);
  }
  ResultSet do_query(const std::string& sql, const std::vector<Value>& values) override {
    record(values);
    database_.called("query " + sql);
    return database_.answer_for(sql);
  }
  void do_begin(const TransactionOptions&) override { database_.called("begin"); }
  void do_commit() override { database_.called("commit"); }
  void do_rollback() override { database_.called("rollback"); }
  std::optional<TableInfo> do_describe(const TableName& table) override {
    database_.called("describe " + to_string(table));
    const std::lock_guard lock(database_.mutex_);
    for (const TableInfo& info : database_.tables_) {
      if (info.name == table) return info;
    }
    return std::nullopt;
  }
  void do_truncate(const TableName& table, bool cascade) override {
    database_.called("truncate " + to_string(table) + (cascade ? " cascade" : ""));
  }
  std::unique_ptr<BulkWriter> do_open_writer(const TableName& table, const std::vector<ColumnInfo>&, const WriterOptions&) override {
    database_.called("open_writer " + to_string(table));
    return std::make_unique<FakeWriter>(database_, to_string(table));
  }
  std::unique_ptr<BatchReader> do_open_reader(const std::string& sql, const std::vector<Value>& values, const ReaderOptions& options) override {
    record(values);
    database_.called("open_reader " + sql);
    return std::make_unique<FakeReader>(database_.answer_for(sql), options);
  }
  void do_ping(std::chrono::milliseconds) override { database_.called("ping"); }
  void do_prepare_for_load(const LoadSession&) override { database_.called("prepare_for_load"); }
  void do_set_statement_timeout(std::chrono::milliseconds timeout) override { database_.called("set_statement_timeout " + std::to_string(timeout.count())); }
  void do_reset() override { database_.called("reset"); }
  void do_cancel() noexcept override { database_.noted("cancel"); }
  bool do_settle_cancel() override { database_.called("settle_cancel"); return true; }
  NativeHandle do_native_handle() override { return {"fake", &database_, nullptr}; }

  void record(const std::vector<Value>& values) {
    const std::lock_guard lock(database_.mutex_);
    database_.last_values_ = values;
  }

  FakeDatabase& database_;
  FakeDialect dialect_;
};

// ---- Script and record

void FakeDatabase::fail(std::string call, ErrorInfo error) {
  const std::lock_guard lock(mutex_);
  failures_.emplace_back(std::move(call), std::move(error));
}

void FakeDatabase::answer(ResultSet result) {
  const std::lock_guard lock(mutex_);
  answers_.push_back(std::move(result));
}

void FakeDatabase::answer_to(std::string text, ResultSet result) {
  const std::lock_guard lock(mutex_);
  answers_to_.insert_or_assign(std::move(text), std::move(result));
}

void FakeDatabase::affect(std::string text, std::int64_t rows) {
  const std::lock_guard lock(mutex_);
  affected_.insert_or_assign(std::move(text), rows);
}

void FakeDatabase::add_table(TableInfo table) {
  const std::lock_guard lock(mutex_);
  tables_.push_back(std::move(table));
}

void FakeDatabase::report_rows(std::int64_t rows) {
  const std::lock_guard lock(mutex_);
  reported_rows_ = rows;
}

std::vector<std::string> FakeDatabase::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::size_t FakeDatabase::count(std::string_view call) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(calls_.begin(), calls_.end(), [&](const std::string& c) { return c.starts_with(call); }));
}

std::vector<Value> FakeDatabase::last_values() const {
  const std::lock_guard lock(mutex_);
  return last_values_;
}

std::vector<std::vector<Value>> FakeDatabase::written(const TableName& table) const {
  const std::lock_guard lock(mutex_);
  const auto found = written_.find(to_string(table));
  return found == written_.end() ? std::vector<std::vector<Value>>() : found->second;
}

int FakeDatabase::open_connections() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

std::unique_ptr<Connection> FakeDatabase::connect() {
  called("connect");
  {
    const std::lock_guard lock(mutex_);
    ++open_;
  }
  return std::make_unique<FakeConnection>(*this);
}

void FakeDatabase::called(std::string call) {
  const std::lock_guard lock(mutex_);
  const auto failure = std::find_if(failures_.begin(), failures_.end(), [&](const auto& f) { return call.starts_with(f.first); });
  calls_.push_back(std::move(call));
  if (failure == failures_.end()) return;
  ErrorInfo error = std::move(failure->second);
  failures_.erase(failure);
  throw_error(std::move(error));
}

void FakeDatabase::noted(std::string call) noexcept {
  const std::lock_guard lock(mutex_);
  calls_.push_back(std::move(call));
}

ResultSet FakeDatabase::answer_for(const std::string& sql) {
  const std::lock_guard lock(mutex_);
  const auto own = std::find_if(answers_to_.begin(), answers_to_.end(), [&](const auto& a) { return sql.find(a.first) != std::string::npos; });
  if (own != answers_to_.end()) return own->second;
  if (answers_.empty()) return ResultSet({{"one", SqlType::of(TypeKind::integer)}}, {{Value(1)}});
  ResultSet result = std::move(answers_.front());
  answers_.pop_front();
  return result;
}

std::int64_t FakeDatabase::affected_by(const std::string& sql) const {
  const std::lock_guard lock(mutex_);
  const auto own = std::find_if(affected_.begin(), affected_.end(), [&](const auto& a) { return sql.find(a.first) != std::string::npos; });
  return own == affected_.end() ? 1 : own->second;  // most statements that a test scripts touch the one row that they mean
}

}  // namespace millrace::testing
