// Cancelling: wherever an operation is, from whatever thread, and without harm to the next one.

#include <atomic>
#include <condition_variable>

#include "millrace/access/connection_decorator.hpp"
#include "unit/access/async/fixture.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

/// An operation whose slot is bound to `signal`.
template <class Token> auto with(asio::cancellation_signal& signal, Token&& token) { return asio::bind_cancellation_slot(signal.slot(), std::forward<Token>(token)); }

ErrorCode code_of(std::future<std::int64_t>& result) {
  return error_of([&] { result.get(); }).code();
}

}  // namespace

TEST_CASE("a cancelled wait for a connection ends at once and leaves the pool whole") {
  AsyncFixture f(1);
  Pool::Lease taken = f.database->pool().acquire();
  asio::cancellation_signal signal;
  auto acquired = f.async->async_acquire(with(signal, asio::use_future));
  auto executed = f.async->async_execute("x", asio::use_future);
  wait_until([&] { return f.statistics().waiting == 2; });
  signal.emit(asio::cancellation_type::total);
  CHECK(error_of([&] { acquired.get(); }).code() == ErrorCode::cancelled);
  CHECK(f.statistics().waiting == 1);
  taken = {};
  CHECK(executed.get() == 1);
  CHECK(f.whole());
}

TEST_CASE("a wait is cancelled though all threads are busy") {
  AsyncFixture f(1);
  const auto held = f.plan->add(Fault::hold(FaultCall::statement));
  auto busy = f.async->async_execute("busy", asio::use_future);
  REQUIRE(f.plan->wait_until_struck(held));
  asio::cancellation_signal signal;
  auto waiting = f.async->async_execute("waiting", with(signal, asio::use_future));
  signal.emit(asio::cancellation_type::terminal);
  CHECK(code_of(waiting) == ErrorCode::cancelled);
  f.plan->release(held);
  CHECK(busy.get() == 1);
  CHECK(f.fake.count("execute waiting") == 0);
}

TEST_CASE("each kind of cancellation stops a running statement, and the next one is not hit") {
  AsyncFixture f(1);
  for (const auto type : {asio::cancellation_type::terminal, asio::cancellation_type::partial, asio::cancellation_type::total}) {
    const auto held = f.plan->add(Fault::hold(FaultCall::statement).on("slow"));
    asio::cancellation_signal signal;
    auto slow = f.async->async_execute("slow", with(signal, asio::use_future));
    REQUIRE(f.plan->wait_until_struck(held));
    signal.emit(type);
    CHECK(code_of(slow) == ErrorCode::cancelled);
    f.plan->remove(held);
    CHECK(f.async->async_execute("next", asio::use_future).get() == 1);
  }
  CHECK(f.fake.count("execute slow") == 0);
}

TEST_CASE("what hands rows out is not cancelled by a total cancellation") {
  AsyncFixture f(1);
  const auto held = f.plan->add(Fault::hold(FaultCall::next));
  asio::cancellation_signal signal;
  auto copied = f.async->async_copy_to("x", [](const RecordBatch&) {}, with(signal, asio::use_future));
  REQUIRE(f.plan->wait_until_struck(held));
  signal.emit(asio::cancellation_type::total);
  f.plan->release(held);
  CHECK(copied.get() == 1);
}

TEST_CASE("a cancel before the start, a second one and one after the end do no harm") {
  AsyncFixture f(1);
  std::stop_source stopped;
  stopped.request_stop();
  AcquireOptions options;
  options.stop = stopped.get_token();
  CHECK(error_of([&] { f.async->async_acquire(options, asio::use_future).get(); }).code() == ErrorCode::cancelled);

  asio::cancellation_signal signal;
  const auto held = f.plan->add(Fault::hold(FaultCall::statement).on("slow"));
  auto slow = f.async->async_execute("slow", with(signal, asio::use_future));
  REQUIRE(f.plan->wait_until_struck(held));
  signal.emit(asio::cancellation_type::terminal);
  signal.emit(asio::cancellation_type::terminal);
  CHECK(code_of(slow) == ErrorCode::cancelled);
  signal.emit(asio::cancellation_type::terminal);
  f.plan->remove(held);

  auto quick = f.async->async_execute("quick", with(signal, asio::use_future));
  CHECK(quick.get() == 1);
  signal.emit(asio::cancellation_type::terminal);
  CHECK(f.whole());
}

