#include "data/calendar.hpp"

#include "millrace/data/value.hpp"

namespace millrace {
namespace {

// Years before 1 are reached by a shift of whole 400-year cycles, in which the calendar repeats.
constexpr std::int64_t kCycles = 5000;
constexpr std::int64_t kYearsPerCycle = 400;
constexpr std::int64_t kDaysPerCycle = 146'097;

void append_digits(std::string& out, std::uint64_t number, std::size_t digits) {
  const std::size_t end = out.size() + digits;
  out.resize(end);
  for (std::size_t i = 1; i <= digits; ++i, number /= 10) out[end - i] = static_cast<char>('0' + number % 10);
}

void append_date(std::string& out, Date date) {
  const CivilDate day = civil(date);
  append_digits(out, static_cast<std::uint64_t>(day.year), 4);
  out += '-';
  append_digits(out, static_cast<std::uint64_t>(day.month), 2);
  out += '-';
  append_digits(out, static_cast<std::uint64_t>(day.day), 2);
}

void append_time(std::string& out, std::int64_t micros) {
  const auto seconds = static_cast<std::uint64_t>(micros / kMicrosPerSecond);
  const auto fraction = static_cast<std::uint64_t>(micros % kMicrosPerSecond);
  append_digits(out, seconds / 3600, 2);
  out += ':';
  append_digits(out, seconds / 60 % 60, 2);
  out += ':';
  append_digits(out, seconds % 60, 2);
  if (fraction == 0) return;
  out += '.';
  append_digits(out, fraction, 6);
  out.erase(out.find_last_not_of('0') + 1);
}

std::string timestamp_text(std::int64_t micros) {
  std::int64_t days = micros / kMicrosPerDay;
  std::int64_t time = micros % kMicrosPerDay;
  if (time < 0) {
    time += kMicrosPerDay;
    --days;
  }
  std::string out;
  append_date(out, Date{static_cast<std::int32_t>(days)});
  out += ' ';
  append_time(out, time);
  return out;
}

}  // namespace

Date make_date(int year, int month, int day) {
  const std::int64_t shifted = year + kCycles * kYearsPerCycle;
  const std::int64_t days = days_from_civil(static_cast<std::uint32_t>(shifted), static_cast<std::uint32_t>(month), static_cast<std::uint32_t>(day));
  return Date{static_cast<std::int32_t>(days - kCycles * kDaysPerCycle)};
}

CivilDate civil(Date date) {
  const auto n = static_cast<std::uint64_t>(date.days + 719'468 + kCycles * kDaysPerCycle);
  const std::uint64_t n1 = 4 * n + 3;
  const std::uint64_t century = n1 / 146'097;
  const std::uint64_t n2 = n1 % 146'097 / 4 * 4 + 3;
  const std::uint64_t year_of_century = n2 / 1461;
  const std::uint64_t day_of_year = n2 % 1461 / 4;
  const std::uint64_t n3 = 2141 * day_of_year + 197'913;
  const std::uint64_t month = n3 / 65'536;
  const std::uint64_t day = n3 % 65'536 / 2141;
  const bool early = day_of_year >= 306;  // January or February of the year after
  const auto year = static_cast<std::int64_t>(100 * century + year_of_century) - kCycles * kYearsPerCycle + early;
  return {static_cast<int>(year), static_cast<int>(early ? month - 12 : month), static_cast<int>(day + 1)};
}

std::string to_string(const Date& date) {
  std::string out;
  append_date(out, date);
  return out;
}

std::string to_string(const TimeOfDay& time) {
  std::string out;
  append_time(out, time.micros);
  return out;
}

std::string to_string(const Timestamp& timestamp) { return timestamp_text(timestamp.micros); }
std::string to_string(const TimestampTz& timestamp) { return timestamp_text(timestamp.micros) + "+00"; }

}  // namespace millrace
