#include "unit/db2/cli/fake_client.hpp"

#include <memory>

using namespace millrace::drda;

namespace fake {

World& world() {
  static World instance;
  return instance;
}

void reset() { world() = World(); }

namespace {

void note(const std::string& what) {
  if (!world().open) throw Failure({-1, "08S01", "the connection is gone", 0}, true);
  world().log.push_back(what);
}

void fail_if_told(const std::string& sql) {
  const auto found = world().failures.find(sql);
  if (found == world().failures.end()) return;
  const bool gone = found->second.state.starts_with("08");
  if (gone) world().open = false;
  throw Failure(found->second, gone);
}

Sqlca answer(std::size_t row) { return world().row_answer ? world().row_answer(row) : Sqlca{0, "00000", "", 1}; }

class FakeStatement final : public Statement {
 public:
  explicit FakeStatement(std::string sql) : sql_(std::move(sql)) {
    if (const auto found = world().results.find(sql_); found != world().results.end()) result_ = found->second;
  }
  const std::vector<Column>& columns() const override { return result_.columns; }
  std::size_t parameter_count() const override { return 0; }

  Sqlca execute(const std::vector<ParameterType>& types, const FillRow& fill) override {
    note("execute " + sql_);
    write(types, 1, fill);
    if (world().while_executing) world().while_executing();
    if (world().aborts > 0) {
      world().open = false;
      throw Failure({-1, "57014", "cancelled", 0}, true);
    }
    fail_if_told(sql_);
    const Sqlca sqlca = answer(0);
    if (sqlca.failed()) throw Failure(sqlca, false);
    return sqlca;
  }

  std::vector<Sqlca> execute_array(const std::vector<ParameterType>& types, std::size_t rows, const FillRow& fill) override {
    note("array " + std::to_string(rows) + " " + sql_);
    write(types, rows, fill);
    fail_if_told(sql_);
    std::vector<Sqlca> answers;
    for (std::size_t row = 0; row < rows; ++row) answers.push_back(answer(row));
    return answers;
  }

  void open(const std::vector<ParameterType>& types, const FillRow& fill) override {
    note("open " + sql_);
    write(types, 1, fill);
    fail_if_told(sql_);
    next_ = 0;
  }
  bool fetch() override {
    if (next_ == result_.rows.size()) return false;
    cells_.clear();
    for (const auto& text : result_.rows[next_++]) cells_.emplace_back(text);
    return true;
  }
  const Cell& cell(std::size_t column) const override { return cells_.at(column); }
  void close() override { note("close " + sql_); }

 private:
  static void write(const std::vector<ParameterType>& types, std::size_t rows, const FillRow& fill) {
    world().types = types;
    world().values.clear();
    for (std::size_t row = 0; row < rows; ++row) {
      NotingWriter writer;
      fill(writer, row);
      world().values.push_back(writer.values);
    }
  }
  std::string sql_;
  Result result_;
  std::size_t next_ = 0;
  std::vector<TextCell> cells_;
};

class FakeClient final : public Client {
 public:
  const Server& server() const override { return world().server; }
  std::unique_ptr<Statement> prepare(std::string_view sql) override {
    note("prepare " + std::string(sql));
    fail_if_told("prepare " + std::string(sql));
    return std::make_unique<FakeStatement>(std::string(sql));
  }
  Sqlca execute_immediate(std::string_view sql) override {
    note("immediate " + std::string(sql));
    fail_if_told(std::string(sql));
    return {0, "00000", "", 0};
  }
  void commit() override {
    note("COMMIT");
    fail_if_told("COMMIT");
  }
  void rollback() override {
    note("ROLLBACK");
    fail_if_told("ROLLBACK");
  }
  void set_answer_timeout(std::chrono::milliseconds timeout) override { world().timeouts.push_back(timeout); }
  void abort() noexcept override { ++world().aborts; }
  bool is_open() const noexcept override { return world().open; }
};

}  // namespace
}  // namespace fake

namespace millrace::drda {

std::unique_ptr<Client> Client::connect(const ConnectOptions& options) {
  fake::world().options = options;
  fake::fail_if_told("connect");
  fake::world().open = true;
  return std::make_unique<fake::FakeClient>();
}

}  // namespace millrace::drda
