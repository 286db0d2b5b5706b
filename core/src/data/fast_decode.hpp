#pragma once
// The common spellings of values, decoded in registers: no loop, no call. Each function returns false for everything that
// is not of its one plain form, good or bad; the caller then asks the full parser, which alone knows all forms and reasons.
// None reads outside the text.

#include <array>
#include <bit>
#include <cfloat>
#include <cstddef>
#include <cstdint>

#include "data/calendar.hpp"
#include "data/decimal.hpp"
#include "data/scan.hpp"

namespace millrace::fast {

inline constexpr std::size_t kMaxDigits = 16;

/// 1 to 16 digits with an optional minus.
inline bool integer(const char* text, std::size_t size, std::int64_t& out) {
  if (size == 0) return false;
  const bool negative = *text == '-';
  text += negative;
  size -= negative;
  if (size - 1 >= kMaxDigits) return false;
  std::uint64_t value;
  if (size <= 8) {
    const std::uint64_t digits = load_digits(text, size);
    if (non_digits(digits)) return false;
    value = number_of(digits);
  } else {
    const std::uint64_t high = load_digits(text, size - 8);
    const std::uint64_t low = load<std::uint64_t>(text + size - 8) ^ kZeros;
    if (non_digits(high) | non_digits(low)) return false;
    value = std::uint64_t{number_of(high)} * 100'000'000 + number_of(low);
  }
  out = negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
  return true;
}

/// Digits with an optional point among them, as an integer and the number of digits behind the point.
struct Digits {
  std::uint64_t number;
  unsigned fraction;
};

/// Marks the lowest byte of `digits` that is a point. '.' ^ '0' is 0x1e.
inline std::uint64_t point_in(std::uint64_t digits) {
  const std::uint64_t difference = digits ^ kEveryByte * 0x1e;
  return (difference - kEveryByte) & ~difference & kEveryByte * 0x80;
}

/// Takes out byte `at`: what lies below it (the digits before the point) moves up by one.
inline std::uint64_t without_byte(std::uint64_t digits, unsigned at) {
  const std::uint64_t from_point = ~std::uint64_t{0} << (8 * at);
  return (digits & (from_point << 8)) | (digits & ~from_point) << 8;
}

/// 1 to 16 characters, digits and at most one point, no sign.
inline bool digits(const char* text, std::size_t size, Digits& out) {
  if (size - 1 >= kMaxDigits) return false;
  if (size <= 8) {
    std::uint64_t low = load_digits(text, size);
    out.fraction = 0;
    if (const std::uint64_t point = point_in(low)) {
      const auto at = static_cast<unsigned>(std::countr_zero(point)) / 8;
      out.fraction = 7 - at;
      low = without_byte(low, at);
      if (size == 1) return false;
    }
    if (non_digits(low)) return false;
    out.number = number_of(low);
    return true;
  }
  std::uint64_t high = load_digits(text, size - 8);
  std::uint64_t low = load<std::uint64_t>(text + size - 8) ^ kZeros;
  out.fraction = 0;
  if (const std::uint64_t in_low = point_in(low)) {
    const auto at = static_cast<unsigned>(std::countr_zero(in_low)) / 8;
    out.fraction = 7 - at;
    low = without_byte(low, at) | high >> 56;
    high <<= 8;
  } else if (const std::uint64_t in_high = point_in(high)) {
    const auto at = static_cast<unsigned>(std::countr_zero(in_high)) / 8;
    out.fraction = 15 - at;
    high = without_byte(high, at);
  }
  if (non_digits(high) | non_digits(low)) return false;  // a second point is no digit
  out.number = std::uint64_t{number_of(high)} * 100'000'000 + number_of(low);
  return true;
}

/// What decimal() needs to know of a decimal(precision, scale), looked up once per column.
struct DecimalFormat {
  DecimalFormat(int precision, int decimals)
      : limit(kPowersOfTen[static_cast<std::size_t>(precision)]), scale(static_cast<unsigned>(decimals)) {}
  uint128 limit;
  unsigned scale;
};

/// Up to 16 characters that need no rounding.
inline bool decimal(const char* text, std::size_t size, const DecimalFormat& format, int128& out) {
  if (size == 0) return false;
  const bool negative = *text == '-';
  Digits parts;
  if (!digits(text + negative, size - negative, parts)) return false;
  const unsigned zeros = format.scale - parts.fraction;  // wraps when there are surplus digits
  if (zeros >= kSmallPowersOfTen.size()) return false;
  const uint128 value = static_cast<uint128>(parts.number) * kSmallPowersOfTen[zeros];
  if (value >= format.limit) return false;
  out = negative ? -static_cast<int128>(value) : static_cast<int128>(value);
  return true;
}

/// What makes one division exact enough: a number below 2^digits and a power of ten that the type holds without error
/// (Clinger, "How to read floating point numbers accurately", 1990). x87 arithmetic would round twice.
template <class T> struct ExactRange;
template <> struct ExactRange<double> { static constexpr std::uint64_t kLimit = std::uint64_t{1} << 53; static constexpr unsigned kPower = 22; };
template <> struct ExactRange<float> { static constexpr std::uint64_t kLimit = std::uint64_t{1} << 24; static constexpr unsigned kPower = 10; };

template <class T> inline constexpr auto kFloatPowers = [] {
  std::array<T, kMaxDigits> powers{};
  T power = 1;
  for (auto& entry : powers) {
    entry = power;
    power *= 10;
  }
  return powers;
}();

template <class T> bool floating(const char* text, std::size_t size, T& out) {
  if (size == 0 || FLT_EVAL_METHOD != 0) return false;
  const bool negative = *text == '-';
  Digits parts;
  if (!digits(text + negative, size - negative, parts)) return false;
  if (parts.number > ExactRange<T>::kLimit || parts.fraction > ExactRange<T>::kPower) return false;
  const T value = static_cast<T>(parts.number) / kFloatPowers<T>[parts.fraction];
  out = negative ? -value : value;
  return true;
}

/// The two-digit number at byte `at` of a register whose bytes were multiplied by ten and had their neighbour added.
inline std::uint32_t pair_at(std::uint64_t pairs, unsigned at) { return static_cast<std::uint32_t>(pairs >> (8 * at) & 0xff); }
inline std::uint64_t pairs_of(std::uint64_t digits) { return digits * 10 + (digits >> 8); }

/// Ten characters YYYY-MM-DD.
inline bool date(const char* text, std::int32_t& days) {
  constexpr std::uint64_t kShape = kZeros ^ 0x1d00'001d'0000'0000u;  // "0000-00-": '-' ^ '0' is 0x1d
  constexpr std::uint64_t kDashes = 0xff00'00ff'0000'0000u;
  const std::uint64_t head = load<std::uint64_t>(text) ^ kShape;
  const std::uint64_t tail = load<std::uint16_t>(text + 8) ^ (kZeros & 0xffff);
  if (non_digits(head) | non_digits(tail) | (head & kDashes)) return false;
  const std::uint64_t pairs = pairs_of(head);
  const std::uint32_t year = pair_at(pairs, 0) * 100 + pair_at(pairs, 2);
  const std::uint32_t month = pair_at(pairs, 5);
  const std::uint32_t day = pair_at(pairs_of(tail), 0);
  if (month - 1 >= 12 || year == 0 || day == 0 || (day > 28 && day > days_in_month(year, month))) return false;
  days = days_from_civil(year, month, day);
  return true;
}

/// Eight characters HH:MM:SS, 00:00:00 to 23:59:59.
inline bool clock(const char* text, std::int64_t& seconds) {
  constexpr std::uint64_t kShape = kZeros ^ 0x0000'0a00'000a'0000u;  // "00:00:00": ':' ^ '0' is 0x0a
  constexpr std::uint64_t kColons = 0x0000'ff00'00ff'0000u;
  const std::uint64_t digits = load<std::uint64_t>(text) ^ kShape;
  if (non_digits(digits) | (digits & kColons)) return false;
  const std::uint64_t pairs = pairs_of(digits);
  const std::uint32_t hour = pair_at(pairs, 0);
  const std::uint32_t minute = pair_at(pairs, 3);
  const std::uint32_t second = pair_at(pairs, 6);
  seconds = hour * 3600 + minute * 60 + second;
  return hour < 24 && minute < 60 && second < 60;
}

/// Eight characters HH:MM:SS, or with a point and one to six digits more.
inline bool time(const char* text, std::size_t size, std::int64_t& micros) {
  std::int64_t seconds;
  if (size < 8 || !clock(text, seconds)) return false;
  micros = seconds * kMicrosPerSecond;
  if (size == 8) return true;
  const std::size_t count = size - 9;
  if (count - 1 >= 6 || text[8] != '.') return false;
  const std::uint64_t fraction = load_digits(text + 9, count);
  if (non_digits(fraction)) return false;
  micros += static_cast<std::int64_t>(number_of(fraction) * kSmallPowersOfTen[6 - count]);
  return true;
}

/// YYYY-MM-DD, a blank or T, and a time as above.
inline bool timestamp(const char* text, std::size_t size, std::int64_t& micros) {
  std::int32_t days;
  if (size < 19 || (text[10] != ' ' && text[10] != 'T') || !date(text, days) || !time(text + 11, size - 11, micros)) return false;
  micros += days * kMicrosPerDay;
  return true;
}

/// The 36 characters of a uuid's standard form.
inline bool uuid(const char* text, std::size_t size, Uuid& out) {
  if (size != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return false;
  constexpr std::array<std::uint8_t, 16> kPairs = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
  int bad = 0;
  for (std::size_t i = 0; i < kPairs.size(); ++i) {
    const int byte = hex_pair(text + kPairs[i]);
    bad |= byte;
    out.bytes[i] = static_cast<std::uint8_t>(byte);
  }
  return bad >= 0;
}

/// One letter or digit.
inline bool boolean(const char* text, std::size_t size, bool& out) {
  if (size != 1) return false;
  const char c = to_lower(*text);
  out = c == 't' || c == '1' || c == 'y';
  return out || c == 'f' || c == '0' || c == 'n';
}

}  // namespace millrace::fast
