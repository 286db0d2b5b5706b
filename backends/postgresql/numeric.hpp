#pragma once
// numeric's binary form: int16 digits, weight, sign, scale, then base-10000 digits, all big-endian (numeric_recv).

#include <cstdint>
#include <string_view>

#include "millrace/data/value.hpp"

namespace millrace::postgresql {

/// Writes a field, length first; at most 4 + 8 + 2 * 11 bytes. @pre unscaled has at most 38 digits, 0 <= scale <= 38
std::uint8_t* put_numeric(std::uint8_t* out, int128 unscaled, int scale);

/// The same from text: digits, sign, point, exponent, NaN, infinities, blanks around. At most 32 + text.size() bytes.
/// @return nullptr when the text is no number or its digits lie outside what numeric holds
std::uint8_t* put_numeric(std::uint8_t* out, std::string_view text);

}  // namespace millrace::postgresql
