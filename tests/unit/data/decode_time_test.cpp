#include <catch2/catch_test_macros.hpp>

#include <random>
#include <string>

#include "millrace/data/decode.hpp"

using namespace millrace;
using enum DecodeStatus;

namespace {

template <class T, class Decode> std::string text_of(std::string_view text, Decode decode) {
  T value;
  const DecodeStatus status = decode(text, value);
  return status == ok ? to_string(value) : std::string(to_string(status));
}
std::string date(std::string_view text) { return text_of<Date>(text, decode_date); }
std::string time_of_day(std::string_view text) { return text_of<TimeOfDay>(text, decode_time); }
std::string timestamp(std::string_view text) { return text_of<Timestamp>(text, decode_timestamp); }
std::string timestamp_tz(std::string_view text, std::int32_t offset = 0) {
  return text_of<TimestampTz>(text, [offset](std::string_view t, TimestampTz& out) { return decode_timestamp_tz(t, offset, out); });
}
std::string offset(std::string_view text) {
  std::int32_t seconds = 0;
  const DecodeStatus status = decode_utc_offset(text, seconds);
  return status == ok ? std::to_string(seconds) : std::string(to_string(status));
}

}  // namespace

TEST_CASE("the calendar counts days from 1970") {
  CHECK(make_date(1970, 1, 1).days == 0);
  CHECK(make_date(1969, 12, 31).days == -1);
  CHECK(make_date(2000, 2, 29).days == 11016);
  CHECK(make_date(1, 1, 1).days == -719162);
  CHECK(make_date(9999, 12, 31).days == 2932896);
  CHECK(make_date(0, 3, 1).days == -719468);
  CHECK(make_date(-400, 3, 1).days == -719468 - 146097);
}

TEST_CASE("every day from 0001-01-01 to 9999-12-31 has its successor, and text that reads back") {
  const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  std::int32_t days = make_date(1, 1, 1).days;
  bool sound = true;
  for (int year = 1; year <= 9999; ++year) {
    const bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
    for (int month = 1; month <= 12; ++month) {
      const int last = lengths[month - 1] + (leap && month == 2);
      for (int day = 1; day <= last; ++day, ++days) {
        const CivilDate back = civil(Date{days});
        sound &= make_date(year, month, day).days == days && back.year == year && back.month == month && back.day == day;
        if (day != 1 && day < last) continue;  // text at both ends of each month
        Date read;
        const std::string text = to_string(Date{days});
        sound &= decode_date(text, read) == ok && read.days == days;
      }
      char beyond[40];
      std::snprintf(beyond, sizeof beyond, "%04d-%02d-%02d", year, month, last + 1);
      Date read;
      sound &= decode_date(beyond, read) == no_such_date;
    }
    if (!sound) FAIL("year " << year);
  }
  CHECK(days == make_date(9999, 12, 31).days + 1);
}

TEST_CASE("dates are YYYY-MM-DD or YYYYMMDD") {
  CHECK(date("2023-02-28") == "2023-02-28");
  CHECK(date(" 2023-02-28\n") == "2023-02-28");
  CHECK(date("20230228") == "2023-02-28");
  CHECK(date("0001-01-01") == "0001-01-01");
  CHECK(date("9999-12-31") == "9999-12-31");
  CHECK(date("2024-02-29") == "2024-02-29");
  for (const char* text : {"", " ", "2023", "2023-2-28", "23-02-28", "2023-02-2", "2023-02-288", "2023/02/28", "28.02.2023", "02/28/2023", "2023-0228",
                           "202302-28", "2023022", "202302288", "2023-02-28 00:00:00", "2023-02-28x", "abcd-ef-gh", "2023-02-a8", "2023x02-28",
                           "2023-02x28", "-023-02-28", "2023-02--8", "today", "infinity", "2023 -02-28", "2023-02-:0"}) {
    INFO(text);
    CHECK(date(text) == "invalid_syntax");
  }
}

TEST_CASE("a day that the calendar lacks is told apart from a bad text") {
  for (const char* text : {"2023-02-30", "2023-02-29", "1900-02-29", "2100-02-29", "2023-04-31", "2023-13-01", "2023-00-10", "2023-01-00", "2023-01-32",
                           "20230230", "2023-99-99"}) {
    INFO(text);
    CHECK(date(text) == "no_such_date");
  }
  CHECK(date("2000-02-29") == "2000-02-29");
  CHECK(date("0000-01-01") == "out_of_range");
  CHECK(date("00000101") == "out_of_range");
}

