#include <ostream>
#include <type_traits>

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/config.hpp"

using namespace millrace;

namespace {
template <class T> concept Streamable = requires(std::ostream& out, const T& value) { out << value; };
}

TEST_CASE("a secret can not be streamed or turned into text by accident") {
  STATIC_CHECK_FALSE(Streamable<Secret>);
  STATIC_CHECK_FALSE(std::is_convertible_v<Secret, std::string>);
  STATIC_CHECK_FALSE(std::is_convertible_v<std::string, Secret>);
}

TEST_CASE("scrub takes out a secret in all its forms") {
  const Secret secret("p@ss/w\xC3\xB6rd'\\");
  CHECK(secret.scrub("password p@ss/w\xC3\xB6rd'\\ is wrong") == "password *** is wrong");
  CHECK(secret.scrub(percent_encode(secret.reveal())) == "***");
  CHECK(secret.scrub("p%40ss%2fw%c3%b6rd%27%5c") == "***");
  CHECK(secret.scrub("'p@ss/w\xC3\xB6rd\\'\\\\'") == "'***'");
  CHECK(Secret("abc").scrub("abcabc abc") == "****** ***");
}

TEST_CASE("scrub takes out the pieces that a client cuts from a malformed URL") {
  CHECK(Secret("hunter@tiger/zebra").scrub("could not translate host name \"tiger\" or \"zebra\": hunter") ==
        "could not translate host name \"***\" or \"***\": ***");
  CHECK(Secret("hunter:99").scrub("invalid port \"hunter\"") == "invalid port \"***\"");
  CHECK(Secret("100%sure").scrub("invalid percent-encoded token: \"100%sure\"") == "invalid percent-encoded token: \"***\"");
}

TEST_CASE("scrub leaves other text alone") {
  CHECK(Secret().scrub("all of it") == "all of it");
  CHECK(Secret("hunter").scrub("hunt for it") == "hunt for it");
  CHECK(Secret("a@b").scrub("a man, a plan, b") == "a man, a plan, b");  // pieces this short are in every message
  CHECK(Secret("*").scrub("2*3") == "2***3");
  CHECK(Secret("hunter").scrub("") == "");
}
