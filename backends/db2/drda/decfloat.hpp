#pragma once
// DECFLOAT: IEEE 754-2008's decimal64 and decimal128 in the densely packed encoding, which is always big-endian.

#include <string>

#include "db2/drda/bytes.hpp"

namespace millrace::drda {

/// Appends it: digits, as "-12.30" or "1200", or with an exponent where that would take more than 80 characters; "NaN", "sNaN", "Infinity", "-Infinity".
///
/// @param bytes  8 or 16
void append_decfloat(Bytes bytes, std::string& out);

}  // namespace millrace::drda
