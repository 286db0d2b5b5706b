// Text: well-formed UTF-8 without NUL, and lengths in code points.

#include "data/decode_text.hpp"

#include <algorithm>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "data/scan.hpp"

namespace millrace {
namespace {

/// The end of the longest run from `at` on that needs no closer look: ASCII without NUL. May stop short of it.
const char* skip_ascii(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    // NUL and everything from 0x80 up (negative as signed bytes) are not greater than zero.
    if (_mm_movemask_epi8(_mm_cmpgt_epi8(block, _mm_setzero_si128())) != 0xffff) break;
  }
#endif
  for (; end - at >= 8; at += 8) {
    const auto block = load<std::uint64_t>(at);
    if (((block - kEveryByte) | block) & kEveryByte * 0x80) break;
  }
  return at;
}

bool is_continuation(char c) { return (c & 0xc0) == 0x80; }

/// The length of the well-formed multi-byte sequence at `at`, or 0. Table 3-7 of the Unicode standard.
std::size_t sequence_length(const char* at, const char* end) {
  const auto left = static_cast<std::size_t>(end - at);
  const auto first = static_cast<unsigned char>(at[0]);
  const auto second = left > 1 ? static_cast<unsigned char>(at[1]) : 0u;
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return is_continuation(static_cast<char>(second)) ? 2 : 0;
  if (first < 0xf0) {
    const unsigned lowest = first == 0xe0 ? 0xa0 : 0x80;   // no overlong forms
    const unsigned highest = first == 0xed ? 0x9f : 0xbf;  // no surrogates
    return left >= 3 && second >= lowest && second <= highest && is_continuation(at[2]) ? 3 : 0;
  }
  const unsigned lowest = first == 0xf0 ? 0x90 : 0x80;
  const unsigned highest = first == 0xf4 ? 0x8f : 0xbf;  // at most U+10FFFF
  return left >= 4 && second >= lowest && second <= highest && is_continuation(at[2]) && is_continuation(at[3]) ? 4 : 0;
}

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

/// Whether a short text is ASCII without NUL, by two loads that overlap; texts of other lengths are not asked about.
bool is_short_ascii(std::string_view text) {
  std::uint64_t head, tail;
  if (text.size() >= 8 && text.size() <= 16) {
    head = load<std::uint64_t>(text.data());
    tail = load<std::uint64_t>(text.data() + text.size() - 8);
  } else if (text.size() >= 4 && text.size() < 8) {
    head = load<std::uint32_t>(text.data()) | 0x7f7f7f7f00000000u;  // harmless bytes above
    tail = load<std::uint32_t>(text.data() + text.size() - 4) | 0x7f7f7f7f00000000u;
  } else {
    return false;
  }
  return (((head - kEveryByte) | head | (tail - kEveryByte) | tail) & kEveryByte * 0x80) == 0;
}

}  // namespace

DecodeStatus check_text(std::string_view text) {
  if (is_short_ascii(text)) return DecodeStatus::ok;
  const char* at = text.data();
  const char* const end = at + text.size();
  while ((at = skip_ascii(at, end)) != end) {
    // At most eight bytes one by one, then the fast path gets another try.
    for (int i = 0; i < 8 && at != end; ++i) {
      if (*at == '\0') return DecodeStatus::nul_byte;
      if (static_cast<unsigned char>(*at) < 0x80) {
        ++at;
      } else if (const std::size_t length = sequence_length(at, end)) {
        at += length;
      } else {
        return DecodeStatus::invalid_utf8;
      }
    }
  }
  return DecodeStatus::ok;
}

DecodeStatus fit_long_text(std::string_view& text, std::size_t most) {
  if (count_code_points(text) <= most) return DecodeStatus::ok;
  std::size_t end = 0;
  for (std::size_t points = 0; end < text.size(); ++end) {
    if (!is_continuation(text[end]) && points++ == most) break;
  }
  if (text.find_first_not_of(' ', end) != std::string_view::npos) return DecodeStatus::too_long;
  text = text.substr(0, end);
  return DecodeStatus::ok;
}

}  // namespace millrace
