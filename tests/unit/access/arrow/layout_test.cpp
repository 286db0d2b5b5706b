// Every layout: widths, offsets, bitmaps, dictionaries, views, missing buffers.

#include <cmath>
#include <limits>

#include "unit/access/arrow/hand_made.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

using Values = std::vector<Value>;

template <class T> Values extremes(const char* format, TypeKind to) {
  return read(fixed<T>(format, {std::numeric_limits<T>::min(), 0, 1, std::numeric_limits<T>::max()}), to);
}

}  // namespace

TEST_CASE("integers of every width arrive whole") {
  CHECK(extremes<std::int8_t>("c", TypeKind::smallint) == Values{-128, 0, 1, 127});
  CHECK(extremes<std::uint8_t>("C", TypeKind::smallint) == Values{0, 0, 1, 255});
  CHECK(extremes<std::int16_t>("s", TypeKind::smallint) == Values{-32768, 0, 1, 32767});
  CHECK(extremes<std::uint16_t>("S", TypeKind::integer) == Values{0, 0, 1, 65535});
  CHECK(extremes<std::int32_t>("i", TypeKind::integer) == Values{-2147483648LL, 0, 1, 2147483647});
  CHECK(extremes<std::uint32_t>("I", TypeKind::bigint) == Values{0, 0, 1, 4294967295LL});
  CHECK(extremes<std::int64_t>("l", TypeKind::bigint) == Values{std::numeric_limits<std::int64_t>::min(), 0, 1, std::numeric_limits<std::int64_t>::max()});
}

TEST_CASE("a uint64 past the largest bigint is an error there and fits a decimal") {
  const auto column = fixed<std::uint64_t>("L", {0, 9223372036854775807ULL, 9223372036854775808ULL, 18446744073709551615ULL});
  const ErrorInfo info = read_error(column, TypeKind::bigint);
  CHECK(info.code == ErrorCode::data);
  CHECK(info.column == "c");
  CHECK(info.row == 2);
  CHECK(info.message == "column \"c\", row 3 of the Arrow stream: \"9223372036854775808\" is out of range for bigint");
  CHECK(read(column, SqlType::decimal(20, 0)).back() == Value(Decimal::parse("18446744073709551615")));
  CHECK(read(column, TypeKind::text).back() == Value("18446744073709551615"));
  CHECK(read(fixed<std::uint64_t>("L", {5}), TypeKind::bigint) == Values{5});
}

TEST_CASE("floating point numbers of every width arrive whole") {
  CHECK(read(fixed<double>("g", {0.1, -1e300, std::numeric_limits<double>::denorm_min()}), TypeKind::double_precision) ==
        Values{0.1, -1e300, std::numeric_limits<double>::denorm_min()});
  CHECK(read(fixed<float>("f", {0.1f, std::numeric_limits<float>::max()}), TypeKind::real) == Values{static_cast<double>(0.1f), static_cast<double>(std::numeric_limits<float>::max())});
  CHECK(read(fixed<float>("f", {0.1f}), TypeKind::double_precision) == Values{static_cast<double>(0.1f)});
}

TEST_CASE("half floats are read by their bits") {
  struct Case { std::uint16_t bits; double value; };
  constexpr double inf = std::numeric_limits<double>::infinity();
  for (const auto& [half, value] : {Case{0x0000, 0.0}, {0x3c00, 1.0}, {0xc000, -2.0}, {0x7bff, 65504.0}, {0x0400, 0x1p-14}, {0x03ff, 0x3ffp-24}, {0x0001, 0x1p-24},
                                    {0x8001, -0x1p-24}, {0x3555, 0x1.554p-2}, {0x7c00, inf}, {0xfc00, -inf}}) {
    INFO(half);
    CHECK(read(fixed<std::uint16_t>("e", {half}), TypeKind::real) == Values{value});
  }
  CHECK(std::signbit(read(fixed<std::uint16_t>("e", {0x8000}), TypeKind::real)[0].as<double>()));
  for (const int nan : {0x7e00, 0x7c01, 0xfe00}) CHECK(std::isnan(read(fixed<std::uint16_t>("e", {static_cast<std::uint16_t>(nan)}), TypeKind::double_precision)[0].as<double>()));
}

