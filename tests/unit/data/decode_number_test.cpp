#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "millrace/data/decode.hpp"

using namespace millrace;
using enum DecodeStatus;

namespace {

constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
constexpr auto kMax = std::numeric_limits<std::int64_t>::max();

void check_integer(std::string_view text, std::int64_t expected) {
  INFO(text);
  std::int64_t value = 42;
  CHECK(decode_integer(text, kMin, kMax, value) == ok);
  CHECK(value == expected);
}

DecodeStatus integer_status(std::string_view text, std::int64_t lowest = kMin, std::int64_t highest = kMax) {
  std::int64_t value = 42;
  const DecodeStatus status = decode_integer(text, lowest, highest, value);
  if (status != ok) CHECK(value == 42);
  return status;
}

DecodeStatus double_status(std::string_view text) {
  double value = 0;
  return decode_double(text, value);
}

double as_double(std::string_view text) {
  INFO(text);
  double value = 42;
  CHECK(decode_double(text, value) == ok);
  return value;
}

float as_real(std::string_view text) {
  INFO(text);
  float value = 42;
  CHECK(decode_real(text, value) == ok);
  return value;
}

template <class T> bool same_bits(T a, T b) { return std::memcmp(&a, &b, sizeof a) == 0; }

}  // namespace

TEST_CASE("booleans are PostgreSQL's words and their unique prefixes") {
  for (const char* text : {"true", "TRUE", "tru", "t", "T", "yes", "y", "on", "oN", "1", " true\n", "\v\f1\r\t"}) {
    INFO(text);
    bool value = false;
    CHECK(decode_boolean(text, value) == ok);
    CHECK(value);
  }
  for (const char* text : {"false", "f", "fal", "no", "N", "off", "of", "0", "  0 "}) {
    INFO(text);
    bool value = true;
    CHECK(decode_boolean(text, value) == ok);
    CHECK_FALSE(value);
  }
  for (const char* text : {"", " ", "o", "2", "00", "truee", "yess", "onn", "offf", "t rue", "wahr", "-1"}) {
    INFO(text);
    bool value = true;
    CHECK(decode_boolean(text, value) == invalid_syntax);
  }
}

TEST_CASE("integers have a sign and digits, with blanks around") {
  check_integer("0", 0);
  check_integer("-0", 0);
  check_integer("+7", 7);
  check_integer("007", 7);
  check_integer(" \t\n\v\f\r-12 \t\n\v\f\r", -12);
  check_integer("00000000000000000000000000000000000001", 1);
  for (const char* text : {"", " ", "-", "+", "+-1", "-+1", "--1", "1.0", "1.", "1e3", "0x10", "1_000", "1 2", "12a", "a", "1-", "12345678a",
                           "1234567890123456x", "/1", "1:", "99999999999999999999x"}) {
    INFO(text);
    CHECK(integer_status(text) == invalid_syntax);
  }
  CHECK(integer_status(std::string_view("1\0", 2)) == invalid_syntax);
}

TEST_CASE("integers of every length and of either sign are read exactly") {
  std::string digits;
  std::int64_t expected = 0;
  for (int i = 1; i <= 18; ++i) {
    digits += static_cast<char>('0' + i % 10);
    expected = expected * 10 + i % 10;
    check_integer(digits, expected);
    check_integer("-" + digits, -expected);
    check_integer("+" + digits, expected);
  }
}

TEST_CASE("integers stop at the limits of their type") {
  check_integer("9223372036854775807", kMax);
  check_integer("-9223372036854775808", kMin);
  CHECK(integer_status("9223372036854775808") == out_of_range);
  CHECK(integer_status("-9223372036854775809") == out_of_range);
  CHECK(integer_status("99999999999999999999999999") == out_of_range);
  CHECK(integer_status("32767", -32768, 32767) == ok);
  CHECK(integer_status("32768", -32768, 32767) == out_of_range);
  CHECK(integer_status("-32768", -32768, 32767) == ok);
  CHECK(integer_status("-32769", -32768, 32767) == out_of_range);
  CHECK(integer_status("2147483647", -2147483648, 2147483647) == ok);
  CHECK(integer_status("2147483648", -2147483648, 2147483647) == out_of_range);
  CHECK(integer_status("-2147483648", -2147483648, 2147483647) == ok);
  CHECK(integer_status("-2147483649", -2147483648, 2147483647) == out_of_range);
}

