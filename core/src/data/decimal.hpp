#pragma once
// Powers of ten and the text of 128-bit integers.

#include <array>
#include <cstdint>
#include <string>

#include "millrace/data/types.hpp"
#include "millrace/data/value.hpp"

namespace millrace {

/// 10^0 to 10^38; the last is still below 2^127.
inline constexpr auto kPowersOfTen = [] {
  std::array<uint128, kMaxDecimalDigits + 1> powers{};
  uint128 power = 1;
  for (auto& entry : powers) {
    entry = power;
    power *= 10;
  }
  return powers;
}();

/// 10^0 to 10^19, which fit 64 bits.
inline constexpr auto kSmallPowersOfTen = [] {
  std::array<std::uint64_t, 20> powers{};
  for (std::size_t i = 0; i < powers.size(); ++i) powers[i] = static_cast<std::uint64_t>(kPowersOfTen[i]);
  return powers;
}();

inline constexpr uint128 magnitude_of(int128 value) { return value < 0 ? 0 - static_cast<uint128>(value) : static_cast<uint128>(value); }

/// The quotient rounded half away from zero. @pre power is 10^n, n >= 1
inline constexpr int128 divide_rounding(int128 value, uint128 power) {
  const uint128 magnitude = magnitude_of(value);
  const uint128 quotient = magnitude / power + (magnitude % power >= power / 2);
  return value < 0 ? -static_cast<int128>(quotient) : static_cast<int128>(quotient);
}

/// Puts a point before the last `scale` digits (with zeros in front where they are too few) and a minus before all.
std::string place_point(std::string digits, int scale, bool negative);

}  // namespace millrace
