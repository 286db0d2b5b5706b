#include "products/postgresql/session_state.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace millrace;
using namespace millrace::postgresql;
using namespace std::chrono_literals;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the baseline has a statement time-out only where one is configured") {
  ConnectionConfig config;
  CHECK_FALSE(contains(baseline_settings(config), "statement_timeout"));
  config.statement_timeout = 1500ms;
  CHECK(contains(baseline_settings(config), "SET statement_timeout TO 1500"));
  config.statement_timeout = 0ms;
  CHECK(contains(baseline_settings(config), "SET statement_timeout TO 0"));
}

TEST_CASE("a reset undoes what DISCARD ALL undoes, then sets the baseline") {
  const std::string sql = reset_statements("SET the_baseline TO on", false);
  std::size_t at = 0;
  for (const char* part : {"CLOSE ALL", "SET SESSION AUTHORIZATION DEFAULT", "RESET ROLE", "RESET ALL", "DEALLOCATE ALL", "UNLISTEN *", "pg_advisory_unlock_all()",
                           "DISCARD PLANS", "DISCARD TEMP", "DISCARD SEQUENCES", "SET the_baseline TO on"}) {
    INFO(part);
    const std::size_t found = sql.find(part, at);
    REQUIRE(found != std::string::npos);
    at = found;
  }
  CHECK_FALSE(contains(sql, "ROLLBACK"));
  CHECK(reset_statements("x", true).starts_with("ROLLBACK; "));
}

TEST_CASE("a load's settings name what the server's version has") {
  for (const int version : {120000, 150006, 170000}) {
    const std::string sql = load_settings(version, 250ms);
    CHECK(contains(sql, "SET statement_timeout = 0"));
    CHECK(contains(sql, "SET idle_in_transaction_session_timeout = 0"));
    CHECK(contains(sql, "SET lock_timeout = 250"));
    CHECK(contains(sql, "SET idle_session_timeout") == (version >= 140000));
    CHECK(contains(sql, "SET transaction_timeout") == (version >= 170000));
  }
}

TEST_CASE("a time-out too long for the server is its longest") {
  CHECK(timeout_value(1000h * 1000) == "2147483647");
  CHECK(timeout_value(1ms) == "1");
  CHECK(timeout_value(0ms) == "0");
}
