// The asynchronous forms against a real server: many coroutines on few connections, and cancels that are sent over the network.

#include <atomic>
#include <fstream>
#include <future>
#include <random>
#include <thread>
#include <tuple>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "integration/postgresql/support.hpp"
#include "millrace/backends.hpp"
#include "millrace/load/async_load.hpp"

namespace asio = boost::asio;
using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  Workspace workspace{shared_server()};
  DriverRegistry drivers;
  std::string name = workspace.schema();   // of the sessions, for pg_stat_activity
  std::optional<Database> database;
  std::optional<AsyncDatabase> async;

  explicit Fixture(std::size_t connections) {
    register_postgresql_backend(drivers);
    DatabaseConfig config = DatabaseConfig::from_url(workspace.server().url());
    config.connection.parameters["application_name"] = name;
    config.connection.parameters["options"] = "-c search_path=" + workspace.schema();
    config.pool.size = connections;
    config.pool.overflow = 0;
    database.emplace(Database::open(config, drivers));
    async.emplace(*database);
  }
  int sessions() const { return std::stoi(workspace.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + name + "'")); }
  bool waits_for(const std::string& event) const {
    return workspace.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + name + "' AND wait_event = '" + event + "'") != "0";
  }
  std::string count(const std::string& table) const { return workspace.psql("SELECT count(*) FROM " + table); }
};

/// An operation with a cancellation slot of its own.
struct Cancellable {
  asio::cancellation_signal signal;
  template <class Start> auto run(Start start) { return start(asio::bind_cancellation_slot(signal.slot(), asio::use_future)); }
  void cancel() { signal.emit(asio::cancellation_type::terminal); }
};

int threads_of_this_process() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Threads:")) return std::stoi(line.substr(8));
  }
  return -1;
}

}  // namespace

TEST_CASE("200 coroutines on one thread share eight connections and a few threads more") {
  Fixture f(8);
  f.workspace.psql("CREATE TABLE t (id integer PRIMARY KEY)");
  const int threads_before = threads_of_this_process();
  asio::io_context context;
  std::vector<std::future<int>> results;
  int most_threads = 0, most_sessions = 0;
  for (int i = 0; i < 200; ++i) {
    results.push_back(asio::co_spawn(context, [&, i]() -> asio::awaitable<int> {
      const int stored = co_await f.async->async_with_session([i](Session& session) {
        session->execute("INSERT INTO t VALUES (?)", {i});
        return session->query_value("SELECT id FROM t WHERE id = ?", {i}).as<int>();
      }, asio::use_awaitable);
      const ResultSet again = co_await f.async->async_query("SELECT id, pg_sleep(0.002) FROM t WHERE id = ?", Params::of(stored), asio::use_awaitable);
      most_threads = std::max(most_threads, threads_of_this_process());
      if (i % 50 == 49) most_sessions = std::max(most_sessions, f.sessions());
      co_return again[0][0].as<int>();
    }, asio::use_future));
  }
  context.run();
  for (int i = 0; i < 200; ++i) CHECK(results[static_cast<std::size_t>(i)].get() == i);
  CHECK(f.count("t") == "200");
  CHECK(most_sessions > 0);
  CHECK(most_sessions <= 8);
  CHECK(f.database->pool().statistics().opened <= 8);
  // Eight that run statements, and the pool's own. A coroutine or a waiter costs none.
  CHECK(most_threads - threads_before <= 8 + 8);
}

TEST_CASE("a cancelled statement ends at once, and the only connection serves the next") {
  Fixture f(1);
  Cancellable operation;
  auto result = operation.run([&](auto token) { return f.async->async_query("SELECT pg_sleep(30)", token); });
  wait_until([&] { return f.waits_for("PgSleep"); });
  const auto begin = std::chrono::steady_clock::now();
  operation.cancel();
  const auto error = error_of<DatabaseError>([&] { result.get(); });
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
  CHECK(error.code() == ErrorCode::cancelled);
  CHECK(error.sqlstate() == "57014");
  CHECK(f.async->async_query("SELECT 5", asio::use_future).get()[0][0].as<int>() == 5);
  CHECK(f.database->pool().statistics().opened == 1);
}

