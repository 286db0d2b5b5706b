#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "config_support.hpp"

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {
std::string value_of(const std::string& text) { return parse_env_file(text).at("A"); }
std::string refusal(const std::string& text) { return refusal_of([&] { parse_env_file(text, "the file x.env"); }); }
}  // namespace

TEST_CASE("an .env file is lines of NAME=VALUE, comments and empty lines") {
  CHECK(parse_env_file("# first\n\nA=1\n  B = two words  \nexport C=3\n\t\n").size() == 3);
  CHECK(parse_env_file("A=1\r\nB=2\r\n") == Variables{{"A", "1"}, {"B", "2"}});
  CHECK(parse_env_file("\xEF\xBB\xBF" "A=1") == Variables{{"A", "1"}});
  CHECK(parse_env_file("").empty());
  CHECK(value_of("A=") == "");
  CHECK(value_of("A=x=y") == "x=y");
  CHECK(value_of("A=a\nA=b") == "b");
  CHECK(parse_env_file("MY_A=1\n#A=2\nexport=3\nmy.a-b=4") == Variables{{"MY_A", "1"}, {"export", "3"}, {"my.a-b", "4"}});
}

TEST_CASE("a # begins a comment only behind a blank, since URLs and passwords have them") {
  CHECK(value_of("A=x#y") == "x#y");
  CHECK(value_of("A=x #y") == "x");
  CHECK(value_of("A=#x") == "#x");
  CHECK(value_of("A= # nothing") == "");
  CHECK(value_of("A='x' # y") == "x");
  CHECK(value_of("A=\"x # y\"# z") == "x # y");
}

TEST_CASE("single quotes keep everything, double ones know escapes, both go over lines") {
  CHECK(value_of("A='a\\n\"$B'") == "a\\n\"$B");
  CHECK(value_of(R"(A="a\n\t\"\\\$\`\d")") == "a\n\t\"\\$`\\d");
  CHECK(parse_env_file("A='x\n# no comment\ny'\nB=2") == Variables{{"A", "x\n# no comment\ny"}, {"B", "2"}});
  CHECK(value_of("A=it's") == "it's");
  CHECK(value_of("A=${B}") == "${B}");  // nothing is expanded
}

TEST_CASE("a line that is no variable is refused by its number") {
  CHECK_THAT(refusal("A=1\nhunter2\n"), StartsWith("line 2 of the file x.env is not NAME=VALUE"));
  CHECK_THAT(refusal("=hunter2"), StartsWith("line 1 of the file x.env is not NAME=VALUE"));
  CHECK_THAT(refusal("export"), StartsWith("line 1"));
  CHECK_THAT(refusal("1A=2"), StartsWith("line 1"));
  CHECK_THAT(refusal("A B=2"), StartsWith("line 1"));
  CHECK_THAT(refusal("A=1\n\nB=\"hunter2\nC=3\n"), StartsWith("line 3 of the file x.env has a quote that is not closed"));
  CHECK_THAT(refusal("A='x\ny' hunter2"), StartsWith("line 2 of the file x.env has something behind its closing quote"));
  CHECK_THAT(refusal(std::string("A=x\0y", 5)), StartsWith("line 1 of the file x.env has a NUL byte"));
  for (const char* text : {"hunter2", "=hunter2", "A='hunter2", "A='x'hunter2"}) CHECK_THAT(refusal(text), !ContainsSubstring("hunt"));
}
