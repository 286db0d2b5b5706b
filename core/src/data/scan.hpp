#pragma once
// Reading characters: blanks, digits, and eight digits at a time in one register.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace millrace {

static_assert(std::endian::native == std::endian::little, "batches and the digit tricks below are little-endian");

/// The characters that isspace() knows in the C locale, which PostgreSQL's input functions skip.
inline bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
inline bool is_digit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }
inline char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

inline std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// `word` is lower-case.
inline bool equals_ignoring_case(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (to_lower(text[i]) != word[i]) return false;
  }
  return true;
}

/// The values of all characters as hex digits, -1 for those that are none. A table, since branches on random digits are
/// mispredicted half of the time.
inline constexpr auto kHexDigits = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
  for (int i = 0; i < 6; ++i) values[static_cast<std::size_t>('a' + i)] = values[static_cast<std::size_t>('A' + i)] = static_cast<std::int8_t>(10 + i);
  return values;
}();

/// The value of a hex digit, or -1.
inline int hex_digit(char c) { return kHexDigits[static_cast<unsigned char>(c)]; }

/// The byte that two hex digits stand for; negative when one of them is none.
inline int hex_pair(const char* at) { return hex_digit(at[0]) * 16 | hex_digit(at[1]); }

template <class T> T load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline constexpr std::uint64_t kEveryByte = 0x0101010101010101u;
inline constexpr std::uint64_t kZeros = kEveryByte * '0';

/// Up to 8 characters as bytes of digit value ('0' becomes 0), right-aligned: the last one in the top byte, unused bytes
/// zero. Reads nothing outside [from, from + count). @pre 1 <= count <= 8
inline std::uint64_t load_digits(const char* from, std::size_t count) {
  constexpr auto kZeros32 = static_cast<std::uint32_t>(kZeros);
  if (count >= 4) {
    const std::uint64_t head = static_cast<std::uint64_t>(load<std::uint32_t>(from) ^ kZeros32) << (8 * (8 - count)) & 0xffffffffu;
    const std::uint64_t tail = load<std::uint32_t>(from + count - 4) ^ kZeros32;
    return tail << 32 | head;
  }
  const auto digit = [from](std::size_t at) { return static_cast<std::uint64_t>(static_cast<unsigned char>(from[at] ^ '0')); };
  const std::size_t middle = count / 2;
  const std::size_t last = count - 1;
  return (digit(0) | digit(middle) << (8 * middle) | digit(last) << (8 * last)) << (8 * (8 - count));
}

/// Nonzero when a byte is no digit value 0..9.
inline std::uint64_t non_digits(std::uint64_t digits) { return (digits | (digits + kEveryByte * 0x76)) & kEveryByte * 0x80; }

/// The number that eight digit bytes stand for, the most significant digit in the lowest byte.
/// Three multiplications: pairs, then groups of four, then all eight.
inline std::uint32_t number_of(std::uint64_t digits) {
  constexpr std::uint64_t kPairs = 0x000000ff000000ffu;
  digits = digits * 10 + (digits >> 8);
  return static_cast<std::uint32_t>(
      ((digits & kPairs) * (100 + (std::uint64_t{1000000} << 32)) + (digits >> 16 & kPairs) * (1 + (std::uint64_t{10000} << 32))) >> 32);
}

}  // namespace millrace
