#include "millrace/testing/fault_driver.hpp"

#include <atomic>
#include <type_traits>
#include <utility>

#include "millrace/access/connection_decorator.hpp"

namespace millrace::testing {
namespace {

constexpr std::chrono::milliseconds kConnectTimeout = std::chrono::seconds(10);  // ConnectionConfig's default

ErrorInfo no_answer(ErrorCode code, FaultCall call, std::chrono::milliseconds limit) {
  return typical_error(code, "the server did not answer the " + std::string(to_string(call)) + " within " + std::to_string(limit.count()) + " ms");
}

template <class T> T checked(T pointer, const char* what) {
  if (!pointer) throw Error(ErrorCode::misuse, std::string("a fault driver needs a ") + what);
  return pointer;
}

}  // namespace

class FaultConnection final : public ConnectionDecorator {
 public:
  FaultConnection(std::unique_ptr<Connection> inner, std::shared_ptr<FaultPlan> plan)
      : ConnectionDecorator(std::move(inner)), plan_(std::move(plan)), generation_(plan_->generation()) {
    plan_->count_opened();
  }
  ~FaultConnection() override {
    if (has_inner()) plan_->count_closed(false);
  }

 private:
  using Milliseconds = std::chrono::milliseconds;

  struct Waiting {
    explicit Waiting(std::atomic<bool>& flag) : flag_(flag) { flag_ = true; }
    ~Waiting() { flag_ = false; }
    std::atomic<bool>& flag_;
  };

  std::int64_t do_execute(const std::string& sql, const std::vector<Value>& values) override {
    return call(FaultCall::statement, sql, [&] { return ConnectionDecorator::do_execute(sql, values); });
  }
  ResultSet do_query(const std::string& sql, const std::vector<Value>& values) override {
    return call(FaultCall::statement, sql, [&] { return ConnectionDecorator::do_query(sql, values); });
  }
  std::unique_ptr<BatchReader> do_open_reader(const std::string& sql, const std::vector<Value>& values, const ReaderOptions& options) override {
    return call(FaultCall::statement, sql, [&] { return ConnectionDecorator::do_open_reader(sql, values, options); });
  }
  void do_begin(const TransactionOptions& options) override {
    call(FaultCall::begin, {}, [&] { ConnectionDecorator::do_begin(options); });
  }
  void do_commit() override {
    call(FaultCall::commit, {}, [&] { ConnectionDecorator::do_commit(); });
  }
  void do_rollback() override {
    call(FaultCall::rollback, {}, [&] { ConnectionDecorator::do_rollback(); });
  }
  std::optional<TableInfo> do_describe(const TableName& table) override {
    return call(FaultCall::describe, to_string(table), [&] { return ConnectionDecorator::do_describe(table); });
  }
  void do_truncate(const TableName& table, bool cascade) override {
    call(FaultCall::truncate, to_string(table), [&] { ConnectionDecorator::do_truncate(table, cascade); });
  }
  std::unique_ptr<BulkWriter> do_open_writer(const TableName& table, const std::vector<ColumnInfo>& columns, const WriterOptions& options) override {
    return call(FaultCall::open_writer, to_string(table), [&] { return ConnectionDecorator::do_open_writer(table, columns, options); });
  }
  void do_ping(Milliseconds timeout) override {
    call(FaultCall::ping, {}, [&] { ConnectionDecorator::do_ping(timeout); }, timeout);
  }
  void do_prepare_for_load(const LoadSession& session) override {
    call(FaultCall::settings, {}, [&] { ConnectionDecorator::do_prepare_for_load(session); });
  }
  void do_set_statement_timeout(Milliseconds timeout) override {
    call(FaultCall::settings, {}, [&] { ConnectionDecorator::do_set_statement_timeout(timeout); });
  }
  void do_reset() override {
    call(FaultCall::reset, {}, [&] { ConnectionDecorator::do_reset(); });
  }
  void do_cancel() noexcept override {
    if (!waiting_) return ConnectionDecorator::do_cancel();
    cancelled_ = true;
    plan_->wake();
  }
  bool do_settle_cancel() override {
    check_open();
    return ConnectionDecorator::do_settle_cancel();
  }
  NativeHandle do_native_handle() override {
    check_open();
    return ConnectionDecorator::do_native_handle();
  }
  void write(BulkWriter& inner, const RecordBatch& batch) override {
    call(FaultCall::write, {}, [&] { ConnectionDecorator::write(inner, batch); });
  }
  WriteResult finish(BulkWriter& inner) override {
    return call(FaultCall::finish, {}, [&] { return ConnectionDecorator::finish(inner); });
  }
  bool next(BatchReader& inner, RecordBatch& batch) override {
    return call(FaultCall::next, {}, [&] { return ConnectionDecorator::next(inner, batch); });
  }

