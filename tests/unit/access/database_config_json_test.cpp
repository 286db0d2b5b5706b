#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "config_support.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;

namespace {

DatabaseConfig parse(const std::string& json) { return DatabaseConfig::from_json(json, "config.json"); }
std::string refusal(const std::string& json) { return refusal_of([&] { parse(json); }); }
std::string pool_refusal(const std::string& pool) { return refusal(R"({"connection": {"url": "sqlite:x.db"}, "pool": )" + pool + "}"); }
std::string connection_refusal(const std::string& connection) { return refusal(R"({"connection": )" + connection + "}"); }

}  // namespace

TEST_CASE("a JSON file says where the database is in parts") {
  const ConnectionConfig c = parse(R"({"connection": {"scheme": "PostgreSQL", "host": "db", "port": 5433, "database": "orders", "user": "app", "password": "p@ss/",
                                       "parameters": {"application_name": "jobs", "keepalives_idle": 30}, "connect_timeout": 2.5, "statement_timeout": "1m",
                                       "tls": {"mode": "verify-full", "root_certificate": "ca.pem", "certificate": "c.pem", "key": "k.pem"}}})").connection;
  CHECK(c.url_with_password() == "postgresql://app:p%40ss%2F@db:5433/orders?application_name=jobs&keepalives_idle=30");
  CHECK(c.connect_timeout == 2500ms);
  CHECK(c.statement_timeout == 1min);
  CHECK(c.tls == TlsConfig{TlsMode::verify_full, "ca.pem", "c.pem", "k.pem"});
}

TEST_CASE("a JSON file says where the database is as a URL, which other keys may complete") {
  const ConnectionConfig c = parse(R"({"connection": {"url": "postgresql://db:5433/orders?sslmode=require", "user": "app", "password": "", "parameters": {"options": "-c a=b"}}})").connection;
  CHECK(c.url_with_password() == "postgresql://app:@db:5433/orders?options=-c%20a%3Db&sslmode=require");
  CHECK(parse(R"({"connection": {"scheme": "postgresql", "host": "a,b", "port": "5432,5433"}})").connection.port == "5432,5433");
  CHECK(parse(R"({"connection": {"url": "sqlite:x.db", "host": null}, "pool": null})").connection.database == "x.db");
}

TEST_CASE("every option of the pool and of the retry policy has a JSON key") {
  const DatabaseConfig config = parse(R"({"connection": {"url": "sqlite:x.db"},
    "pool": {"name": "orders", "min": 1, "size": 2, "overflow": 3, "max_waiting": 4, "acquire_timeout": 5, "acquire_attempts": 6, "eager": true, "check_after_idle": 7, "check_timeout": "8s",
             "max_idle": "9m", "max_lifetime": "10h", "jitter": 0.5, "keepalive": 11, "reset_session": false, "leak_report_after": 12, "reconnect_delay": "13ms", "reconnect_max": "14ms",
             "handoff_after": "15ms", "close_timeout": 16},
    "retry": {"attempts": 17, "initial_delay": 18, "factor": 1.5, "max_delay": 19, "jitter": false, "deadline": "20m"}})");
  // All members by name of their place: one that is added to these structs needs a key, a line here and one in docs/configuration.md.
  const auto& [name, min, size, overflow, max_waiting, acquire_timeout, acquire_attempts, eager, check_after_idle, check_timeout, max_idle, max_lifetime, jitter, keepalive, reset_session,
               leak_report_after, reconnect_delay, reconnect_max, handoff_after, close_timeout] = config.pool;
  CHECK(name == "orders");
  CHECK(min == 1);
  CHECK(size == 2);
  CHECK(overflow == 3);
  CHECK(max_waiting == 4);
  CHECK(acquire_timeout == 5s);
  CHECK(acquire_attempts == 6);
  CHECK(eager);
  CHECK(check_after_idle == 7s);
  CHECK(check_timeout == 8s);
  CHECK(max_idle == 9min);
  CHECK(max_lifetime == 10h);
  CHECK(jitter == 0.5);
  CHECK(keepalive == 11s);
  CHECK_FALSE(reset_session);
  CHECK(leak_report_after == 12s);
  CHECK(reconnect_delay == 13ms);
  CHECK(reconnect_max == 14ms);
  CHECK(handoff_after == 15ms);
  CHECK(close_timeout == 16s);
  const auto& [attempts, initial_delay, factor, max_delay, retry_jitter, deadline, retry_if] = config.retry;
  CHECK(attempts == 17);
  CHECK(initial_delay == 18s);
  CHECK(factor == 1.5);
  CHECK(max_delay == 19s);
  CHECK_FALSE(retry_jitter);
  CHECK(deadline == 20min);
  CHECK_FALSE(retry_if);
}