TEST_CASE("times have minutes, perhaps seconds and a fraction") {
  CHECK(time_of_day("13:45") == "13:45:00");
  CHECK(time_of_day("13:45:07") == "13:45:07");
  CHECK(time_of_day(" 13:45:07.5 ") == "13:45:07.5");
  CHECK(time_of_day("13:45:07.123456") == "13:45:07.123456");
  CHECK(time_of_day("00:00:00.000001") == "00:00:00.000001");
  CHECK(time_of_day("13.45.07") == "13:45:07");
  CHECK(time_of_day("13.45.07.25") == "13:45:07.25");
  for (const char* text : {"", "13", "1345", "134507", "1:45", "13:4", "13:45:", "13:45:7", "13:45:07.", "13:45:07,5", "13.45", "13:45.07", "13.45:07",
                           "13:45:07x", "13:45 PM", "13:45:07+02", "-1:45", "13-45-07", "13:45:07.12345x", "13:45:0a", "1a:45:07"}) {
    INFO(text);
    CHECK(time_of_day(text) == "invalid_syntax");
  }
}

TEST_CASE("a day ends at 24:00:00 and second 60 rolls over") {
  CHECK(time_of_day("24:00:00") == "24:00:00");
  CHECK(time_of_day("24:00") == "24:00:00");
  CHECK(time_of_day("24:00:00.0000001") == "24:00:00");
  CHECK(time_of_day("12:00:60") == "12:01:00");
  CHECK(time_of_day("12:00:60.5") == "12:01:00.5");
  CHECK(time_of_day("12:59:60") == "13:00:00");
  CHECK(time_of_day("23:59:60") == "24:00:00");
  for (const char* text : {"24:00:00.000001", "24:00:01", "24:01", "25:00", "99:00:00", "12:60", "12:00:61", "23:59:60.5", "13.60.00"}) {
    INFO(text);
    CHECK(time_of_day(text) == "out_of_range");
  }
}

TEST_CASE("fractions past microseconds round half up and carry") {
  CHECK(time_of_day("00:00:00.1234564999") == "00:00:00.123456");
  CHECK(time_of_day("00:00:00.1234565") == "00:00:00.123457");
  CHECK(time_of_day("00:00:00.9999995") == "00:00:01");
  CHECK(time_of_day("23:59:59.9999995") == "24:00:00");
  CHECK(time_of_day("00:00:00.0000005") == "00:00:00.000001");
  CHECK(timestamp("2023-12-31 23:59:59.9999995") == "2024-01-01 00:00:00");
  CHECK(timestamp("1969-12-31 23:59:59.9999995") == "1970-01-01 00:00:00");
  CHECK(timestamp("1969-12-31 23:59:59.1234565") == "1969-12-31 23:59:59.123457");
  CHECK(timestamp("2023-01-01-00.00.00.123456789012") == "2023-01-01 00:00:00.123457");
}

TEST_CASE("timestamps are a date and perhaps a time, ISO or Db2") {
  CHECK(timestamp("2023-02-28 13:45:07") == "2023-02-28 13:45:07");
  CHECK(timestamp("2023-02-28T13:45:07.123456") == "2023-02-28 13:45:07.123456");
  CHECK(timestamp("2023-02-28t13:45") == "2023-02-28 13:45:00");
  CHECK(timestamp(" 2023-02-28  13:45:07.1 ") == "2023-02-28 13:45:07.1");
  CHECK(timestamp("2023-02-28") == "2023-02-28 00:00:00");
  CHECK(timestamp("20230228") == "2023-02-28 00:00:00");
  CHECK(timestamp("20230228 13:45:07") == "2023-02-28 13:45:07");
  CHECK(timestamp("2023-02-28-13.45.07") == "2023-02-28 13:45:07");
  CHECK(timestamp("2023-02-28-13.45.07.123456") == "2023-02-28 13:45:07.123456");
  CHECK(timestamp("2023-02-28 24:00:00") == "2023-03-01 00:00:00");
  CHECK(timestamp("2023-02-28-24.00.00") == "2023-03-01 00:00:00");
  CHECK(timestamp("1969-07-20 20:17:40.25") == "1969-07-20 20:17:40.25");
  CHECK(timestamp("0001-01-01 00:00:00") == "0001-01-01 00:00:00");
  CHECK(timestamp("9999-12-31 23:59:59.999999") == "9999-12-31 23:59:59.999999");
  CHECK(timestamp("2023-02-29 00:00:00") == "no_such_date");
  CHECK(timestamp("2023-02-28 25:00:00") == "out_of_range");
  for (const char* text : {"", "13:45:07", "2023-02-28T", "2023-02-28 13", "2023-02-28 13:45:07x", "2023-02-28 13:45:07.", "2023-02-28_13:45:07",
                           "2023-02-28T 13:45:07", "2023-02-28-13:45:07", "2023-02-28-05:00", "2023-02-28Z", "now", "2023-02-28 13:45:07 UTC",
                           "2023-02-28 13:45:07++2", "2023-02-28 13:45:07.5.5"}) {
    INFO(text);
    CHECK(timestamp(text) == "invalid_syntax");
  }
}

