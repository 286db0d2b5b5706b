#include "millrace/data/value.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "millrace/data/data_error.hpp"
#include "millrace/data/decode.hpp"

namespace millrace {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void append_hex(std::string& out, std::uint8_t byte) { out += {kHex[byte >> 4], kHex[byte & 15]}; }

struct ToText {
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(bool v) const { return v ? "true" : "false"; }
  std::string operator()(std::int64_t v) const { return std::to_string(v); }
  std::string operator()(double v) const {
    if (std::isnan(v)) return "NaN";
    if (std::isinf(v)) return v < 0 ? "-Infinity" : "Infinity";
    std::array<char, 32> text;  // the shortest text that reads back as the same number has at most 24 characters
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), v).ptr};
  }
  std::string operator()(const std::string& v) const { return v; }
  std::string operator()(const Bytes& v) const {
    std::string text = "\\x";
    text.reserve(2 + 2 * v.size());
    for (const std::byte byte : v) append_hex(text, std::to_integer<std::uint8_t>(byte));
    return text;
  }
  template <class T> std::string operator()(const T& v) const { return to_string(v); }
};

[[noreturn]] void throw_no_conversion(const Value& value, const char* wanted) {
  if (value.is_null()) throw DataError(std::string("the value is NULL where ") + wanted + " was asked for; ask for std::optional");
  // The names follow the order of Value::Storage.
  static constexpr const char* kNames[] = {"NULL", "a boolean", "an integer", "a floating point number", "a decimal", "text", "bytes",
                                           "a date", "a time of day", "a timestamp", "a timestamp with time zone", "a uuid"};
  static_assert(std::size(kNames) == std::variant_size_v<Value::Storage>);
  throw DataError(std::string("the value is ") + kNames[value.storage().index()] + " and does not convert to " + wanted);
}

template <class T> const T* get(const Value& value) { return std::get_if<T>(&value.storage()); }

/// Reads text with one of the decoders. @throws DataError
template <class T, class Decode> T parse(const std::string& text, const SqlType& type, Decode decode) {
  T out{};
  const DecodeStatus status = decode(text, out);
  if (status != DecodeStatus::ok) throw DataError(describe(status, type, text));
  return out;
}

/// A decimal without decimals as an integer; nothing when it has some or does not fit.
template <class I = std::int64_t> std::optional<I> integral(Decimal decimal) {
  for (; decimal.scale > 0; --decimal.scale) {
    if (decimal.unscaled % 10 != 0) return std::nullopt;
    decimal.unscaled /= 10;
  }
  if (decimal.scale < 0 && decimal.unscaled != 0) return std::nullopt;
  if (decimal.unscaled < int128{std::numeric_limits<I>::min()} || decimal.unscaled > int128{std::numeric_limits<I>::max()}) return std::nullopt;
  return static_cast<I>(decimal.unscaled);
}

std::optional<std::int64_t> integral(double number) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (!(number >= -kLimit && number < kLimit) || number != std::trunc(number)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

}  // namespace

std::string to_string(const Uuid& uuid) {
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    append_hex(text, uuid.bytes[i]);
  }
  return text;
}

std::string Value::to_text() const { return std::visit(ToText{}, storage_); }

namespace detail {

void throw_out_of_range(std::int64_t value, const char* type) { throw DataError(std::to_string(value) + " does not fit " + type); }

std::int64_t value_as_int64(const Value& value) {
  if (const auto* v = get<std::int64_t>(value)) return *v;
  if (const auto* v = get<bool>(value)) return *v;
  std::optional<std::int64_t> result;
  if (const auto* number = get<double>(value)) result = integral(*number);
  else if (const auto* decimal = get<Decimal>(value)) result = integral(*decimal);
  else if (const auto* text = get<std::string>(value)) result = integral(Decimal::parse(*text));
  else throw_no_conversion(value, "an integer");
  if (!result) throw DataError(value.to_text() + " is not an integer of 64 bits");
  return *result;
}

std::uint64_t value_as_uint64(const Value& value) {
  const auto* const decimal = get<Decimal>(value);
  const auto* const text = get<std::string>(value);
  if (!decimal && !text) {
    const std::int64_t v = value_as_int64(value);
    if (v < 0) throw_out_of_range(v, "an unsigned integer");
    return static_cast<std::uint64_t>(v);
  }
  const auto result = integral<std::uint64_t>(decimal ? *decimal : Decimal::parse(*text));
  if (!result) throw DataError(value.to_text() + " is not an unsigned integer of 64 bits");
  return *result;
}

}  // namespace detail

