// Sessions of a Database on SQLite: one writer at a time, and databases in memory.

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "integration/sqlite3/support.hpp"
#include "millrace/access/database.hpp"
#include "millrace/backends.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

namespace {

Database open(const std::string& path, std::size_t connections) {
  static const DriverRegistry drivers = default_drivers();
  DatabaseConfig config = DatabaseConfig::from_url("sqlite:" + path);
  config.connection.create_database = true;
  config.pool.size = connections;
  config.pool.overflow = 0;
  config.pool.max_idle = config.pool.max_lifetime = 0ms;  // a database in memory goes with its connection
  return Database::open(config, drivers);
}

int count(Session& session) { return session->query_value("SELECT COUNT(*) FROM t").as<int>(); }

}  // namespace

TEST_CASE("writing sessions wait for each other, and none is lost or fails") {
  const TempDir directory;
  Database database = open((directory / "t.db").string(), 4);
  database.with_session([](Session& session) { session->execute("CREATE TABLE t (a integer)"); });
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      try {
        for (int i = 0; i < 10; ++i) database.with_session([](Session& session) { session->execute("INSERT INTO t SELECT COUNT(*) FROM t"); });
      } catch (const Error&) {
        ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  // Each of them has seen what the ones before it had committed.
  const auto rows = database.with_session([](Session& session) { return session->query_value("SELECT COUNT(DISTINCT a) FROM t").as<int>(); });
  CHECK(rows == 40);
}

TEST_CASE("a database in memory is its connection's own, and lives as long as that") {
  const auto create = [](Session& session) { session->execute("CREATE TABLE t AS SELECT 1 AS a"); };
  Database one = open(":memory:", 1);
  one.with_session(create);
  CHECK(one.with_session([](Session& session) { return count(session); }) == 1);
  Database two = open(":memory:", 2);
  Session first = two.session();
  create(first);
  first.commit();
  Session second = two.session();
  CHECK(error_of([&] { count(second); }).code == ErrorCode::undefined_object);
}
