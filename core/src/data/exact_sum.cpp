// 256-bit sums: two's complement in two 128-bit halves.

#include <algorithm>
#include <array>

#include "data/decimal.hpp"
#include "data/scan.hpp"
#include "millrace/data/data_error.hpp"
#include "millrace/data/decode.hpp"

namespace millrace {
namespace {

[[noreturn]] void throw_no_sum(std::string_view text, const char* reason) {
  throw DataError("the sum \"" + std::string(text.substr(0, 100)) + "\" " + reason);
}

/// 256 bits without sign, the least significant limb first.
using Limbs = std::array<std::uint64_t, 4>;

Limbs to_limbs(uint128 high, uint128 low) {
  return {static_cast<std::uint64_t>(low), static_cast<std::uint64_t>(low >> 64), static_cast<std::uint64_t>(high), static_cast<std::uint64_t>(high >> 64)};
}

/// Divides in place and returns the remainder.
std::uint64_t divide(Limbs& limbs, std::uint64_t divisor) {
  uint128 rest = 0;
  for (std::size_t i = limbs.size(); i-- > 0;) {
    rest = rest << 64 | limbs[i];
    limbs[i] = static_cast<std::uint64_t>(rest / divisor);
    rest %= divisor;
  }
  return static_cast<std::uint64_t>(rest);
}

/// limbs * 10 + digit; false on overflow into the sign bit.
bool push_digit(Limbs& limbs, unsigned digit) {
  uint128 carry = digit;
  for (std::uint64_t& limb : limbs) {
    carry += static_cast<uint128>(limb) * 10;
    limb = static_cast<std::uint64_t>(carry);
    carry >>= 64;
  }
  return carry == 0 && limbs[3] >> 63 == 0;
}

void negate(uint128& high, uint128& low) {
  low = 0 - low;
  high = ~high + (low == 0);
}

template <class T> void add_values(ExactSum& sum, std::span<const T> values) {
  // In 128 bits as long as they last. NULLs are stored as zero.
  int128 part = 0;
  for (const T value : values) {
    int128 next;
    if (__builtin_add_overflow(part, static_cast<int128>(value), &next)) {
      sum.add(part);
      next = value;
    }
    part = next;
  }
  sum.add(part);
}

}  // namespace

void ExactSum::add(int128 value) {
  ExactSum other;
  other.low_ = static_cast<uint128>(value);
  other.high_ = value < 0 ? -1 : 0;
  add(other);
}

void ExactSum::add(const ExactSum& other) {
  low_ += other.low_;
  const bool carry = low_ < other.low_;
  high_ = static_cast<int128>(static_cast<uint128>(high_) + static_cast<uint128>(other.high_) + carry);
}

std::string ExactSum::to_string(int scale) const {
  const bool negative = high_ < 0;
  uint128 high = static_cast<uint128>(high_);
  uint128 low = low_;
  if (negative) negate(high, low);
  Limbs limbs = to_limbs(high, low);
  std::string digits;
  do {
    digits += static_cast<char>('0' + divide(limbs, 10));
  } while (limbs != Limbs{});
  std::reverse(digits.begin(), digits.end());
  return place_point(std::move(digits), scale, negative);
}

ExactSum ExactSum::parse(std::string_view text, int scale) {
  const std::string_view whole = text;
  text = trim_blanks(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  Limbs limbs{};
  bool digits_seen = false, point_seen = false;
  int decimals = 0;
  const auto push = [&](unsigned digit) {
    if (!push_digit(limbs, digit)) throw_no_sum(whole, "does not fit 256 bits");
  };
  for (const char c : text) {
    if (c == '.' && !point_seen) {
      point_seen = true;
    } else if (!is_digit(c)) {
      throw_no_sum(whole, "is not a plain decimal number");
    } else if (!point_seen || decimals < scale) {
      digits_seen = true;
      decimals += point_seen;
      push(static_cast<unsigned>(c - '0'));
    } else if (c != '0') {
      throw_no_sum(whole, "has more decimals than its column");
    } else {
      digits_seen = true;
    }
  }
  if (!digits_seen) throw_no_sum(whole, "is not a plain decimal number");
  for (; decimals < scale; ++decimals) push(0);
  uint128 low = static_cast<uint128>(limbs[1]) << 64 | limbs[0];
  uint128 high = static_cast<uint128>(limbs[3]) << 64 | limbs[2];
  if (negative) negate(high, low);
  ExactSum sum;
  sum.low_ = low;
  sum.high_ = static_cast<int128>(high);
  return sum;
}

bool is_summable(const SqlType& type) {
  return type.kind == TypeKind::smallint || type.kind == TypeKind::integer || type.kind == TypeKind::bigint || type.is_fixed_decimal();
}

void add_column(ExactSum& sum, const Column& column) {
  switch (column.layout()) {
    case Layout::int16: return add_values(sum, column.values<std::int16_t>());
    case Layout::int32: return add_values(sum, column.values<std::int32_t>());
    case Layout::int64: return add_values(sum, column.values<std::int64_t>());
    case Layout::int128: return add_values(sum, column.values<int128>());
    default: throw Error(ErrorCode::misuse, "add_column: " + to_string(column.type()) + " can not be summed exactly");
  }
}

}  // namespace millrace
