#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <random>
#include <string>

#include "millrace/data/data_error.hpp"
#include "millrace/data/decode.hpp"

using namespace millrace;

namespace {
int128 power_of_ten(int exponent) { return exponent == 0 ? 1 : 10 * power_of_ten(exponent - 1); }
const int128 kLargest = power_of_ten(38) - 1;
}  // namespace

TEST_CASE("an empty sum is zero") {
  CHECK(ExactSum().to_string(0) == "0");
  CHECK(ExactSum().to_string(2) == "0.00");
  CHECK(ExactSum() == ExactSum::parse("0", 2));
}

TEST_CASE("sums pass 128 bits in both directions") {
  ExactSum sum;
  for (int i = 0; i < 1000; ++i) sum.add(kLargest);
  CHECK(sum.to_string(0) == "99999999999999999999999999999999999999000");
  CHECK(sum.to_string(2) == "999999999999999999999999999999999999990.00");
  for (int i = 0; i < 2000; ++i) sum.add(-kLargest);
  CHECK(sum.to_string(0) == "-99999999999999999999999999999999999999000");
  for (int i = 0; i < 1000; ++i) sum.add(kLargest);
  CHECK(sum == ExactSum());
  sum.add(-1);
  CHECK(sum.to_string(0) == "-1");
  CHECK(sum.to_string(3) == "-0.001");
  sum.add(1);
  CHECK(sum == ExactSum());
}

TEST_CASE("the extremes of 128 bits are summed exactly") {
  const int128 most = static_cast<int128>(~uint128{0} >> 1);
  ExactSum sum;
  sum.add(most);
  sum.add(-most - 1);
  CHECK(sum.to_string(0) == "-1");
  sum.add(-most - 1);
  CHECK(sum.to_string(0) == "-170141183460469231731687303715884105729");
  ExactSum twice = sum;
  twice.add(sum);
  CHECK(twice.to_string(0) == "-340282366920938463463374607431768211458");
}

TEST_CASE("sums read back from what they print") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    ExactSum sum;
    for (unsigned n = 0; n < 1 + random() % 5; ++n) {
      sum.add(static_cast<int128>(static_cast<uint128>(random()) << 64 | random()) >> (random() % 120));
    }
    const int scale = static_cast<int>(random() % 39);
    CHECK(ExactSum::parse(sum.to_string(scale), scale) == sum);
  }
}

TEST_CASE("the text of a sum is a plain decimal number of at most its scale") {
  ExactSum sum;
  sum.add(-150);
  CHECK(ExactSum::parse("-1.5", 2) == sum);
  CHECK(ExactSum::parse(" -1.50000 ", 2) == sum);
  CHECK(ExactSum::parse("+.5", 1).to_string(1) == "0.5");
  CHECK(ExactSum::parse("-0", 0) == ExactSum());
  for (const char* text : {"", "-", ".", "1e5", "abc", "1.2.3", "NaN", "1 2", "1.505"}) {
    INFO(text);
    CHECK_THROWS_AS(ExactSum::parse(text, 2), DataError);
  }
  CHECK_THROWS_AS(ExactSum::parse(std::string(80, '9'), 0), DataError);
}

TEST_CASE("columns are summed, NULL counts as nothing") {
  const auto sum_of = [](const SqlType& type, std::initializer_list<const char*> texts) {
    Column column(type);
    for (const char* text : texts) {
      if (text == nullptr) column.append_null();
      else REQUIRE(append_text(column, text) == DecodeStatus::ok);
    }
    ExactSum sum;
    add_column(sum, column);
    return sum.to_string(type.scale);
  };
  CHECK(sum_of(SqlType::of(TypeKind::smallint), {"-32768", nullptr, "32767", "-32768"}) == "-32769");
  CHECK(sum_of(SqlType::of(TypeKind::integer), {"2147483647", "2147483647", nullptr}) == "4294967294");
  CHECK(sum_of(SqlType::of(TypeKind::bigint), {"9223372036854775807", "9223372036854775807", "1"}) == "18446744073709551615");
  CHECK(sum_of(SqlType::decimal(15, 2), {"12.34", "-0.35", nullptr}) == "11.99");
  const std::string nines(38, '9');
  CHECK(sum_of(SqlType::decimal(38, 0), {nines.c_str(), nines.c_str(), nines.c_str(), "3"}) == "300000000000000000000000000000000000000");
  CHECK(sum_of(SqlType::decimal(38, 0), {}) == "0");
}

TEST_CASE("integers and fixed decimals are summable, nothing else") {
  CHECK(is_summable(SqlType::of(TypeKind::smallint)));
  CHECK(is_summable(SqlType::of(TypeKind::bigint)));
  CHECK(is_summable(SqlType::decimal(38, 10)));
  CHECK_FALSE(is_summable(SqlType::decimal(0, 0)));
  CHECK_FALSE(is_summable(SqlType::of(TypeKind::date)));
  CHECK_FALSE(is_summable(SqlType::of(TypeKind::timestamp)));
  CHECK_FALSE(is_summable(SqlType::of(TypeKind::double_precision)));
  CHECK_FALSE(is_summable(SqlType::of(TypeKind::text)));
}
