// The codecs of DRDA's strings and decimals: what is written reads back the same. The first byte chooses the codec, for decimals the next two precision and
// scale, the rest is the input.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "db2/drda/decfloat.hpp"
#include "db2/drda/ebcdic.hpp"
#include "db2/drda/packed_decimal.hpp"

using namespace millrace::drda;

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

void check_from_ebcdic(Bytes bytes) {
  const std::optional<std::string> again = to_ebcdic(from_ebcdic(bytes));
  require(again && *again == as_characters(bytes), "EBCDIC is read and written");
}

void check_to_ebcdic(std::string_view text) {
  if (const std::optional<std::string> ebcdic = to_ebcdic(text)) require(from_ebcdic(as_octets(*ebcdic)) == text, "EBCDIC is written and read");
}

std::vector<std::uint8_t> packed(std::string_view text, int precision, int scale) {
  std::vector<std::uint8_t> out(packed_size(precision));
  pack_decimal(text, precision, scale, out.data());
  return out;
}

void check_pack(std::string_view text, int precision, int scale) {
  const std::vector<std::uint8_t> bytes = packed(text, precision, scale);
  std::string again;
  unpack_decimal(bytes, precision, scale, again);
  require(packed(again, precision, scale) == bytes, "a decimal is written, read and written");
}

void check_unpack(Bytes bytes, int precision, int scale) {
  if (bytes.size() < packed_size(precision)) return;
  std::string text;
  unpack_decimal(bytes.first(packed_size(precision)), precision, scale, text);
  // An even precision has a half byte too many, which may hold a digit.
  const int digits = precision % 2 == 0 ? precision + 1 : precision;
  std::string again;
  unpack_decimal(packed(text, digits, scale), digits, scale, again);
  require(text == again, "a decimal is read, written and read");
}

void check_decfloat(Bytes bytes) {
  const std::size_t size = bytes.size() < 16 ? 8 : 16;
  if (bytes.size() < size) return;
  std::string text;
  append_decfloat(bytes.first(size), text);
  require(!text.empty() && text.size() <= 82, "a DECFLOAT's text");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const Bytes rest(data + 1, size - 1);
  const int precision = 1 + rest[0] % kMostDigits;
  const int scale = rest[1] % (precision + 1);
  try {
    switch (data[0] & 0x07) {
      case 0: check_from_ebcdic(rest); break;
      case 1: check_to_ebcdic(as_characters(rest)); break;
      case 2: check_pack(as_characters(rest.subspan(2)), precision, scale); break;
      case 3: check_unpack(rest.subspan(2), precision, scale); break;
      default: check_decfloat(rest);
    }
  } catch (const Failure& failure) {
    const std::string& state = failure.sqlca().state;
    require(state == "22003" || state == "22018" || state == "58009", "a decimal's failure");
  }
  return 0;
}
