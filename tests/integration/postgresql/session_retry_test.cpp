// Sessions that run into each other on a real server, and are run again.

#include <atomic>
#include <barrier>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "integration/postgresql/support.hpp"
#include "millrace/access/copy.hpp"
#include "millrace/access/database.hpp"
#include "millrace/access/log.hpp"
#include "millrace/backends.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

namespace {

const DriverRegistry& drivers() {
  static const DriverRegistry registry = [] {
    DriverRegistry made;
    register_postgresql_backend(made);
    return made;
  }();
  return registry;
}

/// A database whose sessions find the workspace's tables.
Database open(const Workspace& workspace, std::size_t connections = 2) {
  DatabaseConfig config = DatabaseConfig::from_url(workspace.server().url());
  config.connection.parameters["options"] = "-csearch_path=" + workspace.schema();
  config.pool.size = connections;
  config.pool.overflow = 0;
  config.retry.initial_delay = 10ms;
  config.retry.attempts = 5;
  return Database::open(config, drivers());
}

/// Reasons of the retries that were logged.
class Retries {
 public:
  Retries() {
    set_log_sink([this](const LogRecord& record) {
      if (record.event != "retry.scheduled") return;
      for (const auto& [key, value] : record.fields) {
        if (key == "sqlstate") sqlstates_.push_back(value);
      }
    });
  }
  ~Retries() { set_log_sink({}); }
  const std::vector<std::string>& sqlstates() const { return sqlstates_; }

 private:
  std::vector<std::string> sqlstates_;
};

SessionOptions isolated(Isolation isolation) {
  SessionOptions options;
  options.transaction.isolation = isolation;
  return options;
}

}  // namespace

TEST_CASE("a lost update is a serialization failure, and the session function runs again on what is there now") {
  const Workspace workspace(shared_server());
  workspace.psql("CREATE TABLE account (id integer PRIMARY KEY, balance integer); INSERT INTO account VALUES (1, 100)");
  Database database = open(workspace);
  const Retries retries;
  int runs = 0;
  const int balance = database.with_session([&](Session& session) {
    const int found = session->query_value("SELECT balance FROM account WHERE id = 1").as<int>();
    if (++runs == 1) database.with_session([](Session& other) { other->execute("UPDATE account SET balance = balance - 30 WHERE id = 1"); });
    session->execute("UPDATE account SET balance = ? WHERE id = 1", {found + 5});
    return found + 5;
  }, isolated(Isolation::repeatable_read));
  CHECK(runs == 2);
  CHECK(balance == 75);
  CHECK(workspace.psql("SELECT balance FROM account") == "75");
  CHECK(retries.sqlstates() == std::vector<std::string>{"40001"});
}

TEST_CASE("a write skew that only the commit shows is run again") {
  const Workspace workspace(shared_server());
  workspace.psql("CREATE TABLE on_call (doctor text PRIMARY KEY); INSERT INTO on_call VALUES ('a'), ('b')");
  Database database = open(workspace);
  const Retries retries;
  const auto leave = [](Session& session, const char* doctor) {
    if (session->query_value("SELECT COUNT(*) FROM on_call").as<int>() < 2) return false;
    return session->execute("DELETE FROM on_call WHERE doctor = ?", {doctor}) == 1;
  };
  int runs = 0;
  const bool left = database.with_session([&](Session& session) {
    const bool done = leave(session, "a");
    if (++runs == 1) CHECK(database.with_session([&](Session& other) { return leave(other, "b"); }, isolated(Isolation::serializable)));
    return done;
  }, isolated(Isolation::serializable));
  CHECK(runs == 2);
  CHECK_FALSE(left);
  CHECK(workspace.psql("SELECT doctor FROM on_call") == "a");
  CHECK(retries.sqlstates() == std::vector<std::string>{"40001"});
}

TEST_CASE("a deadlock is retried to success") {
  const Workspace workspace(shared_server());
  workspace.psql("CREATE TABLE t (id integer PRIMARY KEY, n integer); INSERT INTO t VALUES (1, 0), (2, 0)");
  Database database = open(workspace);
  const Retries retries;
  std::barrier both_hold_one(2);
  std::atomic<int> runs = 0;
  std::exception_ptr failure;
  const auto add = [&](int first, int second) {
    bool again = false;
    database.with_session([&](Session& session) {
      ++runs;
      // Only a superuser may shorten the wait; others wait for the server's second.
      session->query("SELECT set_config('deadlock_timeout', '50ms', true) FROM pg_roles WHERE rolname = current_user AND rolsuper");
      session->execute("UPDATE t SET n = n + 1 WHERE id = ?", {first});
      if (!std::exchange(again, true)) both_hold_one.arrive_and_wait();
      session->execute("UPDATE t SET n = n + 1 WHERE id = ?", {second});
    });
  };
  std::thread other([&] {
    try {
      add(2, 1);
    } catch (...) {
      failure = std::current_exception();
    }
  });
  CHECK_NOTHROW(add(1, 2));
  other.join();
  CHECK(failure == nullptr);
  // The server sacrifices one of the two, or both where they notice at the same moment; then the other one, or both, run again.
  CHECK(runs >= 3);
  REQUIRE_FALSE(retries.sqlstates().empty());
  for (const std::string& sqlstate : retries.sqlstates()) CHECK(sqlstate == "40P01");
  CHECK(workspace.psql("SELECT string_agg(n::text, ' ' ORDER BY id) FROM t") == "2 2");
}

