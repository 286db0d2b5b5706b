#include "postgresql/values.hpp"

#include <cmath>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "millrace/data/data_error.hpp"

using namespace millrace;
using namespace millrace::postgresql;

namespace {
constexpr Oid kBool = 16, kBytea = 17, kInt8 = 20, kFloat8 = 701, kDate = 1082, kNumeric = 1700, kVarchar = 1043, kUuid = 2950, kInet = 869;
}

TEST_CASE("texts become the values of their types") {
  CHECK(decode_value(kBool, "t") == Value(true));
  CHECK(decode_value(kInt8, "-9223372036854775808") == Value(std::numeric_limits<std::int64_t>::min()));
  CHECK(decode_value(kNumeric, "12.50") == Value(Decimal{1250, 2}));
  CHECK(decode_value(kDate, "2023-02-28") == Value(make_date(2023, 2, 28)));
  CHECK(decode_value(kBytea, "\\x00ff") == Value(Bytes{std::byte{0}, std::byte{255}}));
  CHECK(std::isnan(std::get<double>(decode_value(kFloat8, "NaN").storage())));
  CHECK(std::isinf(std::get<double>(decode_value(kFloat8, "-Infinity").storage())));
  CHECK(decode_value(kInet, "10.0.0.1") == Value("10.0.0.1"));
}

TEST_CASE("what a value's type can not hold stays text") {
  const std::string long_number(50, '9');
  CHECK(decode_value(kNumeric, long_number) == Value(long_number));
  CHECK(decode_value(kNumeric, "NaN") == Value("NaN"));
  CHECK(decode_value(kDate, "infinity") == Value("infinity"));
  CHECK(decode_value(kDate, "0044-03-15 BC") == Value("0044-03-15 BC"));
}

TEST_CASE("a column's modifier gives length, precision and scale") {
  CHECK(type_of(kVarchar, 24) == SqlType::varchar(20));
  CHECK(type_of(kNumeric, ((15 << 16) | 2) + 4) == SqlType::decimal(15, 2));
  CHECK(type_of(kNumeric, ((5 << 16) | (-2 & 0x7FF)) + 4).scale == -2);
  CHECK(type_of(kNumeric, -1).precision == 0);
  CHECK(type_of(kInet, -1).kind == TypeKind::other);
}

TEST_CASE("a text with a NUL byte is refused with its position") {
  CHECK_THROWS_AS(BoundValues({Value(1), Value(std::string("a\0b", 3))}), DataError);
  try {
    BoundValues({Value(1), Value(std::string("a\0b", 3))});
  } catch (const DataError& error) {
    CHECK(std::string(error.what()).find("$2") != std::string::npos);
  }
}

TEST_CASE("bytes are bound in binary, NULL as no pointer") {
  const BoundValues bound({Value(Bytes{std::byte{0}, std::byte{1}}), Value()});
  CHECK(bound.types()[0] == kBytea);
  CHECK(bound.formats()[0] == 1);
  CHECK(bound.lengths()[0] == 2);
  CHECK(bound.pointers()[1] == nullptr);
}