TEST_CASE("bits are read from any offset") {
  HandColumn column{"c", "b", {5, {bits("0011111111"), bits("1110100101")}, 3, -1, nullptr}, ""};
  CHECK(read(column, TypeKind::boolean) == Values{false, true, false, false, true});
  column.array.buffers[0] = bits("1110101111");
  CHECK(read(column, TypeKind::boolean) == Values{nullptr, true, nullptr, false, true});
}

TEST_CASE("a column's offset counts for values and validity alike") {
  HandColumn column = fixed<std::int32_t>("i", {100, 101, 102, 103, 104, 105, 106, 107, 108, 109}, "0123456789");
  column.array.buffers[0] = bits("1111111101");
  column.array.offset = 7;
  column.array.length = 3;
  CHECK(read(column, TypeKind::integer) == Values{107, nullptr, 109});
}

TEST_CASE("a batch's offset adds to that of its columns") {
  HandColumn column = fixed<std::int16_t>("s", {0, 1, 2, 3, 4, 5, 6, 7}, "11110111");
  column.array.offset = 1;
  column.array.length = 7;
  HandStream stream({column}, {4, 2, std::nullopt, 0});
  CHECK(read(stream, SqlType::of(TypeKind::smallint)) == Values{3, nullptr, 5, 6});
}

TEST_CASE("a NULL row of the batch is NULL in every column") {
  const HandColumn column = fixed<std::int32_t>("i", {0, 1, 2, 3}, "1101");
  HandStream stream({column}, {3, 1, bits("1101"), -1});
  CHECK(read(stream, SqlType::of(TypeKind::integer)) == Values{1, nullptr, 3});
  HandStream other({column}, {3, 1, bits("1110"), 1});
  CHECK(read(other, SqlType::of(TypeKind::integer)) == Values{1, nullptr, nullptr});
}

TEST_CASE("a column that counts no NULLs needs no bitmap, and one that it has is not looked at") {
  HandColumn column = fixed<std::int32_t>("i", {1, 2}, "00");
  column.array.null_count = 0;
  CHECK(read(column, TypeKind::integer) == Values{1, 2});
  column.array.null_count = -1;
  CHECK(read(column, TypeKind::integer) == Values{nullptr, nullptr});
  column.array.buffers[0] = std::nullopt;
  CHECK(read(column, TypeKind::integer) == Values{1, 2});
}

TEST_CASE("a column of nulls goes into every type") {
  const HandColumn column{"c", "n", {3, {}, 0, 3, nullptr}, ""};
  for (const TypeKind kind : {TypeKind::boolean, TypeKind::integer, TypeKind::text, TypeKind::date, TypeKind::uuid, TypeKind::binary, TypeKind::json}) {
    CHECK(read(column, kind) == Values{nullptr, nullptr, nullptr});
  }
  CHECK(read(column, SqlType::decimal(5, 2)) == Values{nullptr, nullptr, nullptr});
}

TEST_CASE("decimals of every width keep their scale") {
  CHECK(read(fixed<int128>("d:38,2", {-1, 123456789012345678}), SqlType::decimal(38, 2)) == Values{Decimal{-1, 2}, Decimal{123456789012345678, 2}});
  CHECK(read(fixed<std::int32_t>("d:9,2,32", {-1, 999999999}), SqlType::decimal(12, 2)) == Values{Decimal{-1, 2}, Decimal{999999999, 2}});
  CHECK(read(fixed<std::int64_t>("d:18,2,64", {-1, 7}), SqlType::decimal(12, 2)) == Values{Decimal{-1, 2}, Decimal{7, 2}});
}

TEST_CASE("text is read through offsets of 32 and 64 bits") {
  const Values want{"", "a", "\xC3\xA9t\xC3\xA9", "a longer text than twelve bytes"};
  CHECK(read(texts({"", "a", "\xC3\xA9t\xC3\xA9", "a longer text than twelve bytes"}), TypeKind::text) == want);
  CHECK(read(large_texts({"", "a", "\xC3\xA9t\xC3\xA9", "a longer text than twelve bytes"}), TypeKind::text) == want);
}

