#include "data/decimal.hpp"

#include <algorithm>

#include "data/decimal_text.hpp"
#include "data/scan.hpp"
#include "millrace/data/data_error.hpp"
#include "millrace/data/decode.hpp"

namespace millrace {

std::string place_point(std::string digits, int scale, bool negative) {
  const auto decimals = static_cast<std::size_t>(std::max(scale, 0));
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  if (decimals != 0) digits.insert(digits.size() - decimals, 1, '.');
  if (negative) digits.insert(0, 1, '-');
  return digits;
}

std::string to_string(const Decimal& decimal) {
  std::string digits;
  uint128 rest = magnitude_of(decimal.unscaled);
  do {
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest != 0);
  std::reverse(digits.begin(), digits.end());
  if (decimal.scale < 0 && decimal.unscaled != 0) digits.append(static_cast<std::size_t>(-decimal.scale), '0');
  return place_point(std::move(digits), decimal.scale, decimal.unscaled < 0);
}

Decimal Decimal::parse(std::string_view text) {
  DecimalText number;
  if (!read_decimal(trim_blanks(text), number)) {
    throw DataError(describe(DecodeStatus::invalid_syntax, SqlType::of(TypeKind::decimal), text));
  }
  // A positive exponent that goes past the point leaves trailing zeros and the scale 0: 1e3 is 1000.
  const std::int64_t scale = std::max<std::int64_t>(number.fraction_digits(), 0);
  if (scale > kMaxDecimalDigits || number.integer_digits() + scale > kMaxDecimalDigits) {
    throw DataError(describe(DecodeStatus::precision_exceeded, SqlType::decimal(kMaxDecimalDigits, static_cast<int>(std::min<std::int64_t>(scale, kMaxDecimalDigits))), text));
  }
  Decimal result;
  result.scale = static_cast<int>(scale);
  result.unscaled = number.scaled_rounding(result.scale);
  return result;
}

}  // namespace millrace
