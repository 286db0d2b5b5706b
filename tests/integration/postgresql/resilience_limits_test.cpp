// Servers that have no connection left, and networks that say nothing.

#include <iostream>

#include "integration/postgresql/resilience_support.hpp"
#include "support/tcp_proxy.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

namespace {

constexpr int kSlack = 700;  // ms that a busy machine may take on top

struct SilentNetwork {
  Workspace space{shared_server()};
  TcpProxy proxy{space.server().port()};
  DatabaseConfig config = database_config(proxy.url(space.server().url()), "millrace_silent_" + space.schema());
};

}  // namespace

TEST_CASE("a server without a free connection is a matter of waiting, and the error says so") {
  if (!PostgresCluster::available()) SKIP("no PostgreSQL server is installed: none can be made with few connections");
  PostgresCluster server(PostgresCluster::Options{.settings = {"max_connections=5", "superuser_reserved_connections=0", "max_wal_senders=0"}});
  const Workspace space(server);
  const Bank bank(space);
  DatabaseConfig config = database_config(server.url(), "crowded");
  config.pool.size = 8;
  config.pool.overflow = 0;
  Database database = open_database(config);

  std::vector<std::unique_ptr<Connection>> others;
  for (int i = 0; i < 4; ++i) others.push_back(connect_to(server.url()));
  const auto mine = database.pool().acquire();
  const DatabaseError refused = error_of<DatabaseError>([&] { connect_to(server.url()); });
  CHECK(refused.sqlstate() == "53300");
  CHECK(refused.code() == ErrorCode::resources);
  CHECK(refused.safe_to_retry());

  const PoolError error = error_of<PoolError>([&] { database.pool().acquire(500ms); });
  INFO(error.what());
  CHECK(error.safe_to_retry());
  const std::string message = error.what();
  CHECK(message.find("1 of at most 8 open: 0 idle, 1 in use") != std::string::npos);
  CHECK(message.find("too many clients already") != std::string::npos);

  // Who waits gets a connection as soon as others leave.
  std::optional<std::int64_t> waited;
  SteadyTime left;
  std::thread waiter([&] {
    const auto lease = database.pool().acquire(10s);
    waited = ms_since(left);
    lease->ping();
  });
  wait_until([&] { return database.pool().statistics().waiting == 1; });
  left = std::chrono::steady_clock::now();
  others.clear();
  waiter.join();
  REQUIRE(waited);
  std::cout << "crowded: an acquire was served " << *waited << " ms after others left" << std::endl;
  CHECK(*waited <= 2000);
}

TEST_CASE("a pool larger than its server works with what it gets") {
  if (!PostgresCluster::available()) SKIP("no PostgreSQL server is installed: none can be made with few connections");
  PostgresCluster server(PostgresCluster::Options{.settings = {"max_connections=5", "superuser_reserved_connections=0", "max_wal_senders=0"}});
  const Workspace space(server);
  const Bank bank(space);
  DatabaseConfig config = database_config(server.url(), "too_many");
  config.pool.size = 4;
  config.pool.overflow = 0;
  Database database = open_database(config);
  // Three of the server's five connections belong to others, until one goes.
  std::vector<std::unique_ptr<Connection>> others;
  for (int i = 0; i < 3; ++i) others.push_back(connect_to(server.url()));
  Load load(database, bank, 16);
  CHECK(load.recovery(std::chrono::steady_clock::now()));
  const PoolStatistics pool = database.pool().statistics();
  CHECK(pool.idle + pool.in_use <= 2);
  others.clear();
  std::cout << "too many: " << load.stop_and_check() << std::endl;
  CHECK(database.close());
}

TEST_CASE_METHOD(SilentNetwork, "an acquire's deadline holds while a check of an idle connection gets no answer") {
  config.pool.check_after_idle = 0ms;
  Database database = open_database(config);
  database.pool().acquire();
  proxy.stall();
  const auto start = std::chrono::steady_clock::now();
  const PoolError error = error_of<PoolError>([&] { database.pool().acquire(300ms); });
  CHECK(error.code() == ErrorCode::pool_timeout);
  CHECK(ms_since(start) >= 300);
  CHECK(ms_since(start) < 300 + kSlack);
  proxy.resume();
  const auto resumed = std::chrono::steady_clock::now();
  database.pool().acquire(5s)->ping();
  CHECK(ms_since(resumed) <= 2000);
}

TEST_CASE_METHOD(SilentNetwork, "an acquire's deadline holds while connecting gets no answer") {
  config.connection.connect_timeout = 2s;
  Database database = open_database(config);
  proxy.stall();
  const auto start = std::chrono::steady_clock::now();
  const PoolError error = error_of<PoolError>([&] { database.pool().acquire(300ms); });
  CHECK(error.code() == ErrorCode::pool_timeout);
  CHECK(ms_since(start) >= 300);
  CHECK(ms_since(start) < 300 + kSlack);
  CHECK_FALSE(database.health_check(100ms).ok);
  proxy.resume();
  const auto resumed = std::chrono::steady_clock::now();
  database.pool().acquire(5s)->ping();
  CHECK(ms_since(resumed) <= 2000);
}

TEST_CASE_METHOD(SilentNetwork, "a connect without an answer ends at its time-out") {
  config.connection.connect_timeout = 2s;
  proxy.stall();
  const auto start = std::chrono::steady_clock::now();
  const ConnectionError error = error_of<ConnectionError>([&] { open_database(config).driver().connect(config.connection); });
  CHECK(error.safe_to_retry());
  CHECK(ms_since(start) < 2000 + 1000 + kSlack);  // the client library counts in whole seconds
}

TEST_CASE_METHOD(SilentNetwork, "a ping without an answer ends at its time-out, and the connection is given up") {
  const auto connection = connect_to(proxy.url(space.server().url()));
  connection->ping(1s);
  proxy.stall();
  const auto start = std::chrono::steady_clock::now();
  const ConnectionError error = error_of<ConnectionError>([&] { connection->ping(200ms); });
  CHECK(ms_since(start) >= 200);
  CHECK(ms_since(start) < 200 + kSlack);
  CHECK(error.poisons_connection());
  CHECK_FALSE(connection->usable());
}

TEST_CASE_METHOD(SilentNetwork, "a lease whose connection was cut is closed, and the next one is new") {
  Database database = open_database(config);
  {
    const auto lease = database.pool().acquire();
    lease->begin();
    lease->execute("CREATE TABLE " + space.schema() + ".t (a integer)");
    proxy.cut();
  }
  wait_until([&] { return database.pool().statistics().in_use == 0; });
  database.pool().acquire(5s)->ping();
  CHECK(space.psql("SELECT to_regclass('t') IS NULL") == "t");
}

TEST_CASE_METHOD(SilentNetwork, "a slow network changes times, not results") {
  const Bank bank(space);
  config.pool.size = 4;
  config.pool.overflow = 0;
  Database database = open_database(config);
  proxy.delay(5ms);
  Load load(database, bank, 8);
  CHECK(load.recovery(std::chrono::steady_clock::now()));
  proxy.delay(0ms);
  load.stop_and_check();
}