  template <class F> auto call(FaultCall which, std::string_view text, F&& go, std::optional<Milliseconds> limit = {}) -> std::invoke_result_t<F&> {
    const bool drop_after = before(which, text, limit);
    if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
      go();
      if (drop_after) after(which);
    } else {
      auto result = go();
      if (drop_after) after(which);
      return result;
    }
  }

  bool before(FaultCall which, std::string_view text, std::optional<Milliseconds> limit) {
    check_open();
    bool drop_after = false;
    cancelled_ = false;
    const Waiting waiting(waiting_);  // before the call arrives: whoever saw it arrive may cancel it
    for (const FaultPlan::Strike& strike : plan_->arrive(which, text)) {
      if (strike.fault.waits()) wait(strike, which, limit);
      drop_after = drop_after || strike.fault.after_;
      if (strike.fault.error_ && !strike.fault.after_) fail(*strike.fault.error_);
    }
    return drop_after;
  }

  void wait(const FaultPlan::Strike& strike, FaultCall which, std::optional<Milliseconds> limit) {
    const bool in_time = plan_->wait(strike, limit, [this] { return cancelled_.load(); });
    if (cancelled_) fail(typical_error(ErrorCode::cancelled));
    if (!in_time) fail(no_answer(ErrorCode::connection_lost, which, *limit));
  }

  void after(FaultCall which) {
    const bool is_transaction = which == FaultCall::statement || which == FaultCall::finish || which == FaultCall::truncate;  // outside one
    const bool in_doubt = which == FaultCall::commit || (is_transaction && !in_transaction());
    if (!in_doubt) fail(typical_error(ErrorCode::connection_lost));
    fail(typical_error(ErrorCode::in_doubt, "the connection died during the " + std::string(to_string(which)) + ", so nobody knows whether it took effect"));
  }

  void check_open() {
    if (generation_ != plan_->generation()) fail(typical_error(ErrorCode::connection_lost));
  }

  [[noreturn]] void fail(ErrorInfo error) {
    if (error.poisons_connection && has_inner()) {
      close_inner();
      plan_->count_closed(true);
    }
    throw_error(std::move(error));
  }

  std::shared_ptr<FaultPlan> plan_;
  std::uint64_t generation_;
  std::atomic<bool> waiting_ = false;    // maybe in a fault, not in the database: that is where a cancel() has to go
  std::atomic<bool> cancelled_ = false;
};

FaultDriver::FaultDriver(std::shared_ptr<const Driver> inner, std::shared_ptr<FaultPlan> plan)
    : inner_(checked(std::move(inner), "driver to wrap")), plan_(checked(std::move(plan), "plan")) {}

FaultDriver::FaultDriver(const Driver& inner, std::shared_ptr<FaultPlan> plan)
    : FaultDriver(std::shared_ptr<const Driver>(std::shared_ptr<const Driver>(), &inner), std::move(plan)) {}

std::unique_ptr<Connection> FaultDriver::connect(const ConnectionConfig& config) const {
  const std::chrono::milliseconds limit = config.connect_timeout.value_or(kConnectTimeout);
  bool drop_after = false;
  for (const FaultPlan::Strike& strike : plan_->arrive(FaultCall::connect, config.display())) {
    if (!plan_->wait(strike, limit, [] { return false; })) throw_error(no_answer(ErrorCode::connection_refused, FaultCall::connect, limit));
    drop_after = drop_after || strike.fault.after_;
    if (strike.fault.error_ && !strike.fault.after_) throw_error(*strike.fault.error_);
  }
  std::unique_ptr<Connection> connection = inner_->connect(config);
  if (drop_after) throw_error(typical_error(ErrorCode::connection_lost));
  return std::make_unique<FaultConnection>(std::move(connection), plan_);
}

}  // namespace millrace::testing
