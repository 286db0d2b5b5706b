#pragma once
// A decimal number as text, taken apart but not yet converted.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "millrace/data/value.hpp"

namespace millrace {

/// Digits d1 d2 ... with leading zeros gone, and where their point is: the number is 0.d1d2... * 10^point.
struct DecimalText {
  std::string_view digits;   ///< from the first significant digit on; may hold the point; empty for zero
  std::int64_t count = 0;    ///< significant digits in `digits`, trailing zeros included
  std::int64_t point = 0;    ///< the exponent applied; meaningless for zero
  std::int64_t written_fraction = 0;  ///< digits behind the point as written, minus the exponent
  bool negative = false;

  std::int64_t integer_digits() const { return count != 0 && point > 0 ? point : 0; }  ///< significant digits before the point
  std::int64_t fraction_digits() const { return written_fraction; }                    ///< below 0: that many zeros before the point
  /// The number times 10^scale, rounded half away from zero. @pre integer_digits() + scale <= 38
  int128 scaled_rounding(int scale) const;
};

/// Reads sign, digits, point and exponent; no blanks, no NaN. @return false when the text is something else
bool read_decimal(std::string_view text, DecimalText& out);

/// NaN, inf or infinity in any case, the latter two with an optional sign.
bool is_non_finite(std::string_view trimmed);

}  // namespace millrace
