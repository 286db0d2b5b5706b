// URLs there and back.

#include <random>

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/config.hpp"
#include "millrace/access/error.hpp"

using namespace millrace;

namespace {

/// Texts full of what means something in a URL.
class Texts {
 public:
  explicit Texts(unsigned seed) : generator_(seed) {}

  std::size_t number(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(generator_); }

  std::string any(std::size_t longest = 12) {
    constexpr std::string_view kMarks = "@:/?#%&=;,[]{}'\"\\ +~-._\t\n";
    std::string text;
    for (std::size_t left = number(longest + 1); left > 0; --left) {
      text += number(2) == 0 ? kMarks[number(kMarks.size())] : static_cast<char>(1 + number(255));
    }
    return text;
  }
  std::string some() { return any(11) + static_cast<char>('a' + number(26)); }
  std::string port() { return number(3) == 0 ? "" : std::to_string(1 + number(65535)); }

  /// Hosts may hold anything but the comma between them.
  std::string hosts(std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) {
      std::string host = number(4) == 0 ? "fe80::" + std::to_string(number(10)) + "%eth0" : number(3) == 0 ? "/" + any() : any();
      std::erase(host, ',');
      list += (i > 0 ? "," : "") + host;
    }
    return list;
  }

  ConnectionConfig server() {
    ConnectionConfig config;
    config.scheme = number(2) == 0 ? "postgresql" : "db2";
    const std::size_t count = 1 + number(3);
    config.host = hosts(count);
    for (std::size_t i = 0; i < count; ++i) config.port += (i > 0 ? "," : "") + port();
    if (number(3) == 0 || config.port.find_first_not_of(',') == std::string::npos) config.port = count > 1 && number(2) == 0 ? "5432" : "";
    config.database = any();
    config.user = any();
    config.has_password = number(3) != 0;
    if (config.has_password) config.password = Secret(any(20));
    for (std::size_t i = number(4); i > 0; --i) config.parameters["p" + some()] = any();
    if (number(5) == 0) config.parameters["sslpassword"] = some();
    return config;
  }

  ConnectionConfig sqlite() {
    ConnectionConfig config;
    config.scheme = number(2) == 0 ? "sqlite" : "sqlite3";
    config.database = (number(3) == 0 ? "//" : "") + some();
    return config;
  }

  ConnectionConfig odbc() {
    ConnectionConfig config;
    config.scheme = "odbc";
    std::string braced;
    for (const char c : any()) braced += c == '}' ? "}}" : std::string(1, c);
    config.parameters["connection"] = "DSN=warehouse;Driver={" + braced + "};UID=app";
    config.has_password = number(3) != 0;
    if (config.has_password) config.password = Secret(any(20));
    return config;
  }

 private:
  std::mt19937 generator_;
};

ConnectionConfig without_secrets(ConnectionConfig config) {
  config.password = Secret();
  config.has_password = false;
  config.parameters.erase("sslpassword");
  return config;
}

}  // namespace

TEST_CASE("the URL with its password reads back as the same configuration, whatever its parts hold") {
  Texts texts(20240229);
  for (int round = 0; round < 3000; ++round) {
    for (const ConnectionConfig& config : {texts.server(), texts.sqlite(), texts.odbc()}) {
      const std::string url = config.url_with_password();
      CAPTURE(round, url);
      REQUIRE(ConnectionConfig::from_url(url) == config);
      REQUIRE(ConnectionConfig::from_url(config.display()) == without_secrets(config));
    }
  }
}

TEST_CASE("the URL with its password says what was read, and no more") {
  for (const char* url : {
           "postgresql://", "postgresql://u:p@h:5432/db", "postgresql://u:@h", "postgresql://:p@h", "postgresql://u%40x:p%40%2F@h/d%2Fb?k%26=v%3D&z=",
           "postgresql://h1:5432,h2:5433,h3/db", "postgresql://[::1]:5433,[fe80::1%25eth0]/db", "postgresql://u@h/db?sslpassword=tiger",
           "sqlite:rel.db", "sqlite:/abs.db", "sqlite::memory:", "odbc:DSN=x;UID=u;PWD={p}", "odbc:DSN=x;PWD={a;b}}c}",
       }) {
    CAPTURE(url);
    CHECK(ConnectionConfig::from_url(url).url_with_password() == url);
  }
}

TEST_CASE("display leaves out the secrets of an ODBC string") {
  ConnectionConfig config = ConnectionConfig::from_url("odbc:DSN=x;AccessToken=zebra;UID=u");
  CHECK(config.display() == "odbc:DSN=x;UID=u");
  config.parameters["connection"] = "DSN=x;PWD=hunter;UID=u";  // a program that did not go through from_url()
  CHECK(config.display() == "odbc:DSN=x;UID=u");
}

TEST_CASE("TLS modes have libpq's names") {
  for (const TlsMode mode : {TlsMode::driver_default, TlsMode::disable, TlsMode::prefer, TlsMode::require, TlsMode::verify_ca, TlsMode::verify_full}) {
    CHECK(parse_tls_mode(to_string(mode)) == mode);
  }
  CHECK(to_string(TlsMode::verify_full) == "verify-full");
  CHECK(parse_tls_mode("verify_full") == std::nullopt);
  CHECK(parse_tls_mode("") == std::nullopt);
}