template <> bool Value::as<bool>() const {
  if (const auto* v = get<bool>(*this)) return *v;
  if (const auto* v = get<std::int64_t>(*this)) {
    if (*v != 0 && *v != 1) detail::throw_out_of_range(*v, "a boolean");
    return *v != 0;
  }
  if (const auto* v = get<std::string>(*this)) return parse<bool>(*v, SqlType::of(TypeKind::boolean), decode_boolean);
  throw_no_conversion(*this, "a boolean");
}

template <> double Value::as<double>() const {
  if (const auto* v = get<double>(*this)) return *v;
  if (const auto* v = get<std::int64_t>(*this)) return static_cast<double>(*v);
  if (get<std::string>(*this) || get<Decimal>(*this)) return parse<double>(to_text(), SqlType::of(TypeKind::double_precision), decode_double);
  throw_no_conversion(*this, "a floating point number");
}

template <> std::string Value::as<std::string>() const {
  if (is_null()) throw_no_conversion(*this, "text");
  return to_text();
}

template <> Decimal Value::as<Decimal>() const {
  if (const auto* v = get<Decimal>(*this)) return *v;
  if (const auto* v = get<std::int64_t>(*this)) return Decimal{*v, 0};
  if (get<std::string>(*this) || get<double>(*this)) return Decimal::parse(to_text());
  throw_no_conversion(*this, "a decimal");
}

template <> Date Value::as<Date>() const {
  if (const auto* v = get<Date>(*this)) return *v;
  if (const auto* v = get<std::string>(*this)) return parse<Date>(*v, SqlType::of(TypeKind::date), decode_date);
  throw_no_conversion(*this, "a date");
}

template <> TimeOfDay Value::as<TimeOfDay>() const {
  if (const auto* v = get<TimeOfDay>(*this)) return *v;
  if (const auto* v = get<std::string>(*this)) return parse<TimeOfDay>(*v, SqlType::of(TypeKind::time), decode_time);
  throw_no_conversion(*this, "a time of day");
}

template <> Timestamp Value::as<Timestamp>() const {
  if (const auto* v = get<Timestamp>(*this)) return *v;
  if (get<std::string>(*this) || get<Date>(*this)) return parse<Timestamp>(to_text(), SqlType::of(TypeKind::timestamp), decode_timestamp);
  throw_no_conversion(*this, "a timestamp");
}

template <> TimestampTz Value::as<TimestampTz>() const {
  if (const auto* v = get<TimestampTz>(*this)) return *v;
  if (const auto* v = get<std::string>(*this)) {
    return parse<TimestampTz>(*v, SqlType::of(TypeKind::timestamp_tz), [](std::string_view text, TimestampTz& out) { return decode_timestamp_tz(text, 0, out); });
  }
  throw_no_conversion(*this, "a timestamp with time zone");
}

template <> Uuid Value::as<Uuid>() const {
  if (const auto* v = get<Uuid>(*this)) return *v;
  if (const auto* v = get<std::string>(*this)) return parse<Uuid>(*v, SqlType::of(TypeKind::uuid), decode_uuid);
  throw_no_conversion(*this, "a uuid");
}

template <> Bytes Value::as<Bytes>() const {
  if (const auto* v = get<Bytes>(*this)) return *v;
  if (const auto* v = get<std::string>(*this)) {
    const auto raw = parse<std::string>(*v, SqlType::of(TypeKind::binary), decode_binary);
    const auto* const first = reinterpret_cast<const std::byte*>(raw.data());
    return Bytes(first, first + raw.size());
  }
  throw_no_conversion(*this, "bytes");
}

}  // namespace millrace
