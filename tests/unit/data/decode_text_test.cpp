#include <catch2/catch_test_macros.hpp>

#include <string>

#include "millrace/data/decode.hpp"

using namespace millrace;
using enum DecodeStatus;

namespace {

/// The status of `sequence` alone and at every place in text long enough for all fast paths.
DecodeStatus status_anywhere(const std::string& sequence) {
  const DecodeStatus status = check_text(sequence);
  for (std::size_t before = 0; before <= 40; ++before) {
    for (const std::size_t after : {0, 1, 7, 16, 33}) {
      INFO(before << " before, " << after << " after");
      CHECK(check_text(std::string(before, 'a') + sequence + std::string(after, 'z')) == status);
    }
  }
  return status;
}

}  // namespace

TEST_CASE("ASCII of every length is text") {
  for (std::size_t size = 0; size < 100; ++size) CHECK(check_text(std::string(size, '~')) == ok);
  std::string all;
  for (int c = 1; c < 128; ++c) all += static_cast<char>(c);
  CHECK(status_anywhere(all) == ok);
  CHECK(check_text({}) == ok);
}

TEST_CASE("the first and last code points of each length are text") {
  for (const char* text : {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
                           "Grüße, 世界 🌍"}) {
    INFO(text);
    CHECK(status_anywhere(text) == ok);
  }
}

TEST_CASE("ill-formed UTF-8 is found wherever it stands") {
  for (const char* text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80",
                           "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe", "\xc2", "\xe2\x82", "\xf0\x9f\x8c", "\xe2",
                           "\xf0", "\xc2\x20", "\xe2\x82\x20", "\xe2\x20\x82", "\xf0\x9f\x8c\x20", "\xf0\x9f\x20\x8c"}) {
    INFO(text);
    CHECK(status_anywhere(text) == invalid_utf8);
  }
}

TEST_CASE("a NUL is found wherever it stands") {
  CHECK(status_anywhere(std::string(1, '\0')) == nul_byte);
  CHECK(status_anywhere(std::string("ü\0", 3)) == nul_byte);
}

TEST_CASE("every two- and three-byte sequence is judged as its code point demands") {
  bool sound = true;
  for (unsigned first = 0x80; first < 0x100; ++first) {
    for (unsigned second = 1; second < 0x100; ++second) {
      const char two[] = {static_cast<char>(first), static_cast<char>(second)};
      const bool good_two = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
      sound &= (check_text({two, 2}) == ok) == good_two;
      for (const unsigned third : {0x01u, 0x7fu, 0x80u, 0xbfu, 0xc0u, 0xffu}) {
        const char three[] = {two[0], two[1], static_cast<char>(third)};
        const unsigned point = (first & 15) << 12 | (second & 63) << 6 | (third & 63);
        const bool continued = (second & 0xc0) == 0x80 && (third & 0xc0) == 0x80;
        const bool good_three = first >= 0xe0 && first <= 0xef && continued && point >= 0x800 && (point < 0xd800 || point > 0xdfff);
        sound &= (check_text({three, 3}) == ok) == (good_three || (good_two && third < 0x80));
      }
    }
  }
  CHECK(sound);
}
