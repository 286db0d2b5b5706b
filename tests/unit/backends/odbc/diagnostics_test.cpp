#include "common/cli/diagnostics.hpp"

#include <catch2/catch_test_macros.hpp>

using millrace::cli_odbc::plain_message;

TEST_CASE("a driver's message loses the names before it") {
  CHECK(plain_message("[SQLite]no such table: t (1)") == "no such table: t (1)");
  CHECK(plain_message("[unixODBC][Driver Manager]Data source name not found") == "Data source name not found");
  CHECK(plain_message("[IBM][CLI Driver][DB2/LINUXX8664] SQL0204N  \"T\" is an undefined name.") == "SQL0204N \"T\" is an undefined name.");
}

TEST_CASE("brackets that are no prefix stay in a driver's message") {
  CHECK(plain_message("unrecognized token: \"[a]\"") == "unrecognized token: \"[a]\"");
  CHECK(plain_message("[no end") == "[no end");
  CHECK(plain_message("") == "");
  CHECK(plain_message("[SQLite]") == "");
}

TEST_CASE("a driver's message is one line without blanks around it") {
  CHECK(plain_message("ERROR: bad\nDETAIL:  worse;\r\n\tError while executing the query") == "ERROR: bad DETAIL: worse; Error while executing the query");
  CHECK(plain_message("  \n bad \t ") == "bad");
  CHECK(plain_message("[SQLite] \n") == "");
}

TEST_CASE("a semicolon ends no message, but stays inside one") {
  CHECK(plain_message("bad;\n; ") == "bad");
  CHECK(plain_message("a; b") == "a; b");
}

TEST_CASE("a driver's message keeps characters that are not ASCII") { CHECK(plain_message("[x]Täbelle\xC2\xA0„t“ fehlt") == "Täbelle\xC2\xA0„t“ fehlt"); }