TEST_CASE("views are read inline and from their buffers") {
  CHECK(read(text_views({"", "twelve bytes", "thirteen byte", "a text that lies in a buffer", "short", "another one in a buffer"}), TypeKind::text) ==
        Values{"", "twelve bytes", "thirteen byte", "a text that lies in a buffer", "short", "another one in a buffer"});
  HandColumn column = text_views({"first", "a text that lies in a buffer", "another one in a buffer", "last"});
  column.array.buffers[0] = bits("1011");
  column.array.null_count = 1;
  column.array.offset = 1;
  column.array.length = 3;
  CHECK(read(column, TypeKind::text) == Values{nullptr, "another one in a buffer", "last"});
}

TEST_CASE("binary of every layout stays as it is") {
  const std::string nul("a\0b", 3);
  const auto bytes = [](std::string_view text) {
    Bytes out;
    for (const char c : text) out.push_back(static_cast<std::byte>(c));
    return Value(out);
  };
  const Values want{bytes(nul), bytes(""), bytes("\xFF\\x00")};
  CHECK(read(texts({nul, "", "\xFF\\x00"}, "z"), TypeKind::binary) == want);
  CHECK(read(large_texts({nul, "", "\xFF\\x00"}, "Z"), TypeKind::binary) == want);
  CHECK(read(text_views({nul, "", "\xFF\\x00"}, "vz"), TypeKind::binary) == want);
  HandColumn column{"c", "w:3", {2, {bits("101"), std::string("xyza\0bABC", 9)}, 1, -1, nullptr}, ""};
  CHECK(read(column, TypeKind::binary) == Values{nullptr, bytes("ABC")});
}

TEST_CASE("fixed-size binary of no bytes is empty") {
  const HandColumn column{"c", "w:0", {2, {std::nullopt, std::nullopt}, 0, 0, nullptr}, ""};
  CHECK(read(column, TypeKind::binary) == Values{Bytes(), Bytes()});
}

TEST_CASE("texts that are all empty need no bytes") {
  HandColumn column = texts({"", ""});
  column.array.buffers[2] = std::nullopt;
  CHECK(read(column, TypeKind::text) == Values{"", ""});
}

TEST_CASE("an array of no rows needs no buffers") {
  for (const char* format : {"i", "b", "u", "U", "vu", "w:16", "d:5,2", "tsu:", "e"}) {
    INFO(format);
    const std::size_t buffers = format[0] == 'u' || format[0] == 'U' || format[0] == 'v' ? 3 : 2;
    const HandColumn column{"c", format, {0, std::vector<BufferBytes>(buffers), 0, 0, nullptr}, ""};
    CHECK(read(column, format[0] == 'w' ? TypeKind::binary : TypeKind::text).empty());
  }
}

TEST_CASE("dictionaries are read by indexes of every width") {
  const HandColumn values = texts({"zero", "one", "two"});
  const Values want{"two", "zero", "two"};
  CHECK(read(dictionary(fixed<std::int8_t>("c", {2, 0, 2}), values), TypeKind::text) == want);
  CHECK(read(dictionary(fixed<std::uint8_t>("C", {2, 0, 2}), values), TypeKind::text) == want);
  CHECK(read(dictionary(fixed<std::int16_t>("s", {2, 0, 2}), values), TypeKind::text) == want);
  CHECK(read(dictionary(fixed<std::uint16_t>("S", {2, 0, 2}), values), TypeKind::text) == want);
  CHECK(read(dictionary(fixed<std::int32_t>("i", {2, 0, 2}), values), TypeKind::text) == want);
  CHECK(read(dictionary(fixed<std::uint32_t>("I", {2, 0, 2}), values), TypeKind::text) == want);
  CHECK(read(dictionary(fixed<std::int64_t>("l", {2, 0, 2}), values), TypeKind::text) == want);
  CHECK(read(dictionary(fixed<std::uint64_t>("L", {2, 0, 2}), values), TypeKind::text) == want);
}

