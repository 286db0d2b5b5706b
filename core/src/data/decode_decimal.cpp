// Decimals in all their spellings. Common short ones never get here: see fast_decode.hpp.

#include <algorithm>

#include "data/decimal.hpp"
#include "data/decimal_text.hpp"
#include "data/fast_decode.hpp"
#include "data/scan.hpp"
#include "millrace/data/decode.hpp"

namespace millrace {
namespace {

// Limits of PostgreSQL's numeric without a declared precision.
constexpr std::int64_t kMaxIntegerDigits = 131'072;
constexpr std::int64_t kMaxFractionDigits = 16'383;

// Exponents are cut off here: far beyond every limit, far from overflowing the sums they go into.
constexpr std::int64_t kExponentLimit = 1'000'000'000'000;

/// Reads `e`, sign and digits up to the end of the text.
bool read_exponent(std::string_view text, std::int64_t& exponent) {
  text.remove_prefix(1);
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text.empty()) return false;
  std::int64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    value = std::min(value * 10 + (c - '0'), kExponentLimit);
  }
  exponent = negative ? -value : value;
  return true;
}

}  // namespace

bool read_decimal(std::string_view text, DecimalText& out) {
  out = {};
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    out.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  std::int64_t integer_digits = 0;   // digits before the point, leading zeros included
  std::int64_t fraction_digits = 0;
  std::size_t first = std::string_view::npos;  // of the significant digits
  std::int64_t leading_zeros = 0;
  bool point_seen = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '.') {
      if (point_seen) return false;
      point_seen = true;
      continue;
    }
    if (!is_digit(text[at])) break;
    ++(point_seen ? fraction_digits : integer_digits);
    if (first == std::string_view::npos) {
      if (text[at] == '0') ++leading_zeros;
      else first = at;
    }
  }
  const std::int64_t digits = integer_digits + fraction_digits;
  std::int64_t exponent = 0;
  if (digits == 0) return false;
  if (at < text.size() && (to_lower(text[at]) != 'e' || !read_exponent(text.substr(at), exponent))) return false;
  if (first != std::string_view::npos) {
    out.digits = text.substr(first, at - first);
    out.count = digits - leading_zeros;
  }
  out.point = integer_digits - leading_zeros + exponent;
  out.written_fraction = fraction_digits - exponent;
  return true;
}

int128 DecimalText::scaled_rounding(int scale) const {
  const std::int64_t kept = point + scale;  // digits that lie before the end of the scale
  if (count == 0 || kept < 0) return 0;
  uint128 value = 0;
  std::int64_t seen = 0;
  for (const char c : digits) {
    if (c == '.') continue;
    if (seen == kept) {
      value += c >= '5';
      break;
    }
    value = value * 10 + static_cast<unsigned>(c - '0');
    ++seen;
  }
  value *= kPowersOfTen[static_cast<std::size_t>(kept - seen)];
  return negative ? -static_cast<int128>(value) : static_cast<int128>(value);
}

bool is_non_finite(std::string_view text) {
  if (equals_ignoring_case(text, "nan")) return true;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return equals_ignoring_case(text, "inf") || equals_ignoring_case(text, "infinity");
}

DecodeStatus decode_decimal(std::string_view text, int precision, int scale, int128& out) {
  if (fast::decimal(text.data(), text.size(), fast::DecimalFormat(precision, scale), out)) return DecodeStatus::ok;
  text = trim_blanks(text);
  DecimalText number;
  if (!read_decimal(text, number)) return is_non_finite(text) ? DecodeStatus::not_finite : DecodeStatus::invalid_syntax;
  if (number.integer_digits() > precision - scale) return DecodeStatus::precision_exceeded;
  const int128 value = number.scaled_rounding(scale);
  // Rounding may have carried into one digit more: 99.995 is 100.00.
  if (magnitude_of(value) >= kPowersOfTen[static_cast<std::size_t>(precision)]) return DecodeStatus::precision_exceeded;
  out = value;
  return DecodeStatus::ok;
}

DecodeStatus check_decimal(std::string_view text) {
  text = trim_blanks(text);
  DecimalText number;
  if (!read_decimal(text, number)) return is_non_finite(text) ? DecodeStatus::ok : DecodeStatus::invalid_syntax;
  const bool fits = number.integer_digits() <= kMaxIntegerDigits && number.fraction_digits() <= kMaxFractionDigits;
  return fits ? DecodeStatus::ok : DecodeStatus::out_of_range;
}

}  // namespace millrace
