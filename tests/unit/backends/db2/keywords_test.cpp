#include "db2/keywords.hpp"

#include <catch2/catch_test_macros.hpp>
#include <chrono>

#include "db2/cli/connect_keywords.hpp"
#include "millrace/access/error.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using db2::cli::Provider;

namespace {

std::string keywords(const std::string& url, Provider provider = Provider::drda) { return cli_db2::connect_string(ConnectionConfig::from_url(url), provider); }
db2::cli::ConnectKeywords read(const std::string& url) { return db2::cli::read_keywords(keywords(url)); }

std::string refusal(const std::string& url, Provider provider = Provider::drda) {
  try {
    keywords(url, provider);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("a db2 URL becomes a keyword string") {
  CHECK(keywords("db2://app:s3cret@db.example:50001/SALES") ==
        "DATABASE=SALES;HOSTNAME=db.example;PORT=50001;PROTOCOL=TCPIP;UID=app;PWD=s3cret;CONNECTTIMEOUT=10;SSLCLIENTHOSTNAMEVALIDATION=Basic;");
  CHECK(keywords("db2://db.example/SALES", Provider::ibm) == "DATABASE=SALES;HOSTNAME=db.example;PORT=50000;PROTOCOL=TCPIP;CONNECTTIMEOUT=10;SSLCLIENTHOSTNAMEVALIDATION=Basic;");
  CHECK(keywords("db2://h/d?currentschema=Mine&receivetimeout=30").ends_with("CURRENTSCHEMA=Mine;RECEIVETIMEOUT=30;"));
  CHECK(keywords("db2://h/d?driver=drda").find("DRIVER") == std::string::npos);
}

TEST_CASE("what a value holds reaches the open client as it is") {
  const auto found = read("db2://us%3Ber:p%7D%3Bw%20@h/memory%3Ax%3Bcreate=true");
  CHECK(found.options.user == "us;er");
  CHECK(found.options.password == "p};w ");
  CHECK(found.options.database == "memory:x;create=true");
}

TEST_CASE("the connect time-out is the configuration's, else the URL's, else ten seconds, in whole seconds") {
  CHECK(read("db2://h/d").options.connect_timeout == 10s);
  CHECK(read("db2://h/d?connecttimeout=3").options.connect_timeout == 3s);
  ConnectionConfig config = ConnectionConfig::from_url("db2://h/d?connecttimeout=3");
  config.connect_timeout = 1500ms;
  CHECK(db2::cli::read_keywords(cli_db2::connect_string(config, Provider::drda)).options.connect_timeout == 2s);
  config.connect_timeout = 1ms;
  CHECK(db2::cli::read_keywords(cli_db2::connect_string(config, Provider::drda)).options.connect_timeout == 1s);
}

TEST_CASE("TLS is said in libpq's words or in Db2's") {
  CHECK_FALSE(read("db2://h/d").options.tls.enabled);
  for (const char* url : {"db2://h/d?security=ssl", "db2://h/d?sslmode=require", "db2://h/d?sslmode=verify-full"}) {
    INFO(url);
    CHECK(read(url).options.tls.enabled);
    CHECK(read(url).options.tls.verify_host);
  }
  CHECK_FALSE(read("db2://h/d?sslmode=verify-ca").options.tls.verify_host);
  CHECK_FALSE(read("db2://h/d?security=ssl&sslclienthostnamevalidation=off").options.tls.verify_host);
  CHECK_FALSE(read("db2://h/d?sslmode=disable&security=ssl").options.tls.enabled);
  CHECK(read("db2://h/d?sslmode=verify-full&sslrootcert=/x/ca.pem").options.tls.ca_file == "/x/ca.pem");
  ConnectionConfig config = ConnectionConfig::from_url("db2://h/d?sslmode=disable");
  config.tls.mode = TlsMode::verify_full;   // what is set goes before the URL's parameters
  CHECK(db2::cli::read_keywords(cli_db2::connect_string(config, Provider::drda)).options.tls.enabled);
  CHECK(refusal("db2://h/d?sslmode=prefer").find("prefer") != std::string::npos);
  CHECK(refusal("db2://h/d?sslmode=x").find("sslmode") != std::string::npos);
}

TEST_CASE("what would go another way than was meant is refused") {
  CHECK(refusal("db2://h/d?currentschemma=x").find("'currentschemma'") != std::string::npos);
  CHECK(refusal("db2://h/d?currentschemma=x", Provider::ibm) == "none");   // its keywords are its own business
  CHECK(refusal("db2://h/d?txnisolation=8").find("TransactionOptions") != std::string::npos);
  CHECK(refusal("db2://h1,h2/d").find("one host") != std::string::npos);
  CHECK(refusal("db2://h").find("names no database") != std::string::npos);
  CHECK(refusal("db2:///d").find("names no host") != std::string::npos);
  for (const char* password : {"a%3Bb", "a%7Bb", "b%20"}) {
    const std::string said = refusal("db2://u:" + std::string(password) + "@h/d", Provider::ibm);
    CHECK(said.find("password") != std::string::npos);
    CHECK(said.find("a;b") == std::string::npos);
  }
}

TEST_CASE("the provider is the URL's word") {
  const auto provider = [](const std::string& url) { return cli_db2::provider_of(ConnectionConfig::from_url(url)); };
  CHECK(provider("db2://h/d") == Provider::drda);
  CHECK(provider("db2://h/d?driver=drda") == Provider::drda);
  CHECK(provider("db2://h/d?driver=ibm") == Provider::ibm);
  CHECK_THROWS_AS(provider("db2://h/d?driver=IBM"), ConfigError);
}
