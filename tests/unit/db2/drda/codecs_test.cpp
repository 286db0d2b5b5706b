// The codecs at the bottom: numbers, EBCDIC, packed decimals.

#include <catch2/catch_test_macros.hpp>

#include "db2/drda/decfloat.hpp"
#include "db2/drda/ebcdic.hpp"
#include "db2/drda/packed_decimal.hpp"
#include "unit/db2/drda/drda_golden.hpp"

using namespace millrace::drda;
using namespace millrace::drda_test;

namespace {

std::string packed(std::string_view text, int precision, int scale) {
  Octets out(packed_size(precision));
  pack_decimal(text, precision, scale, out.data());
  return to_hex(out);
}

std::string unpacked(std::string_view hex, int precision, int scale) {
  std::string out;
  unpack_decimal(from_hex(hex), precision, scale, out);
  return out;
}

std::string decfloat(std::string_view hex) {
  std::string out;
  append_decfloat(from_hex(hex), out);
  return out;
}

}  // namespace

TEST_CASE("a reader never reads beyond its end") {
  const Octets bytes = from_hex("0102030405060708 0002 6162");
  Reader reader(bytes);
  CHECK(reader.number<std::uint64_t>() == 0x0102030405060708);
  CHECK(as_characters(reader.counted()) == "ab");
  CHECK(reader.at_end());
  CHECK(state_of([&] { reader.u8(); }) == "58009");
  Reader little(bytes);
  CHECK(little.number<std::uint16_t>(ByteOrder::little) == 0x0201);
  CHECK(state_of([&] { little.take(11); }) == "58009");
  CHECK(little.remaining() == 10);
  const Octets long_string = from_hex("ffff 61");
  CHECK(state_of([&] { Reader(long_string).counted(); }) == "58009");
}

