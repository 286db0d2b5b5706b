// Dates, times and timestamps of every unit.

#include <limits>

#include "unit/access/arrow/hand_made.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

using Values = std::vector<Value>;
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

}  // namespace

TEST_CASE("dates are days, counted or in milliseconds") {
  CHECK(read(fixed<std::int32_t>("tdD", {0, -1, 19416}), TypeKind::date) == Values{Date{0}, Date{-1}, Date{19416}});
  CHECK(read(fixed<std::int64_t>("tdm", {0, -86'400'000, 19416 * 86'400'000LL}), TypeKind::date) == Values{Date{0}, Date{-1}, Date{19416}});
}

TEST_CASE("a date64 that is no midnight does not become a date") {
  const ErrorInfo info = read_error(fixed<std::int64_t>("tdm", {0, 1}), TypeKind::date);
  CHECK(info.row == 1);
  CHECK(info.message == "column \"c\", row 2 of the Arrow stream: 1970-01-01 00:00:00.001 is not midnight, so a date would lose its time of day: cast it to a date first");
}

TEST_CASE("a date outside the years 1 to 9999 is out of range") {
  CHECK(read(fixed<std::int32_t>("tdD", {-719'162, 2'932'896}), TypeKind::text) == Values{"0001-01-01", "9999-12-31"});
  for (const std::int32_t day : {-719'163, 2'932'897, std::numeric_limits<std::int32_t>::min()}) {
    for (const TypeKind kind : {TypeKind::date, TypeKind::timestamp, TypeKind::timestamp_tz, TypeKind::text}) {
      CHECK(read_error(fixed<std::int32_t>("tdD", {day}), kind).message.find("out of range") != std::string::npos);
    }
  }
  CHECK(read_error(fixed<std::int64_t>("tdm", {kLeast}), TypeKind::date).message.find("out of range") != std::string::npos);
}

TEST_CASE("a date becomes midnight, in UTC where there is a zone") {
  CHECK(read(fixed<std::int32_t>("tdD", {-1}), TypeKind::timestamp) == Values{Timestamp{-kDay * 1'000'000}});
  CHECK(read(fixed<std::int32_t>("tdD", {1}), TypeKind::timestamp_tz) == Values{TimestampTz{kDay * 1'000'000}});
}

TEST_CASE("times of every unit become microseconds") {
  CHECK(read(fixed<std::int32_t>("tts", {0, 86'399}), TypeKind::time) == Values{TimeOfDay{0}, TimeOfDay{86'399'000'000}});
  CHECK(read(fixed<std::int32_t>("ttm", {1, 86'400'000}), TypeKind::time) == Values{TimeOfDay{1000}, TimeOfDay{86'400'000'000}});
  CHECK(read(fixed<std::int64_t>("ttu", {1}), TypeKind::time) == Values{TimeOfDay{1}});
  CHECK(read(fixed<std::int64_t>("ttn", {1000}), TypeKind::time) == Values{TimeOfDay{1}});
  CHECK(read(fixed<std::int64_t>("ttu", {45'296'000'000}), TypeKind::text) == Values{"12:34:56"});
}

TEST_CASE("a time outside the day is out of range") {
  CHECK(read_error(fixed<std::int32_t>("tts", {-1}), TypeKind::time).message.find("out of range") != std::string::npos);
  CHECK(read_error(fixed<std::int64_t>("ttu", {86'400'000'001}), TypeKind::time).message.find("out of range") != std::string::npos);
  CHECK(read_error(fixed<std::int64_t>("ttu", {kMost}), TypeKind::text).message.find("out of range") != std::string::npos);
}

TEST_CASE("timestamps of every unit become microseconds, before 1970 too") {
  CHECK(read(fixed<std::int64_t>("tss:", {0, -1, 1}), TypeKind::timestamp) == Values{Timestamp{0}, Timestamp{-1'000'000}, Timestamp{1'000'000}});
  CHECK(read(fixed<std::int64_t>("tsm:", {-1}), TypeKind::timestamp) == Values{Timestamp{-1000}});
  CHECK(read(fixed<std::int64_t>("tsu:", {-1}), TypeKind::timestamp) == Values{Timestamp{-1}});
  CHECK(read(fixed<std::int64_t>("tsn:", {-1000, 1'234'567'000}), TypeKind::timestamp) == Values{Timestamp{-1}, Timestamp{1'234'567}});
}

TEST_CASE("a value between two microseconds is an error that names its column and row") {
  const ErrorInfo info = read_error(fixed<std::int64_t>("tsn:", {1000, -1}), TypeKind::timestamp);
  CHECK(info.code == ErrorCode::data);
  CHECK(info.column == "c");
  CHECK(info.row == 1);
  CHECK(info.message == "column \"c\", row 2 of the Arrow stream: 1969-12-31 23:59:59.999999999 is not on a whole microsecond, the finest unit of the database's types: "
                        "round or cut it first");
  CHECK(read_error(fixed<std::int64_t>("tsn:UTC", {1}), TypeKind::timestamp_tz).message.find("00:00:00.000000001+00 is not on a whole microsecond") != std::string::npos);
  CHECK(read_error(fixed<std::int64_t>("ttn", {3'600'000'000'001}), TypeKind::time).message.find("01:00:00.000000001 is not on a whole microsecond") != std::string::npos);
  CHECK(read_error(fixed<std::int64_t>("tsn:", {1}), TypeKind::text).message.find("whole microsecond") != std::string::npos);
}

TEST_CASE("what lies under a NULL is not looked at") {
  CHECK(read(fixed<std::int64_t>("tsn:", {1, 1000, kMost}, "010"), TypeKind::timestamp) == Values{nullptr, Timestamp{1}, nullptr});
  CHECK(read(fixed<std::int64_t>("tss:", {kMost}, "0"), TypeKind::text) == Values{nullptr});
}

TEST_CASE("a timestamp outside the years 1 to 9999 is out of range in every unit") {
  for (const char* format : {"tss:", "tsm:", "tsu:", "tss:UTC", "tsm:UTC", "tsu:UTC"}) {
    for (const std::int64_t value : {kMost, kLeast}) {
      INFO(format << " " << value);
      CHECK(read_error(fixed<std::int64_t>(format, {value}), TypeKind::timestamp_tz).message.find("out of range") != std::string::npos);
    }
  }
  CHECK(read(fixed<std::int64_t>("tsn:", {kLeast / 1000 * 1000, kMost / 1000 * 1000}), TypeKind::timestamp) == Values{Timestamp{kLeast / 1000}, Timestamp{kMost / 1000}});
}

TEST_CASE("a zoned timestamp is an instant of UTC") {
  CHECK(read(fixed<std::int64_t>("tsu:Europe/Berlin", {3'600'000'000}), TypeKind::timestamp_tz) == Values{TimestampTz{3'600'000'000}});
  CHECK(read(fixed<std::int64_t>("tss:Europe/Berlin", {3600}), TypeKind::text) == Values{"1970-01-01 01:00:00+00"});
}

TEST_CASE("a timestamp without a zone is taken as UTC where one is needed") {
  CHECK(read(fixed<std::int64_t>("tsu:", {5}), TypeKind::timestamp_tz) == Values{TimestampTz{5}});
}

TEST_CASE("only UTC loses its zone: the wall time elsewhere is not guessed") {
  CHECK(read(fixed<std::int64_t>("tsu:UTC", {5}), TypeKind::timestamp) == Values{Timestamp{5}});
  const ErrorInfo info = read_error(fixed<std::int64_t>("tsu:Europe/Berlin", {5}), TypeKind::timestamp);
  CHECK(info.message == "column \"c\" of the Arrow stream is of type timestamp[us, tz=Europe/Berlin], which does not go into column \"target\", timestamp: "
                        "convert it to UTC, or to a timestamp without a time zone, first");
}

TEST_CASE("a timestamp at midnight may become a date") {
  CHECK(read(fixed<std::int64_t>("tsn:", {-kDay * 1'000'000'000, 0}), TypeKind::date) == Values{Date{-1}, Date{0}});
  CHECK(read(fixed<std::int64_t>("tss:UTC", {kDay}), TypeKind::date) == Values{Date{1}});
  CHECK(read_error(fixed<std::int64_t>("tss:", {kDay + 1}), TypeKind::date).message.find("1970-01-02 00:00:01 is not midnight") != std::string::npos);
}
