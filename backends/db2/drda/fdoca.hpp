#pragma once
// FD:OCA: how the values of a row lie in the bytes (C113, and C112's "SQL environment descriptors"). An odd type may be NULL: a byte precedes its value.

#include <vector>

#include "db2/drda/bytes.hpp"

namespace millrace::drda::fdoca {

// The types that may be NULL; those that may not are smaller by one.
inline constexpr std::uint8_t kInteger = 0x03, kSmall = 0x05, kTiny = 0x07, kFloat8 = 0x0B, kFloat4 = 0x0D, kDecimal = 0x0F, kBigint = 0x17;
inline constexpr std::uint8_t kDate = 0x21, kTime = 0x23, kTimestamp = 0x25;
inline constexpr std::uint8_t kFixedBytes = 0x27, kVaryingBytes = 0x29, kLongVaryingBytes = 0x2B;
inline constexpr std::uint8_t kCharacter = 0x31, kVarying = 0x33, kLongVarying = 0x35;      // in the single-byte code page
inline constexpr std::uint8_t kGraphic = 0x37, kVaryingGraphic = 0x39, kLongGraphic = 0x3B;  // UTF-16
inline constexpr std::uint8_t kMixed = 0x3D, kVaryingMixed = 0x3F, kLongMixed = 0x41;        // in the mixed code page: UTF-8
inline constexpr std::uint8_t kDecfloat = 0xBB;   // 8 or 16 bytes
inline constexpr std::uint8_t kBoolean = 0xBF, kBinary = 0xC1, kVaryingBinary = 0xC3;
inline constexpr std::uint8_t kLobBytes = 0xC9, kLobSingle = 0xCB, kLobGraphic = 0xCD, kLobMixed = 0xCF;

/// Of a LOB: the value is outside of the row, in an EXTDTA; in the row is a length of so many bytes, which may be preceded by one that says how the value comes.
inline constexpr std::uint16_t kOutside = 0x8000;
inline constexpr std::uint16_t kLengthBehindMode = 9;

struct Value {
  std::uint8_t type = 0;           ///< as it came, odd or even
  std::uint16_t length = 0;        ///< bytes; of decimals precision << 8 | scale; of LOBs kOutside | bytes of the length

  std::uint8_t base() const { return type | 1; }
  bool nullable() const { return (type & 1) != 0; }
};

/// Reads the groups of a QRYDSC or FDODSC until the repetition triplets.
/// @throws Failure 58009
std::vector<Value> read_descriptor(Bytes descriptor);

/// Writes the groups, at most 84 values each, and the repetition triplet of an SQLDTA.
void write_descriptor(Buffer& out, const std::vector<Value>& values);

}  // namespace millrace::drda::fdoca
