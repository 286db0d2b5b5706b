#include "db2/drda/decfloat.hpp"

#include <array>

namespace millrace::drda {
namespace {

constexpr int kDecletBits = 10;

/// The three digits of a declet. IEEE 754-2008, 3.5.2, table 3.3: its bits are numbered from the left there, as here.
std::array<int, 3> digits_of(unsigned declet) {
  const auto bit = [declet](int number) { return static_cast<int>(declet >> (kDecletBits - 1 - number) & 1); };
  const auto low = [&](int a, int b, int c) { return 4 * bit(a) + 2 * bit(b) + bit(c); };
  const auto high = [&](int number) { return 8 + bit(number); };
  if (bit(6) == 0) return {low(0, 1, 2), low(3, 4, 5), low(7, 8, 9)};
  switch (2 * bit(7) + bit(8)) {
    case 0: return {low(0, 1, 2), low(3, 4, 5), high(9)};
    case 1: return {low(0, 1, 2), high(5), low(3, 4, 9)};
    case 2: return {high(2), low(3, 4, 5), low(0, 1, 9)};
    default: break;
  }
  switch (2 * bit(3) + bit(4)) {
    case 0: return {high(2), high(5), low(0, 1, 9)};
    case 1: return {high(2), low(0, 1, 5), high(9)};
    case 2: return {low(0, 1, 2), high(5), high(9)};
    default: return {high(2), high(5), high(9)};
  }
}

/// Bits from the left.
unsigned bits_of(Bytes bytes, int first, int count) {
  unsigned out = 0;
  for (int i = first; i < first + count; ++i) out = out << 1 | (bytes[static_cast<std::size_t>(i / 8)] >> (7 - i % 8) & 1u);
  return out;
}

void append_number(const std::string& digits, int exponent, std::string& out) {
  constexpr std::size_t kLongest = 80;
  const auto size = static_cast<int>(digits.size());
  const int point = size + exponent;   // digits before it
  if (exponent >= 0 && static_cast<std::size_t>(point) <= kLongest) {
    out += digits;
    if (digits != "0") out.append(static_cast<std::size_t>(exponent), '0');
  } else if (exponent < 0 && point > 0) {
    out.append(digits, 0, static_cast<std::size_t>(point)).append(".").append(digits, static_cast<std::size_t>(point));
  } else if (exponent < 0 && static_cast<std::size_t>(2 - exponent) <= kLongest) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else {
    out += digits[0];
    if (size > 1) out.append(".").append(digits, 1);
    out += 'E' + std::to_string(point - 1);
  }
}

}  // namespace

void append_decfloat(Bytes bytes, std::string& out) {
  const bool is_short = bytes.size() == 8;
  const int exponent_bits = is_short ? 8 : 12, bias = is_short ? 398 : 6176, declets = is_short ? 5 : 11;
  const unsigned combination = bits_of(bytes, 1, 5);
  constexpr unsigned kInfinity = 0b11110, kNan = 0b11111;
  const bool is_negative = bits_of(bytes, 0, 1) != 0;
  if (combination == kNan) {
    out += bits_of(bytes, 6, 1) != 0 ? "sNaN" : "NaN";
    return;
  }
  if (is_negative) out += '-';
  if (combination == kInfinity) {
    out += "Infinity";
    return;
  }
  const bool is_large = combination >> 3 == 0b11;   // the first digit is 8 or 9
  const unsigned first = is_large ? 8 + (combination & 1) : combination & 7, exponent_top = is_large ? combination >> 1 & 3 : combination >> 3;
  const int exponent = static_cast<int>(exponent_top << exponent_bits | bits_of(bytes, 6, exponent_bits)) - bias;
  std::string digits(1, static_cast<char>('0' + first));
  for (int i = 0; i < declets; ++i) {
    for (const int digit : digits_of(bits_of(bytes, 6 + exponent_bits + kDecletBits * i, kDecletBits))) digits += static_cast<char>('0' + digit);
  }
  const std::size_t start = digits.find_first_not_of('0');
  append_number(start == std::string::npos ? "0" : digits.substr(start), exponent, out);
}

}  // namespace millrace::drda
