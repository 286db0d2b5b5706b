#include <catch2/catch_test_macros.hpp>

#include <string>

#include "millrace/data/decode.hpp"

using namespace millrace;
using enum DecodeStatus;

TEST_CASE("JSON texts of RFC 8259 are accepted") {
  for (const char* text : {"{}", "[]", "null", "true", "false", "0", "-0", "1.5", "-1.5e-10", "1E+5", "\"\"", "\"a\"", " [ 1 , 2 ] ", "[[],[[]],{}]",
                           "{\"a\":1}", "{ \"a\" : { \"b\" : [ { } , null ] } , \"c\" : \"d\" }", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uD800\"", "\"ü🌍\"",
                           "{\"a\":1,\"a\":2}", "\t\r\n1", "[1,[2,[3,{\"x\":[4]}]],5]", "\"\x7f\""}) {
    INFO(text);
    CHECK(check_json(text) == ok);
  }
}

TEST_CASE("what is not JSON is refused") {
  for (const char* text : {"", " ", "{", "}", "[", "]", "[1,]", "[,1]", "[1 2]", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "{1:2}",
                           "nul", "nulll", "True", "01", "-", "-01", "1.", ".5", "1e", "1e+", "+1", "0x1", "NaN", "Infinity", "\"", "\"a", "\"\\\"", "\"\\x\"",
                           "\"\\u12\"", "\"\\u12g4\"", "\"\t\"", "\"\n\"", "[1}", "{\"a\":1]", "1 2", "[] []", "{\"a\":1 \"b\":2}", "{\"a\" 1}", "\v1",
                           "// x\n1", "[1]]", "{\"a\":1}}", "{\"a\":1,2}"}) {
    INFO(text);
    CHECK(check_json(text) == invalid_syntax);
  }
  CHECK(check_json("\"\xff\"") == invalid_utf8);
  CHECK(check_json(std::string_view("\"\0\"", 3)) == nul_byte);
}

TEST_CASE("JSON nests 1000 levels deep, not more") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(check_json(nested(1000)) == ok);
  CHECK(check_json(nested(1001)) == out_of_range);
  CHECK(check_json(std::string(1000000, '[')) == out_of_range);
  std::string objects;
  for (int i = 0; i < 999; ++i) objects += "{\"a\":";
  CHECK(check_json(objects + "[]" + std::string(999, '}')) == ok);
}