TEST_CASE("a wait for a lock is cancelled, and the session's work is undone") {
  Fixture f(1);
  f.workspace.psql("CREATE TABLE t (id integer PRIMARY KEY, n integer); INSERT INTO t VALUES (1, 0)");
  const auto other = f.workspace.connect();
  Transaction transaction(*other);
  other->execute("UPDATE t SET n = 1 WHERE id = 1");
  Cancellable operation;
  auto result = operation.run([&](auto token) {
    return f.async->async_with_session([](Session& session) {
      session->execute("INSERT INTO t VALUES (2, 2)");
      session->execute("UPDATE t SET n = 2 WHERE id = 1");
    }, token);
  });
  wait_until([&] { return f.waits_for("transactionid"); });
  operation.cancel();
  CHECK(error_of([&] { result.get(); }).code() == ErrorCode::cancelled);
  transaction.commit();
  CHECK(f.workspace.psql("SELECT id, n FROM t") == "1|1");
}

TEST_CASE("whenever a cancel comes, its session is whole or nothing, and no later statement is hit") {
  Fixture f(1);
  f.workspace.psql("CREATE TABLE t (id integer PRIMARY KEY)");
  std::mt19937 random(20240605);
  int finished = 0, cancelled = 0;
  for (int i = 0; i < 150; ++i) {
    const std::chrono::microseconds delay(random() % 6000);
    Cancellable operation;
    auto result = operation.run([&](auto token) {
      return f.async->async_with_session([i](Session& session) {
        session->execute("INSERT INTO t VALUES (?)", {i});
        session->query("SELECT pg_sleep(0.001)");
      }, token);
    });
    std::jthread canceller([&] {
      std::this_thread::sleep_for(delay);
      operation.cancel();
    });
    bool stored = true;
    try {
      result.get();
      ++finished;
    } catch (const Error& error) {
      REQUIRE(error.code() == ErrorCode::cancelled);
      stored = false;
      ++cancelled;
    }
    // Sent while the cancel may still be under way; on the same connection, or on the one that took its place.
    const ResultSet next = f.async->async_query("SELECT count(*), (SELECT count(*) FROM pg_sleep(0.002)) FROM t WHERE id = ?", {i}, asio::use_future).get();
    REQUIRE(next[0][0].as<int>() == (stored ? 1 : 0));
  }
  CHECK(finished > 0);
  CHECK(cancelled > 0);
  CHECK(f.database->pool().statistics().in_use == 0);
}

