#include <atomic>
#include <random>
#include <thread>

#include "integration/postgresql/support.hpp"
#include "millrace/access/error.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

TEST_CASE("cancel() from another thread ends the running statement and leaves the connection usable") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  const std::string pid = backend_pid(*connection);
  std::jthread canceller([&] {
    wait_until([&] { return workspace.psql("SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = " + pid) == "t"; });
    connection->cancel();
  });
  const auto error = error_of<DatabaseError>([&] { connection->query("SELECT pg_sleep(30)"); });
  canceller.join();
  CHECK(error.code() == ErrorCode::cancelled);
  CHECK_FALSE(error.poisons_connection());
  connection->ping();
}

TEST_CASE("cancel() without a running statement does nothing") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  connection->cancel();
  CHECK(connection->settle_cancel());
  connection->ping();
}

TEST_CASE("once a cancel is settled no later statement is ever hit") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  std::mt19937 random(4711);
  int reported = 0;
  for (int round = 0; round < 300; ++round) {
    // The statement lasts one millisecond, the cancel is sent around its end: too early, into it, too late.
    const auto delay = std::chrono::microseconds(std::uniform_int_distribution<int>(0, 2500)(random));
    bool hit = false;
    std::jthread canceller([&] {
      std::this_thread::sleep_for(delay);
      connection->cancel();
    });
    try {
      connection->query("SELECT pg_sleep(0.001)");
    } catch (const Error& error) {
      REQUIRE(error.code() == ErrorCode::cancelled);
      hit = true;
      ++reported;
    }
    while (!connection->cancel_pending() && !hit) std::this_thread::yield();  // it is on its way, no more is known
    INFO("round " << round << ", sent after " << delay.count() << " us");
    REQUIRE(connection->settle_cancel());
    REQUIRE_FALSE(connection->cancel_pending());
    REQUIRE_NOTHROW(connection->query("SELECT pg_sleep(0.002)"));
  }
  CHECK(reported > 20);   // the cancels do hit,
  CHECK(reported < 290);  // and they miss
}

TEST_CASE("settling waits for a cancel that another thread is sending") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  for (int round = 0; round < 30; ++round) {
    std::jthread canceller([&] { connection->cancel(); });
    while (!connection->cancel_pending()) std::this_thread::yield();
    REQUIRE(connection->settle_cancel());
    REQUIRE_NOTHROW(connection->query("SELECT pg_sleep(0.01)"));
  }
}

TEST_CASE("cancels that land on BEGIN, COMMIT, ROLLBACK and reset leave a clear state") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  connection->execute("CREATE TABLE t (n integer)");
  std::atomic<bool> done = false;
  std::jthread canceller([&] {
    while (!done) {
      connection->cancel();
      std::this_thread::sleep_for(100us);
    }
  });
  int committed = 0;
  const auto end = std::chrono::steady_clock::now() + 1s;
  while (connection->usable() && std::chrono::steady_clock::now() < end) {
    try {
      Transaction transaction(*connection);
      connection->execute("INSERT INTO " + workspace.schema() + ".t VALUES (1)");
      transaction.commit();
      ++committed;
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::cancelled);
    }
    CHECK_FALSE(connection->in_transaction());
    try {
      connection->reset();
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::cancelled);  // three times in a row
    }
  }
  done = true;
  canceller.join();
  REQUIRE(connection->usable());
  REQUIRE(connection->settle_cancel());
  CHECK(committed > 0);
  CHECK(workspace.psql("SELECT count(*) FROM t") == std::to_string(committed));  // what failed was not committed, what succeeded was
}

TEST_CASE("a cancelled bulk stream is reported as cancelled, and its session goes on") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  workspace.psql("CREATE TABLE t (n integer); CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(30); RETURN NEW; END';"
                 "CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION wait()");
  const std::string pid = backend_pid(*connection);
  const TableInfo info = connection->describe(workspace.table("t"));
  connection->begin();
  const auto writer = connection->open_writer(info.name, info.columns);
  writer->write(batch_of(info.columns, {{"1"}}));
  std::jthread canceller([&] {
    wait_until([&] { return workspace.psql("SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = " + pid) == "t"; });
    connection->cancel();
  });
  CHECK(error_of<DatabaseError>([&] { writer->finish(); }).code() == ErrorCode::cancelled);
  canceller.join();
  connection->rollback();
  CHECK(connection->settle_cancel());
  CHECK_FALSE(connection->cancel_pending());
  connection->ping();
}

TEST_CASE("a cancel by the administrator is no time-out") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  connection->set_statement_timeout(60s);
  const std::string pid = backend_pid(*connection);
  std::jthread administrator([&] {
    wait_until([&] { return workspace.psql("SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = " + pid) == "t"; });
    workspace.psql("SELECT pg_cancel_backend(" + pid + ")");
  });
  CHECK(error_of<DatabaseError>([&] { connection->query("SELECT pg_sleep(30)"); }).code() == ErrorCode::cancelled);
}
