#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "millrace/data/data_error.hpp"
#include "millrace/data/decode.hpp"

using namespace millrace;
using enum DecodeStatus;

namespace {

struct Decoded {
  explicit Decoded(const SqlType& type) : column(type) {}
  Column column;
  std::vector<FieldError> errors;

  /// Values as text, "NULL", or the code of the error.
  std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (std::size_t row = 0; row < column.rows(); ++row) out.push_back(column.is_null(row) ? "NULL" : column.value(row).to_text());
    for (const FieldError& error : errors) out[error.row] = to_string(error.status);
    return out;
  }
};

/// Each text in memory of its own and of exactly its size, so that a sanitizer sees every byte read past it.
Decoded decode(const SqlType& type, const std::vector<const char*>& texts, DecodeOptions options = {}, bool clean = false) {
  std::vector<std::vector<char>> memory;
  std::vector<Field> fields;
  for (const char* text : texts) {
    if (text == nullptr) {
      fields.push_back({});
      continue;
    }
    memory.emplace_back(text, text + std::strlen(text));
    fields.push_back({memory.back().empty() ? "" : memory.back().data(), static_cast<std::uint32_t>(memory.back().size())});
  }
  Decoded result(type);
  decode_column(fields, options, clean, result.column, result.errors);
  return result;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("bad fields become NULL and are reported in row order") {
  const Decoded result = decode(SqlType::of(TypeKind::smallint), {"1", "x", nullptr, "32768", "-32768", "", " 7 "});
  CHECK(result.texts() == Texts{"1", "invalid_syntax", "NULL", "out_of_range", "-32768", "invalid_syntax", "7"});
  CHECK(result.column.null_count() == 4);
  REQUIRE(result.errors.size() == 3);
  CHECK(result.errors[0].row == 1);
  CHECK(result.errors[1].row == 3);
  CHECK(result.errors[2].row == 5);
  CHECK(result.column.values<std::int16_t>()[3] == 0);
}

TEST_CASE("every type decodes in columns") {
  CHECK(decode(SqlType::of(TypeKind::boolean), {"t", "no", nullptr, "x", "1"}).texts() == Texts{"true", "false", "NULL", "invalid_syntax", "true"});
  CHECK(decode(SqlType::of(TypeKind::integer), {"2147483647", "-2147483649", "12345678", "123456789"}).texts() ==
        Texts{"2147483647", "out_of_range", "12345678", "123456789"});
  CHECK(decode(SqlType::of(TypeKind::bigint), {"9223372036854775807", "9223372036854775808", "-1"}).texts() ==
        Texts{"9223372036854775807", "out_of_range", "-1"});
  CHECK(decode(SqlType::of(TypeKind::real), {"1.5", "1e39", "NaN"}).texts() == Texts{"1.5", "out_of_range", "NaN"});
  CHECK(decode(SqlType::of(TypeKind::double_precision), {"0.1", "-inf", "1e999"}).texts() == Texts{"0.1", "-Infinity", "out_of_range"});
  CHECK(decode(SqlType::decimal(5, 2), {"1.5", "1.005", "1000", "NaN", nullptr}).texts() == Texts{"1.50", "1.01", "precision_exceeded", "not_finite", "NULL"});
  CHECK(decode(SqlType::decimal(0, 0), {" 1.5e3 ", "NaN", "x", "1e999999"}).texts() == Texts{"1.5e3", "NaN", "invalid_syntax", "out_of_range"});
  CHECK(decode(SqlType::of(TypeKind::date), {"2023-02-28", "20230228", "2023-02-30", "x"}).texts() ==
        Texts{"2023-02-28", "2023-02-28", "no_such_date", "invalid_syntax"});
  CHECK(decode(SqlType::of(TypeKind::time), {"13:45:07", "13:45:07.25", "24:00", "24:01"}).texts() == Texts{"13:45:07", "13:45:07.25", "24:00:00", "out_of_range"});
  CHECK(decode(SqlType::of(TypeKind::timestamp), {"2023-02-28 13:45:07.1", "2023-02-28", "2023-02-28x13:45:07"}).texts() ==
        Texts{"2023-02-28 13:45:07.1", "2023-02-28 00:00:00", "invalid_syntax"});
  CHECK(decode(SqlType::of(TypeKind::uuid), {"a0eebc999c0b4ef8bb6d6bb9bd380a11", "x", nullptr}).texts() ==
        Texts{"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "invalid_syntax", "NULL"});
  CHECK(decode(SqlType::of(TypeKind::binary), {"\\x41", "\\x4", "b", ""}).texts() == Texts{"\\x41", "invalid_syntax", "\\x62", "\\x"});
  CHECK(decode(SqlType::of(TypeKind::json), {"{}", "{", " 1 "}).texts() == Texts{"{}", "invalid_syntax", " 1 "});
  CHECK(decode(SqlType::of(TypeKind::text), {"abc", "", nullptr, "ü"}).texts() == Texts{"abc", "", "NULL", "ü"});
  CHECK(decode(parse_type("inet"), {"10.0.0.1", nullptr}).texts() == Texts{"10.0.0.1", "NULL"});
}

TEST_CASE("a timestamp with time zone uses the offset of the options where it names none") {
  const SqlType type = SqlType::of(TypeKind::timestamp_tz);
  CHECK(decode(type, {"2023-02-28 13:45:07", "2023-02-28 13:45:07Z"}).texts() == Texts{"2023-02-28 13:45:07+00", "2023-02-28 13:45:07+00"});
  CHECK(decode(type, {"2023-02-28 13:45:07", "2023-02-28 13:45:07Z", "0001-01-01 00:00:00"}, {.utc_offset_seconds = 7200}).texts() ==
        Texts{"2023-02-28 11:45:07+00", "2023-02-28 13:45:07+00", "out_of_range"});
}

TEST_CASE("NaN is a reject where the options say so; infinities are not") {
  const DecodeOptions options{.reject_nan = true};
  CHECK(decode(SqlType::of(TypeKind::double_precision), {"NaN", "inf", "1"}, options).texts() == Texts{"not_finite", "Infinity", "1"});
  CHECK(decode(SqlType::of(TypeKind::real), {"nan"}, options).texts() == Texts{"not_finite"});
  CHECK(decode(SqlType::decimal(0, 0), {"NaN", "1"}, options).texts() == Texts{"not_finite", "1"});
}

TEST_CASE("text is measured in code points, and surplus blanks are cut") {
  for (const bool clean : {false, true}) {
    CHECK(decode(SqlType::varchar(3), {"abc", "abcd", "abc  ", "äöü", "äöüß", "äöü ", "ab   ", "    ", ""}, {}, clean).texts() ==
          Texts{"abc", "too_long", "abc", "äöü", "too_long", "äöü", "ab ", "   ", ""});
    CHECK(decode(SqlType::character(2), {"ab\t", "🌍🌍", "🌍🌍🌍", "ab c", "ab "}, {}, clean).texts() == Texts{"too_long", "🌍🌍", "too_long", "too_long", "ab"});
    CHECK(decode(SqlType::varchar(0), {"no limit at all"}, {}, clean).texts() == Texts{"no limit at all"});
  }
}

TEST_CASE("bytes that are no text are named as such in every type") {
  for (const SqlType& type : {SqlType::of(TypeKind::text), SqlType::varchar(50), SqlType::of(TypeKind::integer), SqlType::of(TypeKind::boolean),
                              SqlType::of(TypeKind::json), SqlType::of(TypeKind::binary), SqlType::decimal(5, 2), SqlType::decimal(0, 0),
                              SqlType::of(TypeKind::date), SqlType::of(TypeKind::uuid), parse_type("inet")}) {
    INFO(to_string(type));
    CHECK(decode(type, {"\xff"}).texts() == Texts{"invalid_utf8"});
    std::vector<FieldError> errors;
    Column column(type);
    const Field nul{"1\0002", 3};
    decode_column({&nul, 1}, {}, false, column, errors);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].status == nul_byte);
  }
}

TEST_CASE("text of every length is copied exactly") {
  std::vector<std::string> texts;
  for (std::size_t size = 0; size < 70; ++size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('!' + (size * 7 + i) % 90);
    texts.push_back(text);
  }
  for (const bool clean : {false, true}) {
    std::vector<Field> fields;
    for (const std::string& text : texts) fields.push_back({text.data(), static_cast<std::uint32_t>(text.size())});
    Column column(SqlType::of(TypeKind::text));
    std::vector<FieldError> errors;
    decode_column(fields, {}, clean, column, errors);
    decode_column(fields, {}, clean, column, errors);
    REQUIRE(column.rows() == 2 * texts.size());
    for (std::size_t row = 0; row < column.rows(); ++row) CHECK(column.bytes(row) == texts[row % texts.size()]);
  }
}

TEST_CASE("columns grow over several calls, with nulls in any of them") {
  for (const bool null_first : {false, true}) {
    Column column(SqlType::of(TypeKind::integer));
    Column flags(SqlType::of(TypeKind::boolean));
    std::vector<FieldError> errors;
    std::vector<Field> fields(13, Field{"1", 1});
    for (int call = 0; call < 5; ++call) {
      fields[3] = (call == 0) == null_first ? Field{} : Field{"0", 1};
      decode_column(fields, {}, true, column, errors);
      decode_column(fields, {}, true, flags, errors);
    }
    CHECK(column.rows() == 65);
    CHECK(column.null_count() == (null_first ? 1u : 4u));
    for (std::size_t row = 0; row < 65; ++row) {
      const bool null = row % 13 == 3 && (row < 13) == null_first;
      CHECK(column.is_null(row) == null);
      CHECK(flags.is_null(row) == null);
      CHECK(flags.bit(row) == (row % 13 != 3));
      CHECK(column.values<std::int32_t>()[row] == (row % 13 != 3));
    }
  }
}

TEST_CASE("no field at all is fine") {
  for (int kind = 0; kind <= static_cast<int>(TypeKind::other); ++kind) {
    const Decoded result = decode(SqlType::of(static_cast<TypeKind>(kind)), {});
    CHECK(result.column.rows() == 0);
    CHECK(result.errors.empty());
  }
}

TEST_CASE("columns and single values are decoded alike, whatever the bytes") {
  // Mutations of good values: the fast paths must never accept what the full parser refuses, nor read it differently.
  const char* const seeds[] = {"12345", "-1234567890123456", "1234.56", "-12345678.1234567", "2023-02-28", "13:45:07", "13:45:07.123456", "2023-02-28 13:45:07",
                               "2023-02-28T13:45:07.123", "0.1", "99.995", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "true", "\\x4142", "[1]"};
  const char alphabet[] = "0123456789.-+:eE TZ/,;'\x01\x80\xffx";
  std::mt19937 random(6);
  std::vector<SqlType> types;
  for (int kind = 0; kind <= static_cast<int>(TypeKind::other); ++kind) types.push_back(SqlType::of(static_cast<TypeKind>(kind)));
  types.push_back(SqlType::decimal(9, 2));
  types.push_back(SqlType::varchar(8));
  for (int i = 0; i < 20000; ++i) {
    std::string text = seeds[random() % std::size(seeds)];
    for (unsigned edits = random() % 3; edits > 0 && !text.empty(); --edits) {
      const std::size_t at = random() % text.size();
      if (random() % 4 == 0) text.erase(at, 1);
      else if (random() % 4 == 0) text.insert(at, 1, alphabet[random() % (sizeof alphabet - 1)]);
      else text[at] = alphabet[random() % (sizeof alphabet - 1)];
    }
    const std::string padded = " " + text + " ";  // takes every fast path away, means the same to most types
    for (const SqlType& type : types) {
      if (layout_of(type) == Layout::bytes || type.kind == TypeKind::uuid) continue;
      Column plain(type), slow(type);
      const DecodeStatus expected = append_text(slow, padded);
      const DecodeStatus status = append_text(plain, text);
      if (status == expected && (status != ok || plain.value(0) == slow.value(0))) continue;
      FAIL(to_string(type) << " of '" << text << "': " << to_string(status) << " against " << to_string(expected));
    }
  }
}
