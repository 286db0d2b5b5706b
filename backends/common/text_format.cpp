#include "common/text_format.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

namespace millrace::backends {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

char* put_digits(char* at, std::uint64_t number, int digits) {
  for (int i = digits - 1; i >= 0; --i, number /= 10) at[i] = static_cast<char>('0' + number % 10);
  return at + digits;
}

char* put_date(char* at, std::int32_t days) {
  const CivilDate day = civil(Date{days});
  at = put_digits(at, static_cast<std::uint64_t>(day.year), 4);
  *at++ = '-';
  at = put_digits(at, static_cast<std::uint64_t>(day.month), 2);
  *at++ = '-';
  return put_digits(at, static_cast<std::uint64_t>(day.day), 2);
}

char* put(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

// The digits of a number, written backwards from `end`; 64 bits at a time, since dividing 128 bits is slow.
char* put_backwards(char* end, uint128 number) {
  constexpr std::uint64_t kChunk = 10'000'000'000'000'000'000u;  // 10^19
  while (number > UINT64_MAX) {
    auto low = static_cast<std::uint64_t>(number % kChunk);
    number /= kChunk;
    for (int i = 0; i < 19; ++i, low /= 10) *--end = static_cast<char>('0' + low % 10);
  }
  for (auto rest = static_cast<std::uint64_t>(number); rest != 0; rest /= 10) *--end = static_cast<char>('0' + rest % 10);
  return end;
}

}  // namespace

std::string_view TextBuffer::date(std::int32_t days) { return until(put_date(text_, days)); }
std::string_view TextBuffer::time(std::int64_t micros) { return until(put_time(text_, micros)); }
std::string_view TextBuffer::timestamp(std::int64_t micros) { return until(put_timestamp(micros)); }
std::string_view TextBuffer::timestamp_tz(std::int64_t micros) { return until(put(put_timestamp(micros), "+00:00")); }

char* TextBuffer::put_time(char* at, std::int64_t micros) {
  const auto seconds = static_cast<std::uint64_t>(micros / kMicrosPerSecond);
  const auto fraction = static_cast<std::uint64_t>(micros % kMicrosPerSecond);
  at = put_digits(at, seconds / 3600, 2);
  *at++ = ':';
  at = put_digits(at, seconds / 60 % 60, 2);
  *at++ = ':';
  at = put_digits(at, seconds % 60, 2);
  if (fraction == 0) return at;
  *at++ = '.';
  at = put_digits(at, fraction, 6);
  while (at[-1] == '0') --at;
  return at;
}

char* TextBuffer::put_timestamp(std::int64_t micros) {
  std::int64_t days = micros / kMicrosPerDay;
  std::int64_t time_of_day = micros % kMicrosPerDay;
  if (time_of_day < 0) {
    time_of_day += kMicrosPerDay;
    --days;
  }
  char* at = put_date(text_, static_cast<std::int32_t>(days));
  *at++ = ' ';
  return put_time(at, time_of_day);
}

std::string_view TextBuffer::decimal(int128 unscaled, int scale) {
  char* const end = text_ + sizeof text_;
  const uint128 magnitude = unscaled < 0 ? 0 - static_cast<uint128>(unscaled) : static_cast<uint128>(unscaled);
  char* begin = put_backwards(end, magnitude);
  while (end - begin < scale + 1) *--begin = '0';
  if (scale > 0) {
    const auto whole = static_cast<std::size_t>(end - begin - scale);
    std::memmove(begin - 1, begin, whole);
    --begin;
    begin[whole] = '.';
  }
  if (unscaled < 0) *--begin = '-';
  return {begin, static_cast<std::size_t>(end - begin)};
}

std::string_view TextBuffer::uuid(const std::uint8_t* bytes) {
  char* at = text_;
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
    *at++ = "0123456789abcdef"[bytes[i] >> 4];
    *at++ = "0123456789abcdef"[bytes[i] & 15];
  }
  return until(at);
}

std::string_view TextBuffer::number(double value) {
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return until(std::to_chars(text_, text_ + sizeof text_, value).ptr);
}

}  // namespace millrace::backends
