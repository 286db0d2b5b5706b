#include "millrace/access/placeholders.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "millrace/testing/fake_connection.hpp"

using namespace millrace;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

const testing::FakeDialect kDialect;

std::string sql_of(std::string_view sql, const Params& params = {}) { return translate_placeholders(sql, params, kDialect).sql; }

void check_untouched(std::string_view sql) {
  CAPTURE(sql);
  CHECK(sql_of(sql) == sql);
}

// The text is left alone, and the translator is awake again behind it.
void check_opaque(const std::string& text) {
  CAPTURE(text);
  CHECK(sql_of(text) == text);
  CHECK(sql_of(text + " = ?", {1}) == text + " = $1");
  CHECK(sql_of("? = " + text + " + ?", {1, 2}) == "$1 = " + text + " + $2");
}

}  // namespace

TEST_CASE("question marks become numbered placeholders in order") {
  const auto bound = translate_placeholders("INSERT INTO t VALUES (?,?, ?)", {1, "two", nullptr}, kDialect);
  CHECK(bound.sql == "INSERT INTO t VALUES ($1,$2, $3)");
  CHECK(bound.values == std::vector<Value>{1, "two", nullptr});
  CHECK(sql_of("?", {1}) == "$1");
  CHECK(sql_of("") == "");
}

TEST_CASE("placeholders inside literals, names, comments and dollar quotes are text") {
  for (const char* text : {
           "'?'", "':name'", "'it''s ? :x'", "''", "''''", "'\\'", "E'\\'?'", "e'a\\\\'", "E'it''s\\'?:x'", "E'''?'", "U&'\\0041?'", "B'01'", "x'?'", "n'?'",
           "E'a\\''\n  'b\\'?'", "E'a'\n'?\\':x'",
           "\"?\"", "\"a\"\"?:b\"", "U&\"d\\0061?\"",
           "/*?*/", "/* :x /* ? */ ? */", "/* '?*/", "/**/", "/***/", "/*/*/**/*/?*/", "/* -- */",
           "$$?$$", "$$ ' :x $$", "$tag$ ? $$ ? $other$ $tag$", "$_t1$?$_t1$", "$é$?$é$", "$a$$a$",
           "a::int", "'1'::text", "a ::numeric(10,2)", "x:=1", "a[1:2]", "a[:2]", "a[1:]", "a[ 1 : 2 ]",
           "a$b$c", "t$1$", "\xC3\xA9$x$", "$1", "1e5", "E", "e", "- -", "/ *", "a-b", "'' ''",
       }) {
    check_opaque(text);
  }
}

TEST_CASE("a line comment ends with its line") {
  CHECK(sql_of("-- ? :x '\n?", {1}) == "-- ? :x '\n$1");
  CHECK(sql_of("--?\r?", {1}) == "--?\r$1");
  CHECK(sql_of("-- ? /*\n ? -- ?", {1}) == "-- ? /*\n $1 -- ?");
  check_untouched("SELECT 1 -- ?");
  check_untouched("--");
}

TEST_CASE("a backslash is no escape in a standard literal") {
  CHECK(sql_of("'\\' = ?", {1}) == "'\\' = $1");
  CHECK(sql_of("name'\\' ?", {1}) == "name'\\' $1");   // not the word E
  CHECK(sql_of("type'x' ?", {1}) == "type'x' $1");
  CHECK(sql_of("E '\\' ?", {1}) == "E '\\' $1");       // E is a word of its own here
  CHECK(sql_of("E'a' 'b\\' ?", {1}) == "E'a' 'b\\' $1");  // two literals, not one over two lines
}

TEST_CASE("what is not closed is left to the server") {
  for (const char* sql : {"'?", "\"?", "E'?\\", "E'?\\'", "/* ? ", "/* /* */ ?", "$$ ?", "$a$ ? $$", "$a$ ? $A$", "$", "$a", ":", "'"}) check_untouched(sql);
}

TEST_CASE("dollars that open no quote hide nothing") {
  CHECK(sql_of("a$$b ? $$", {1}) == "a$$b $1 $$");     // $ belongs to the word before it
  CHECK(sql_of("$1$ ? $1$", {1}) == "$1$ $1 $1$");     // a tag does not begin with a digit
  CHECK(sql_of("$a-b$ ? $a-b$", {1}) == "$a-b$ $1 $a-b$");
}

TEST_CASE("a doubled question mark is an operator") {
  CHECK(sql_of("a ?? 'k'") == "a ? 'k'");
  CHECK(sql_of("a ??| ? AND b ??& ?", {1, 2}) == "a ?| $1 AND b ?& $2");
  CHECK(sql_of("???", {1}) == "?$1");
  CHECK(sql_of("????") == "??");
  CHECK(sql_of("'?\?'") == "'?\?'");
}

TEST_CASE("a named value may be used many times, in any order") {
  const auto params = Params::named({{"a", 1}, {"b", "x"}});
  const auto bound = translate_placeholders("SELECT :b, :a, :b, ':a', x::b", params, kDialect);
  CHECK(bound.sql == "SELECT $1, $2, $1, ':a', x::b");
  CHECK(bound.values == std::vector<Value>{"x", 1});

  const testing::FakeDialect unnumbered(63, false);
  const auto repeated = translate_placeholders("SELECT :b, :a, :b", params, unnumbered);
  CHECK(repeated.sql == "SELECT ?, ?, ?");
  CHECK(repeated.values == std::vector<Value>{"x", 1, "x"});
}

TEST_CASE("a name ends where it can not go on") {
  CHECK(sql_of("(:a)", Params::named({{"a", 1}})) == "($1)");
  CHECK(sql_of(":a::text", Params::named({{"a", 1}})) == "$1::text");
  CHECK(sql_of("x::text=:a_1", Params::named({{"a_1", 1}})) == "x::text=$1");
  CHECK(sql_of(":a:b", Params::named({{"a", 1}, {"b", 2}})) == "$1$2");
  CHECK(sql_of(":ab", Params::named({{"ab", 1}})) == "$1");
}

TEST_CASE("statements and values that do not fit are refused") {
  const auto refused = [](std::string_view sql, const Params& params, const char* why) {
    CAPTURE(sql);
    CHECK_THROWS_MATCHES(translate_placeholders(sql, params, kDialect), Error, MessageMatches(ContainsSubstring(why)));
    try {
      translate_placeholders(sql, params, kDialect);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::misuse);
    }
  };
  refused("SELECT ?", {}, "1 '?' placeholders, but 0 values");
  refused("SELECT ?", {1, 2}, "1 '?' placeholders, but 2 values");
  refused("SELECT '?'", {1}, "0 '?' placeholders, but 1 values");
  refused("SELECT 1", Params::named({{"a", 1}}), "'a'");
  refused("SELECT :a", {}, "':a' has no value");
  refused("SELECT :b", Params::named({{"a", 1}}), "':b' has no value");
  refused("SELECT :a", Params::named({{"a", 1}, {"b", 1}}), "'b'");
  refused("SELECT :a", Params::named({{"a", 1}, {"a", 2}}), "'a'");
  refused("SELECT :A", Params::named({{"a", 1}}), "':A' has no value");
  refused("SELECT :a", {1}, "Params::named");
  refused("SELECT ?, :a", {1}, "mixes");
  refused("SELECT ?, :a", Params::named({{"a", 1}}), "mixes");
  refused("SELECT ?", Params::named({{"a", 1}}), "'a'");
  refused(std::string_view("DELETE FROM t\0 WHERE a = 1", 27), {}, "NUL");
}
