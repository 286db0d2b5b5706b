// From the stream's types to the columns': what fits, how it is rounded, what does not.

#include <cmath>
#include <limits>

#include "unit/access/arrow/hand_made.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

using Values = std::vector<Value>;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Value decimal(const char* text) { return Decimal::parse(text); }
std::string why(const HandColumn& column, const SqlType& type) {
  const ErrorInfo info = read_error(column, type);
  const auto colon = info.message.find("stream: ");
  return colon == std::string::npos ? info.message : info.message.substr(colon + 8);
}
std::string why(const HandColumn& column, TypeKind kind) { return why(column, SqlType::of(kind)); }

}  // namespace

TEST_CASE("integers narrow when they fit, to the last one") {
  CHECK(read(fixed<std::int64_t>("l", {-32768, 32767}), TypeKind::smallint) == Values{-32768, 32767});
  CHECK(why(fixed<std::int64_t>("l", {0, 32768}), TypeKind::smallint) == "\"32768\" is out of range for smallint");
  CHECK(why(fixed<std::int64_t>("l", {-2147483649LL}), TypeKind::integer) == "\"-2147483649\" is out of range for integer");
  CHECK(why(fixed<std::uint16_t>("S", {32768}), TypeKind::smallint) == "\"32768\" is out of range for smallint");
}

