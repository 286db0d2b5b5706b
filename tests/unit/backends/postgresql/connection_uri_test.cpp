#include <catch2/catch_test_macros.hpp>

#include "postgresql/connect.hpp"

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
