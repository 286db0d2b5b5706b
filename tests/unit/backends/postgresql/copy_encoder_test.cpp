#include "postgresql/copy_encoder.hpp"

#include <cstdint>
#include <limits>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/error.hpp"

using namespace millrace;
using namespace millrace::postgresql;
using namespace std::string_literals;

namespace {

constexpr std::size_t kFull = 1 << 20;

ColumnInfo column(std::string name, SqlType type) {
  ColumnInfo info;
  info.name = std::move(name);
  info.type = std::move(type);
  return info;
}

std::string text_of(const Buffer& buffer) { return {reinterpret_cast<const char*>(buffer.data()), buffer.size()}; }

// A batch of one column, filled by the caller.
template <class Fill> std::string encoded(SqlType type, Fill&& fill) {
  const CopyPlan plan({column("c", type)});
  RecordBatch batch({type});
  fill(batch.column(0));
  Buffer out;
  REQUIRE(encode_copy(plan, batch, 0, kFull, out) == batch.rows());
  return text_of(out);
}

SqlType with_native(TypeKind kind, std::string native) {
  SqlType type = SqlType::of(kind);
  type.native = std::move(native);
  return type;
}

// The same through a plan whose second column makes the COPY text.
template <class Fill> std::string encoded_as_text(SqlType type, Fill&& fill) {
  const SqlType foreign = with_native(TypeKind::other, "inet");
  const CopyPlan plan({column("c", type), column("f", foreign)});
  RecordBatch batch({type, foreign});
  fill(batch.column(0));
  for (std::size_t row = 0; row < batch.column(0).rows(); ++row) batch.column(1).append_bytes("x");
  Buffer out;
  encode_copy(plan, batch, 0, kFull, out);
  return text_of(out);
}

const std::string kOneField = "\x00\x01"s;

}  // namespace

TEST_CASE("a binary COPY starts with its signature and ends with its trailer") {
  const CopyPlan plan({column("a", SqlType::of(TypeKind::integer))});
  REQUIRE(plan.format() == CopyFormat::binary);
  Buffer out;
  begin_copy(plan, out);
  end_copy(plan, out);
  CHECK(text_of(out) == "PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\xff\xff"s);
}

TEST_CASE("a text COPY has neither header nor trailer") {
  const CopyPlan plan({column("a", with_native(TypeKind::other, "inet"))});
  REQUIRE(plan.format() == CopyFormat::text);
  Buffer out;
  begin_copy(plan, out);
  end_copy(plan, out);
  CHECK(out.size() == 0);
}

TEST_CASE("integers are big-endian with their width before them") {
  CHECK(encoded(SqlType::of(TypeKind::smallint), [](Column& c) { c.append_fixed<std::int16_t>(-2); }) == kOneField + "\0\0\0\x02\xff\xfe"s);
  CHECK(encoded(SqlType::of(TypeKind::integer), [](Column& c) { c.append_fixed<std::int32_t>(0x01020304); }) == kOneField + "\0\0\0\x04\x01\x02\x03\x04"s);
  CHECK(encoded(SqlType::of(TypeKind::bigint), [](Column& c) { c.append_fixed<std::int64_t>(std::numeric_limits<std::int64_t>::min()); }) ==
        kOneField + "\0\0\0\x08\x80\0\0\0\0\0\0\0"s);
}

TEST_CASE("booleans are one byte") {
  CHECK(encoded(SqlType::of(TypeKind::boolean), [](Column& c) { c.append_bit(true); c.append_bit(false); }) ==
        kOneField + "\0\0\0\x01\x01"s + kOneField + "\0\0\0\x01\0"s);
}

TEST_CASE("floats keep their bits") {
  CHECK(encoded(SqlType::of(TypeKind::double_precision), [](Column& c) { c.append_fixed(1.5); }) == kOneField + "\0\0\0\x08\x3f\xf8\0\0\0\0\0\0"s);
  CHECK(encoded(SqlType::of(TypeKind::real), [](Column& c) { c.append_fixed(-0.0f); }) == kOneField + "\0\0\0\x04\x80\0\0\0"s);
}

