// Dates, times and timestamps in all their spellings. The common ones are in fast_decode.hpp.

#include "data/calendar.hpp"
#include "data/fast_decode.hpp"
#include "data/scan.hpp"
#include "millrace/data/decode.hpp"

namespace millrace {
namespace {

using enum DecodeStatus;

constexpr int kMaxOffsetHours = 15;  // PostgreSQL's limit

/// A position in a text. take_* moves on when it succeeds.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool done() const { return at_ == end_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  const char* at() const { return at_; }
  void skip(std::size_t count) { at_ += count; }
  char peek() const { return done() ? '\0' : *at_; }

  bool take(char c) {
    if (done() || *at_ != c) return false;
    ++at_;
    return true;
  }
  /// Exactly `count` digits.
  bool take_digits(std::size_t count, std::uint32_t& number) {
    if (left() < count) return false;
    number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(at_[i])) return false;
      number = number * 10 + static_cast<std::uint32_t>(at_[i] - '0');
    }
    at_ += count;
    return true;
  }
  bool take_blanks() {
    const char* const from = at_;
    while (!done() && is_blank(*at_)) ++at_;
    return at_ != from;
  }

 private:
  const char* at_;
  const char* end_;
};

DecodeStatus to_days(std::uint32_t year, std::uint32_t month, std::uint32_t day, std::int32_t& days) {
  if (year == 0) return out_of_range;
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return no_such_date;
  days = days_from_civil(year, month, day);
  return ok;
}

/// YYYY-MM-DD or YYYYMMDD.
DecodeStatus take_date(Cursor& cursor, std::int32_t& days) {
  if (cursor.left() >= 10 && fast::date(cursor.at(), days)) {
    cursor.skip(10);
    return ok;
  }
  std::uint32_t year, month, day;
  if (!cursor.take_digits(4, year)) return invalid_syntax;
  const bool dashes = cursor.take('-');
  if (!cursor.take_digits(2, month) || (dashes && !cursor.take('-')) || !cursor.take_digits(2, day)) return invalid_syntax;
  return to_days(year, month, day, days);
}

/// Digits behind the point as microseconds, 0 to 1,000,000: surplus digits round half up.
bool take_fraction(Cursor& cursor, std::int64_t& micros) {
  std::size_t digits = 0;
  micros = 0;
  for (; is_digit(cursor.peek()); cursor.skip(1), ++digits) {
    if (digits < 6) micros = micros * 10 + (cursor.peek() - '0');
    else if (digits == 6) micros += cursor.peek() >= '5';
  }
  for (std::size_t i = digits; i < 6; ++i) micros *= 10;
  return digits != 0;
}

/// Microseconds since midnight, up to 24:00:00. Second 60 rolls over into the next minute, as in PostgreSQL.
DecodeStatus to_micros(std::uint32_t hour, std::uint32_t minute, std::uint32_t second, std::int64_t fraction, std::int64_t& micros) {
  if (minute > 59 || second > 60) return out_of_range;
  micros = (std::int64_t{hour} * 3600 + minute * 60 + second) * kMicrosPerSecond + fraction;
  return micros <= kMicrosPerDay ? ok : out_of_range;
}

/// HH:MM, HH:MM:SS or HH.MM.SS, with an optional fraction behind the seconds.
DecodeStatus take_time(Cursor& cursor, std::int64_t& micros) {
  std::uint32_t hour, minute, second = 0;
  std::int64_t fraction = 0;
  if (!cursor.take_digits(2, hour)) return invalid_syntax;
  const char separator = cursor.peek();
  if ((separator != ':' && separator != '.') || !cursor.take(separator) || !cursor.take_digits(2, minute)) return invalid_syntax;
  if (cursor.take(separator)) {
    if (!cursor.take_digits(2, second) || (cursor.take('.') && !take_fraction(cursor, fraction))) return invalid_syntax;
  } else if (separator == '.') {
    return invalid_syntax;  // 12.30 might as well be a number
  }
  return to_micros(hour, minute, second, fraction, micros);
}

