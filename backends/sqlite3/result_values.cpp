#include "sqlite3/result_values.hpp"

#include <cmath>
#include <limits>
#include <optional>

#include "millrace/data/decode.hpp"
#include "products/sqlite3/affinity.hpp"

namespace millrace::sqlite {
namespace {

constexpr std::size_t kMaxDecimalText = 100;

int128 power_of_ten(int exponent) {
  int128 power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

/// The same number with the scale that the column declares, where that changes nothing.
std::optional<Decimal> with_scale(Decimal decimal, const SqlType& type) {
  for (; decimal.scale > type.scale && decimal.unscaled % 10 == 0; --decimal.scale) decimal.unscaled /= 10;
  if (decimal.scale > type.scale) return std::nullopt;
  for (; decimal.scale < type.scale; ++decimal.scale) {
    if (__builtin_mul_overflow(decimal.unscaled, static_cast<int128>(10), &decimal.unscaled)) return std::nullopt;
  }
  const int128 limit = power_of_ten(type.precision);
  if (decimal.unscaled <= -limit || decimal.unscaled >= limit) return std::nullopt;
  return decimal;
}

std::optional<Decimal> parse_decimal(std::string_view text) {
  if (text.size() > kMaxDecimalText) return std::nullopt;
  try {
    return Decimal::parse(text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<Decimal> decimal_of(const Value& stored, const SqlType& type) {
  std::optional<Decimal> decimal;
  if (const auto* integer = std::get_if<std::int64_t>(&stored.storage())) decimal = Decimal{*integer, 0};
  else if (const auto* text = std::get_if<std::string>(&stored.storage())) decimal = parse_decimal(*text);
  else if (const auto* real = std::get_if<double>(&stored.storage())) decimal = std::isfinite(*real) ? parse_decimal(stored.to_text()) : std::nullopt;
  if (!decimal || !type.is_fixed_decimal()) return decimal;
  return with_scale(*decimal, type);
}

/// What decode_*() makes of a text, or nothing.
template <class T, class Decode> Value decoded(const Value& stored, Decode decode) {
  const auto* const text = std::get_if<std::string>(&stored.storage());
  T out{};
  return text && decode(*text, out) == DecodeStatus::ok ? Value(out) : stored;
}

Value stored_value(const Statement& statement, int column) {
  switch (sqlite3_column_type(statement.get(), column)) {
    case SQLITE_INTEGER: return statement.integer(column);
    case SQLITE_FLOAT: return sqlite3_column_double(statement.get(), column);
    case SQLITE_TEXT: return std::string(statement.text(column));
    case SQLITE_BLOB: {
      const auto* const first = static_cast<const std::byte*>(sqlite3_column_blob(statement.get(), column));
      return first ? Bytes(first, first + sqlite3_column_bytes(statement.get(), column)) : Bytes();
    }
    default: return {};
  }
}

}  // namespace

std::vector<ResultColumn> result_columns(const Statement& statement) {
  std::vector<ResultColumn> columns;
  for (int i = 0; i < statement.columns(); ++i) {
    const char* const declared = sqlite3_column_decltype(statement.get(), i);
    columns.push_back({sqlite3_column_name(statement.get(), i), declared ? declared_type(declared) : SqlType::of(TypeKind::other)});
  }
  return columns;
}

Value result_value(const Statement& statement, int column, const SqlType& type) {
  Value stored = stored_value(statement, column);
  const auto* const integer = std::get_if<std::int64_t>(&stored.storage());
  switch (type.kind) {
    case TypeKind::boolean: return integer && (*integer == 0 || *integer == 1) ? Value(*integer == 1) : stored;
    case TypeKind::double_precision: return integer ? Value(static_cast<double>(*integer)) : stored;
    case TypeKind::decimal: {
      const auto decimal = decimal_of(stored, type);
      return decimal ? Value(*decimal) : stored;
    }
    case TypeKind::date: return decoded<Date>(stored, decode_date);
    case TypeKind::time: return decoded<TimeOfDay>(stored, decode_time);
    case TypeKind::timestamp: return decoded<Timestamp>(stored, decode_timestamp);
    case TypeKind::timestamp_tz:
      return decoded<TimestampTz>(stored, [](std::string_view text, TimestampTz& out) { return decode_timestamp_tz(text, 0, out); });
    case TypeKind::uuid: return decoded<Uuid>(stored, decode_uuid);
    default: return stored;
  }
}

}  // namespace millrace::sqlite
