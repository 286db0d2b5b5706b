// Reset, ping, time-outs and native handles, where PostgreSQL is more than the conformance suite asks for.

#include <cstdio>
#include <thread>

#include <libpq-fe.h>
#include <signal.h>
#include <soci/soci.h>

#include "integration/postgresql/support.hpp"
#include "millrace/access/error.hpp"
#include "millrace/native.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

namespace {

/// What a call sends to the server, by the names of the messages.
std::vector<std::string> messages_of(Connection& connection, const std::function<void()>& call) {
  PGconn* const handle = postgresql_handle(connection);
  std::FILE* const trace = std::tmpfile();
  REQUIRE(trace);
  PQtrace(handle, trace);
  PQsetTraceFlags(handle, PQTRACE_SUPPRESS_TIMESTAMPS | PQTRACE_REGRESS_MODE);
  call();
  PQuntrace(handle);
  std::rewind(trace);
  std::vector<std::string> sent;
  char line[4096];
  while (std::fgets(line, sizeof line, trace)) {
    char name[64];
    if (std::sscanf(line, "F\t%*s\t%63s", name) == 1) sent.emplace_back(name);
  }
  std::fclose(trace);
  return sent;
}

}  // namespace

TEST_CASE("a reset is one round trip") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  CHECK(messages_of(*connection, [&] { connection->reset(); }) == std::vector<std::string>{"Query"});
  connection->execute("BEGIN");
  CHECK(messages_of(*connection, [&] { connection->reset(); }) == std::vector<std::string>{"Query"});
  CHECK(messages_of(*connection, [&] { connection->begin({.statement_timeout = 1s}); }) == std::vector<std::string>{"Query"});
}

TEST_CASE("a reset takes the role, the session's user and sequences back") {
  const PostgresCluster& server = shared_server();
  const Workspace workspace(server);
  const std::string role = workspace.schema() + "_role";
  const std::string member = workspace.schema() + "_member";
  server.psql("CREATE ROLE " + role + "; CREATE ROLE " + member + " LOGIN IN ROLE " + role + "; ALTER ROLE " + member + " SET role = " + role);
  {
    const auto connection = workspace.connect();
    connection->execute("CREATE SEQUENCE numbers");
    connection->query("SELECT nextval('numbers')");
    connection->execute("SET ROLE " + role);
    connection->execute("SET search_path TO " + workspace.schema());
    connection->reset();
    CHECK(connection->query_value("SELECT current_user").as<std::string>() == "postgres");
    CHECK(error_of([&] { connection->query("SELECT lastval()"); }).sqlstate() == "55000");
    connection->execute("SET SESSION AUTHORIZATION " + role);
    connection->reset();
    CHECK(connection->query_value("SELECT session_user || '/' || current_user").as<std::string>() == "postgres/postgres");

    // A role that the login role has by default is part of the session's beginning.
    const auto other = connect_to(server.url_for(member, "", "postgres"));
    CHECK(other->query_value("SELECT current_user").as<std::string>() == role);
    other->execute("SET ROLE NONE");
    other->reset();
    CHECK(other->query_value("SELECT current_user").as<std::string>() == role);
  }
  server.psql("DROP ROLE " + member + "; DROP ROLE " + role);
}

TEST_CASE("a reset lets go of another session's locks, notifications and temporary tables") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  const auto other = workspace.connect();
  connection->query("SELECT pg_advisory_lock(hashtext('" + workspace.schema() + "'))");
  CHECK_FALSE(other->query_value("SELECT pg_try_advisory_lock(hashtext('" + workspace.schema() + "'))").as<bool>());
  connection->reset();
  CHECK(other->query_value("SELECT pg_try_advisory_lock(hashtext('" + workspace.schema() + "'))").as<bool>());
}

TEST_CASE("a reset works in an aborted transaction, and twice") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  connection->execute("BEGIN");
  CHECK_THROWS_AS(connection->query("SELECT 1/0"), DatabaseError);
  connection->reset();
  connection->reset();
  CHECK(connection->query_value("SELECT 1").as<int>() == 1);
}

TEST_CASE("a reset keeps texts in the form that values are read from") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  connection->execute("SET DateStyle TO 'German'; ");
  connection->execute("SET bytea_output TO 'escape'");
  connection->reset();
  CHECK(connection->query_value("SELECT date '2023-02-28'") == Value(make_date(2023, 2, 28)));
  CHECK(connection->query_value("SHOW bytea_output").as<std::string>() == "hex");
}

