#include <chrono>
#include <thread>

#include "integration/postgresql/support.hpp"
#include "millrace/access/error.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

TEST_CASE("the commit of an aborted transaction is an error, not a success") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  connection->execute("CREATE TABLE t (n integer PRIMARY KEY)");
  connection->begin();
  connection->execute("INSERT INTO t VALUES (1)");
  CHECK(error_of<DatabaseError>([&] { connection->execute("INSERT INTO t VALUES (1)"); }).code() == ErrorCode::unique_violation);
  const auto error = error_of<DatabaseError>([&] { connection->commit(); });
  CHECK(error.sqlstate() == "25P02");
  CHECK_FALSE(error.safe_to_retry());
  CHECK_FALSE(connection->in_transaction());
  CHECK(connection->query_value("SELECT count(*) FROM t").as<int>() == 0);
}

TEST_CASE("a deferred constraint that fails at COMMIT is the constraint's error") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  connection->execute("CREATE TABLE t (n integer PRIMARY KEY, parent integer REFERENCES t DEFERRABLE INITIALLY DEFERRED)");
  connection->begin();
  connection->execute("INSERT INTO t VALUES (1, 2)");
  CHECK(error_of<DatabaseError>([&] { connection->commit(); }).code() == ErrorCode::foreign_key_violation);
  connection->ping();
}

TEST_CASE("a session that ends before COMMIT is sent is lost, not in doubt") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  connection->execute("CREATE TABLE t (n integer)");
  connection->begin();
  connection->execute("INSERT INTO t VALUES (1)");
  workspace.psql("SELECT pg_terminate_backend(" + backend_pid(*connection) + ", 5000)");
  const auto error = error_of<ConnectionError>([&] { connection->commit(); });
  CHECK(error.safe_to_retry());
  CHECK(error.poisons_connection());
  CHECK_FALSE(connection->usable());
  CHECK(workspace.psql("SELECT count(*) FROM t") == "0");
}

TEST_CASE("a server process killed during COMMIT leaves the outcome in doubt") {
  if (!PostgresCluster::available()) SKIP("no PostgreSQL server is installed");
  const PostgresCluster server;
  const Workspace workspace(server);
  workspace.psql("CREATE TABLE t (n integer); CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(30); RETURN NULL; END';"
                 "CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()");
  const auto connection = workspace.connect();
  const std::string pid = backend_pid(*connection);
  connection->begin();
  connection->execute("INSERT INTO t VALUES (1)");
  std::jthread killer([&] {
    wait_until([&] { return server.psql("SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = " + pid) == "t"; });
    server.kill_backend(pid);
  });
  const auto error = error_of<InDoubtError>([&] { connection->commit(); });
  killer.join();
  CHECK_FALSE(error.safe_to_retry());
  CHECK(error.poisons_connection());
  CHECK_FALSE(connection->usable());
  wait_until([&] { return server.answers(); });
}

TEST_CASE("a statement of its own that loses its connection without a word is in doubt") {
  if (!PostgresCluster::available()) SKIP("no PostgreSQL server is installed");
  const PostgresCluster server;
  const Workspace workspace(server);
  for (const bool in_transaction : {false, true}) {
    const auto other = workspace.connect();
    const std::string other_pid = backend_pid(*other);
    if (in_transaction) other->begin();
    std::jthread killer([&] {
      wait_until([&] { return server.psql("SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = " + other_pid) == "t"; });
      server.kill_backend(other_pid);
    });
    const auto error = error_of([&] { other->execute("SELECT pg_sleep(30)"); });
    killer.join();
    CHECK(error.code() == (in_transaction ? ErrorCode::connection_lost : ErrorCode::in_doubt));
    CHECK(error.safe_to_retry() == in_transaction);
    wait_until([&] { return server.answers(); });
  }
}

TEST_CASE("a query of its own that writes is in doubt when its connection is lost without a word, one that reads is not") {
  if (!PostgresCluster::available()) SKIP("no PostgreSQL server is installed");
  const PostgresCluster server;
  const Workspace workspace(server);
  workspace.psql("CREATE TABLE t (n integer)");
  const std::string insert = "INSERT INTO t SELECT 1 FROM pg_sleep(30) RETURNING n";
  for (const std::string& sql : {insert, "WITH x AS (" + insert + ") SELECT * FROM x", std::string("  (SELECT 1 FROM pg_sleep(30))")}) {
    const auto connection = workspace.connect();
    const std::string pid = backend_pid(*connection);
    std::jthread killer([&] {
      wait_until([&] { return server.psql("SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = " + pid) == "t"; });
      server.kill_backend(pid);
    });
    const bool reader = sql == insert;
    const auto error = error_of([&] { if (reader) connection->open_reader(sql); else connection->query(sql); });
    killer.join();
    const bool reads = sql.starts_with("  (SELECT");
    INFO(sql);
    CHECK(error.code() == (reads ? ErrorCode::connection_lost : ErrorCode::in_doubt));
    CHECK(error.safe_to_retry() == reads);
    CHECK(connection->lost());
    wait_until([&] { return server.answers(); });
  }
}

