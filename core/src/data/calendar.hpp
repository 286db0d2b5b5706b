#pragma once
// The proleptic Gregorian calendar as arithmetic. Months count from March, so that the leap day is the last day of a year;
// the constants are Neri and Schneider's ("Euclidean affine functions and their application to calendar algorithms", 2022).

#include <cstdint>

namespace millrace {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

/// Days from 1970-01-01. @pre 1 <= month <= 12, year >= 1
inline std::int32_t days_from_civil(std::uint32_t year, std::uint32_t month, std::uint32_t day) {
  const std::uint32_t early = month <= 2;  // January and February belong to the year before
  const std::uint32_t y = year - early;
  const std::uint32_t m = month + 12 * early;
  const std::uint32_t century = y / 100;
  const std::uint32_t days = 1461 * y / 4 - century + century / 4 + (979 * m - 2919) / 32 + day;
  return static_cast<std::int32_t>(days) - 719'469;
}

inline bool is_leap_year(std::uint32_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

inline std::uint32_t days_in_month(std::uint32_t year, std::uint32_t month) {
  if (month == 2) return is_leap_year(year) ? 29 : 28;
  return 30 + ((month + (month >> 3)) & 1);
}

inline constexpr std::int32_t kFirstDay = -719'162;  ///< 0001-01-01
inline constexpr std::int32_t kLastDay = 2'932'896;  ///< 9999-12-31

inline bool in_calendar(std::int64_t micros) {
  return micros >= kFirstDay * kMicrosPerDay && micros < (kLastDay + 1) * kMicrosPerDay;
}

}  // namespace millrace