TEST_CASE("unknown sections and keys are refused by name, with the nearest known one") {
  CHECK_THAT(refusal(R"({"conection": {}})"), Equals("config.json has an unknown section conection; did you mean connection?"));
  CHECK_THAT(refusal(R"({"table": "t"})"), Equals("config.json has an unknown section table; write one of connection, pool, retry, load"));
  CHECK_THAT(pool_refusal(R"({"siez": 3})"), Equals("config.json has an unknown key pool.siez; did you mean pool.size?"));
  CHECK_THAT(pool_refusal(R"({"zzzzzz": 3})"), StartsWith("config.json has an unknown key pool.zzzzzz; write one of name, min, size"));
  CHECK_THAT(connection_refusal(R"({"pasword": "hunter2"})"), Equals("config.json has an unknown key connection.pasword; did you mean connection.password?"));
  CHECK_THAT(connection_refusal(R"({"tls": {"modus": "require"}})"), Equals("config.json has an unknown key connection.tls.modus; did you mean connection.tls.mode?"));
  CHECK_THAT(connection_refusal(R"({"hunter 2/": 1})"), StartsWith("config.json has an unknown key in connection; write one of url,"));
}

TEST_CASE("values of the wrong type are refused by their key, and never quoted") {
  CHECK_THAT(pool_refusal(R"({"size": "3"})"), Equals("pool.size in config.json must be a whole number of at least 1, not a text"));
  CHECK_THAT(pool_refusal(R"({"size": 3.5})"), EndsWith("not a number with decimals"));
  CHECK_THAT(pool_refusal(R"({"size": -3})"), StartsWith("pool.size in config.json must be a whole number"));
  CHECK_THAT(pool_refusal(R"({"size": 18446744073709551615})"), StartsWith("pool.size"));
  CHECK_THAT(pool_refusal(R"({"size": 0})"), Equals("pool.size in config.json must be at least 1"));
  CHECK_THAT(pool_refusal(R"({"eager": 1})"), Equals("pool.eager in config.json must be true or false, not a number"));
  CHECK_THAT(pool_refusal(R"({"name": ""})"), EndsWith("not an empty text"));
  CHECK_THAT(pool_refusal(R"({"keepalive": "30"})"), StartsWith("pool.keepalive in config.json must be a number of seconds or a text such as"));
  CHECK_THAT(pool_refusal(R"({"keepalive": -1})"), StartsWith("pool.keepalive"));
  CHECK_THAT(pool_refusal(R"({"keepalive": 1e300})"), StartsWith("pool.keepalive"));
  CHECK_THAT(pool_refusal(R"({"jitter": 1})"), Equals("pool.jitter in config.json must be at least 0 and less than 1"));
  CHECK_THAT(pool_refusal(R"([])"), Equals("pool in config.json must be an object, not a list"));
  CHECK_THAT(refusal(R"({"connection": {"url": "sqlite:x.db"}, "load": 3})"), Equals("load in config.json must be an object, not a number"));
  CHECK_THAT(refusal(R"({"retry": {"deadline": 0}, "connection": {"url": "sqlite:x.db"}})"), Equals("retry.deadline in config.json must be greater than 0"));
  for (const char* json : {R"({"url": 1})", R"({"url": ""})", R"({"scheme": "a b"})", R"({"host": ""})", R"({"host": "a\u0000b"})", R"({"port": 0})", R"({"port": 65536})", R"({"port": "x"})",
                           R"({"port": ","})", R"({"port": 1.5})", R"({"database": ""})", R"({"user": []})", R"({"password": 5})", R"({"password": "a\u0000b"})", R"({"password_file": ""})",
                           R"({"parameters": []})", R"({"parameters": {"a": true}})", R"({"parameters": {"host": "h"}})", R"({"parameters": {"": "h"}})", R"({"tls": "require"})",
                           R"({"tls": {"mode": "verify_full"}})", R"({"tls": {"root_certificate": ""}})", R"({"connect_timeout": 0})", R"({"statement_timeout": -1})"}) {
    CAPTURE(json);
    std::string full(json);
    if (full.find("\"url\"") == std::string::npos && full.find("\"scheme\"") == std::string::npos) full.insert(1, R"("scheme": "postgresql", )");
    CHECK_THAT(connection_refusal(full), StartsWith("connection.") && ContainsSubstring(" in config.json "));
  }
}

