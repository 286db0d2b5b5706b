#include "conformance/type_cases.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

namespace millrace::conformance {
namespace {

Value date(int year, int month, int day) { return make_date(year, month, day); }
Value timestamp(int year, int month, int day, std::int64_t micros) { return Timestamp{make_date(year, month, day).days * std::int64_t{86'400'000'000} + micros}; }
Value timestamp_tz(int year, int month, int day, std::int64_t micros) {
  return TimestampTz{make_date(year, month, day).days * std::int64_t{86'400'000'000} + micros};
}
Value decimal(const char* text) { return Decimal::parse(text); }
Value bytes(std::string_view text) {
  Bytes out;
  for (const char c : text) out.push_back(static_cast<std::byte>(c));
  return out;
}
std::string every_byte() {
  std::string out;
  for (int b = 0; b < 256; ++b) out += static_cast<char>(b);
  return out;
}
Uuid uuid(std::uint8_t first, std::uint8_t step) {
  Uuid out;
  for (auto& byte : out.bytes) byte = first, first = static_cast<std::uint8_t>(first + step);
  return out;
}

constexpr std::int64_t kLastMicro = 86'399'999'999;
using Limits = std::numeric_limits<double>;

int digits_of(int128 number) {
  int digits = 1;
  for (number /= 10; number != 0; number /= 10) ++digits;
  return digits;
}

/// False for a value that this backend can store and not give back.
bool comes_back(const Value& value, const Quirks& quirks) {
  if (const auto* const real = std::get_if<double>(&value.storage()); real && std::isfinite(*real)) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*g", quirks.reads_real_digits, *real);
    return std::strtod(text, nullptr) == *real;
  }
  if (std::holds_alternative<double>(value.storage())) return std::isnan(*std::get_if<double>(&value.storage())) || quirks.stores_infinities;
  if (const auto* const time = std::get_if<TimeOfDay>(&value.storage())) {
    return time->micros > kLastMicro ? quirks.lacks_end_of_day.empty() : quirks.stores_fractions_of_seconds || time->micros % 1'000'000 == 0;
  }
  const auto* const exact = std::get_if<Decimal>(&value.storage());
  if (exact && (exact->scale > quirks.decimal_digits || digits_of(exact->unscaled) > quirks.decimal_digits)) return false;
  return !exact || !quirks.trims_decimals || exact->scale == 0 || exact->unscaled % 10 != 0;
}

/// False for text that is too long where a length counts UTF-16 units: the characters outside the BMP take two.
bool fits(const Value& value, const SqlType& type, const Quirks& quirks) {
  const auto* const text = std::get_if<std::string>(&value.storage());
  if (!text || type.length == 0 || quirks.counts_characters) return true;
  int units = 0;
  for (const char c : *text) units += ((static_cast<unsigned char>(c) & 0xC0) != 0x80) + (static_cast<unsigned char>(c) >= 0xF0);
  return units <= type.length;
}

}  // namespace

std::string hostile_text() {
  std::string out;
  for (char c = 1; c < 0x20; ++c) out += c;
  return out + "\x7F ' '' \" \"\" \\ \\\\ \\N \\. ? ?? :name $1 $$ %s \t,;\r\n -- /* */ \xC3\xA9 \xE2\x82\xAC \xEF\xBF\xBF \xF0\x9F\x90\x98 \xF4\x8F\xBF\xBF";
}

std::vector<TypeCase> type_cases(const Quirks& quirks) {
  std::vector<TypeCase> cases = {
      {SqlType::of(TypeKind::boolean), {true, false}},
      {SqlType::of(TypeKind::smallint), {0, 1, -1, 32767, -32768}},
      {SqlType::of(TypeKind::integer), {0, 2147483647, -2147483648LL}},
      {SqlType::of(TypeKind::bigint), {0, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min(), 9007199254740993LL}},
      {SqlType::of(TypeKind::real), {0.0, 1.5, -0.25, 3.4028234663852886e38, 1.1754943508222875e-38, 0.10000000149011612}},
      {SqlType::of(TypeKind::double_precision),
       {0.0, 0.1, 1.0 / 3.0, -1e-300, Limits::max(), Limits::lowest(), Limits::min(), Limits::denorm_min(), 9007199254740993.0, 1e22, 123456789.125,
        Limits::infinity(), -Limits::infinity()}},
      {SqlType::decimal(15, 2), {decimal("0.00"), decimal("0.01"), decimal("-0.01"), decimal("9999999999999.99"), decimal("-9999999999999.99"), decimal("12.50")}},
      {SqlType::decimal(38, 0), {decimal("0"), decimal("99999999999999999999999999999999999999"), decimal("-99999999999999999999999999999999999999")}},
      {SqlType::decimal(38, 38), {decimal("0.00000000000000000000000000000000000001"), decimal("-0.99999999999999999999999999999999999999")}},
      {SqlType::decimal(38, 10), {decimal("1234567890123456789012345678.0123456789"), decimal("-0.0000000001"), decimal("10000.0000000000")}},
      {SqlType::decimal(31, 0), {decimal("0"), decimal("9999999999999999999999999999999"), decimal("-9999999999999999999999999999999")}},
      {SqlType::decimal(31, 31), {decimal("0.0000000000000000000000000000001"), decimal("-0.9999999999999999999999999999999")}},
      {SqlType::decimal(31, 10), {decimal("123456789012345678901.0123456789"), decimal("-0.0000000001")}},
      {SqlType::decimal(4, 4), {decimal("0.0000"), decimal("0.9999"), decimal("-0.0001")}},
      {SqlType::character(5), {"", "a", "ab cd", "\xF0\x9F\x90\x98\xC3\xA9\xE2\x82\xACxy", "\xC3\xA9\xE2\x82\xACxyz", "007"}},
      {SqlType::varchar(20), {"", " ", "trailing  ", "  leading", "\xF0\x9F\x90\x98\xF0\x9F\x90\x98", "0012", "1e3", "NULL", "\\N", "it's"}},
      {SqlType::of(TypeKind::varchar), {"", "x", "00.10"}},
      {SqlType::of(TypeKind::text), {"", hostile_text(), std::string(70'000, 'x'), "\\.", "\\N", "null"}},
      {SqlType::of(TypeKind::binary), {bytes(""), bytes(every_byte()), bytes(std::string(1, '\0')), bytes("\\x00"), bytes("text")}},
      {SqlType::of(TypeKind::date), {date(1970, 1, 1), date(1969, 12, 31), date(1, 1, 1), date(9999, 12, 31), date(2000, 2, 29), date(1999, 12, 31)}},
      {SqlType::of(TypeKind::time), {TimeOfDay{0}, TimeOfDay{86'399'000'000}, TimeOfDay{1}, TimeOfDay{kLastMicro}, TimeOfDay{kLastMicro + 1}, TimeOfDay{45'296'000'000}}},
      {SqlType::of(TypeKind::timestamp),
       {timestamp(1970, 1, 1, 0), timestamp(1969, 12, 31, kLastMicro), timestamp(1, 1, 1, 0), timestamp(9999, 12, 31, kLastMicro), timestamp(2000, 2, 29, 1)}},
      {SqlType::of(TypeKind::timestamp_tz),
       {timestamp_tz(1970, 1, 1, 0), timestamp_tz(1969, 12, 31, kLastMicro), timestamp_tz(1, 1, 1, 0), timestamp_tz(9999, 12, 31, kLastMicro),
        timestamp_tz(2023, 3, 26, 3'600'000'000)}},
      {SqlType::of(TypeKind::uuid), {uuid(0, 0), uuid(255, 0), uuid(1, 17)}},
      {SqlType::of(TypeKind::json), {"null", "1", "\"\xC3\xA9'\\\"\"", "[1, 2, {\"a\": null}]", "{}", "\"\""}},
  };
  if (quirks.stores_nan) {
    for (TypeCase& c : cases) {
      if (c.type.kind == TypeKind::double_precision || c.type.kind == TypeKind::real) c.values.push_back(Limits::quiet_NaN());
    }
  }
  for (TypeCase& c : cases) std::erase_if(c.values, [&](const Value& value) { return !comes_back(value, quirks) || !fits(value, c.type, quirks); });
  return cases;
}

Value expected(const Value& stored, const SqlType& type, const Quirks& quirks) {
  // As a value of the type that the column has become.
  const TypeKind kind = quirks.described(type).kind;
  if (const auto* const zoned = std::get_if<TimestampTz>(&stored.storage()); zoned && kind == TypeKind::timestamp) return Timestamp{zoned->micros};
  if (std::holds_alternative<Uuid>(stored.storage()) && kind == TypeKind::character) return stored.to_text();
  const auto* const text = std::get_if<std::string>(&stored.storage());
  if (!text || type.kind != TypeKind::character || !quirks.pads_character) return stored;
  int characters = 0;
  for (const char c : *text) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return *text + std::string(static_cast<std::size_t>(type.length - characters), ' ');
}

}  // namespace millrace::conformance
