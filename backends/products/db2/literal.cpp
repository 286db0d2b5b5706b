#include "products/db2/literal.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "millrace/access/error.hpp"
#include "millrace/data/decode.hpp"

namespace millrace::db2 {
namespace {

void check(DecodeStatus status, std::string_view text, const SqlType& type) {
  if (status != DecodeStatus::ok) throw ConfigError(describe(status, type, text));
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

std::string cast(std::string_view text, const char* type) { return "CAST(" + quoted(text) + " AS " + type + ")"; }

std::string integer(std::string_view text, const SqlType& type, std::int64_t lowest, std::int64_t highest) {
  std::int64_t value = 0;
  check(decode_integer(text, lowest, highest, value), text, type);
  return std::to_string(value);
}

/// The shortest digits that are the same number again, with an exponent: without one they would be a decimal.
template <class Float> std::string approximate(Float value, std::string_view text, const SqlType& type) {
  if (!std::isfinite(value)) check(DecodeStatus::not_finite, text, type);
  std::array<char, 40> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::scientific).ptr;
  std::string out(digits.data(), end);
  for (char& c : out) c = c == 'e' ? 'E' : c;
  return out;
}

std::string decimal(std::string_view text, const SqlType& type) {
  if (type.is_fixed_decimal()) {
    int128 unscaled = 0;
    check(decode_decimal(text, type.precision, type.scale, unscaled), text, type);
    return to_string(Decimal{unscaled, type.scale});
  }
  check(check_decimal(text), text, type);
  const std::size_t begin = text.find_first_of("+-.0123456789");
  if (begin == std::string_view::npos || text.find_first_of("nNfF") != std::string_view::npos) check(DecodeStatus::not_finite, text, type);
  return std::string(text.substr(begin, text.find_last_of(".0123456789") + 1 - begin));
}

// Neither product's TIME has fractions.
std::string time(std::string_view text, const SqlType& type) {
  constexpr std::int64_t kSecond = 1'000'000;
  TimeOfDay value;
  check(decode_time(text, value), text, type);
  return cast(to_string(TimeOfDay{(value.micros + kSecond / 2) / kSecond * kSecond}), "TIME");
}

}  // namespace

std::string literal(std::string_view text, const SqlType& type) {
  switch (type.kind) {
    case TypeKind::boolean: {
      bool value = false;
      check(decode_boolean(text, value), text, type);
      return value ? "TRUE" : "FALSE";
    }
    case TypeKind::smallint: return integer(text, type, std::numeric_limits<std::int16_t>::min(), std::numeric_limits<std::int16_t>::max());
    case TypeKind::integer: return integer(text, type, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max());
    case TypeKind::bigint: return integer(text, type, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
    case TypeKind::real: {
      float value = 0;
      check(decode_real(text, value), text, type);
      return approximate(value, text, type);
    }
    case TypeKind::double_precision: {
      double value = 0;
      check(decode_double(text, value), text, type);
      return approximate(value, text, type);
    }
    case TypeKind::decimal: return decimal(text, type);
    case TypeKind::date: {
      Date value;
      check(decode_date(text, value), text, type);
      return cast(to_string(value), "DATE");
    }
    case TypeKind::time: return time(text, type);
    case TypeKind::timestamp: {
      Timestamp value;
      check(decode_timestamp(text, value), text, type);
      return cast(to_string(value), "TIMESTAMP");
    }
    case TypeKind::timestamp_tz: {
      TimestampTz value;
      check(decode_timestamp_tz(text, 0, value), text, type);
      return cast(to_string(Timestamp{value.micros}), "TIMESTAMP");
    }
    case TypeKind::uuid: {
      Uuid value;
      check(decode_uuid(text, value), text, type);
      return quoted(to_string(value));
    }
    case TypeKind::character:
    case TypeKind::varchar:
    case TypeKind::text:
    case TypeKind::json:
    case TypeKind::other:
    case TypeKind::binary: break;
  }
  check(check_text(text), text, type);
  return quoted(text);
}

std::string hex_of(std::string_view text, const SqlType& type) {
  std::string bytes;
  check(decode_binary(text, bytes), text, type);
  std::string hex;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

}  // namespace millrace::db2
