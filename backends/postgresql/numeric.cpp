#include "postgresql/numeric.hpp"

#include <algorithm>
#include <array>

#include "postgresql/big_endian.hpp"

namespace millrace::postgresql {
namespace {

constexpr std::uint64_t kBase = 10000;
constexpr int kDigitsPerGroup = 4;
constexpr std::uint64_t kPowersOfTen[] = {1, 10, 100, 1000, 10000};
constexpr std::uint64_t kFourGroups = 10'000'000'000'000'000;  // kBase^4, the most whole groups in 64 bits

// numeric_send()'s sign words
constexpr std::uint16_t kPositive = 0x0000;
constexpr std::uint16_t kNegative = 0x4000;
constexpr std::uint16_t kNaN = 0xC000;
constexpr std::uint16_t kInfinity = 0xD000;
constexpr std::uint16_t kMinusInfinity = 0xF000;

constexpr int kMaxScale = 16383;            // NUMERIC_DSCALE_MASK
constexpr std::int64_t kMaxWholeDigits = 131072;

std::uint8_t* put_header(std::uint8_t* out, int groups, int weight, std::uint16_t sign, int scale) {
  out = put32(out, static_cast<std::uint32_t>(8 + 2 * groups));
  out = put16(out, static_cast<std::uint16_t>(groups));
  out = put16(out, static_cast<std::uint16_t>(weight));
  out = put16(out, sign);
  return put16(out, static_cast<std::uint16_t>(scale));
}

/// Base-10000 digits, the lowest first.
struct Groups {
  std::array<std::uint16_t, 12> digits;
  int count = 0;

