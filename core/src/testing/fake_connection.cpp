#include "support/fake_connection.hpp"

#include <algorithm>

namespace millrace::test {

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
  explicit FakeWriter(FakeDatabase& database) : database_(database) {}
  ~FakeWriter() override { abandon(); }

 private:
  void do_write(const RecordBatch& batch) override { database_.called("write " + std::to_string(batch.rows())); }
  WriteResult do_finish() override {
    database_.called("finish");
    const std::lock_guard lock(database_.mutex_);
    return {database_.reported_rows_.value_or(rows_written())};
  }
  void do_abandon() noexcept override { database_.called("abandon"); }

  FakeDatabase& database_;
};

class FakeConnection : public Connection {
 public:
  explicit FakeConnection(FakeDatabase& database) : database_(database) {}
  ~FakeConnection() override {
    database_.called("close");
    const std::lock_guard lock(database_.mutex_);
    --database_.open_;
  }

 private:
  const Dialect& do_dialect() const override { return dialect_; }
  ServerInfo do_server() const override { return {"Fake", "1.0", 1}; }
  std::int64_t do_execute(const std::string& sql, const std::vector<Value>& values) override {
    record(values);
    database_.called("execute " + sql);
    return 1;  // most statements that a test scripts touch the one row that they mean
  }
  ResultSet do_query(const std::string& sql, const std::vector<Value>& values) override {
    record(values);
    database_.called("query " + sql);
    return database_.next_answer();
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
    return std::make_unique<FakeWriter>(database_);
  }
  void do_prepare_for_load(const LoadSession&) override { database_.called("prepare_for_load"); }
  void do_cancel() noexcept override { database_.called("cancel"); }

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

void FakeDatabase::fail(std::string call, ErrorCode code, std::string message) {
  ErrorInfo info;
  info.code = code;
  info.message = std::move(message);
  fail(std::move(call), std::move(info));
}

void FakeDatabase::answer(ResultSet result) {
  const std::lock_guard lock(mutex_);
  answers_.push_back(std::move(result));
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

ResultSet FakeDatabase::next_answer() {
  const std::lock_guard lock(mutex_);
  if (answers_.empty()) return ResultSet({{"one", SqlType::of(TypeKind::integer)}}, {{Value(1)}});
  ResultSet result = std::move(answers_.front());
  answers_.pop_front();
  return result;
}

}  // namespace millrace::test
