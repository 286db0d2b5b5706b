#include "millrace/access/dialect.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "millrace/access/error.hpp"
#include "millrace/testing/fake_connection.hpp"

using namespace millrace;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {
const testing::FakeDialect kDialect;
}

TEST_CASE("names are always quoted, quotes in them doubled") {
  CHECK(kDialect.quote("a") == "\"a\"");
  CHECK(kDialect.quote("A \"b\"; DROP TABLE t --") == "\"A \"\"b\"\"; DROP TABLE t --\"");
  CHECK(kDialect.quote(TableName{"", "t"}) == "\"t\"");
  CHECK(kDialect.quote(TableName{"s.x", "t"}) == "\"s.x\".\"t\"");
  CHECK(kDialect.quote_list({"a", "b\""}, "p.") == "p.\"a\", p.\"b\"\"\"");
  CHECK(kDialect.quote_list({}) == "");
  CHECK_THROWS_AS(kDialect.quote(""), ConfigError);
  CHECK_THROWS_AS(kDialect.quote(std::string_view("a\0b", 3)), ConfigError);
  CHECK_THROWS_AS(kDialect.quote(TableName{"s", ""}), ConfigError);
  CHECK(kDialect.drop_table({"s", "t"}) == "DROP TABLE IF EXISTS \"s\".\"t\"");
}

TEST_CASE("text literals double their quotes and nothing else") {
  CHECK(kDialect.string_literal("") == "''");
  CHECK(kDialect.string_literal("it's \\ \"") == "'it''s \\ \"'");
  CHECK(kDialect.string_literal("''") == "''''''");
  CHECK_THROWS_AS(kDialect.string_literal(std::string_view("\0", 1)), ConfigError);
}

TEST_CASE("table names fold unquoted parts and keep quoted ones") {
  const auto parse = [](std::string_view text) { return kDialect.parse_table(text); };
  CHECK(parse("Orders") == TableName{"", "orders"});
  CHECK(parse("Sales.Orders_2") == TableName{"sales", "orders_2"});
  CHECK(parse("\"Sales\".\"Or\"\"ders\"") == TableName{"Sales", "Or\"ders"});
  CHECK(parse("Sales.\"Orders\"") == TableName{"sales", "Orders"});
  CHECK(parse("\"Sales\".Orders") == TableName{"Sales", "orders"});
  CHECK(parse("  s  .\t\"t\"  ") == TableName{"s", "t"});
  CHECK(parse("\"a.b\"") == TableName{"", "a.b"});
  CHECK(parse("\" \"") == TableName{"", " "});
  CHECK(parse("\"\"\"\"") == TableName{"", "\""});
  CHECK(parse("_a$1") == TableName{"", "_a$1"});
  CHECK(parse("\xC3\x84rzte") == TableName{"", "\xC3\x84rzte"});
  CHECK(parse(std::string(63, 'a')).name.size() == 63);
}

TEST_CASE("malformed table names are refused") {
  const auto refused = [](std::string_view text, const char* why) {
    CAPTURE(text);
    CHECK_THROWS_MATCHES(kDialect.parse_table(text), ConfigError, MessageMatches(ContainsSubstring(why)));
  };
  refused("", "empty");
  refused("  ", "empty");
  refused(".", "empty");
  refused("a.", "empty");
  refused(".a", "empty");
  refused("a..b", "empty");
  refused("\"\"", "empty");
  refused("a.\"\"", "empty");
  refused("\"a", "closing");
  refused("\"a\"\"", "closing");
  refused("a.\"", "closing");
  refused("a.b.c", "behind");
  refused("a b", "double quotes");
  refused("a-b", "double quotes");
  refused("a\"b\"", "double quotes");
  refused("\"a\"b", "double quotes");
  refused("1a", "double quotes");
  refused("$a", "double quotes");
  refused("'a'", "double quotes");
  refused("t; DROP TABLE x", "double quotes");
  refused(std::string_view("\"a\0\"", 4), "NUL");
  refused(std::string(64, 'a'), "63 bytes");
  refused("s.\"" + std::string(64, 'a') + "\"", "63 bytes");
}

TEST_CASE("one identifier has no dots") {
  CHECK(kDialect.parse_identifier("Acct_ID") == "acct_id");
  CHECK(kDialect.parse_identifier(" \"Acct.ID\" ") == "Acct.ID");
  CHECK_THROWS_AS(kDialect.parse_identifier("a.b"), ConfigError);
  CHECK_THROWS_AS(kDialect.parse_identifier(""), ConfigError);
}

TEST_CASE("a quoted name parses back to itself") {
  for (const char* name : {"a", "A", "a\"b", "\"", "a.b", " ", "\xF0\x9F\x90\x98", "1", "select"}) {
    CHECK(kDialect.parse_table(kDialect.quote(TableName{name, name})) == TableName{name, name});
    CHECK(kDialect.parse_identifier(kDialect.quote(name)) == name);
  }
}

TEST_CASE("limited names are cut on character boundaries and keep their suffix") {
  const testing::FakeDialect ten(10);
  CHECK(ten.limited_name("abc", "_stg") == "abc_stg");
  CHECK(ten.limited_name("abcdef", "_stg") == "abcdef_stg");
  CHECK(ten.limited_name("abcdefg", "_stg") == "abcdef_stg");
  CHECK(ten.limited_name("", "_stg") == "_stg");
  CHECK(ten.limited_name("abc", "") == "abc");
  CHECK(ten.limited_name("abcd", "0123456789") == "0123456789");
  CHECK_THROWS_AS(ten.limited_name("a", "0123456789x"), Error);
  const std::string e = "\xC3\xA9", euro = "\xE2\x82\xAC", elephant = "\xF0\x9F\x90\x98";
  CHECK(ten.limited_name("abcde" + e + "x", "_stg") == "abcde_stg");          // cut would fall into e
  CHECK(ten.limited_name("abcd" + e, "_stg") == "abcd" + e + "_stg");         // fits exactly
  CHECK(ten.limited_name("abcd" + e + "x", "_stg") == "abcd" + e + "_stg");
  CHECK(ten.limited_name("abcd" + euro, "_stg") == "abcd_stg");
  CHECK(ten.limited_name("abc" + elephant, "_stg") == "abc_stg");
  CHECK(ten.limited_name("ab" + elephant + "c", "_stg") == "ab" + elephant + "_stg");
  for (std::size_t length = 0; length <= 12; ++length) {
    std::string base;
    while (base.size() < length) base += euro;
    const std::string name = ten.limited_name(base, "_x");
    CHECK(name.size() <= 10);
    CHECK((name.size() - 2) % 3 == 0);
  }
}