TEST_CASE("NULL is the length -1 in every layout") {
  const std::string null = kOneField + "\xff\xff\xff\xff"s;
  for (const TypeKind kind : {TypeKind::boolean, TypeKind::integer, TypeKind::text, TypeKind::uuid, TypeKind::timestamp, TypeKind::decimal}) {
    CHECK(encoded(SqlType::of(kind), [](Column& c) { c.append_null(); }) == null);
  }
  CHECK(encoded(SqlType::decimal(10, 2), [](Column& c) { c.append_null(); }) == null);
}

TEST_CASE("text and bytes travel as they are, the empty ones too") {
  CHECK(encoded(SqlType::varchar(5), [](Column& c) { c.append_bytes("a\tb\\"); c.append_bytes(""); }) ==
        kOneField + "\0\0\0\x04"s + "a\tb\\" + kOneField + "\0\0\0\0"s);
  CHECK(encoded(SqlType::of(TypeKind::binary), [](Column& c) { c.append_bytes("\0\xff"s); }) == kOneField + "\0\0\0\x02\0\xff"s);
}

TEST_CASE("dates and timestamps count from 2000-01-01") {
  CHECK(encoded(SqlType::of(TypeKind::date), [](Column& c) { c.append_fixed(make_date(2000, 1, 2).days); }) == kOneField + "\0\0\0\x04\0\0\0\x01"s);
  CHECK(encoded(SqlType::of(TypeKind::date), [](Column& c) { c.append_fixed(make_date(1999, 12, 31).days); }) == kOneField + "\0\0\0\x04\xff\xff\xff\xff"s);
  const std::int64_t micros = std::int64_t{make_date(2000, 1, 1).days} * 86'400'000'000 + 7;
  for (const TypeKind kind : {TypeKind::timestamp, TypeKind::timestamp_tz}) {
    CHECK(encoded(SqlType::of(kind), [&](Column& c) { c.append_fixed(micros); }) == kOneField + "\0\0\0\x08\0\0\0\0\0\0\0\x07"s);
  }
  CHECK(encoded(SqlType::of(TypeKind::time), [](Column& c) { c.append_fixed<std::int64_t>(86'400'000'000); }) ==
        kOneField + "\0\0\0\x08\0\0\0\x14\x1d\xd7\x60\0"s);
}

TEST_CASE("jsonb has a version byte and json has none") {
  const auto fill = [](Column& c) { c.append_bytes("{}"); };
  CHECK(encoded(with_native(TypeKind::json, "jsonb"), fill) == kOneField + "\0\0\0\x03\x01{}"s);
  CHECK(encoded(with_native(TypeKind::json, "json"), fill) == kOneField + "\0\0\0\x02{}"s);
}

TEST_CASE("a domain over json makes the COPY text, since its binary form is not known") {
  CHECK(CopyPlan({column("d", with_native(TypeKind::json, "my_document"))}).format() == CopyFormat::text);
}

TEST_CASE("a decimal carries the scale of the batch's column") {
  const CopyPlan plan({column("n", SqlType::decimal(18, 4))});
  RecordBatch batch({SqlType::decimal(10, 2)});
  batch.column(0).append_fixed<int128>(150);
  Buffer out;
  encode_copy(plan, batch, 0, kFull, out);
  CHECK(text_of(out) == kOneField + "\0\0\0\x0c\0\x02\0\0\0\0\0\x02\0\x01\x13\x88"s);
}

TEST_CASE("a decimal without precision travels as text and becomes numeric's binary form") {
  CHECK(encoded(SqlType::of(TypeKind::decimal), [](Column& c) { c.append_bytes("12345.5"); }) ==
        kOneField + "\0\0\0\x0e\0\x03\0\x01\0\0\0\x01\0\x01\x09\x29\x13\x88"s);
}

TEST_CASE("a numeric that the server can not hold names its row and column") {
  const CopyPlan plan({column("amount", SqlType::of(TypeKind::decimal))});
  RecordBatch batch({SqlType::of(TypeKind::decimal)});
  batch.column(0).append_bytes("1");
  batch.column(0).append_bytes("1e200000");
  Buffer out;
  try {
    encode_copy(plan, batch, 0, kFull, out);
    FAIL("no error");
  } catch (const DataError& error) {
    CHECK(error.info().row == 1);
    CHECK(error.info().column == "amount");
  }
}

TEST_CASE("a batch of other columns than the writer's is refused by name") {
  const CopyPlan plan({column("day", SqlType::of(TypeKind::date))});
  Buffer out;
  RecordBatch wrong_type({SqlType::of(TypeKind::integer)});
  wrong_type.column(0).append_fixed<std::int32_t>(1);
  CHECK_THROWS_AS(encode_copy(plan, wrong_type, 0, kFull, out), Error);
  RecordBatch too_many({SqlType::of(TypeKind::date), SqlType::of(TypeKind::date)});
  CHECK_THROWS_AS(encode_copy(plan, too_many, 0, kFull, out), Error);
  CHECK(out.size() == 0);
}

TEST_CASE("encoding stops at a full buffer and goes on where it stopped, without losing or repeating a row") {
  const SqlType type = SqlType::of(TypeKind::text);
  const CopyPlan plan({column("c", type)});
  RecordBatch batch({type});
  for (int i = 0; i < 1000; ++i) batch.column(0).append_bytes(std::string(static_cast<std::size_t>(i % 300), 'x'));
  Buffer whole;
  REQUIRE(encode_copy(plan, batch, 0, std::numeric_limits<std::size_t>::max() / 4, whole) == 1000);
  for (const std::size_t full : {std::size_t{1}, std::size_t{500}, std::size_t{8192}}) {
    std::string pieces;
    for (std::size_t row = 0; row < batch.rows();) {
      Buffer out;
      const std::size_t next = encode_copy(plan, batch, row, full, out);
      REQUIRE(next > row);
      row = next;
      pieces += text_of(out);
    }
    CHECK(pieces == text_of(whole));
  }
}

TEST_CASE("an empty batch encodes to nothing") {
  const CopyPlan plan({column("c", SqlType::of(TypeKind::text))});
  Buffer out;
  CHECK(encode_copy(plan, RecordBatch({SqlType::of(TypeKind::text)}), 0, kFull, out) == 0);
  CHECK(out.size() == 0);
}

TEST_CASE("text COPY escapes what its format gives a meaning") {
  CHECK(encoded_as_text(SqlType::of(TypeKind::text), [](Column& c) { c.append_bytes("a\tb\nc\rd\\e\b\f\v"); }) == "a\\tb\\nc\\rd\\\\e\\b\\f\\v\tx\n");
  CHECK(encoded_as_text(SqlType::of(TypeKind::text), [](Column& c) { c.append_bytes("\\."); c.append_bytes("\\N"); c.append_null(); c.append_bytes(""); }) ==
        "\\\\.\tx\n\\\\N\tx\n\\N\tx\n\tx\n");
}

TEST_CASE("text COPY writes every type in a form that no setting changes") {
  CHECK(encoded_as_text(SqlType::of(TypeKind::boolean), [](Column& c) { c.append_bit(true); c.append_bit(false); }) == "t\tx\nf\tx\n");
  CHECK(encoded_as_text(SqlType::of(TypeKind::bigint), [](Column& c) { c.append_fixed(std::numeric_limits<std::int64_t>::min()); }) == "-9223372036854775808\tx\n");
  CHECK(encoded_as_text(SqlType::of(TypeKind::double_precision), [](Column& c) {
          c.append_fixed(0.1);
          c.append_fixed(std::numeric_limits<double>::quiet_NaN());
          c.append_fixed(-std::numeric_limits<double>::infinity());
        }) == "0.1\tx\nNaN\tx\n-Infinity\tx\n");
  CHECK(encoded_as_text(SqlType::decimal(10, 2), [](Column& c) { c.append_fixed<int128>(-5); }) == "-0.05\tx\n");
  CHECK(encoded_as_text(SqlType::of(TypeKind::binary), [](Column& c) { c.append_bytes("\0\xab"s); }) == "\\\\x00ab\tx\n");
  CHECK(encoded_as_text(SqlType::of(TypeKind::date), [](Column& c) { c.append_fixed(make_date(2023, 2, 28).days); }) == "2023-02-28\tx\n");
}
