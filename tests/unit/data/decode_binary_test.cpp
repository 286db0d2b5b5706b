#include <catch2/catch_test_macros.hpp>

#include <string>

#include "millrace/data/decode.hpp"

using namespace millrace;
using enum DecodeStatus;

namespace {
std::string binary(std::string_view text) {
  std::string out;
  const DecodeStatus status = decode_binary(text, out);
  return status == ok ? out : std::string(to_string(status));
}
std::string uuid(std::string_view text) {
  Uuid out;
  const DecodeStatus status = decode_uuid(text, out);
  return status == ok ? to_string(out) : std::string(to_string(status));
}
}  // namespace

TEST_CASE("binary data in hex") {
  CHECK(binary("\\x") == "");
  CHECK(binary("\\x00ff7F") == std::string("\0\xff\x7f", 3));
  CHECK(binary("\\xDE ad\n\tbe\ref ") == "\xde\xad\xbe\xef");
  CHECK(binary("\\x  41") == "A");
  for (const char* text : {"\\x0", "\\x0g", "\\x0 0", "\\xabc", "\\x-1", "\\x\\x41", "\\x00\v00"}) {
    INFO(text);
    CHECK(binary(text) == "invalid_syntax");
  }
}

TEST_CASE("binary data in escape format") {
  CHECK(binary("") == "");
  CHECK(binary("abc") == "abc");
  CHECK(binary(" a ") == " a ");
  CHECK(binary("\\\\") == "\\");
  CHECK(binary("a\\000b\\377") == std::string("a\0b\xff", 4));
  CHECK(binary("\\\\x41") == "\\x41");
  CHECK(binary("ü") == "ü");
  for (const char* text : {"\\", "a\\", "\\0", "\\00", "\\400", "\\080", "\\008", "\\n", "\\X41"}) {
    INFO(text);
    CHECK(binary(text) == "invalid_syntax");
  }
  CHECK(binary(std::string_view("a\0b", 3)) == "nul_byte");
}

TEST_CASE("uuids in PostgreSQL's forms") {
  const std::string expected = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
  for (const char* text : {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
                           "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}"}) {
    INFO(text);
    CHECK(uuid(text) == expected);
  }
  for (const char* text : {"", "{}", "{", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111", " a0eebc999c0b4ef8bb6d6bb9bd380a11",
                           "{a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc999c0b4ef8bb6d6bb9bd380a11}", "a0eebc999c0b4ef8bb6d6bb9bd380a11-",
                           "a0eeb-c999c0b4ef8bb6d6bb9bd380a11", "a0ee--bc999c0b4ef8bb6d6bb9bd380a11", "-a0eebc999c0b4ef8bb6d6bb9bd380a11",
                           "g0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g", "a0eebc99x9c0b-4ef8-bb6d-6bb9bd380a11",
                           "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 "}) {
    INFO(text);
    CHECK(uuid(text) == "invalid_syntax");
  }
}