TEST_CASE("a ping gives up when the server does not answer, and says that the connection is lost") {
  if (!PostgresCluster::available()) SKIP("no PostgreSQL server is installed");
  const PostgresCluster server;
  const auto connection = connect_to(server.url());
  const auto pid = static_cast<pid_t>(std::stol(backend_pid(*connection)));
  connection->ping(1s);
  REQUIRE(kill(pid, SIGSTOP) == 0);  // alive for the network, and silent
  const auto begin = std::chrono::steady_clock::now();
  const auto error = error_of<ConnectionError>([&] { connection->ping(100ms); });
  const auto waited = std::chrono::steady_clock::now() - begin;
  kill(pid, SIGCONT);
  CHECK(error.code() == ErrorCode::connection_lost);
  CHECK(error.safe_to_retry());
  CHECK_FALSE(connection->usable());
  CHECK(connection->lost());
  CHECK(waited >= 100ms);
  CHECK(waited < 5s);
}

TEST_CASE("a load switches every time-out of the role off") {
  const PostgresCluster& server = shared_server();
  const Workspace workspace(server);
  const std::string role = workspace.schema() + "_impatient";
  server.psql("CREATE ROLE " + role + " LOGIN; ALTER ROLE " + role + " SET statement_timeout = '50ms'; ALTER ROLE " + role +
              " SET idle_in_transaction_session_timeout = '50ms'; GRANT ALL ON SCHEMA " + workspace.schema() + " TO " + role);
  {
    ConnectionConfig config = ConnectionConfig::from_url(server.url_for(role, "", "postgres"));
    config.statement_timeout = 40ms;
    const auto connection = connect_with(config);
    CHECK(connection->query_value("SHOW statement_timeout").as<std::string>() == "40ms");
    connection->prepare_for_load({});
    connection->execute("CREATE TABLE " + workspace.schema() + ".t AS SELECT 1 AS n FROM pg_sleep(0.15)");
    connection->begin();
    const TableInfo info = connection->describe(workspace.table("t"));
    const auto writer = connection->open_writer(info.name, info.columns);
    writer->write(batch_of(info.columns, {{"2"}}));
    std::this_thread::sleep_for(150ms);
    CHECK(writer->finish().rows == 1);
    std::this_thread::sleep_for(100ms);
    connection->commit();
    connection->reset();
    CHECK(connection->query_value("SHOW statement_timeout").as<std::string>() == "40ms");
    CHECK(connection->query_value("SHOW idle_in_transaction_session_timeout").as<std::string>() == "50ms");
    CHECK(connection->query_value("SHOW lock_timeout").as<std::string>() == "0");
  }
  server.psql("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_CASE("a statement time-out of the configuration beats the role's, and 0 is none") {
  const PostgresCluster& server = shared_server();
  ConnectionConfig config = ConnectionConfig::from_url(server.url() + "?options=-c%20statement_timeout%3D50");
  CHECK(connect_with(config)->query_value("SHOW statement_timeout").as<std::string>() == "50ms");
  config.statement_timeout = 0ms;
  const auto connection = connect_with(config);
  CHECK(connection->query_value("SHOW statement_timeout").as<std::string>() == "0");
  Transaction transaction(*connection, {.statement_timeout = 70ms});
  CHECK(connection->query_value("SHOW statement_timeout").as<std::string>() == "70ms");
  transaction.commit();
  CHECK(connection->query_value("SHOW statement_timeout").as<std::string>() == "0");
}

TEST_CASE("native handles are the session's own") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  connection->reset();
  PGconn* const handle = postgresql_handle(*connection);
  CHECK(connection->touched());
  CHECK(std::to_string(PQbackendPID(handle)) == backend_pid(*connection));
  int pid = 0;
  soci_session(*connection) << "SELECT pg_backend_pid()", soci::into(pid);
  CHECK(pid == PQbackendPID(handle));
  const auto error = error_of([&] { sqlite3_handle(*connection); });
  CHECK(error.code() == ErrorCode::misuse);
  CHECK(std::string(error.what()).find("postgresql") != std::string::npos);
}