TEST_CASE("rows are copied in and out asynchronously, and a cancelled copy leaves none") {
  Fixture f(2);
  f.workspace.psql("CREATE TABLE t (id integer, name text); CREATE TABLE u (LIKE t)");
  std::vector<std::tuple<int, std::string>> rows;
  for (int i = 0; i < 20'000; ++i) rows.emplace_back(i, "name " + std::to_string(i));
  CHECK(f.async->async_copy_from("t", std::move(rows), asio::use_future).get() == 20'000);
  CHECK(f.async->async_table_exists("t", asio::use_future).get());

  std::int64_t sum = 0;
  const std::int64_t read = f.async->async_copy_to("SELECT id FROM t", [&](const RecordBatch& batch) {
    for (std::size_t row = 0; row < batch.rows(); ++row) sum += batch.column(0).value(row).as<std::int64_t>();
  }, asio::use_future).get();
  CHECK(read == 20'000);
  CHECK(sum == std::int64_t{19'999} * 20'000 / 2);

  const std::int64_t copied = f.async->async_copy_to("SELECT id, name FROM t", [&](ArrowArrayStream* stream) {
    return f.async->async_copy_from("u", OwnedArrowStream(*stream), asio::use_future).get();
  }, asio::use_future).get();
  CHECK(copied == 20'000);
  CHECK(f.count("u") == "20000");

  // The copy waits for the lock, so that the cancel surely finds it.
  const auto other = f.workspace.connect();
  Transaction transaction(*other);
  other->execute("LOCK TABLE u IN ACCESS EXCLUSIVE MODE");
  Cancellable operation;
  auto result = operation.run([&](auto token) { return f.async->async_copy_from("u", std::vector<std::tuple<int, std::string>>{{1, "a"}}, token); });
  wait_until([&] { return f.waits_for("relation"); });
  operation.cancel();
  CHECK(error_of([&] { result.get(); }).code() == ErrorCode::cancelled);
  transaction.commit();
  CHECK(f.count("u") == "20000");
}

TEST_CASE("a long read is cancelled in the middle, and its connection serves the next") {
  Fixture f(1);
  Cancellable operation;
  std::promise<void> begun;
  bool first = true;
  auto result = operation.run([&](auto token) {
    return f.async->async_copy_to("SELECT generate_series(1, 100000000)", [&](const RecordBatch&) { if (std::exchange(first, false)) begun.set_value(); }, token);
  });
  begun.get_future().wait();
  operation.cancel();
  CHECK(error_of([&] { result.get(); }).code() == ErrorCode::cancelled);
  CHECK(f.async->async_query("SELECT 5", asio::use_future).get()[0][0].as<int>() == 5);
}

TEST_CASE("a server that is not there is a sick one, told without blocking") {
  Fixture f(1);
  CHECK(f.async->async_health_check(asio::use_future).get().ok);
  DatabaseConfig nowhere = DatabaseConfig::from_url("postgresql://localhost:1/nothing");
  Database database = Database::open(nowhere, f.drivers);
  AsyncDatabase async(database);
  const Health health = async.async_health_check(asio::use_future).get();
  CHECK_FALSE(health.ok);
  CHECK_FALSE(health.reason.empty());
}

TEST_CASE("an asynchronous load reports what it loaded, and a cancelled one stops") {
  const Workspace workspace(shared_server());
  DriverRegistry drivers;
  register_postgresql_backend(drivers);
  workspace.psql("CREATE TABLE t (id integer)");
  const std::string path = "/tmp/" + workspace.schema() + ".csv";
  { std::ofstream out(path); out << "id\n"; for (int i = 0; i < 1000; ++i) out << i << '\n'; }
  LoadJob job;
  job.source = path;
  job.to = workspace.server().url();
  job.table = workspace.schema() + ".t";
  job.state_schema = workspace.schema();
  job.reject_file = path + ".rejects";
  const auto environment = [&] { LoadEnvironment e; e.drivers = &drivers; return e; };
  const RunReport report = async_load(job, environment(), asio::use_future).get();
  CHECK(report.outcome == millrace::Outcome::loaded);
  CHECK(workspace.psql("SELECT count(*) FROM t") == "1000");

  // The second one finds its table locked.
  const auto other = workspace.connect();
  Transaction transaction(*other);
  other->execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
  Cancellable operation;
  auto result = operation.run([&](auto token) { return async_load(job, environment(), token); });
  wait_until([&] { return workspace.psql("SELECT count(*) FROM pg_locks WHERE relation = '" + workspace.schema() + ".t'::regclass AND NOT granted") != "0"; });
  operation.cancel();
  operation.cancel();
  try {
    CHECK(result.get().error_code == "cancelled");
  } catch (const Error& error) {  // before the run existed
    CHECK(error.code() == ErrorCode::cancelled);
  }
  transaction.rollback();
  CHECK(workspace.psql("SELECT count(*) FROM t") == "1000");
  std::remove(path.c_str());
  std::remove(job.reject_file.c_str());
}