TEST_CASE("a connection that says something twice is refused") {
  CHECK_THAT(connection_refusal(R"({"url": "postgresql://h/db", "host": "x"})"), Equals("connection.url in config.json and connection.host say the same twice; keep one of them"));
  CHECK_FALSE(connection_refusal(R"({"url": "postgresql://u@h/db", "user": "x"})").empty());
  CHECK_FALSE(connection_refusal(R"({"url": "postgresql://u:p@h/db", "password_file": "x"})").empty());
  CHECK_FALSE(connection_refusal(R"({"url": "postgresql://h/db?a=b", "parameters": {"a": "b"}})").empty());
  CHECK_THAT(connection_refusal(R"({"scheme": "postgresql", "password": "hunter2", "password_file": "x"})"), Equals("connection.password in config.json and connection.password_file contradict each other; keep one of them"));
  CHECK_THAT(refusal(R"({"pool": {"size": 1, "size": 2}})"), Equals("pool.size in config.json occurs twice; keep one of them"));
  CHECK_THAT(refusal(R"({"pool": {}, "pool": {}})"), Equals("pool in config.json occurs twice; keep one of them"));
}

TEST_CASE("a JSON configuration without a database says what is missing") {
  CHECK_THAT(refusal("{}"), Equals("no database is configured: config.json has neither connection.url nor connection.scheme"));
  CHECK_THAT(connection_refusal(R"({"host": "h"})"), StartsWith("connection.scheme is missing in config.json, which has a connection.host"));
  CHECK_THAT(connection_refusal(R"({"scheme": "sqlite"})"), StartsWith("connection.database is missing"));
}

TEST_CASE("bad JSON is told by its position, without what stands there") {
  CHECK_THAT(refusal("{\n  \"pool\": hunter2\n}"), StartsWith("config.json, line 2, column 11 is not valid JSON: invalid literal") && !ContainsSubstring("hunt"));
  CHECK_THAT(refusal(R"({"connection": {"password": "hunter2)"), ContainsSubstring("line 1") && !ContainsSubstring("hunt"));
  CHECK_THAT(refusal("[1]"), StartsWith("config.json holds a list instead of one JSON object"));
  CHECK_THAT(refusal(R"({"retry": {"factor": 1e999}})"), Equals("config.json holds a number that is out of range; write a smaller one"));
  CHECK_THAT(refusal("\"hunter2\""), !ContainsSubstring("hunt"));
}

TEST_CASE("the content of the load section is not looked at") {
  CHECK(parse(R"({"connection": {"url": "sqlite:x.db"}, "load": {"anything": [1, 2]}})").connection.database == "x.db");
}
