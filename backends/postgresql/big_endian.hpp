#pragma once
// Network byte order, unaligned. The writers return the end of what they wrote.

#include <bit>
#include <cstdint>
#include <cstring>

namespace millrace::postgresql {

inline std::uint8_t* put16(std::uint8_t* out, std::uint16_t value) {
  if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap16(value);
  std::memcpy(out, &value, sizeof value);
  return out + sizeof value;
}
inline std::uint8_t* put32(std::uint8_t* out, std::uint32_t value) {
  if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap32(value);
  std::memcpy(out, &value, sizeof value);
  return out + sizeof value;
}
inline std::uint8_t* put64(std::uint8_t* out, std::uint64_t value) {
  if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap64(value);
  std::memcpy(out, &value, sizeof value);
  return out + sizeof value;
}

}  // namespace millrace::postgresql