TEST_CASE("random integers survive a round trip") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 5000; ++i) {
    const auto value = static_cast<std::int64_t>(random()) >> (random() % 64);
    check_integer(std::to_string(value), value);
  }
}

TEST_CASE("floating point numbers are what strtod reads in the C locale") {
  for (const char* text : {"0", "1", "-1", "1.", ".5", "0.1", "123456.789", "1e22", "1e23", "9007199254740993", "9007199254740992.5", "5e-324",
                           "1.7976931348623157e308", "2.2250738585072011e-308", "0.000001", "1234567890123456", "0.3", "1.15", "8.41e21",
                           "179769313486231580793e288", "4503599627370497.5", "9999999999999999", "0.00000000000001", "12345678.12345678"}) {
    INFO(text);
    CHECK(same_bits(as_double(text), std::strtod(text, nullptr)));
    if (std::fabs(std::strtod(text, nullptr)) < 1e38 && std::strtof(text, nullptr) != 0) CHECK(same_bits(as_real(text), std::strtof(text, nullptr)));
  }
  CHECK(same_bits(as_double("-0"), -0.0));
  CHECK(same_bits(as_double("-0.0"), -0.0));
  CHECK(as_double(" +1.5\n") == 1.5);
  CHECK(as_double("+1e+2") == 100);
}

TEST_CASE("random doubles and reals are rounded once") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 5000; ++i) {
    char text[64];
    const double number = std::ldexp(static_cast<double>(static_cast<std::int64_t>(random())), static_cast<int>(random() % 80) - 60);
    const char* const formats[] = {"%.17g", "%.3f", "%.9g", "%g", "%.6f", "%.0f"};
    std::snprintf(text, sizeof text, formats[random() % 6], number);
    INFO(text);
    CHECK(same_bits(as_double(text), std::strtod(text, nullptr)));
    CHECK(same_bits(as_real(text), std::strtof(text, nullptr)));
  }
}

TEST_CASE("a real is not rounded by way of a double") {
  // Halfway between two floats plus a hair that a double drops.
  const char* const text = "1.00000005960464477540";
  CHECK(same_bits(as_real(text), std::strtof(text, nullptr)));
  CHECK_FALSE(same_bits(as_real(text), static_cast<float>(std::strtod(text, nullptr))));
}

TEST_CASE("NaN and infinities are spelled as in PostgreSQL") {
  CHECK(std::isnan(as_double("NaN")));
  CHECK(std::isnan(as_double(" nan ")));
  for (const char* text : {"Infinity", "inf", "+inf", "INF", "+Infinity"}) CHECK(as_double(text) == HUGE_VAL);
  for (const char* text : {"-Infinity", "-inf", " -INFINITY"}) CHECK(as_double(text) == -HUGE_VAL);
  for (const char* text : {"nan(1)", "-nan", "+nan", "infinit", "in", "infinityx", "nanx"}) {
    INFO(text);
    CHECK(double_status(text) == invalid_syntax);
  }
}

TEST_CASE("what is no number is refused by floating point types") {
  for (const char* text : {"", " ", "-", "+", ".", "-.", "e5", "1e", "1e+", "0x1p3", "1,5", "1 5", "1.2.3", "--1", "+-1", "1.2x", "abc", "1_0",
                           "12345678.1234.5678", "1..2"}) {
    INFO(text);
    CHECK(double_status(text) == invalid_syntax);
  }
}

TEST_CASE("numbers past the range of their type, and nonzero ones that vanish, are out of range") {
  for (const char* text : {"1e400", "-1e400", "1e-400", "-1e-400", "1.8e308", "1e99999999999999999999", "1e-99999999999999999999"}) {
    INFO(text);
    CHECK(double_status(text) == out_of_range);
  }
  CHECK(as_double("0e-400") == 0);
  CHECK(as_double("0e400") == 0);
  float real = 0;
  CHECK(decode_real("1e39", real) == out_of_range);
  CHECK(decode_real("1e-50", real) == out_of_range);
  CHECK(as_real("1e-45") > 0);  // subnormal
}