TEST_CASE("a lock that is not granted in time is an error worth another try") {
  const Workspace workspace(shared_server());
  const auto holder = workspace.connect();
  holder->execute("CREATE TABLE t (n integer)");
  Transaction held(*holder);
  holder->execute("LOCK TABLE t");
  const auto connection = workspace.connect();
  connection->prepare_for_load(LoadSession{50ms});
  connection->begin();
  const auto error = error_of<DatabaseError>([&] { connection->execute("INSERT INTO t VALUES (1)"); });
  CHECK(error.code() == ErrorCode::lock_timeout);
  CHECK(error.safe_to_retry());
  CHECK_FALSE(error.poisons_connection());
  connection->rollback();
  connection->ping();
}

TEST_CASE("a role's statement time-out ends an application's statements but no load") {
  const PostgresCluster& server = shared_server();
  const Workspace workspace(server);
  const std::string role = workspace.schema() + "_impatient";
  server.psql("CREATE ROLE " + role + " LOGIN PASSWORD 'x'; ALTER ROLE " + role + " SET statement_timeout = '50ms'");
  {
    const auto connection = connect_to(server.url_for(role, "x", "postgres"));
    const auto error = error_of<DatabaseError>([&] { connection->execute("SELECT pg_sleep(5)"); });
    CHECK(error.code() == ErrorCode::statement_timeout);
    CHECK_FALSE(error.safe_to_retry());
    connection->prepare_for_load({});
    connection->query("SELECT pg_sleep(0.2)");
  }
  server.psql("DROP ROLE " + role);
}

TEST_CASE("deadlocks and serialization failures are safe to retry") {
  const Workspace workspace(shared_server());
  const auto first = workspace.connect();
  const auto second = workspace.connect();
  first->execute("CREATE TABLE t (n integer)");
  first->execute("INSERT INTO t VALUES (1)");
  TransactionOptions serializable;
  serializable.isolation = Isolation::serializable;
  first->begin(serializable);
  second->begin(serializable);
  first->query("SELECT sum(n) FROM t");
  second->query("SELECT sum(n) FROM t");
  first->execute("UPDATE t SET n = 2");
  first->commit();
  const auto error = error_of<DatabaseError>([&] { second->execute("UPDATE t SET n = 3"); });
  CHECK(error.code() == ErrorCode::serialization);
  CHECK(error.safe_to_retry());
}

TEST_CASE("a read-only transaction writes nothing") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  TransactionOptions options;
  options.read_only = true;
  Transaction transaction(*connection, options);
  CHECK(error_of<DatabaseError>([&] { connection->execute("CREATE TABLE t (n integer)"); }).code() == ErrorCode::read_only);
}

TEST_CASE("savepoints give a failed statement back") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  connection->execute("CREATE TABLE t (n integer PRIMARY KEY)");
  Transaction transaction(*connection);
  connection->execute("INSERT INTO t VALUES (1)");
  {
    const Savepoint savepoint(*connection, "before \"it\"");
    CHECK_THROWS_AS(connection->execute("INSERT INTO t VALUES (1)"), DatabaseError);
  }
  connection->execute("INSERT INTO t VALUES (2)");
  transaction.commit();
  CHECK(workspace.psql("SELECT count(*) FROM t") == "2");
}

TEST_CASE("a session that the administrator ends says so") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  const std::string pid = backend_pid(*connection);
  std::jthread killer([&] {
    wait_until([&] { return workspace.psql("SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = " + pid) == "t"; });
    workspace.psql("SELECT pg_terminate_backend(" + pid + ")");
  });
  const auto error = error_of<ConnectionError>([&] { connection->execute("SELECT pg_sleep(30)"); });
  killer.join();
  CHECK(error.code() == ErrorCode::server_shutdown);  // here the server itself said that it ended the statement
  CHECK_FALSE(connection->usable());
}