/// Z, +HH, +HH:MM, +HH:MM:SS or +HHMM.
DecodeStatus take_offset(Cursor& cursor, std::int32_t& seconds) {
  if (cursor.take('Z') || cursor.take('z')) {
    seconds = 0;
    return ok;
  }
  const bool west = cursor.peek() == '-';
  std::uint32_t hours, minutes = 0, rest = 0;
  if ((!cursor.take('+') && !cursor.take('-')) || !cursor.take_digits(2, hours)) return invalid_syntax;
  if (cursor.take(':')) {
    if (!cursor.take_digits(2, minutes) || (cursor.take(':') && !cursor.take_digits(2, rest))) return invalid_syntax;
  } else if (is_digit(cursor.peek()) && !cursor.take_digits(2, minutes)) {
    return invalid_syntax;
  }
  if (hours > kMaxOffsetHours || minutes > 59 || rest > 59) return out_of_range;
  seconds = static_cast<std::int32_t>(hours * 3600 + minutes * 60 + rest);
  if (west) seconds = -seconds;
  return ok;
}

struct ZonedTimestamp {
  std::int64_t micros = 0;  ///< as written
  bool has_offset = false;
  std::int32_t offset = 0;
};

DecodeStatus read_timestamp(std::string_view text, ZonedTimestamp& out) {
  Cursor cursor(trim_blanks(text));
  std::int32_t days = 0;
  if (const DecodeStatus status = take_date(cursor, days); status != ok) return status;
  out.micros = days * kMicrosPerDay;
  if (cursor.done()) return ok;

  const bool db2 = cursor.peek() == '-';  // YYYY-MM-DD-HH.MM.SS
  if (!cursor.take('T') && !cursor.take('t') && !cursor.take('-') && !cursor.take_blanks()) return invalid_syntax;
  if (db2 && (cursor.left() < 3 || cursor.at()[2] != '.')) return invalid_syntax;  // 2023-01-01-05:00 looks like an offset
  std::int64_t time = 0;
  if (const DecodeStatus status = take_time(cursor, time); status != ok) return status;
  out.micros += time;
  cursor.take_blanks();
  if (cursor.done()) return ok;

  out.has_offset = true;
  if (const DecodeStatus status = take_offset(cursor, out.offset); status != ok) return status;
  return cursor.done() ? ok : invalid_syntax;
}

}  // namespace

DecodeStatus decode_date(std::string_view text, Date& out) {
  Cursor cursor(trim_blanks(text));
  std::int32_t days = 0;
  const DecodeStatus status = take_date(cursor, days);
  if (status == invalid_syntax || !cursor.done()) return invalid_syntax;
  if (status == ok) out.days = days;
  return status;
}

DecodeStatus decode_time(std::string_view text, TimeOfDay& out) {
  Cursor cursor(trim_blanks(text));
  std::int64_t micros = 0;
  const DecodeStatus status = take_time(cursor, micros);
  if (status == invalid_syntax || !cursor.done()) return invalid_syntax;
  if (status == ok) out.micros = micros;
  return status;
}

DecodeStatus decode_timestamp(std::string_view text, Timestamp& out) {
  ZonedTimestamp read;
  if (const DecodeStatus status = read_timestamp(text, read); status != ok) return status;
  if (!in_calendar(read.micros)) return out_of_range;
  out.micros = read.micros;
  return ok;
}

DecodeStatus decode_timestamp_tz(std::string_view text, std::int32_t default_offset_seconds, TimestampTz& out) {
  ZonedTimestamp read;
  if (const DecodeStatus status = read_timestamp(text, read); status != ok) return status;
  const std::int64_t utc = read.micros - (read.has_offset ? read.offset : default_offset_seconds) * kMicrosPerSecond;
  if (!in_calendar(utc)) return out_of_range;
  out.micros = utc;
  return ok;
}

DecodeStatus decode_utc_offset(std::string_view text, std::int32_t& seconds) {
  Cursor cursor(trim_blanks(text));
  std::int32_t read = 0;
  const DecodeStatus status = take_offset(cursor, read);
  if (status == invalid_syntax || !cursor.done()) return invalid_syntax;
  if (status == ok) seconds = read;
  return status;
}

}  // namespace millrace
