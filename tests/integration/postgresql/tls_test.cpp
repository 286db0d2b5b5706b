// Encrypted connections to a server with a certificate of a self-made authority.

#include <cstdlib>
#include <filesystem>

#include <catch2/matchers/catch_matchers_string.hpp>
#include <sys/wait.h>

#include "integration/postgresql/support.hpp"
#include "millrace/access/error.hpp"

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Certificates and a server that uses them.
class TlsServer {
 public:
  TlsServer() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-tls-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed in " + pattern);
    directory_ = pattern;
    const int status = std::system((std::string("'") + MILLRACE_MAKE_CERTIFICATES + "' '" + pattern + "'").c_str());
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return;
    PostgresCluster::Options options;
    options.settings = {"ssl=on", "ssl_cert_file=" + path("server.crt"), "ssl_key_file=" + path("server.key"), "ssl_ca_file=" + path("ca.crt")};
    cluster_ = std::make_unique<PostgresCluster>(options);
  }
  ~TlsServer() {
    cluster_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  bool runs() const { return cluster_ != nullptr; }
  std::string path(const std::string& file) const { return (directory_ / file).string(); }
  /// The server under a host name, wherever that leads by itself.
  ConnectionConfig config(TlsMode mode, const std::string& host = "localhost", const std::string& authority = "ca.crt") const {
    ConnectionConfig config = ConnectionConfig::from_url("postgresql://postgres@" + host + ":" + cluster_->port() + "/postgres?hostaddr=127.0.0.1");
    config.tls.mode = mode;
    if (!authority.empty()) config.tls.root_certificate = path(authority);
    return config;
  }

 private:
  std::filesystem::path directory_;
  std::unique_ptr<PostgresCluster> cluster_;
};

const TlsServer& tls_server() {
  if (!PostgresCluster::available()) SKIP("no PostgreSQL server is installed");
  static const TlsServer server;
  if (!server.runs()) SKIP("openssl, which makes the certificates, is not installed");
  return server;
}

bool is_encrypted(Connection& connection) { return connection.query_value("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").as<bool>(); }

Error refusal(const ConnectionConfig& config) {
  const auto error = error_of([&] { connect_with(config); });
  CHECK(error.code() == ErrorCode::connection_refused);
  CHECK_FALSE(error.safe_to_retry());  // time does not heal a certificate
  CHECK(std::string(error.what()).find('\n') == std::string::npos);
  CHECK_THAT(error.what(), ContainsSubstring("host " + config.host + ", port "));
  return error;
}

}  // namespace

TEST_CASE("verify-full takes a certificate of the trusted authority for this host") {
  const TlsServer& server = tls_server();
  CHECK(is_encrypted(*connect_with(server.config(TlsMode::verify_full))));
  CHECK(is_encrypted(*connect_with(server.config(TlsMode::verify_ca))));
}

TEST_CASE("verify-full refuses a certificate for another host name with one clear sentence") {
  const TlsServer& server = tls_server();
  for (const char* host : {"127.0.0.1", "db.example.com"}) {
    const Error error = refusal(server.config(TlsMode::verify_full, host));
    CHECK_THAT(error.what(), ContainsSubstring("not issued for this host name"));
    CHECK_THAT(error.what(), ContainsSubstring("does not match host name \"" + std::string(host) + "\""));
  }
  CHECK(is_encrypted(*connect_with(server.config(TlsMode::verify_ca, "db.example.com"))));  // which does not ask for the name
}

TEST_CASE("a certificate of an authority that is not trusted is refused") {
  const TlsServer& server = tls_server();
  for (const TlsMode mode : {TlsMode::verify_full, TlsMode::verify_ca}) {
    CHECK_THAT(refusal(server.config(mode, "localhost", "stranger.crt")).what(), ContainsSubstring("not issued by a trusted authority"));
  }
  CHECK_THAT(refusal(server.config(TlsMode::verify_full, "localhost", "no_such.crt")).what(), ContainsSubstring("no_such.crt"));
}

TEST_CASE("the weaker TLS modes do what their names say") {
  const TlsServer& server = tls_server();
  CHECK_FALSE(is_encrypted(*connect_with(server.config(TlsMode::disable, "localhost", ""))));
  CHECK(is_encrypted(*connect_with(server.config(TlsMode::prefer, "localhost", ""))));
  CHECK(is_encrypted(*connect_with(server.config(TlsMode::require, "127.0.0.1", ""))));
  CHECK(is_encrypted(*connect_with(server.config(TlsMode::driver_default, "localhost", ""))));
}

TEST_CASE("the TLS settings of a configuration go before its URL's parameters") {
  const TlsServer& server = tls_server();
  ConnectionConfig config = server.config(TlsMode::disable, "localhost", "");
  config.parameters["sslmode"] = "require";
  CHECK_FALSE(is_encrypted(*connect_with(config)));
  config.tls.mode = TlsMode::driver_default;
  CHECK(is_encrypted(*connect_with(config)));
}

TEST_CASE("a client's certificate reaches the server") {
  const TlsServer& server = tls_server();
  ConnectionConfig config = server.config(TlsMode::verify_full);
  config.tls.certificate = server.path("client.crt");
  config.tls.key = server.path("client.key");
  CHECK(connect_with(config)->query_value("SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()").as<std::string>() == "/CN=postgres");
}

TEST_CASE("a server without TLS is not talked to when TLS is required") {
  const PostgresCluster& plain = shared_server();
  ConnectionConfig config = ConnectionConfig::from_url("postgresql://postgres@127.0.0.1:" + plain.port() + "/postgres");
  config.tls.mode = TlsMode::require;
  CHECK_THAT(refusal(config).what(), ContainsSubstring("no TLS connection came about"));
  config.tls.mode = TlsMode::prefer;
  CHECK_FALSE(is_encrypted(*connect_with(config)));
}

TEST_CASE("a server that is down is no matter of TLS") {
  ConnectionConfig config = ConnectionConfig::from_url("postgresql://postgres@127.0.0.1:1/postgres");
  config.tls.mode = TlsMode::verify_full;
  const auto error = error_of([&] { connect_with(config); });
  CHECK(error.code() == ErrorCode::connection_refused);
  CHECK(error.safe_to_retry());
  CHECK_THAT(error.what(), ContainsSubstring("that the server is running"));
}