  void split(std::uint64_t value) {
    while (value != 0) {
      digits[count++] = static_cast<std::uint16_t>(value % kBase);
      value /= kBase;
    }
  }
  void split_four(std::uint64_t value) {
    for (int i = 0; i < 4; ++i, value /= kBase) digits[count++] = static_cast<std::uint16_t>(value % kBase);
  }
};

/// Divides in place and returns the remainder, with one division of 128 bits where `/` and `%` would be two.
std::uint64_t divide(uint128& value, std::uint64_t divisor) {
  const uint128 quotient = value / divisor;
  const auto remainder = static_cast<std::uint64_t>(value - quotient * divisor);
  value = quotient;
  return remainder;
}

// Values beyond 64 bits.
void split_wide(Groups& groups, uint128 magnitude, int partial_digits) {
  if (partial_digits != 0) {
    const std::uint64_t missing = kPowersOfTen[kDigitsPerGroup - partial_digits];
    if (magnitude <= ~uint128{0} / 1000) {
      magnitude *= missing;
    } else {  // the incomplete group behind the point is cut off, so that nothing overflows
      groups.digits[groups.count++] = static_cast<std::uint16_t>(divide(magnitude, kPowersOfTen[partial_digits]) * missing);
    }
  }
  while (magnitude >> 64 != 0) groups.split_four(divide(magnitude, kFourGroups));
  groups.split(static_cast<std::uint64_t>(magnitude));
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// A decimal text taken apart: the significant digits, point included, and where the point belongs.
struct DecimalText {
  bool negative = false;
  std::string_view digits;        ///< from the first to the last non-zero digit, perhaps with a point inside
  std::int64_t whole_digits = 0;  ///< decimal position of the first digit: 3 for 123, -1 for 0.0123
  std::int64_t scale = 0;         ///< digits shown behind the point
};

bool read_exponent(std::string_view text, std::int64_t& exponent) {
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  exponent = 0;
  for (const char c : text) exponent = std::min<std::int64_t>(exponent * 10 + (c - '0'), 1'000'000'000);
  if (negative) exponent = -exponent;
  return true;
}

bool read_decimal(std::string_view text, DecimalText& out) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::int64_t exponent = 0;
  std::size_t point = kNone;
  std::size_t first = kNone;  // non-zero digits
  std::size_t last = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    const char c = text[end];
    if (c == '0') continue;
    if (is_digit(c)) {
      if (first == kNone) first = end;
      last = end;
    } else if (c == '.' && point == kNone) {
      point = end;
    } else if (c == 'e' || c == 'E') {
      if (!read_exponent(text.substr(end + 1), exponent)) return false;
      break;
    } else {
      return false;
    }
  }
  const auto digits = static_cast<std::int64_t>(end) - (point == kNone ? 0 : 1);
  if (digits == 0) return false;
  const auto point_at = static_cast<std::int64_t>(std::min(point, end));
  out.scale = std::max<std::int64_t>(0, digits - point_at - exponent);
  if (first == kNone) return true;
  out.digits = text.substr(first, last - first + 1);
  const auto first_at = static_cast<std::int64_t>(first);
  out.whole_digits = (first_at < point_at ? point_at - first_at : point_at - first_at + 1) + exponent;
  return true;
}

// Floor division and its remainder, for positions on both sides of the point.
std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::uint8_t* put_groups(std::uint8_t* out, std::string_view digits, int in_first_group) {
  int room = in_first_group;
  std::uint16_t group = 0;
  for (const char c : digits) {
    if (c == '.') continue;
    group = static_cast<std::uint16_t>(group * 10 + (c - '0'));
    if (--room == 0) {
      out = put16(out, group);
      group = 0;
      room = kDigitsPerGroup;
    }
  }
  if (room != kDigitsPerGroup) out = put16(out, static_cast<std::uint16_t>(group * kPowersOfTen[room]));
  return out;
}

}  // namespace

std::uint8_t* put_numeric(std::uint8_t* out, int128 unscaled, int scale) {
  const uint128 magnitude = unscaled < 0 ? -static_cast<uint128>(unscaled) : static_cast<uint128>(unscaled);
  const int partial_digits = scale % kDigitsPerGroup;
  Groups groups;
  constexpr std::uint64_t kSafeToAlign = ~std::uint64_t{0} / 1000;
  if (magnitude <= kSafeToAlign) {
    const auto narrow = static_cast<std::uint64_t>(magnitude);
    groups.split(partial_digits == 0 ? narrow : narrow * kPowersOfTen[kDigitsPerGroup - partial_digits]);
  } else {
    split_wide(groups, magnitude, partial_digits);
  }
  const int weight = groups.count == 0 ? 0 : groups.count - (scale + kDigitsPerGroup - 1) / kDigitsPerGroup - 1;
  int lowest = 0;
  while (lowest < groups.count && groups.digits[lowest] == 0) ++lowest;
  out = put_header(out, groups.count - lowest, weight, unscaled < 0 ? kNegative : kPositive, scale);
  for (int i = groups.count - 1; i >= lowest; --i) out = put16(out, groups.digits[i]);
  return out;
}

std::uint8_t* put_numeric(std::uint8_t* out, std::string_view text) {
  text = trimmed(text);
  DecimalText decimal;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    decimal.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (!read_decimal(text, decimal)) {
    if (equals_ignoring_case(text, "nan")) return put_header(out, 0, 0, kNaN, 0);
    if (!equals_ignoring_case(text, "infinity") && !equals_ignoring_case(text, "inf")) return nullptr;
    return put_header(out, 0, 0, decimal.negative ? kMinusInfinity : kInfinity, 0);
  }
  if (decimal.scale > kMaxScale || decimal.whole_digits > kMaxWholeDigits) return nullptr;
  if (decimal.digits.empty()) return put_header(out, 0, 0, kPositive, static_cast<int>(decimal.scale));

  const std::int64_t weight = floor_div(decimal.whole_digits - 1, kDigitsPerGroup);
  const int in_first_group = static_cast<int>(decimal.whole_digits - weight * kDigitsPerGroup);
  constexpr int kHeaderBytes = 12;
  std::uint8_t* const end = put_groups(out + kHeaderBytes, decimal.digits, in_first_group);
  put_header(out, static_cast<int>(end - out - kHeaderBytes) / 2, static_cast<int>(weight), decimal.negative ? kNegative : kPositive, static_cast<int>(decimal.scale));
  return end;
}

}  // namespace millrace::postgresql
