// Servers that stop, come back, and kill sessions while 16 threads work over a pool of 4.

#include <cstdlib>
#include <iostream>

#include "integration/postgresql/resilience_support.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

namespace {

constexpr int kThreads = 16;
constexpr std::chrono::milliseconds kRecovery = 2s;
constexpr std::chrono::seconds kSoak = 20s;
constexpr int kFewestKills = 40;   // less would prove little

void require_server() {
  if (!PostgresCluster::available()) SKIP("no PostgreSQL server is installed: nothing can be restarted");
}

// The defaults of a program in production, but for the pool's size.
DatabaseConfig four_connections(const std::string& url, const std::string& application) {
  DatabaseConfig config = database_config(url, application);
  config.pool.size = 4;
  config.pool.overflow = 0;
  return config;
}

void report(const std::string& what, const std::string& figures) { std::cout << what << ": " << figures << std::endl; }

// Stops the server, leaves it off for a moment, starts it, and measures until every thread works again.
std::chrono::milliseconds outage(PostgresCluster& server, const Load& load, void (PostgresCluster::*stop)(), const char* what) {
  (server.*stop)();
  std::this_thread::sleep_for(300ms);
  SteadyTime back;
  std::thread starter([&] { server.resume(); });
  back = wait_until_server_answers(server.url());
  const auto recovery = load.recovery(back);
  starter.join();
  report(what, "all " + std::to_string(kThreads) + " threads worked again " + to_text(recovery) + " after the server answered");
  REQUIRE(recovery);
  return recovery->own();
}

std::chrono::seconds soak_time() {
  const char* const given = std::getenv("MILLRACE_SOAK_SECONDS");
  return given ? std::chrono::seconds(std::atoi(given)) : kSoak;
}

}  // namespace

TEST_CASE("a server that restarts under load costs no transfer, no lease, and at most two seconds") {
  require_server();
  PostgresCluster server;
  const Workspace space(server);
  const Bank bank(space);
  Database database = open_database(four_connections(server.url(), "restarts"));
  Load load(database, bank, kThreads);
  REQUIRE(load.recovery(std::chrono::steady_clock::now()));
  CHECK(outage(server, load, &PostgresCluster::crash, "crash") <= kRecovery);
  CHECK(outage(server, load, &PostgresCluster::shut_down, "clean stop") <= kRecovery);
  CHECK(outage(server, load, &PostgresCluster::crash, "second crash") <= kRecovery);
  report("restarts", load.stop_and_check());
  CHECK(database.close());
}

TEST_CASE("sessions killed at random cost no transfer and no lease") {
  const Workspace space(shared_server());
  const Bank bank(space);
  const std::string application = "millrace_killed_" + space.schema();
  DatabaseConfig config = four_connections(space.server().url(), application);
  config.retry.initial_delay = 20ms;
  Database database = open_database(config);
  const auto killer = space.connect();
  Load load(database, bank, kThreads);
  const auto end = std::chrono::steady_clock::now() + soak_time();
  int killed = 0;
  while (std::chrono::steady_clock::now() < end || killed < kFewestKills) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10 + killed % 30));
    killed += static_cast<int>(killer->query("SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE application_name = ? "
                                             "ORDER BY random() LIMIT 1) victim", {application}).size());
  }
  const auto recovery = load.recovery(std::chrono::steady_clock::now());
  report("killed sessions", std::to_string(killed) + " killed; all threads worked again " + to_text(recovery) + " after the last one; " + load.stop_and_check());
  REQUIRE(recovery);
  CHECK(recovery->own() <= kRecovery);
  CHECK(database.close());
}

TEST_CASE("a server that is gone for longer than the acquire deadline fails acquires in time, says why, and is found again") {
  require_server();
  PostgresCluster server;
  DatabaseConfig config = four_connections(server.url(), "gone");
  config.pool.acquire_timeout = 700ms;
  config.retry.attempts = 2;
  config.retry.initial_delay = 10ms;
  Database database = open_database(config);
  database.with_session([](Session& session) { session->execute("CREATE TABLE t (a integer)"); });
  server.crash();

  auto start = std::chrono::steady_clock::now();
  // The first one may find the idle connection and lose it: what counts is how the waiting ends.
  const Error first = error_of([&] { database.with_session([](Session& session) { session->execute("INSERT INTO t VALUES (1)"); }); });
  CHECK(first.safe_to_retry());
  start = std::chrono::steady_clock::now();
  const PoolError error = error_of<PoolError>([&] { database.pool().acquire(); });
  const auto took = ms_since(start);
  INFO(error.what());
  CHECK(error.code() == ErrorCode::pool_timeout);
  CHECK(error.safe_to_retry());
  CHECK(took >= 700);
  CHECK(took < 1500);
  const std::string message = error.what();
  CHECK(message.find("700 ms") != std::string::npos);
  CHECK(message.find("of at most 4 open: 0 idle, 0 in use") != std::string::npos);
  CHECK(message.find("the last attempt to connect failed") != std::string::npos);
  CHECK(message.find("port " + server.port()) != std::string::npos);
  report("gone", "an acquire of 700 ms failed after " + std::to_string(took) + " ms: " + message);

  start = std::chrono::steady_clock::now();
  std::optional<RetryError> given_up;
  try {
    database.with_session([](Session& session) { session->execute("INSERT INTO t VALUES (1)"); });
  } catch (const RetryError& e) {
    given_up = e;
  }
  REQUIRE(given_up);
  CHECK(given_up->attempts() == 2);
  CHECK(given_up->code() == ErrorCode::pool_timeout);
  CHECK(ms_since(start) < 3000);
  const Health health = database.health_check(200ms);
  CHECK_FALSE(health.ok);
  CHECK_FALSE(health.reason.empty());

  std::thread starter([&] { server.resume(); });
  const SteadyTime back = wait_until_server_answers(server.url());
  database.with_session([](Session& session) { session->execute("INSERT INTO t VALUES (1)"); });
  const auto recovered = ms_since(back);
  starter.join();
  report("gone", "worked again " + std::to_string(recovered) + " ms after the server answered");
  CHECK(recovered <= kRecovery.count());
  CHECK(database.health_check().ok);
  CHECK(server.psql("SELECT count(*) FROM t") == "1");
  CHECK(database.pool().statistics().in_use == 0);
  CHECK(database.close());
}