TEST_CASE("an operation that was cancelled with its connection in hand, but before it ran, does not run") {
  AsyncFixture f(1);
  // The only thread is busy with the end of the first function, whose connection is back already.
  struct SlowEnd {
    std::promise<void> begun;
    std::shared_future<void> may_end;
    ~SlowEnd() { begun.set_value(); may_end.wait(); }
  };
  std::promise<void> end;
  auto slow = std::make_shared<SlowEnd>();
  slow->may_end = end.get_future().share();
  auto begun = slow->begun.get_future();
  auto first = f.async->async_with_session([slow = std::move(slow)](Session&) {}, asio::use_future);
  begun.wait();
  asio::cancellation_signal signal;
  auto second = f.async->async_execute("second", with(signal, asio::use_future));
  wait_until([&] { return f.statistics().in_use == 1; });
  signal.emit(asio::cancellation_type::terminal);
  end.set_value();
  first.get();
  CHECK(code_of(second) == ErrorCode::cancelled);
  CHECK(f.fake.count("execute second") == 0);
  CHECK(f.whole());
}

TEST_CASE("a session that was cancelled while its transaction began does not run its function") {
  AsyncFixture f(1);
  const auto held = f.plan->add(Fault::hold(FaultCall::begin));
  asio::cancellation_signal signal;
  bool ran = false;
  auto session = f.async->async_with_session([&](Session&) { ran = true; return std::int64_t{1}; }, with(signal, asio::use_future));
  REQUIRE(f.plan->wait_until_struck(held));
  signal.emit(asio::cancellation_type::terminal);
  f.plan->release(held);
  CHECK(code_of(session) == ErrorCode::cancelled);
  CHECK_FALSE(ran);
  CHECK(f.whole());
}

TEST_CASE("a stop token cancels a session from any thread") {
  AsyncFixture f(1);
  std::stop_source stop;
  SessionOptions options;
  options.acquire.stop = stop.get_token();
  const auto held = f.plan->add(Fault::hold(FaultCall::statement));
  auto session = f.async->async_with_session([](Session& s) { return s->execute("slow"); }, options, asio::use_future);
  REQUIRE(f.plan->wait_until_struck(held));
  std::jthread([&] { stop.request_stop(); }).join();
  CHECK(code_of(session) == ErrorCode::cancelled);
  CHECK(f.fake.count("rollback") == 1);
  f.plan->remove(held);
  CHECK(f.whole());
}

TEST_CASE("a cancel during the delay before a replay ends it at once") {
  AsyncFixture f(1);
  ErrorInfo transient;
  transient.code = ErrorCode::deadlock;
  transient.message = "scripted";
  transient.safe_to_retry = true;
  f.fake.fail("commit", transient);
  SessionOptions options;
  options.retry = RetryPolicy{.initial_delay = 1h, .max_delay = 1h, .jitter = false};
  asio::cancellation_signal signal;
  auto session = f.async->async_with_session([](Session& s) { return s->execute("x"); }, options, with(signal, asio::use_future));
  wait_until([&] { return f.fake.count("rollback") == 1 && f.whole(); });
  std::this_thread::sleep_for(5ms);  // most often it waits by now; before that the cancel finds it running
  signal.emit(asio::cancellation_type::terminal);
  const ErrorCode code = code_of(session);
  CHECK((code == ErrorCode::cancelled || code == ErrorCode::deadlock));
  CHECK(f.fake.count("begin") == 1);
}

TEST_CASE("a session that swallows its cancellation is not committed") {
  AsyncFixture f(1);
  const auto held = f.plan->add(Fault::hold(FaultCall::statement));
  asio::cancellation_signal signal;
  auto session = f.async->async_with_session([](Session& s) {
    try {
      s->execute("slow");
    } catch (const Error&) {  // as code does that tries several ways
    }
    return std::int64_t{1};
  }, with(signal, asio::use_future));
  REQUIRE(f.plan->wait_until_struck(held));
  signal.emit(asio::cancellation_type::terminal);
  CHECK(code_of(session) == ErrorCode::cancelled);
  CHECK(f.fake.count("commit") == 0);
  CHECK(f.fake.count("rollback") == 1);
}