TEST_CASE("the row of an error counts over the whole stream") {
  HandStream stream({fixed<std::int64_t>("l", {1, 2, 3})});
  stream.repeat(3);
  CHECK(read(stream, SqlType::of(TypeKind::bigint)).size() == 9);
  std::string numbers(20'000 * 8, '\0');
  numbers[19'999 * 8 + 3] = 1;
  HandStream large({{"c", "l", {20'000, {std::nullopt, numbers}, 0, 0, nullptr}, ""}});
  CHECK(read_error(large, SqlType::of(TypeKind::smallint)).row == 19'999);
}

TEST_CASE("integers become numbers of other kinds and text") {
  const auto column = fixed<std::int32_t>("i", {-7, 0, 42}, "101");
  CHECK(read(column, TypeKind::double_precision) == Values{-7.0, nullptr, 42.0});
  CHECK(read(column, TypeKind::real) == Values{-7.0, nullptr, 42.0});
  CHECK(read(column, SqlType::decimal(5, 2)) == Values{decimal("-7.00"), nullptr, decimal("42.00")});
  CHECK(read(column, TypeKind::decimal) == Values{"-7", nullptr, "42"});
  CHECK(read(column, TypeKind::text) == Values{"-7", nullptr, "42"});
  CHECK(read(column, TypeKind::json) == Values{"-7", nullptr, "42"});
  CHECK(read(column, SqlType::varchar(2)) == Values{"-7", nullptr, "42"});
  CHECK(why(fixed<std::int32_t>("i", {100}), SqlType::varchar(2)) == "\"100\" is too long for varchar(2)");
}

TEST_CASE("an integer has to fit a decimal's digits before the point") {
  CHECK(read(fixed<std::int32_t>("i", {999, -999}), SqlType::decimal(5, 2)) == Values{decimal("999.00"), decimal("-999.00")});
  CHECK(why(fixed<std::int32_t>("i", {1000}), SqlType::decimal(5, 2)) == "\"1000\" has too many digits for decimal(5,2)");
  CHECK(read(fixed<std::int64_t>("l", {0}), SqlType::decimal(38, 38)) == Values{decimal("0.00000000000000000000000000000000000000")});
  CHECK(why(fixed<std::int64_t>("l", {1}), SqlType::decimal(38, 38)) == "\"1\" has too many digits for decimal(38,38)");
  CHECK(why(fixed<std::int64_t>("l", {std::numeric_limits<std::int64_t>::max()}), SqlType::decimal(38, 30)).find("too many digits") != std::string::npos);
}

TEST_CASE("booleans and integers become each other where they are 0 and 1") {
  const HandColumn booleans{"c", "b", {3, {bits("110"), bits("100")}, 0, -1, nullptr}, ""};
  CHECK(read(booleans, TypeKind::boolean) == Values{true, false, nullptr});
  CHECK(read(booleans, TypeKind::smallint) == Values{1, 0, nullptr});
  CHECK(read(booleans, TypeKind::bigint) == Values{1, 0, nullptr});
  CHECK(read(booleans, TypeKind::text) == Values{"true", "false", nullptr});
  CHECK(read(booleans, TypeKind::json) == Values{"true", "false", nullptr});
  CHECK(read(fixed<std::int8_t>("c", {0, 1}), TypeKind::boolean) == Values{false, true});
  CHECK(why(fixed<std::int8_t>("c", {0, 2}), TypeKind::boolean) == "\"2\" is not a boolean");
}

TEST_CASE("decimals are rescaled, and surplus decimals round half away from zero") {
  const auto column = fixed<int128>("d:10,3", {1234, 1235, -1235, -1234, 5, 4});
  CHECK(read(column, SqlType::decimal(10, 2)) == Values{decimal("1.23"), decimal("1.24"), decimal("-1.24"), decimal("-1.23"), decimal("0.01"), decimal("0.00")});
  CHECK(read(column, SqlType::decimal(12, 5))[0] == decimal("1.23400"));
  CHECK(read(fixed<int128>("d:5,3", {9995}), SqlType::decimal(4, 2)) == Values{decimal("10.00")});
  CHECK(why(fixed<int128>("d:5,3", {99995}), SqlType::decimal(4, 2)) == "\"99.995\" has too many digits for decimal(4,2)");
}

TEST_CASE("decimals of extreme scales stay exact or are refused") {
  const int128 most = Decimal::parse("99999999999999999999999999999999999999").unscaled;
  CHECK(read(fixed<int128>("d:38,0", {most}), SqlType::decimal(38, 0)) == Values{Decimal{most, 0}});
  CHECK(why(fixed<int128>("d:38,0", {most}), SqlType::decimal(38, 1)).find("too many digits") != std::string::npos);
  CHECK(why(fixed<int128>("d:38,0", {1}), SqlType::decimal(38, 38)).find("too many digits") != std::string::npos);
  CHECK(read(fixed<int128>("d:38,38", {most, -most}), SqlType::decimal(1, 0)) == Values{decimal("1"), decimal("-1")});
  CHECK(read(fixed<int128>("d:38,38", {most / 2, 0}), SqlType::decimal(1, 0)) == Values{decimal("0"), decimal("0")});
  CHECK(read(fixed<int128>("d:38,39", {most}), SqlType::decimal(1, 0)) == Values{decimal("0")});
  CHECK(read(fixed<int128>("d:3,-3", {12, 0}), SqlType::decimal(8, 2)) == Values{decimal("12000.00"), decimal("0.00")});
  CHECK(why(fixed<int128>("d:3,-40", {1}), SqlType::decimal(38, 0)).find("too many digits") != std::string::npos);
  CHECK(read(fixed<int128>("d:3,-3", {12}), TypeKind::text) == Values{"12000"});
  const int128 least = static_cast<int128>(uint128{1} << 127);
  CHECK(why(fixed<int128>("d:38,0", {least}), SqlType::decimal(38, 0)).find("too many digits") != std::string::npos);
  CHECK(read(fixed<int128>("d:38,37", {least}), SqlType::decimal(5, 2)) == Values{decimal("-17.01")});
}

TEST_CASE("decimals become integers when they are whole") {
  CHECK(read(fixed<int128>("d:10,2", {100, -32768'00}), TypeKind::smallint) == Values{1, -32768});
  CHECK(why(fixed<int128>("d:10,2", {150}), TypeKind::integer) == "\"1.50\" is not an integer");
  CHECK(why(fixed<int128>("d:10,2", {3276800}), TypeKind::smallint) == "\"32768.00\" is out of range for smallint");
  CHECK(read(fixed<int128>("d:3,-2", {7}), TypeKind::integer) == Values{700});
  CHECK(why(fixed<int128>("d:3,-40", {7}), TypeKind::bigint).find("out of range") != std::string::npos);
}

TEST_CASE("decimals become floating point numbers, rounded once, and text") {
  const auto column = fixed<int128>("d:10,2", {110, -5});
  CHECK(read(column, TypeKind::double_precision) == Values{1.1, -0.05});
  CHECK(read(column, TypeKind::real) == Values{static_cast<double>(1.1f), static_cast<double>(-0.05f)});
  CHECK(read(column, TypeKind::text) == Values{"1.10", "-0.05"});
  CHECK(read(column, TypeKind::decimal) == Values{"1.10", "-0.05"});
  CHECK(read(column, TypeKind::json) == Values{"1.10", "-0.05"});
}

TEST_CASE("floating point numbers become integers when they are whole") {
  CHECK(read(fixed<double>("g", {0.0, -0.0, -32768.0}), TypeKind::smallint) == Values{0, 0, -32768});
  CHECK(read(fixed<double>("g", {-9223372036854775808.0}), TypeKind::bigint) == Values{std::numeric_limits<std::int64_t>::min()});
  CHECK(why(fixed<double>("g", {9223372036854775808.0}), TypeKind::bigint).find("out of range for bigint") != std::string::npos);
  CHECK(why(fixed<double>("g", {0.5}), TypeKind::integer) == "\"0.5\" is not an integer");
  CHECK(why(fixed<double>("g", {kNan}), TypeKind::integer) == "\"NaN\" is not an integer");
  CHECK(why(fixed<double>("g", {kInf}), TypeKind::integer) == "\"Infinity\" is out of range for integer");
  CHECK(why(fixed<double>("g", {32768.0}), TypeKind::smallint) == "\"32768\" is out of range for smallint");
}

TEST_CASE("doubles become reals when they are in range") {
  CHECK(read(fixed<double>("g", {0.1, kInf, -kInf, 0.0}), TypeKind::real) == Values{static_cast<double>(0.1f), kInf, -kInf, 0.0});
  CHECK(std::isnan(read(fixed<double>("g", {kNan}), TypeKind::real)[0].as<double>()));
  CHECK(why(fixed<double>("g", {1e39}), TypeKind::real).find("out of range for real") != std::string::npos);
  CHECK(why(fixed<double>("g", {1e-50}), TypeKind::real).find("out of range for real") != std::string::npos);
}

TEST_CASE("floating point numbers become decimals and text by their shortest digits") {
  CHECK(read(fixed<double>("g", {0.1, 2.675}), SqlType::decimal(5, 2)) == Values{decimal("0.10"), decimal("2.68")});
  CHECK(read(fixed<float>("f", {0.1f}), SqlType::decimal(12, 10)) == Values{decimal("0.1000000000")});
  CHECK(read(fixed<float>("f", {0.1f, 1e20f}), TypeKind::text) == Values{"0.1", "1e+20"});
  CHECK(read(fixed<double>("g", {kNan, -kInf}), TypeKind::text) == Values{"NaN", "-Infinity"});
  CHECK(read(fixed<double>("g", {kNan}), TypeKind::decimal) == Values{"NaN"});
  CHECK(why(fixed<double>("g", {kNan}), SqlType::decimal(5, 2)) == "\"NaN\" is not a finite number, which this column needs");
  CHECK(why(fixed<double>("g", {kNan}), TypeKind::json) == "\"NaN\" is not valid JSON");
}

TEST_CASE("text becomes any type, as a CSV field does") {
  CHECK(read(texts({"t", " no "}), TypeKind::boolean) == Values{true, false});
  CHECK(read(texts({" 42 "}), TypeKind::integer) == Values{42});
  CHECK(read(large_texts({"9.995"}), SqlType::decimal(4, 2)) == Values{decimal("10.00")});
  CHECK(read(text_views({"2023-02-28"}), TypeKind::date) == Values{make_date(2023, 2, 28)});
  CHECK(read(texts({"2023-02-28T00:00:01Z"}), TypeKind::timestamp_tz).size() == 1);
  CHECK(read(texts({"\\x00ff"}), TypeKind::binary) == Values{Bytes{std::byte{0}, std::byte{255}}});
  CHECK(read(texts({"00000000-0000-0000-0000-000000000001"}), TypeKind::uuid)[0].to_text() == "00000000-0000-0000-0000-000000000001");
  CHECK(read(texts({"{\"a\": 1}"}), TypeKind::json) == Values{"{\"a\": 1}"});
  CHECK(read(texts({"ab  "}), SqlType::varchar(2)) == Values{"ab"});
  CHECK(why(texts({"12x"}), TypeKind::integer) == "\"12x\" is not an integer");
  CHECK(why(texts({"2023-02-30"}), TypeKind::date) == "\"2023-02-30\": there is no such date");
}

TEST_CASE("an empty text is not NULL, and NULL is not an empty text") {
  HandColumn column = texts({"", "", "x"});
  column.array.buffers[0] = bits("101");
  column.array.null_count = 1;
  CHECK(read(column, TypeKind::text) == Values{"", nullptr, "x"});
}

TEST_CASE("text that is no UTF-8 or holds a NUL is refused with its row") {
  CHECK(why(texts({"a", "\xFF"}), TypeKind::text).find("not valid UTF-8") != std::string::npos);
  CHECK(why(texts({std::string_view("a\0b", 3)}), TypeKind::text).find("NUL byte") != std::string::npos);
  CHECK(read_error(texts({"a", "\xFF"}), TypeKind::text).row == 1);
}

TEST_CASE("sixteen bytes are a uuid, another number is not") {
  const HandColumn column{"c", "w:16", {1, {std::nullopt, std::string("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10")}, 0, 0, nullptr}, ""};
  CHECK(read(column, TypeKind::uuid)[0].to_text() == "01020304-0506-0708-090a-0b0c0d0e0f10");
  CHECK(read(texts({"0123456789abcdef"}, "z"), TypeKind::uuid)[0].to_text() == "30313233-3435-3637-3839-616263646566");
  CHECK(why(texts({"0123456789abcde"}, "z"), TypeKind::uuid) == "\"15 bytes\" is not a UUID");
}

TEST_CASE("numbers, dates and text go into types that only the database knows as text") {
  SqlType other = SqlType::of(TypeKind::other);
  other.native = "money";
  CHECK(read(fixed<std::int32_t>("i", {5}), other) == Values{"5"});
  CHECK(read(texts({"(1,2)"}), other) == Values{"(1,2)"});
  CHECK(read(fixed<std::int32_t>("tdD", {0}), other) == Values{"1970-01-01"});
}