TEST_CASE("a session whose backend is terminated is run again on another connection, with all of its copied rows") {
  const Workspace workspace(shared_server());
  workspace.psql("CREATE TABLE t (id integer PRIMARY KEY)");
  Database database = open(workspace, 1);
  std::vector<int> rows(1000);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int>(i);
  std::vector<std::string> backends;
  database.with_session([&](Session& session) {
    backends.push_back(backend_pid(*session));
    CHECK(copy_from_records(*session, "t", rows) == 1000);
    if (backends.size() == 1) workspace.psql("SELECT pg_terminate_backend(" + backends[0] + ", 5000)");
  });
  REQUIRE(backends.size() == 2);
  CHECK(backends[0] != backends[1]);
  CHECK(workspace.psql("SELECT count(*), sum(id) FROM t") == "1000|499500");
}

TEST_CASE("a stale connection's failed BEGIN is retried when a session is opened") {
  const Workspace workspace(shared_server());
  Database database = open(workspace, 1);
  const std::string first = database.with_session([](Session& session) { return backend_pid(*session); });
  workspace.psql("SELECT pg_terminate_backend(" + first + ", 5000)");
  // Idle for less than check_after_idle, so nobody has looked at it.
  Session session = database.session();
  CHECK(backend_pid(*session) != first);
}

TEST_CASE("a constraint is no reason to run a session again") {
  const Workspace workspace(shared_server());
  workspace.psql("CREATE TABLE t (id integer PRIMARY KEY)");
  Database database = open(workspace);
  int runs = 0;
  const auto error = error_of<DatabaseError>([&] {
    database.with_session([&](Session& session) {
      ++runs;
      session->execute("INSERT INTO t VALUES (1), (1)");
    });
  });
  CHECK(error.sqlstate() == "23505");
  CHECK(runs == 1);
}

TEST_CASE("a sick server is reported by its health check, in time and without the password") {
  shared_server();  // skips where there is none
  PostgresCluster own;
  DatabaseConfig config = DatabaseConfig::from_url(own.url());
  config.connection.password = Secret("c0rrect-horse");
  config.connection.has_password = true;
  config.connection.connect_timeout = 5s;
  Database database = Database::open(config, drivers());
  CHECK(database.health_check().ok);
  own.crash();
  const Health health = database.health_check(2s);
  CHECK_FALSE(health.ok);
  CHECK_FALSE(health.reason.empty());
  CHECK(health.reason.find("c0rrect-horse") == std::string::npos);
  CHECK(health.latency < 4s);
  own.resume();
  wait_until([&] { return database.health_check().ok; });
}

TEST_CASE("a transaction that SQL ended inside with_session is an error, and is not run again") {
  const Workspace workspace(shared_server());
  workspace.psql("CREATE TABLE t (id int)");
  Database database = open(workspace);
  for (const char* sql : {"COMMIT", "ROLLBACK", "/* comment */ commit"}) {
    int runs = 0;
    const auto work = [&](Session& session) {
      ++runs;
      session->execute("INSERT INTO t VALUES (1)");
      try {
        session->execute(sql);
      } catch (const Error&) {  // who swallows it is told again
      }
      session->execute("INSERT INTO t VALUES (2)");
    };
    const Error error = error_of([&] { database.with_session(work); });
    CHECK(error.code() == ErrorCode::misuse);
    CHECK(runs == 1);
    CHECK(workspace.psql("SELECT count(*) FROM t WHERE id = 2") == "0");
  }
  CHECK_NOTHROW(database.with_session([](Session& session) { session->execute("INSERT INTO t VALUES (3)"); }));
}

TEST_CASE("a function that moves its session away is told so") {
  const Workspace workspace(shared_server());
  Database database = open(workspace);
  CHECK(error_of([&] { database.with_session([](Session& session) { const Session mine = std::move(session); }); }).code() == ErrorCode::misuse);
  CHECK(database.health_check().ok);
}
