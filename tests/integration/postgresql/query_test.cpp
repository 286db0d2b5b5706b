#include "integration/postgresql/support.hpp"
#include "millrace/access/error.hpp"
#include "millrace/access/log.hpp"

using namespace millrace;
using namespace millrace::test;

TEST_CASE("execute() counts what was changed, and nothing for what changes nothing") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  CHECK(connection->execute("CREATE TABLE t (n integer, s text)") == 0);
  CHECK(connection->execute("INSERT INTO t VALUES (?, ?), (?, ?)", {1, "a", 2, nullptr}) == 2);
  CHECK(connection->execute("UPDATE t SET s = ? WHERE n = ?", {"b", 1}) == 1);
  CHECK(connection->execute("SELECT * FROM t") == 0);
  CHECK(connection->execute("") == 0);
  CHECK(connection->execute("DELETE FROM t WHERE n > :low", Params::named({{"low", 0}})) == 2);
}

TEST_CASE("an empty result keeps its columns and their types") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  const ResultSet result = connection->query("SELECT 1.5::numeric(15,2) AS amount, 'x'::varchar(20) AS name, now() AS at WHERE false");
  CHECK(result.empty());
  REQUIRE(result.columns().size() == 3);
  CHECK(result.columns()[0].name == "amount");
  CHECK(result.columns()[0].type == SqlType::decimal(15, 2));
  CHECK(result.columns()[1].type == SqlType::varchar(20));
  CHECK(result.columns()[2].type.kind == TypeKind::timestamp_tz);
}

TEST_CASE("sessions are pinned, whatever role and database say") {
  const PostgresCluster& server = shared_server();
  const Workspace workspace(server);
  const std::string role = workspace.schema() + "_odd";
  server.psql("CREATE ROLE " + role + " LOGIN PASSWORD 'x'; ALTER ROLE " + role + " SET DateStyle = 'German, DMY'; ALTER ROLE " + role +
              " SET TimeZone = 'Asia/Kolkata'; ALTER ROLE " + role + " SET IntervalStyle = 'iso_8601'; ALTER ROLE " + role + " SET bytea_output = 'escape'; "
              "ALTER ROLE " + role + " SET extra_float_digits = -5; ALTER ROLE " + role + " SET client_encoding = 'LATIN1'");
  {
    const auto connection = connect_to(server.url_for(role, "x", "postgres"));
    CHECK(connection->query_value("SELECT date '2024-02-29'") == Value(make_date(2024, 2, 29)));
    CHECK(connection->query_value("SELECT timestamptz '2024-01-01 00:00:00+00'").to_text() == "2024-01-01 00:00:00+00");
    CHECK(connection->query_value("SELECT interval '1 day'").as<std::string>() == "1 day");
    CHECK(connection->query_value("SELECT '\\x00'::bytea") == Value(Bytes{std::byte{0}}));
    CHECK(connection->query_value("SELECT 0.1::float8 + 0.2").as<double>() == 0.1 + 0.2);
    CHECK(connection->query_value("SELECT '€'").as<std::string>() == "€");
    CHECK(connection->query_value("SHOW application_name").as<std::string>() == "millrace");
  }
  server.psql("DROP ROLE " + role);
}

TEST_CASE("COPY as a statement is refused and leaves the connection usable") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  connection->execute("CREATE TABLE t (n integer)");
  CHECK(error_of([&] { connection->execute("COPY t FROM STDIN"); }).code() == ErrorCode::misuse);
  CHECK(error_of([&] { connection->query("COPY (SELECT generate_series(1, 100000)) TO STDOUT"); }).code() == ErrorCode::misuse);
  CHECK(connection->usable());
  connection->ping();
}

TEST_CASE("a database's error carries its facts and the statement, never the values") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  connection->execute("CREATE TABLE t (n integer NOT NULL)");
  const auto error = error_of<DatabaseError>([&] { connection->execute("INSERT INTO t VALUES (?)", {Value()}); });
  CHECK(error.code() == ErrorCode::not_null_violation);
  CHECK(error.sqlstate() == "23502");
  CHECK(error.backend() == "postgresql");
  CHECK(error.info().column == "n");
  CHECK(error.statement().find("INSERT INTO t") != std::string::npos);
  CHECK(error_of<DatabaseError>([&] { connection->query("SELEC 1"); }).code() == ErrorCode::syntax);
  CHECK(error_of<DatabaseError>([&] { connection->query("SELECT * FROM missing"); }).code() == ErrorCode::undefined_object);
  CHECK(error_of<DatabaseError>([&] { connection->query("SELECT ?::integer", {"abc"}); }).code() == ErrorCode::invalid_value);
}

TEST_CASE("notices go to the log and not to standard error") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  std::vector<std::string> messages;
  set_log_sink([&](const LogRecord& record) { if (record.event == "postgresql.notice") messages.push_back(record.message); });
  connection->execute("DO $$ BEGIN RAISE NOTICE 'hello ?'; END $$");
  set_log_sink({});
  REQUIRE(messages.size() == 1);
  CHECK(messages[0] == "hello ?");
}

TEST_CASE("the server tells its version") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  CHECK(connection->server().product == "PostgreSQL");
  CHECK(connection->server().major >= 12);
  CHECK(connection->server().version.starts_with(std::to_string(connection->server().major)));
}
