// The server that the tests of Db2's protocol run against does what its options say, and goes when it should.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "millrace/access/config.hpp"
#include "support/derby_server.hpp"

using namespace millrace::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Row = std::vector<std::string>;

namespace {

std::unique_ptr<DerbyServer> start(const DerbyServer::Options& options = {}) {
  if (!DerbyServer::available()) SKIP(DerbyServer::how_to_get());
  return std::make_unique<DerbyServer>(options);
}

bool listens(const std::string& port) { return std::system(("exec 2>/dev/null; bash -c '</dev/tcp/127.0.0.1/" + port + "'").c_str()) == 0; }

}  // namespace

TEST_CASE("Derby: ij reads back what it wrote, with NULL and characters of several bytes") {
  const auto server = start();
  CHECK(server->answers());
  server->ij("CREATE TABLE t (id INT, name VARCHAR(20), amount DECIMAL(15,2)); INSERT INTO t VALUES (1, 'Zoë|Ωmega', -1.5), (2, NULL, NULL);");
  CHECK(server->rows("SELECT id, name, amount FROM t ORDER BY id") == std::vector<Row>{{"1", "Zoë|Ωmega", "-1.50"}, {"2", "NULL", "NULL"}});
  CHECK(server->rows("SELECT id FROM t WHERE id = 0").empty());
  CHECK_THROWS_WITH(server->ij("SELECT * FROM nothing"), ContainsSubstring("ERROR 42X05"));
}

TEST_CASE("Derby: a login is demanded") {
  const auto server = start({.settings = {"derby.user.other=p w;"}});
  const std::string database = server->database_name("millrace");
  CHECK_THROWS_WITH(server->ij("VALUES 1", server->url_for("millrace", "wrong", database)), ContainsSubstring("ERROR 08004") && !ContainsSubstring("wrong"));
  CHECK(millrace::ConnectionConfig::from_url(server->url_for("other", "p w;", database)).password.reveal() == "p w;");
  CHECK_THROWS_WITH(server->ij("VALUES 1", server->url_for("unknown")), ContainsSubstring("unknown"));
}

TEST_CASE("Derby: databases are made and dropped on request") {
  const auto server = start();
  const std::string url = server->create_database("mine");
  server->ij("CREATE TABLE t (a INT)", url);
  CHECK_THROWS_WITH(server->ij("SELECT * FROM t"), ContainsSubstring("ERROR 42Y07"));
  server->drop_database("mine");
  CHECK_THROWS_WITH(server->ij("SELECT * FROM t", url), ContainsSubstring("ERROR 08004"));
}

TEST_CASE("Derby: a crash leaves what was committed on disk, and the URL stays") {
  const auto server = start({.storage = DerbyServer::Storage::disk});
  server->ij("CREATE TABLE t (a INT); INSERT INTO t VALUES 1; AUTOCOMMIT OFF; INSERT INTO t VALUES 2; COMMIT");
  const std::string url = server->url();
  server->crash();
  CHECK_FALSE(server->answers());
  CHECK_FALSE(listens(server->port()));
  server->resume();
  CHECK(server->url() == url);
  CHECK(server->rows("SELECT a FROM t ORDER BY a") == std::vector<Row>{{"1"}, {"2"}});
  server->shut_down();
  CHECK_FALSE(listens(server->port()));
  server->resume();
  CHECK(server->rows("SELECT COUNT(*) FROM t") == std::vector<Row>{{"2"}});
}

TEST_CASE("Derby: a database in memory is new after a crash") {
  const auto server = start();
  server->ij("CREATE TABLE t (a INT)");
  server->crash();
  server->resume();
  CHECK_THROWS_WITH(server->ij("SELECT * FROM t"), ContainsSubstring("ERROR 42Y07"));
}

TEST_CASE("Derby: a paused server takes connections and says nothing") {
  const auto server = start();
  server->pause();
  CHECK_FALSE(server->answers());
  CHECK(listens(server->port()));
  server->unpause();
  CHECK(server->answers());
}

TEST_CASE("Derby: with TLS, the certificate of localhost comes from the authority that ca_file() names") {
  if (std::system("command -v openssl >/dev/null") != 0) SKIP("openssl, which makes the certificates, is not installed");
  const auto server = start({.tls = true});
  CHECK(server->answers());
  CHECK_THAT(server->url(), ContainsSubstring("@localhost:"));
  REQUIRE_FALSE(server->ca_file().empty());
  const std::string command = "openssl s_client -connect 127.0.0.1:" + server->port() + " -servername localhost -verify_hostname localhost -verify_return_error -CAfile '";
  CHECK(std::system((command + server->ca_file() + "' </dev/null >/dev/null 2>&1").c_str()) == 0);
  const std::string stranger = server->ca_file().substr(0, server->ca_file().rfind('/')) + "/stranger.crt";
  CHECK(std::system((command + stranger + "' </dev/null >/dev/null 2>&1").c_str()) != 0);
  CHECK(server->rows("VALUES 1") == std::vector<Row>{{"1"}});
}

TEST_CASE("Derby: a lock is waited for as long as the options say") {
  const auto server = start({.lock_timeout_s = 1});
  const std::string connect = "CONNECT 'jdbc:derby://127.0.0.1:" + server->port() + "/memory:millrace;user=millrace;password=drda-secret' AS ";
  const std::string script = "CREATE TABLE t (a INT); AUTOCOMMIT OFF; INSERT INTO t VALUES 1;" + connect + "second; SELECT * FROM t;";
  const auto began = std::chrono::steady_clock::now();
  CHECK_THROWS_WITH(server->ij(script), ContainsSubstring("ERROR 40XL1"));
  CHECK(std::chrono::steady_clock::now() - began >= 1s);
}

/// Within a time in which another test, whose server has taken the port, is done as well.
bool falls_silent(const std::string& port) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (listens(port) && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(20ms);
  return !listens(port);
}

TEST_CASE("Derby: the server goes with its object, and with a test that is killed") {
  std::string port;
  {
    const auto server = start();
    port = server->port();
    CHECK(listens(port));
  }
  CHECK(falls_silent(port));

  int channel[2];
  REQUIRE(pipe(channel) == 0);
  const pid_t child = fork();
  if (child == 0) {
    try {
      const DerbyServer server;
      const std::string line = server.port() + "\n";
      if (write(channel[1], line.data(), line.size()) > 0) raise(SIGKILL);
    } catch (...) {
    }
    _exit(1);
  }
  REQUIRE(child > 0);
  close(channel[1]);
  port.clear();
  for (char digit = 0; read(channel[0], &digit, 1) == 1 && digit != '\n';) port += digit;
  close(channel[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE_FALSE(port.empty());
  CHECK(falls_silent(port));
}

TEST_CASE("Derby: a server that does not start says why, and leaves nothing") {
  if (!DerbyServer::available()) SKIP(DerbyServer::how_to_get());
  CHECK_THROWS_WITH(DerbyServer({.heap_mb = 1}), ContainsSubstring("heap"));
}

TEST_CASE("Derby: the shared server takes databases of each test's own") {
  const DerbyServer* const shared = DerbyServer::shared();
  if (!shared) SKIP(DerbyServer::how_to_get());
  if (!shared->is_derby()) SKIP("MILLRACE_TEST_DB2_URL names the server");
  const std::string url = shared->url_for("memory:derby_server_test_" + std::to_string(getpid()) + ";create=true");
  CHECK(shared->rows("VALUES 1", url) == std::vector<Row>{{"1"}});
}
