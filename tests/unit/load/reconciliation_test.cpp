#include "millrace/load/reconciliation.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace millrace;

TEST_CASE("a reconciliation holds only while every check does") {
  Reconciliation checks;
  checks.expect("rows", 5, 5);
  CHECK(checks.ok());
  CHECK(checks.failure().empty());
  checks.expect("sum of a", "1.50", "1.5");
  CHECK_FALSE(checks.ok());
  CHECK(checks.failure() == "sum of a: expected 1.50, found 1.5");
}
