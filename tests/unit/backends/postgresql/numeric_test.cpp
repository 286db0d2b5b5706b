#include "postgresql/numeric.hpp"

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace millrace;
using namespace millrace::postgresql;
using namespace std::string_literals;

namespace {

constexpr std::size_t kLength = 4;

std::string from_int(int128 unscaled, int scale) {
  std::uint8_t bytes[40];
  const std::uint8_t* const end = put_numeric(bytes, unscaled, scale);
  return {reinterpret_cast<const char*>(bytes) + kLength, static_cast<std::size_t>(end - bytes) - kLength};
}

std::string from_text(const std::string& text) {
  std::vector<std::uint8_t> bytes(32 + text.size());
  const std::uint8_t* const end = put_numeric(bytes.data(), text);
  if (!end) return "refused";
  REQUIRE(static_cast<std::size_t>(end - bytes.data()) <= bytes.size());
  return {reinterpret_cast<const char*>(bytes.data()) + kLength, static_cast<std::size_t>(end - bytes.data()) - kLength};
}

}  // namespace

// The expected bytes are what numeric_send() prints for the same value: SELECT numeric_send('12345.67').
TEST_CASE("numerics have the bytes that the server itself sends") {
  CHECK(from_int(0, 0) == "\0\0\0\0\0\0\0\0"s);
  CHECK(from_int(0, 2) == "\0\0\0\0\0\0\0\x02"s);
  CHECK(from_int(1, 0) == "\0\x01\0\0\0\0\0\0\0\x01"s);
  CHECK(from_int(-1, 0) == "\0\x01\0\0\x40\0\0\0\0\x01"s);
  CHECK(from_int(10000, 0) == "\0\x01\0\x01\0\0\0\0\0\x01"s);                       // the zero digit behind is left out
  CHECK(from_int(1234567, 2) == "\0\x03\0\x01\0\0\0\x02\0\x01\x09\x29\x1a\x2c"s);   // 12345.67 = 1, 2345, 6700
  CHECK(from_int(1, 5) == "\0\x01\xff\xfe\0\0\0\x05\x03\xe8"s);                     // 0.00001 = 1000 * 10000^-2
  CHECK(from_int(15, 1) == "\0\x02\0\0\0\0\0\x01\0\x01\x13\x88"s);                  // 1.5 = 1, 5000
}

TEST_CASE("the path for 64 bits, the one for 128 bits and the one for text agree") {
  for (int scale = 0; scale <= 38; ++scale) {
    int128 value = 1;
    for (int digits = 1; digits <= 38; ++digits) {
      for (const int128 candidate : {value, value * 7 + 3, -(value - 1)}) {
        const std::string text = to_string(Decimal{candidate, scale});
        INFO(text);
        CHECK(from_int(candidate, scale) == from_text(text));
      }
      if (digits < 38) value *= 10;
    }
  }
}

TEST_CASE("exponents move the point, and no zero is written for them") {
  CHECK(from_text("1.5e3") == from_text("1500"));
  CHECK(from_text("1e-5") == from_text("0.00001"));
  CHECK(from_text("15E+2") == from_text("1500"));
  CHECK(from_text("1e1000").size() == 10);
  CHECK(from_text("1e-1000").size() == 10);
  CHECK(from_text("0e10") == from_text("0"));
}

TEST_CASE("forms of the same number are the same") {
  CHECK(from_text(" +00012.50 ") == from_text("12.50"));
  CHECK(from_text(".5") == from_text("0.5"));
  CHECK(from_text("5.") == from_text("5"));
  CHECK(from_text("-0.00") == from_text("0.00"));
}

TEST_CASE("NaN and the infinities have sign words of their own") {
  CHECK(from_text("NaN") == "\0\0\0\0\xc0\0\0\0"s);
  CHECK(from_text("Infinity") == "\0\0\0\0\xd0\0\0\0"s);
  CHECK(from_text("-inf") == "\0\0\0\0\xf0\0\0\0"s);
}

TEST_CASE("what numeric can not hold is refused, not cut") {
  for (const char* text : {"", ".", "-", "e5", "1e", "1e+", "1.2.3", "12a", "--1", "1e131072", "1e-16384", "1e99999999999999999999", "0x1", "1 2"}) {
    INFO(text);
    CHECK(from_text(text) == "refused");
  }
  CHECK(from_text("1e131071") != "refused");
  CHECK(from_text("1e-16383") != "refused");
}
