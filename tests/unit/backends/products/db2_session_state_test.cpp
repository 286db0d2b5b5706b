#include "products/db2/session_state.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace millrace;
using namespace std::chrono_literals;

TEST_CASE("Db2's lock time-out is in whole seconds, at least one") {
  const auto wait = [](std::chrono::milliseconds timeout) { return db2::load_settings(timeout).at(0); };
  CHECK(wait(30s) == "SET CURRENT LOCK TIMEOUT = 30");
  CHECK(wait(1001ms) == "SET CURRENT LOCK TIMEOUT = 2");
  CHECK(wait(50ms) == "SET CURRENT LOCK TIMEOUT = 1");
  CHECK(wait(0ms) == "SET CURRENT LOCK TIMEOUT = 1");
  CHECK(wait(-1ms) == "SET CURRENT LOCK TIMEOUT = 1");
  CHECK(wait(24h * 365) == "SET CURRENT LOCK TIMEOUT = 32767");
  CHECK(wait(std::chrono::milliseconds::max()) == "SET CURRENT LOCK TIMEOUT = 32767");
}

TEST_CASE("Db2 has its own names of isolation levels") {
  CHECK(db2::isolation_statement(Isolation::server_default).empty());
  CHECK(db2::isolation_statement(Isolation::read_committed) == "SET CURRENT ISOLATION = CS");
  CHECK(db2::isolation_statement(Isolation::repeatable_read) == "SET CURRENT ISOLATION = RS");
  CHECK(db2::isolation_statement(Isolation::serializable) == "SET CURRENT ISOLATION = RR");
}