TEST_CASE("a buffer keeps its bytes while it grows, makes room and is cut") {
  Buffer buffer;
  for (int i = 0; i < 1'000; ++i) buffer.put8(static_cast<std::uint8_t>(i));
  buffer.insert(1, 2);
  CHECK(buffer.size() == 1'002);
  CHECK(buffer.bytes()[0] == 0);
  CHECK(buffer.bytes()[3] == 1);
  CHECK(buffer.bytes()[1'001] == static_cast<std::uint8_t>(999));
  buffer.erase_front(3);
  CHECK(buffer.size() == 999);
  CHECK(buffer.bytes()[0] == 1);
}

TEST_CASE("EBCDIC 500 and back") {
  CHECK(to_hex(as_octets(*to_ebcdic("Apache Derby"))) == "c1978183888540c4859982a8");
  CHECK(to_hex(as_octets(*to_ebcdic("[]!|^~"))) == "4a5a4fbb5fa1");
  CHECK(to_ebcdic("Z\xc3\xbcrich") == "\xe9\xdc\x99\x89\x83\x88");
  CHECK_FALSE(to_ebcdic("\xe2\x82\xac"));      // the euro sign came later
  CHECK_FALSE(to_ebcdic("\xc3"));
  CHECK_FALSE(to_ebcdic("\xc3\x28"));
  CHECK_FALSE(to_ebcdic("\xc1\x81"));          // an overlong 'A'
  Octets all(256);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i);
  CHECK(to_ebcdic(from_ebcdic(all)) == as_characters(all));
}

TEST_CASE("decimals are packed with their sign in the last half byte") {
  CHECK(packed("12345.67", 7, 2) == "1234567c");  // as recorded
  CHECK(packed("-1.5", 7, 2) == "0000150d");
  CHECK(packed("0", 7, 2) == "0000000c");
  CHECK(packed("-0.00", 7, 2) == "0000000c");     // no negative zero
  CHECK(packed("+.5", 1, 1) == "5c");
  CHECK(packed("12", 2, 0) == "012c");
  CHECK(packed("1e3", 4, 0) == "01000c");
  CHECK(packed("1250e-3", 5, 3) == "01250c");
  CHECK(packed(" 7. ", 1, 0) == "7c");
  CHECK(packed("0000000000000000000000000000000000000000001.000000000", 1, 0) == "1c");
  CHECK(packed("-1234567890123456789012345678901", 31, 0) == "1234567890123456789012345678901d");
  CHECK(packed("0.1234567890123456789012345678901", 31, 31) == "1234567890123456789012345678901c");
}

TEST_CASE("decimals that do not fit and texts that are none are refused") {
  for (const char* const text : {"100000", "0.001", "-99999.999", "1e5", "1e-3", "1e99999999999"}) {
    CAPTURE(text);
    CHECK(state_of([&] { packed(text, 7, 2); }) == "22003");
  }
  for (const char* const text : {"", " ", "-", ".", "1.2.3", "1,5", "abc", "0x10", "1e", "1e+", "--1", "1 2", "NaN", "1e5x"}) {
    CAPTURE(text);
    CHECK(state_of([&] { packed(text, 7, 2); }) == "22018");
  }
}

TEST_CASE("packed decimals are read in full") {
  CHECK(unpacked("1234567c", 7, 2) == "12345.67");
  CHECK(unpacked("1234567f", 7, 2) == "12345.67");
  CHECK(unpacked("0000150d", 7, 2) == "-1.50");
  CHECK(unpacked("0000000d", 7, 2) == "0.00");
  CHECK(unpacked("0000001c", 7, 0) == "1");
  CHECK(unpacked("00005c", 5, 5) == "0.00005");
  CHECK(unpacked("012c", 2, 2) == "0.12");
  CHECK(unpacked("1234567890123456789012345678901d", 31, 0) == "-1234567890123456789012345678901");
}

TEST_CASE("a packed decimal with impossible half bytes breaks the protocol") {
  CHECK(state_of([] { unpacked("123a567c", 7, 2); }) == "58009");
  CHECK(state_of([] { unpacked("12345671", 7, 2); }) == "58009");
  CHECK(state_of([] { unpacked("1234567c", 5, 2); }) == "58009");
  CHECK(state_of([] { unpacked("1234567c", 7, 8); }) == "58009");
}

TEST_CASE("DECFLOAT's digits, exponents and specials") {
  CHECK(decfloat("a2300000000003d0") == "-7.50");
  CHECK(decfloat("a20780000000000000000000000003d0") == "-7.50");
  CHECK(decfloat("2238000000000000") == "0");
  CHECK(decfloat("a238000000000000") == "-0");
  CHECK(decfloat("2608134b9c1e28e56f3c127177823534") == "1234567890123456789012345678901234");
  CHECK(decfloat("77ffcff3fcff3fcff3fcff3fcff3fcff").ends_with("E6144"));              // the largest: 34 nines
  CHECK(decfloat("77fcff3fcff3fcff") == "9.999999999999999E384");
  CHECK(decfloat("0000000000000001") == "1E-398");
  CHECK(decfloat("2213c00000000000" "0000000000000001").starts_with("1"));
  CHECK(decfloat("7800000000000000") == "Infinity");
  CHECK(decfloat("f8000000000000000000000000000000") == "-Infinity");
  CHECK(decfloat("7c00000000000000") == "NaN");
  CHECK(decfloat("7e000000000000000000000000000000") == "sNaN");
  CHECK(decfloat("2230000000000001") == "0.01");
  CHECK(decfloat("2240000000000001") == "100");
}

TEST_CASE("declets of every form are the published digits") {
  const auto declet = [](const std::string& hex) { return decfloat("22380000000000" + hex); };   // ddEncode, General Decimal Arithmetic
  const std::pair<const char*, const char*> published[] = {{"a3", "123"}, {"09", "9"}, {"2a", "82"}, {"6e", "888"}, {"6f", "889"}, {"7e", "898"}, {"7f", "899"}, {"ee", "988"}, {"ef", "989"},
                                                           {"fe", "998"}, {"ff", "999"}};
  for (const auto& [hex, digits] : published) CHECK(declet(hex) == digits);
}

TEST_CASE("every declet of DECFLOAT is three digits, and every three digits are one's") {
  std::string seen;
  for (unsigned declet = 0; declet < 1024; ++declet) {
    char hex[17];
    std::snprintf(hex, sizeof hex, "2238000000000%03x", declet);
    const std::string digits = decfloat(hex);
    CHECK(digits.size() <= 3);
    seen += digits + " ";
  }
  for (int number = 0; number < 1'000; ++number) CHECK((" " + seen).find(" " + std::to_string(number) + " ") != std::string::npos);
}
