#pragma once
// Packed decimals: a digit a half byte, the most significant first, the last half byte is the sign (C or F positive, D negative).

#include <string>
#include <string_view>

#include "db2/drda/bytes.hpp"

namespace millrace::drda {

inline constexpr int kMostDigits = 31;  ///< Db2's and Derby's largest DECIMAL

/// Bytes of a decimal with so many digits.
constexpr std::size_t packed_size(int precision) { return static_cast<std::size_t>(precision) / 2 + 1; }

/// "-12.30", "+.5", "1e3": digits beyond the scale must be zeros.
///
/// @param out  packed_size(precision) bytes
/// @throws Failure 22003 it has too many digits, 22018 it is no number; `out` has any content then
void pack_decimal(std::string_view text, int precision, int scale, std::uint8_t* out);

/// Appends it in full, as "-12.30", "0.05".
///
/// @param packed  packed_size(precision) bytes
/// @throws Failure 58009 if a half byte is no digit or no sign
void unpack_decimal(Bytes packed, int precision, int scale, std::string& out);

}  // namespace millrace::drda