TEST_CASE("a NULL of a dictionary column may stand in the indexes or among the values") {
  HandColumn values = texts({"zero", "", "two"});
  values.array.buffers[0] = bits("101");
  values.array.null_count = 1;
  CHECK(read(dictionary(fixed<std::int32_t>("i", {0, 1, 2, 99}, "1110"), values), TypeKind::text) == Values{"zero", nullptr, "two", nullptr});
}

TEST_CASE("dictionaries of every layout are read, at their own offset and that of the indexes") {
  HandColumn values = fixed<std::int64_t>("tsu:", {5, 6, 7, 8}, "1101");
  values.array.offset = 1;
  values.array.length = 3;
  HandColumn column = dictionary(fixed<std::int8_t>("c", {9, 0, 1, 2}), values);
  column.array.offset = 1;
  column.array.length = 3;
  CHECK(read(column, TypeKind::timestamp) == Values{Timestamp{6}, nullptr, Timestamp{8}});
  CHECK(read(dictionary(fixed<std::int8_t>("c", {1, 0}), large_texts({"a", "b"})), TypeKind::text) == Values{"b", "a"});
  CHECK(read(dictionary(fixed<std::int8_t>("c", {1, 0}), text_views({"a", "a text of more than twelve"})), TypeKind::text) == Values{"a text of more than twelve", "a"});
  CHECK(read(dictionary(fixed<std::int8_t>("c", {1, 0}), fixed<double>("g", {0.5, 1.5})), TypeKind::double_precision) == Values{1.5, 0.5});
  CHECK(read(dictionary(fixed<std::int8_t>("c", {1, 0}), fixed<int128>("d:5,1", {5, 15})), SqlType::decimal(5, 1)) == Values{Decimal{15, 1}, Decimal{5, 1}});
  const HandColumn booleans{"c", "b", {2, {std::nullopt, bits("01")}, 0, 0, nullptr}, ""};
  CHECK(read(dictionary(fixed<std::int8_t>("c", {1, 0}), booleans), TypeKind::boolean) == Values{true, false});
  const HandColumn nulls{"c", "n", {2, {}, 0, 2, nullptr}, ""};
  CHECK(read(dictionary(fixed<std::int8_t>("c", {1, 0}), nulls), TypeKind::text) == Values{nullptr, nullptr});
}

TEST_CASE("rows of a large array arrive in order, in several batches") {
  constexpr std::size_t kRows = 50'000;
  std::string numbers(kRows * sizeof(std::int32_t), '\0');
  for (std::size_t i = 0; i < kRows; ++i) {
    const auto number = static_cast<std::int32_t>(i);
    std::memcpy(numbers.data() + i * sizeof number, &number, sizeof number);
  }
  HandStream stream({{"c", "i", {kRows, {std::nullopt, numbers}, 0, 0, nullptr}, ""}});
  const auto read_back = read(stream, SqlType::of(TypeKind::integer));
  REQUIRE(read_back.size() == kRows);
  for (std::size_t i = 0; i < kRows; ++i) {
    if (read_back[i] != Value(i)) FAIL("row " << i << " is " << read_back[i].to_text());
  }
}

TEST_CASE("long texts make batches of fewer rows") {
  const std::string megabyte(1 << 20, 'x');
  HandStream stream({texts({megabyte, megabyte, megabyte, megabyte, megabyte, megabyte, megabyte, megabyte, megabyte, megabyte})});
  arrow::StreamBatches batches{OwnedArrowStream(*stream.get())};
  batches.choose({{0, ColumnInfo{"c", SqlType::of(TypeKind::text), true, false, false, Identity::none, ""}}});
  RecordBatch batch = batches.make_batch();
  std::size_t rows = 0, most = 0;
  while (batches.next(batch)) {
    rows += batch.rows();
    most = std::max(most, batch.byte_size());
    for (std::size_t i = 0; i < batch.rows(); ++i) CHECK(batch.column(0).bytes(i).size() == megabyte.size());
  }
  CHECK(rows == 10);
  CHECK(most <= 5 * megabyte.size());
}