TEST_CASE("a timestamp without zone ignores an offset, but wants a proper one") {
  CHECK(timestamp("2023-02-28 13:45:07+02") == "2023-02-28 13:45:07");
  CHECK(timestamp("2023-02-28 13:45:07Z") == "2023-02-28 13:45:07");
  CHECK(timestamp("9999-12-31 23:59:59-12:00") == "9999-12-31 23:59:59");
  CHECK(timestamp("2023-02-28 13:45:07+2") == "invalid_syntax");
  CHECK(timestamp("2023-02-28 13:45:07+16") == "out_of_range");
}

TEST_CASE("a timestamp with time zone becomes UTC") {
  CHECK(timestamp_tz("2023-02-28 13:45:07") == "2023-02-28 13:45:07+00");
  CHECK(timestamp_tz("2023-02-28 13:45:07", 3600) == "2023-02-28 12:45:07+00");
  CHECK(timestamp_tz("2023-02-28", -19800) == "2023-02-28 05:30:00+00");
  CHECK(timestamp_tz("2023-02-28 13:45:07Z", 3600) == "2023-02-28 13:45:07+00");
  CHECK(timestamp_tz("2023-02-28T13:45:07.5z") == "2023-02-28 13:45:07.5+00");
  CHECK(timestamp_tz("2023-02-28 13:45:07+02") == "2023-02-28 11:45:07+00");
  CHECK(timestamp_tz("2023-02-28 13:45:07 +02:30") == "2023-02-28 11:15:07+00");
  CHECK(timestamp_tz("2023-02-28 13:45+0230") == "2023-02-28 11:15:00+00");
  CHECK(timestamp_tz("2023-02-28 23:45:07-05:30:10") == "2023-03-01 05:15:17+00");
  CHECK(timestamp_tz("2023-02-28-13.45.07.000001-01") == "2023-02-28 14:45:07.000001+00");
  CHECK(timestamp_tz("2023-01-01 00:00:00+01") == "2022-12-31 23:00:00+00");
}

TEST_CASE("timestamps stay within years 1 to 9999, in UTC where they have a zone") {
  CHECK(timestamp("9999-12-31 24:00:00") == "out_of_range");
  CHECK(timestamp("9999-12-31 23:59:59.9999995") == "out_of_range");
  CHECK(timestamp_tz("9999-12-31 23:59:59-01") == "out_of_range");
  CHECK(timestamp_tz("0001-01-01 00:00:00+01") == "out_of_range");
  CHECK(timestamp_tz("0001-01-01 00:00:00-01") == "0001-01-01 01:00:00+00");
  CHECK(timestamp_tz("0001-01-01 00:00:00", 1) == "out_of_range");
}

TEST_CASE("offsets are Z or hours, minutes, seconds") {
  CHECK(offset("Z") == "0");
  CHECK(offset("+05:30") == "19800");
  CHECK(offset("-08") == "-28800");
  CHECK(offset("+0530") == "19800");
  CHECK(offset(" -00:00:01 ") == "-1");
  CHECK(offset("+15:59:59") == "57599");
  for (const char* text : {"", "05:30", "+5", "+5:30", "+053", "+05:3", "+05:30:", "+05:30:1", "UTC", "+053010", "Zz", "+-5"}) {
    INFO(text);
    CHECK(offset(text) == "invalid_syntax");
  }
  CHECK(offset("+16") == "out_of_range");
  CHECK(offset("+05:60") == "out_of_range");
}

TEST_CASE("random timestamps survive a round trip") {
  std::mt19937_64 random(4);
  constexpr std::int64_t kFirst = -719162ll * 86400000000;
  constexpr std::int64_t kEnd = 2932897ll * 86400000000;
  for (int i = 0; i < 5000; ++i) {
    std::int64_t micros = kFirst + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(kEnd - kFirst));
    if (i % 3 == 0) micros -= micros % 1000000;
    Timestamp read;
    REQUIRE(decode_timestamp(to_string(Timestamp{micros}), read) == ok);
    CHECK(read.micros == micros);
    TimestampTz zoned;
    REQUIRE(decode_timestamp_tz(to_string(TimestampTz{micros}), 3600, zoned) == ok);
    CHECK(zoned.micros == micros);
  }
}
