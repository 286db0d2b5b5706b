#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>

#include "millrace/data/data_error.hpp"
#include "millrace/data/value.hpp"

using namespace millrace;

namespace {
Bytes bytes(std::initializer_list<int> values) {
  Bytes out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
}  // namespace

TEST_CASE("nothing, nullptr and nullopt are NULL") {
  CHECK(Value().is_null());
  CHECK(Value(nullptr).is_null());
  CHECK(Value(std::nullopt).is_null());
  CHECK(Value(std::optional<int>()).is_null());
  CHECK(Value(std::optional<int>(3)) == Value(3));
  CHECK_FALSE(Value("").is_null());
  CHECK(Value().to_text().empty());
}

TEST_CASE("values print as SQL's plain text") {
  CHECK(Value(true).to_text() == "true");
  CHECK(Value(-5).to_text() == "-5");
  CHECK(Value(0.1).to_text() == "0.1");
  CHECK(Value(1.5f).to_text() == "1.5");
  CHECK(Value(HUGE_VAL).to_text() == "Infinity");
  CHECK(Value(-HUGE_VAL).to_text() == "-Infinity");
  CHECK(Value(std::nan("")).to_text() == "NaN");
  CHECK(Value(Decimal{-150, 2}).to_text() == "-1.50");
  CHECK(Value(bytes({0, 255, 16})).to_text() == "\\x00ff10");
  CHECK(Value(make_date(2023, 2, 28)).to_text() == "2023-02-28");
  CHECK(Value(TimeOfDay{86400000000}).to_text() == "24:00:00");
  CHECK(Value(Timestamp{-1}).to_text() == "1969-12-31 23:59:59.999999");
  CHECK(Value(TimestampTz{1500000}).to_text() == "1970-01-01 00:00:01.5+00");
  CHECK(Value(Uuid{}).to_text() == "00000000-0000-0000-0000-000000000000");
}

TEST_CASE("values convert to integers that hold them exactly") {
  CHECK(Value(7).as<int>() == 7);
  CHECK(Value("7").as<std::int16_t>() == 7);
  CHECK(Value("7.00").as<int>() == 7);
  CHECK(Value(true).as<int>() == 1);
  CHECK(Value(7.0).as<int>() == 7);
  CHECK(Value(Decimal{700, 2}).as<int>() == 7);
  CHECK(Value(kMax).as<std::uint64_t>() == static_cast<std::uint64_t>(kMax));
  CHECK(Value("-9223372036854775808").as<std::int64_t>() == std::numeric_limits<std::int64_t>::min());
  CHECK_THROWS_AS(Value(40000).as<std::int16_t>(), DataError);
  CHECK_THROWS_AS(Value(-1).as<std::uint32_t>(), DataError);
  CHECK_THROWS_AS(Value(7.5).as<int>(), DataError);
  CHECK_THROWS_AS(Value(1e19).as<std::int64_t>(), DataError);
  CHECK_THROWS_AS(Value(9223372036854775808.0).as<std::int64_t>(), DataError);
  CHECK_THROWS_AS(Value(std::nan("")).as<int>(), DataError);
  CHECK_THROWS_AS(Value(Decimal{701, 2}).as<int>(), DataError);
  CHECK_THROWS_AS(Value("9223372036854775808").as<std::int64_t>(), DataError);
  CHECK_THROWS_AS(Value("abc").as<int>(), DataError);
  CHECK_THROWS_AS(Value(Date{}).as<int>(), DataError);
  CHECK_THROWS_AS(Value().as<int>(), DataError);
}

TEST_CASE("an unsigned integer keeps its value, however large") {
  const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  CHECK(Value(largest).to_text() == "18446744073709551615");
  CHECK(Value(largest).as<std::uint64_t>() == largest);
  CHECK(Value("18446744073709551615").as<std::uint64_t>() == largest);
  CHECK(Value(std::uint64_t{1} << 63) == Value(Decimal::parse("9223372036854775808")));
  CHECK(Value(std::uint64_t{7}) == Value(7));
  CHECK(Value(7).as<std::uint64_t>() == 7);
  CHECK_THROWS_AS(Value(largest).as<std::int64_t>(), DataError);
  CHECK_THROWS_AS(Value(-1).as<std::uint64_t>(), DataError);
  CHECK_THROWS_AS(Value("18446744073709551616").as<std::uint64_t>(), DataError);
  CHECK_THROWS_AS(Value(Decimal::parse("-1")).as<std::uint64_t>(), DataError);
}

TEST_CASE("values convert to what their text says") {
  CHECK(Value("t").as<bool>());
  CHECK(Value(1).as<bool>());
  CHECK_THROWS_AS(Value(2).as<bool>(), DataError);
  CHECK(Value("1.5").as<double>() == 1.5);
  CHECK(Value(Decimal{15, 1}).as<double>() == 1.5);
  CHECK(Value(3).as<double>() == 3);
  CHECK(Value("1.50").as<Decimal>() == Decimal{150, 2});
  CHECK(Value(3).as<Decimal>() == Decimal{3, 0});
  CHECK(Value(0.25).as<Decimal>() == Decimal{25, 2});
  CHECK(Value("2023-02-28").as<Date>() == make_date(2023, 2, 28));
  CHECK(Value("00:00:01").as<TimeOfDay>() == TimeOfDay{1000000});
  CHECK(Value("1970-01-01 00:00:01").as<Timestamp>() == Timestamp{1000000});
  CHECK(Value(make_date(1970, 1, 2)).as<Timestamp>() == Timestamp{86400000000});
  CHECK(Value("1970-01-01 02:00:01+02").as<TimestampTz>() == TimestampTz{1000000});
  CHECK(Value("00000000-0000-0000-0000-000000000000").as<Uuid>() == Uuid{});
  CHECK(Value("\\x00ff").as<Bytes>() == bytes({0, 255}));
  CHECK(Value(12).as<std::string>() == "12");
  CHECK_THROWS_AS(Value("2023-02-30").as<Date>(), DataError);
  CHECK_THROWS_AS(Value(Timestamp{}).as<Date>(), DataError);
  CHECK_THROWS_AS(Value(true).as<double>(), DataError);
}

TEST_CASE("NULL converts to optionals only") {
  CHECK(Value().as<std::optional<int>>() == std::nullopt);
  CHECK(Value(5).as<std::optional<int>>() == 5);
  CHECK(Value().as<std::optional<std::string>>() == std::nullopt);
  CHECK_THROWS_AS(Value().as<std::string>(), DataError);
  CHECK_THROWS_AS(Value().as<Date>(), DataError);
}
