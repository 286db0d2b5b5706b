#include "integration/postgresql/support.hpp"
#include "millrace/access/error.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

const char* const kPassword = "s3cr3t-Pa55word";

// No part of a failed connection's error may hold the password.
Error connect_error(const std::string& url) {
  const auto error = error_of([&] { connect_to(url); });
  for (const std::string& text : {std::string(error.what()), error.info().detail, error.info().context, error.info().statement}) {
    CHECK(text.find(kPassword) == std::string::npos);
    CHECK(text.find("Pa55word") == std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
  }
  return error;
}

bool mentions(const Error& error, const std::string& text) { return std::string(error.what()).find(text) != std::string::npos; }

const PostgresCluster& password_server() {
  if (!PostgresCluster::available()) SKIP("no PostgreSQL server is installed");
  static const PostgresCluster server({.password_auth = true, .settings = {"max_connections=8", "superuser_reserved_connections=2"}});
  return server;
}

}  // namespace

TEST_CASE("passwords of any characters reach the server") {
  const PostgresCluster& server = password_server();
  for (const std::string& password : std::vector<std::string>{"plain", "two  blanks", "q'uo\"te", "back\\slash", "p%40:/?#[]@&=+", "ünï€", " lead and trail "}) {
    INFO(password);
    std::string literal;
    for (const char c : password) literal += c == '\'' ? std::string("''") : std::string(1, c);
    server.psql("DROP ROLE IF EXISTS app; SET standard_conforming_strings = on; CREATE ROLE app LOGIN PASSWORD '" + literal + "'");
    const auto connection = connect_to(server.url_for("app", password, "postgres"));
    CHECK(connection->query_value("SELECT current_user").as<std::string>() == "app");
  }
}

TEST_CASE("a wrong password is an authentication error that is not retried") {
  const PostgresCluster& server = password_server();
  server.psql("DROP ROLE IF EXISTS app; CREATE ROLE app LOGIN PASSWORD 'right'");
  const Error error = connect_error(server.url_for("app", kPassword, "postgres"));
  CHECK(error.code() == ErrorCode::authentication);
  CHECK(error.sqlstate() == "28P01");
  CHECK_FALSE(error.safe_to_retry());
  CHECK(error.poisons_connection());
  CHECK(mentions(error, "user app"));
  CHECK(mentions(error, "port " + server.port()));
}

TEST_CASE("a wrong password asks the server once: servers count") {
  const PostgresCluster& server = password_server();
  server.psql("DROP ROLE IF EXISTS counted; CREATE ROLE counted LOGIN PASSWORD 'right'");
  const Error error = connect_error(server.url_for("counted", kPassword, "postgres"));
  CHECK(error.sqlstate() == "28P01");
  const auto attempts = [&] {
    return server.psql("SELECT count(*) FROM regexp_split_to_table(pg_read_file(current_setting('data_directory') || '/../log'), E'\\n') AS line "
                       "WHERE line LIKE '%password authentication failed for user \"counted\"%'");
  };
  wait_until([&] { return attempts() != "0"; });
  CHECK(attempts() == "1");
}

TEST_CASE("a missing password is an authentication error") {
  const PostgresCluster& server = password_server();
  const Error error = connect_error(server.url_for("postgres", "", "postgres") + "?passfile=/nonexistent");
  CHECK(error.code() == ErrorCode::authentication);
  CHECK_FALSE(error.safe_to_retry());
}

TEST_CASE("an unknown database is named") {
  const PostgresCluster& server = shared_server();
  const Error error = connect_error(server.url_for("postgres", kPassword, "no such db"));
  CHECK(error.code() == ErrorCode::undefined_object);
  CHECK(error.sqlstate() == "3D000");
  CHECK_FALSE(error.safe_to_retry());
  CHECK(mentions(error, "database no such db"));
}

TEST_CASE("a server that is down refuses the connection, which is worth another try") {
  const Error error = connect_error(std::string("postgresql://app:") + kPassword + "@127.0.0.1:1/db");
  CHECK(error.code() == ErrorCode::connection_refused);
  CHECK(error.safe_to_retry());
  CHECK(mentions(error, "host 127.0.0.1, port 1, database db, user app"));
}

TEST_CASE("a host that does not exist refuses the connection") {
  CHECK(connect_error(std::string("postgresql://app:") + kPassword + "@no-such-host.invalid/db?connect_timeout=5").code() == ErrorCode::connection_refused);
}

TEST_CASE("parameters that libpq does not know, or values it does not take, are configuration errors") {
  const std::string base = shared_server().url_for("postgres", kPassword, "postgres");
  const Error unknown = connect_error(base + "?no_such_option=1");
  CHECK(unknown.code() == ErrorCode::config);
  CHECK(mentions(unknown, "no_such_option"));
  const Error value = connect_error(base + "?sslmode=perhaps");
  CHECK(value.code() == ErrorCode::config);
  CHECK_FALSE(value.safe_to_retry());
}

TEST_CASE("a malformed URL never prints its password") {
  for (const std::string& url : {std::string("postgresql://app:") + kPassword + "%zz@127.0.0.1/db", std::string("postgresql://app:") + kPassword + "@[::1/db",
                                std::string("postgresql://app:") + kPassword + "@127.0.0.1:port/db", std::string("postgresql://app:x@") + kPassword + "@127.0.0.1:1/db"}) {
    INFO(url);
    connect_error(url);
  }
}

TEST_CASE("a server without a free connection is worth another try") {
  const PostgresCluster& server = password_server();
  server.psql("DROP ROLE IF EXISTS crowd; CREATE ROLE crowd LOGIN PASSWORD 'x'");
  const std::string url = server.url_for("crowd", "x", "postgres");
  std::vector<std::unique_ptr<Connection>> crowd;
  const auto error = error_of<Error>([&] { for (int i = 0; i < 20; ++i) crowd.push_back(connect_to(url)); });
  CHECK(error.code() == ErrorCode::resources);
  CHECK(error.sqlstate() == "53300");
  CHECK(error.safe_to_retry());
}

TEST_CASE("a connection is lost by a crash, and a new one works after the restart") {
  if (!PostgresCluster::available()) SKIP("no PostgreSQL server is installed");
  PostgresCluster server;
  const auto connection = connect_to(server.url());
  server.crash();
  const auto lost = error_of<ConnectionError>([&] { connection->ping(); });
  CHECK(lost.safe_to_retry());
  CHECK_FALSE(connection->usable());
  CHECK(connect_error(server.url()).code() == ErrorCode::connection_refused);
  server.resume();
  connect_to(server.url())->ping();
}
