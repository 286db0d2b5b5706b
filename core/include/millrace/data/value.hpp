#pragma once
// Single values: what queries return and statements bind. Bulk data travels in RecordBatch instead.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "millrace/data/types.hpp"

namespace millrace {

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

using Bytes = std::vector<std::byte>;

/// Days since 1970-01-01 in the proleptic Gregorian calendar; years 1 to 9999.
struct Date { std::int32_t days = 0; friend auto operator<=>(const Date&, const Date&) = default; };
/// Microseconds since midnight, 0 to 86,400,000,000 (24:00:00) inclusive.
struct TimeOfDay { std::int64_t micros = 0; friend auto operator<=>(const TimeOfDay&, const TimeOfDay&) = default; };
/// Microseconds since 1970-01-01 00:00:00, without a zone.
struct Timestamp { std::int64_t micros = 0; friend auto operator<=>(const Timestamp&, const Timestamp&) = default; };
/// Microseconds since 1970-01-01 00:00:00 UTC.
struct TimestampTz { std::int64_t micros = 0; friend auto operator<=>(const TimestampTz&, const TimestampTz&) = default; };
struct Uuid { std::array<std::uint8_t, 16> bytes{}; friend auto operator<=>(const Uuid&, const Uuid&) = default; };

/// An exact decimal: unscaled * 10^-scale, at most 38 digits.
struct Decimal {
  int128 unscaled = 0;
  int scale = 0;
  /// @throws DataError when the text is no decimal number or has more than 38 digits. No rounding: the scale is the text's own.
  static Decimal parse(std::string_view text);
  friend bool operator==(const Decimal&, const Decimal&) = default;  ///< 1.5 and 1.50 differ: same digits and scale
};

std::string to_string(const Decimal&);
std::string to_string(const Date&);         ///< 2023-02-28
std::string to_string(const TimeOfDay&);    ///< 13:45:00 or 13:45:00.123456
std::string to_string(const Timestamp&);    ///< 2023-02-28 13:45:00.123456
std::string to_string(const TimestampTz&);  ///< 2023-02-28 13:45:00.123456+00
std::string to_string(const Uuid&);

Date make_date(int year, int month, int day);  ///< no range check
struct CivilDate { int year; int month; int day; };
CivilDate civil(Date date);

/// One value of a row or a bound parameter. NULL is the default.
class Value {
 public:
  using Storage = std::variant<std::monostate, bool, std::int64_t, double, Decimal, std::string, Bytes,
                               Date, TimeOfDay, Timestamp, TimestampTz, Uuid>;
  Value() = default;
  Value(std::nullptr_t) {}
  Value(std::nullopt_t) {}
  Value(bool v) : storage_(v) {}
  /// An unsigned integer beyond 2^63 - 1 becomes a Decimal.
  template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  Value(T v) : storage_(static_cast<std::int64_t>(v)) {
    if constexpr (std::is_unsigned_v<T> && sizeof(T) == sizeof(std::int64_t)) {
      if (v > static_cast<T>(std::numeric_limits<std::int64_t>::max())) storage_ = Decimal{static_cast<int128>(v), 0};
    }
  }
  Value(double v) : storage_(v) {}
  Value(const char* v) : storage_(std::string(v)) {}
  Value(std::string v) : storage_(std::move(v)) {}
  Value(std::string_view v) : storage_(std::string(v)) {}
  Value(Decimal v) : storage_(v) {}
  Value(Bytes v) : storage_(std::move(v)) {}
  Value(Date v) : storage_(v) {}
  Value(TimeOfDay v) : storage_(v) {}
  Value(Timestamp v) : storage_(v) {}
  Value(TimestampTz v) : storage_(v) {}
  Value(Uuid v) : storage_(v) {}
  template <class T>
  Value(std::optional<T> v) { if (v) *this = Value(*std::move(v)); }

  bool is_null() const { return std::holds_alternative<std::monostate>(storage_); }
  const Storage& storage() const { return storage_; }

  /// The value as T: bool, any integer, double, std::string, Decimal, Date, TimeOfDay, Timestamp, TimestampTz, Uuid, Bytes or std::optional of one.
  /// Text is parsed where T asks for it (databases hand out some types as text); everything converts to std::string.
  /// @throws DataError  NULL for a T that is no optional, no conversion, or a number that does not fit T
  template <class T> T as() const;

  std::string to_text() const;  ///< as SQL's plain text; "" for NULL
  friend bool operator==(const Value&, const Value&) = default;

 private:
  Storage storage_;
};

namespace detail {
std::int64_t value_as_int64(const Value&);
std::uint64_t value_as_uint64(const Value&);
[[noreturn]] void throw_out_of_range(std::int64_t value, const char* type);
template <class T> struct is_optional : std::false_type {};
template <class T> struct is_optional<std::optional<T>> : std::true_type {};
}  // namespace detail

template <> bool Value::as<bool>() const;
template <> double Value::as<double>() const;
template <> std::string Value::as<std::string>() const;
template <> Decimal Value::as<Decimal>() const;
template <> Date Value::as<Date>() const;
template <> TimeOfDay Value::as<TimeOfDay>() const;
template <> Timestamp Value::as<Timestamp>() const;
template <> TimestampTz Value::as<TimestampTz>() const;
template <> Uuid Value::as<Uuid>() const;
template <> Bytes Value::as<Bytes>() const;

template <class T> T Value::as() const {
  if constexpr (detail::is_optional<T>::value) {
    if (is_null()) return std::nullopt;
    return as<typename T::value_type>();
  } else {
    static_assert(std::is_integral_v<T>, "Value::as<T>: no conversion to T");
    if constexpr (std::is_unsigned_v<T> && sizeof(T) == sizeof(std::uint64_t)) return static_cast<T>(detail::value_as_uint64(*this));
    const std::int64_t v = detail::value_as_int64(*this);
    if constexpr (std::is_unsigned_v<T>) {
      if (v < 0 || static_cast<std::uint64_t>(v) > static_cast<std::uint64_t>(static_cast<T>(-1))) detail::throw_out_of_range(v, "an unsigned integer");
    } else if (static_cast<std::int64_t>(static_cast<T>(v)) != v) {
      detail::throw_out_of_range(v, "the integer type asked for");
    }
    return static_cast<T>(v);
  }
}

}  // namespace millrace
