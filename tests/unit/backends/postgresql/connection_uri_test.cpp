#include <catch2/catch_test_macros.hpp>

#include "products/postgresql/sqlstate.hpp"
#include "postgresql/connect.hpp"
#include "postgresql/connect_errors.hpp"

using namespace millrace;
using millrace::postgresql::connection_uri;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("every part of a configuration is an encoded parameter") {
  ConnectionConfig config;
  config.scheme = "postgresql";
  config.host = "h1,h2";
  config.port = "5432,5433";
  config.database = "a b&c=d";
  config.user = "u";
  config.password = Secret("p  q'\\%=");
  config.has_password = true;
  const std::string uri = connection_uri(config);
  CHECK(uri.starts_with("postgresql://?"));
  CHECK(contains(uri, "dbname=a%20b%26c%3Dd"));
  CHECK(contains(uri, "password=p%20%20q%27%5C%25%3D"));
  CHECK_FALSE(contains(uri, " "));
}

TEST_CASE("defaults give way to what the URL says") {
  ConnectionConfig config;
  CHECK(contains(connection_uri(config), "application_name=millrace"));
  CHECK(contains(connection_uri(config), "connect_timeout=10"));
  CHECK_FALSE(contains(connection_uri(config), "password"));
  config.parameters = {{"application_name", "nightly"}, {"connect_timeout", "3"}, {"client_encoding", "LATIN1"}};
  const std::string uri = connection_uri(config);
  CHECK(contains(uri, "application_name=nightly"));
  CHECK(contains(uri, "connect_timeout=3"));
  CHECK(contains(uri, "client_encoding=UTF8"));  // texts are UTF-8 here, whatever the URL says
}

TEST_CASE("an empty password differs from none") {
  ConnectionConfig config;
  config.has_password = true;
  CHECK(contains(connection_uri(config), "password="));
}

TEST_CASE("the configuration's time-out and TLS settings go before the URL's parameters") {
  ConnectionConfig config;
  config.parameters = {{"connect_timeout", "3"}, {"sslmode", "disable"}, {"sslrootcert", "/url.crt"}};
  config.connect_timeout = std::chrono::milliseconds(4200);
  config.tls = {TlsMode::verify_full, "/etc/ca's.crt", "/c.crt", "/c.key"};
  std::string uri = connection_uri(config);
  CHECK(contains(uri, "connect_timeout=5"));  // whole seconds, rounded up
  CHECK(contains(uri, "sslmode=verify-full"));
  CHECK(contains(uri, "sslrootcert=%2Fetc%2Fca%27s.crt"));
  CHECK(contains(uri, "sslcert=%2Fc.crt"));
  CHECK(contains(uri, "sslkey=%2Fc.key"));
  config.connect_timeout = std::chrono::milliseconds(1);
  config.tls = {};
  uri = connection_uri(config);
  CHECK(contains(uri, "connect_timeout=2"));  // libpq takes 1 for 2
  CHECK(contains(uri, "sslmode=disable"));
  CHECK(contains(uri, "sslrootcert=%2Furl.crt"));
}

TEST_CASE("a refusal in the server's English words tells its SQLSTATE") {
  using millrace::postgresql::sqlstate_of_refusal;
  const std::string prefix = "connection to server at \"127.0.0.1\", port 5432 failed: ";
  CHECK(sqlstate_of_refusal(prefix + "FATAL:  password authentication failed for user \"app\"\n") == "28P01");
  CHECK(sqlstate_of_refusal(prefix + "FATAL:  sorry, too many clients already\n") == "53300");
  CHECK(sqlstate_of_refusal(prefix + "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute\n") == "53300");
  CHECK(sqlstate_of_refusal(prefix + "FATAL:  the database system is shutting down\n") == "57P03");
  for (const std::string& said : {std::string(), prefix + "Connection refused\n", prefix + "FATAL:  Passwort-Authentifizierung fehlgeschlagen\n",
                                  prefix + "FATAL:  database \"password authentication failed for user \" does not exist\n"}) {
    INFO(said);
    CHECK(sqlstate_of_refusal(said).empty());
  }
}