TEST_CASE("a cancelled session is not replayed") {
  AsyncFixture f(1);
  std::atomic<int> runs{0};
  std::promise<void> entered, cancelled;
  asio::cancellation_signal signal;
  auto session = f.async->async_with_session([&](Session&) -> std::int64_t {
    ++runs;
    entered.set_value();
    cancelled.get_future().wait();
    ErrorInfo transient;
    transient.code = ErrorCode::deadlock;
    transient.message = "scripted";
    transient.safe_to_retry = true;
    throw DatabaseError(transient);
  }, with(signal, asio::use_future));
  entered.get_future().wait();
  signal.emit(asio::cancellation_type::terminal);
  cancelled.set_value();
  CHECK(code_of(session) == ErrorCode::deadlock);
  CHECK(runs == 1);
}

namespace {

/// Cancels as a server does: a request stops the statement that runs when it arrives, and is lost when none does. Notes where it hit.
struct Server {
  std::mutex mutex;
  std::condition_variable changed;
  std::string running;
  bool hit = false;
  int requests = 0;
  std::vector<std::string> stopped;
  bool requests_hang = false;
};

class ServedConnection final : public ConnectionDecorator {
 public:
  ServedConnection(std::unique_ptr<Connection> inner, Server& server) : ConnectionDecorator(std::move(inner)), server_(server) {}

 private:
  // "slow" runs until it is stopped, anything else for a moment.
  std::int64_t do_execute(const std::string& sql, const std::vector<Value>&) override {
    std::unique_lock lock(server_.mutex);
    server_.running = sql;
    server_.hit = false;
    server_.changed.notify_all();
    const std::chrono::microseconds time = sql == "slow" ? 20s : 200us;
    server_.changed.wait_for(lock, time, [&] { return server_.hit; });
    server_.running.clear();
    if (!server_.hit) return 1;
    server_.stopped.push_back(sql);
    throw DatabaseError(ErrorCode::cancelled, "stopped");
  }
  void do_cancel() noexcept override {
    std::unique_lock lock(server_.mutex);
    ++server_.requests;
    server_.changed.notify_all();
    server_.changed.wait(lock, [&] { return !server_.requests_hang; });
    if (server_.running.empty()) return;
    server_.hit = true;
    server_.changed.notify_all();
  }

  Server& server_;
};

class ServedDriver final : public testing::FakeDriver {
 public:
  ServedDriver(testing::FakeDatabase& fake, Server& server) : FakeDriver(fake), server_(server) {}
  std::unique_ptr<Connection> connect(const ConnectionConfig& config) const override { return std::make_unique<ServedConnection>(FakeDriver::connect(config), server_); }

 private:
  Server& server_;
};

struct ServedFixture {
  testing::FakeDatabase fake;
  Server server;
  DriverRegistry drivers;
  std::optional<Database> database;
  std::optional<AsyncDatabase> async;
  ServedFixture() {
    drivers.add(std::make_shared<ServedDriver>(fake, server));
    database.emplace(Database::open(fake_config(1), drivers));
    async.emplace(*database);
  }
  bool runs(const std::string& sql) {
    const std::lock_guard lock(server.mutex);
    return server.running == sql;
  }
  int requests() {
    const std::lock_guard lock(server.mutex);
    return server.requests;
  }
};

}  // namespace

TEST_CASE("a cancel that found no statement to stop is sent again until the next one is stopped") {
  ServedFixture f;
  std::promise<void> entered, cancelled;
  asio::cancellation_signal signal;
  auto session = f.async->async_with_session([&](Session& s) {
    entered.set_value();
    cancelled.get_future().wait();  // between two statements
    return s->execute("slow");
  }, with(signal, asio::use_future));
  entered.get_future().wait();
  signal.emit(asio::cancellation_type::terminal);
  wait_until([&] { return f.requests() == 1; });
  cancelled.set_value();
  CHECK(code_of(session) == ErrorCode::cancelled);
  CHECK(f.requests() >= 2);
  CHECK(f.fake.count("commit") == 0);
}

TEST_CASE("a late cancel never reaches a connection that was returned") {
  ServedFixture f;
  for (int i = 0; i < 200; ++i) {
    const bool in_time = i % 2 == 0;
    asio::cancellation_signal signal;
    auto mine = f.async->async_execute(in_time ? "slow" : "mine", with(signal, asio::use_future));
    std::jthread canceller([&] {
      if (in_time) wait_until([&] { return f.runs("slow"); });
      else std::this_thread::sleep_for(std::chrono::microseconds(i * 3));
      signal.emit(asio::cancellation_type::terminal);
    });
    auto other = f.async->async_execute("other", asio::use_future);
    try {
      mine.get();
      REQUIRE_FALSE(in_time);
    } catch (const Error& error) {
      REQUIRE(error.code() == ErrorCode::cancelled);
    }
    REQUIRE(other.get() == 1);
  }
  const std::lock_guard lock(f.server.mutex);
  CHECK(f.server.stopped.size() >= 100);
  for (const std::string& sql : f.server.stopped) CHECK(sql != "other");
}

TEST_CASE("an operation's end waits for the cancel request that is on its way") {
  ServedFixture f;
  f.server.requests_hang = true;
  asio::cancellation_signal signal;
  std::promise<void> entered, sent;
  auto session = f.async->async_with_session([&](Session&) {
    entered.set_value();
    sent.get_future().wait();
    return std::int64_t{1};
  }, with(signal, asio::use_future));
  entered.get_future().wait();
  signal.emit(asio::cancellation_type::terminal);  // returns though the request hangs
  wait_until([&] { return f.requests() == 1; });
  sent.set_value();
  CHECK(session.wait_for(20ms) == std::future_status::timeout);
  CHECK(f.fake.count("rollback") == 0);  // the request could hit that, too
  CHECK(f.database->pool().statistics().in_use == 1);
  {
    const std::lock_guard lock(f.server.mutex);
    f.server.requests_hang = false;
  }
  f.server.changed.notify_all();
  CHECK(code_of(session) == ErrorCode::cancelled);
  CHECK(f.database->pool().acquire()->execute("next") == 1);
}

TEST_CASE("an AsyncDatabase that goes cancels what waits, runs and is delayed, and hands all of it over first") {
  DatabaseConfig config = fake_config(2);
  config.retry.initial_delay = 1h;
  config.retry.max_delay = 1h;
  AsyncFixture f(config);
  asio::io_context context;
  std::vector<ErrorCode> codes;
  auto handler = asio::bind_executor(context.get_executor(), [&](const std::exception_ptr& error, std::int64_t) {
    codes.push_back(error_of([&] { std::rethrow_exception(error); }).code());
  });
  f.fake.fail("commit", ErrorCode::serialization);
  f.async->async_with_session([](Session& s) { return s->execute("x"); }, handler);
  wait_until([&] { return f.fake.count("rollback") == 1; });
  const auto held = f.plan->add(Fault::hold(FaultCall::statement).always());
  for (int i = 0; i < 4; ++i) f.async->async_execute("slow", handler);
  REQUIRE(f.plan->wait_until_struck(held, 2));
  f.async.reset();
  CHECK(codes.empty());
  f.plan->clear();
  CHECK(f.whole());
  context.run();
  CHECK(codes == std::vector<ErrorCode>(5, ErrorCode::cancelled));
}

TEST_CASE("an Arrow stream whose copy was cancelled before it began is released") {
  AsyncFixture f(1);
  const Pool::Lease taken = f.database->pool().acquire();
  bool released = false;
  ArrowArrayStream raw{};
  raw.private_data = &released;
  raw.release = [](ArrowArrayStream* stream) {
    *static_cast<bool*>(stream->private_data) = true;
    stream->release = nullptr;
  };
  asio::cancellation_signal signal;
  auto copied = f.async->async_copy_from("t", OwnedArrowStream(raw), with(signal, asio::use_future));
  CHECK_FALSE(released);
  signal.emit(asio::cancellation_type::terminal);
  CHECK(code_of(copied) == ErrorCode::cancelled);
  CHECK(released);
}

TEST_CASE("a coroutine is cancelled through its own slot") {
  AsyncFixture f(1);
  const auto held = f.plan->add(Fault::hold(FaultCall::statement));
  asio::io_context context;
  asio::cancellation_signal signal;
  ErrorCode code{};
  asio::co_spawn(context, [&]() -> asio::awaitable<void> {
    try {
      co_await f.async->async_query("slow", asio::use_awaitable);
    } catch (const Error& error) {
      code = error.code();
    }
  }, asio::bind_cancellation_slot(signal.slot(), asio::detached));
  std::jthread canceller([&] {
    f.plan->wait_until_struck(held);
    asio::post(context, [&] { signal.emit(asio::cancellation_type::terminal); });
  });
  context.run();
  CHECK(code == ErrorCode::cancelled);
}
