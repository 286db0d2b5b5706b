#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "access/arrow/cells.hpp"
#include "data/calendar.hpp"
#include "data/decimal.hpp"
#include "millrace/data/data_error.hpp"

namespace millrace::arrow {
namespace {

using enum DecodeStatus;

constexpr std::string_view kNotWholeMicros = "is not on a whole microsecond, the finest unit of the database's types: round or cut it first";
constexpr std::string_view kNotWholeDay = "is not midnight, so a date would lose its time of day: cast it to a date first";

struct Quotient { std::int64_t value; std::int64_t rest; };

/// Rounds down: the rest is never negative.
Quotient divide(std::int64_t value, std::int64_t by) {
  Quotient q{value / by, value % by};
  if (q.rest < 0) {
    q.rest += by;
    --q.value;
  }
  return q;
}

/// A number of seconds' parts since 1970 as people read it, with all the digits of its unit.
std::string instant_text(const ArrowType& type, std::int64_t value) {
  const Quotient seconds = divide(value, type.per_second);
  const bool shown = seconds.value >= kFirstDay * std::int64_t{86'400} && seconds.value < (kLastDay + std::int64_t{1}) * 86'400;
  if (!shown) return std::to_string(value) + " (" + type.name + ")";
  std::string text = to_string(Timestamp{seconds.value * kMicrosPerSecond});
  if (seconds.rest == 0) return text;
  const std::string digits = std::to_string(seconds.rest + type.per_second);  // a one in front keeps the leading zeros
  return text + "." + digits.substr(1);
}

std::string time_text(const ArrowType& type, std::int64_t value) {
  const Quotient seconds = divide(value, type.per_second);
  if (value < 0 || seconds.value > 86'400) return std::to_string(value) + " (" + type.name + ")";
  std::string text = to_string(TimeOfDay{seconds.value * kMicrosPerSecond});
  if (seconds.rest == 0) return text;
  return text + "." + std::to_string(seconds.rest + type.per_second).substr(1);
}

std::string date_text(const ArrowType& type, std::int64_t value) {
  if (type.per_second != 1) return instant_text(type, value);
  if (value < kFirstDay || value > kLastDay) return std::to_string(value) + " (" + type.name + ")";
  return to_string(Date{static_cast<std::int32_t>(value)});
}

std::string float_text(const ArrowType& type, double value) {
  if (type.storage == Storage::float64 || !std::isfinite(value)) return Value(value).to_text();
  std::array<char, 32> text;  // the shortest text of the float, not of the double that it was widened to
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), static_cast<float>(value)).ptr};
}

/// Converts the cells of one column. The first value that does not fit ends it.
class Appender {
 public:
  Appender(const ArrowType& type, const Cells& cells, std::size_t count, const Place& place, Column& out)
      : type_(type), cells_(cells), count_(count), place_(place), out_(out) {}

  void run() const {
    const TypeKind to = out_.type().kind;
    switch (type_.family) {
      case Family::null:
        for (std::size_t i = 0; i < count_; ++i) out_.append_null();
        return;
      case Family::boolean: return to == TypeKind::boolean ? from_booleans() : from_integers();
      case Family::integer: return to == TypeKind::boolean ? from_booleans() : from_integers();
      case Family::floating: return from_doubles();
      case Family::decimal: return from_decimals();
      case Family::text: return decode(cells_.fields, false);
      case Family::binary: return to == TypeKind::uuid ? to_uuids() : to_bytes();
      case Family::date: return from_dates();
      case Family::time: return from_times();
      case Family::timestamp:
      case Family::timestamp_tz: return from_timestamps();
    }
  }

 private:
  void from_booleans() const {
    const std::size_t first = out_.rows();
    out_.extend_bits(count_);
    for (std::size_t i = 0; i < count_; ++i) {
      if (cells_.is_null(i)) {
        out_.set_null(first + i);
        continue;
      }
      const std::int64_t value = cells_.integers[i];
      if (value != 0 && value != 1) fail(i, invalid_syntax);
      if (value == 1) out_.set_bit(first + i);
    }
  }

  void from_integers() const {
    switch (out_.type().kind) {
      case TypeKind::smallint: return integers_to<std::int16_t>();
      case TypeKind::integer: return integers_to<std::int32_t>();
      case TypeKind::bigint: return integers_to<std::int64_t>();
      case TypeKind::real: return fill<float>(cells_.integers, [](std::int64_t v, float& to) { to = static_cast<float>(v); return ok; });
      case TypeKind::double_precision: return fill<double>(cells_.integers, [](std::int64_t v, double& to) { to = static_cast<double>(v); return ok; });
      default: break;
    }
    if (out_.layout() != Layout::int128) return as_text();
    fill<int128>(cells_.integers, [this](std::int64_t v, int128& to) { return rescale(v, 0, to); });
  }

  template <class T> void integers_to() const {
    fill<T>(cells_.integers, [](std::int64_t v, T& to) {
      to = static_cast<T>(v);
      return to == v ? ok : out_of_range;
    });
  }

  void from_doubles() const {
    switch (out_.type().kind) {
      case TypeKind::smallint: return doubles_to<std::int16_t>();
      case TypeKind::integer: return doubles_to<std::int32_t>();
      case TypeKind::bigint: return doubles_to<std::int64_t>();
      case TypeKind::double_precision: return fill<double>(cells_.doubles, [](double v, double& to) { to = v; return ok; });
      case TypeKind::real: return fill<float>(cells_.doubles, [](double v, float& to) {
        to = static_cast<float>(v);
        return (std::isinf(to) && !std::isinf(v)) || (to == 0 && v != 0) ? out_of_range : ok;
      });
      default: return as_text();
    }
  }

  template <class T> void doubles_to() const {
    fill<T>(cells_.doubles, [](double v, T& to) {
      constexpr double kLimit = -static_cast<double>(std::numeric_limits<T>::min());  // a power of two, so exact
      if (std::isnan(v) || (std::isfinite(v) && v != std::trunc(v))) return invalid_syntax;
      if (!(v >= -kLimit && v < kLimit)) return out_of_range;
      to = static_cast<T>(v);
      return ok;
    });
  }

  void from_decimals() const {
    switch (out_.type().kind) {
      case TypeKind::smallint: return decimals_to<std::int16_t>();
      case TypeKind::integer: return decimals_to<std::int32_t>();
      case TypeKind::bigint: return decimals_to<std::int64_t>();
      default: break;
    }
    if (out_.layout() != Layout::int128) return as_text();
    fill<int128>(cells_.decimals, [this](int128 v, int128& to) { return rescale(v, type_.scale, to); });
  }

  template <class T> void decimals_to() const {
    fill<T>(cells_.decimals, [scale = type_.scale](int128 v, T& to) {
      for (int s = scale; s > 0 && v != 0; --s) {
        if (v % 10 != 0) return invalid_syntax;
        v /= 10;
      }
      for (int s = scale; s < 0 && v != 0; ++s) {
        if (magnitude_of(v) > kPowersOfTen[20]) return out_of_range;
        v *= 10;
      }
      if (v < std::numeric_limits<T>::min() || v > std::numeric_limits<T>::max()) return out_of_range;
      to = static_cast<T>(v);
      return ok;
    });
  }

  /// To the scale of the target; surplus decimals round half away from zero.
  DecodeStatus rescale(int128 value, int scale, int128& to) const {
    const SqlType& type = out_.type();
    const int shift = type.scale - scale;
    const uint128 limit = kPowersOfTen[static_cast<std::size_t>(type.precision)];
    if (value == 0 || -shift > kMaxDecimalDigits) return to = 0, ok;  // 128 bits hold less than half of 10^39
    if (shift > kMaxDecimalDigits) return precision_exceeded;
    if (shift >= 0) {
      const uint128 power = kPowersOfTen[static_cast<std::size_t>(shift)];
      if (magnitude_of(value) > limit / power) return precision_exceeded;
      to = value * static_cast<int128>(power);
    } else {
      to = divide_rounding(value, kPowersOfTen[static_cast<std::size_t>(-shift)]);
    }
    return magnitude_of(to) < limit ? ok : precision_exceeded;
  }

  void from_dates() const {
    const bool as_instant = out_.type().kind == TypeKind::timestamp || out_.type().kind == TypeKind::timestamp_tz;
    if (out_.type().kind == TypeKind::date) {
      return fill_at<std::int32_t>([this](std::size_t i, std::int32_t& to) { return to = static_cast<std::int32_t>(days(i)), ok; });
    }
    if (as_instant) return fill_at<std::int64_t>([this](std::size_t i, std::int64_t& to) { return to = days(i) * kMicrosPerDay, ok; });
    as_text();
  }

  std::int64_t days(std::size_t i) const {
    const Quotient q = divide(cells_.integers[i], type_.per_second == 1 ? 1 : 86'400 * type_.per_second);
    if (q.value < kFirstDay || q.value > kLastDay) fail(i, out_of_range);
    if (q.rest != 0) fail(i, kNotWholeDay);
    return q.value;
  }

  void from_times() const {
    if (out_.type().kind != TypeKind::time) return as_text();
    fill_at<std::int64_t>([this](std::size_t i, std::int64_t& to) { return to = micros_of_day(i), ok; });
  }

  std::int64_t micros_of_day(std::size_t i) const {
    const std::int64_t value = micros(i);
    if (value < 0 || value > kMicrosPerDay) fail(i, out_of_range);
    return value;
  }

  void from_timestamps() const {
    if (out_.type().kind == TypeKind::date) {
      return fill_at<std::int32_t>([this](std::size_t i, std::int32_t& to) {
        const Quotient q = divide(instant(i), kMicrosPerDay);
        if (q.rest != 0) fail(i, kNotWholeDay);
        return to = static_cast<std::int32_t>(q.value), ok;
      });
    }
    if (out_.type().kind != TypeKind::timestamp && out_.type().kind != TypeKind::timestamp_tz) return as_text();
    fill_at<std::int64_t>([this](std::size_t i, std::int64_t& to) { return to = instant(i), ok; });
  }

  std::int64_t instant(std::size_t i) const {
    const std::int64_t value = micros(i);
    if (!in_calendar(value)) fail(i, out_of_range);
    return value;
  }

  std::int64_t micros(std::size_t i) const {
    const std::int64_t value = cells_.integers[i];
    if (type_.per_second > kMicrosPerSecond) {
      const Quotient q = divide(value, type_.per_second / kMicrosPerSecond);
      if (q.rest != 0) fail(i, kNotWholeMicros);
      return q.value;
    }
    std::int64_t result = 0;
    if (__builtin_mul_overflow(value, kMicrosPerSecond / type_.per_second, &result)) fail(i, out_of_range);
    return result;
  }

  void to_bytes() const {
    for (std::size_t i = 0; i < count_; ++i) {
      if (cells_.is_null(i)) out_.append_null();
      else out_.append_bytes({cells_.fields[i].data, cells_.fields[i].size});
    }
  }

  void to_uuids() const {
    fill<Uuid>(cells_.fields, [](const Field& field, Uuid& to) {
      if (field.size != to.bytes.size()) return invalid_syntax;
      std::memcpy(to.bytes.data(), field.data, to.bytes.size());
      return ok;
    });
  }

  // The long way round, for what has no shorter one: each value as text, which the decoder of the target's type reads.
  void as_text() const {
    std::string all;
    std::vector<std::size_t> ends;
    ends.reserve(count_);
    for (std::size_t i = 0; i < count_; ++i) {
      if (!cells_.is_null(i)) all += checked_text(i);
      ends.push_back(all.size());
    }
    std::vector<Field> fields(count_);
    for (std::size_t i = 0, begin = 0; i < count_; begin = ends[i++]) {
      if (!cells_.is_null(i)) fields[i] = {all.data() + begin, static_cast<std::uint32_t>(ends[i] - begin)};
    }
    decode(fields, true);
  }

  void decode(const std::vector<Field>& fields, bool clean) const {
    std::vector<FieldError> errors;
    decode_column({fields.data(), count_}, {}, clean, out_, errors);
    if (!errors.empty()) fail(errors.front().row, errors.front().status);
  }

  /// A value as text that other types may be made of.
  std::string checked_text(std::size_t i) const {
    switch (type_.family) {
      case Family::date: return to_string(Date{static_cast<std::int32_t>(days(i))});
      case Family::time: return to_string(TimeOfDay{micros_of_day(i)});
      case Family::timestamp: return to_string(Timestamp{instant(i)});
      case Family::timestamp_tz: return to_string(TimestampTz{instant(i)});
      default: return shown_text(i);
    }
  }

  /// Any value as text, for messages too.
  std::string shown_text(std::size_t i) const {
    switch (type_.family) {
      case Family::null: return "NULL";
      case Family::boolean: return cells_.integers[i] ? "true" : "false";
      case Family::integer: return std::to_string(cells_.integers[i]);
      case Family::floating: return float_text(type_, cells_.doubles[i]);
      case Family::decimal: return to_string(Decimal{cells_.decimals[i], type_.scale});
      case Family::text: return {cells_.fields[i].data, cells_.fields[i].size};
      case Family::binary: return std::to_string(cells_.fields[i].size) + " bytes";
      case Family::date: return date_text(type_, cells_.integers[i]);
      case Family::time: return time_text(type_, cells_.integers[i]);
      case Family::timestamp: return instant_text(type_, cells_.integers[i]);
      case Family::timestamp_tz: return instant_text(type_, cells_.integers[i]) + "+00";
    }
    return {};
  }

  [[noreturn]] void fail(std::size_t i, DecodeStatus status) const { throw_at(i, describe(status, out_.type(), shown_text(i))); }
  [[noreturn]] void fail(std::size_t i, std::string_view problem) const { throw_at(i, shown_text(i) + " " + std::string(problem)); }

  [[noreturn]] void throw_at(std::size_t i, const std::string& sentence) const {
    ErrorInfo info;
    info.code = ErrorCode::data;
    info.row = place_.first_row + static_cast<std::int64_t>(i);
    info.column = place_.column;
    info.message = "column \"" + info.column + "\", row " + std::to_string(info.row + 1) + " of the Arrow stream: " + sentence;
    throw DataError(std::move(info));
  }

  /// Adds the values that convert(row, value) makes.
  template <class T, class Convert> void fill_at(Convert convert) const {
    const std::size_t first = out_.rows();
    T* const values = out_.extend_fixed<T>(count_);
    for (std::size_t i = 0; i < count_; ++i) {
      values[i] = T{};
      if (cells_.is_null(i)) {
        out_.set_null(first + i);
      } else if (const DecodeStatus status = convert(i, values[i]); status != ok) [[unlikely]] {
        fail(i, status);
      }
    }
  }
  /// The same from one of the cells' vectors: convert(cell, value).
  template <class T, class From, class Convert> void fill(const std::vector<From>& from, Convert convert) const {
    fill_at<T>([&](std::size_t i, T& to) { return convert(from[i], to); });
  }

  const ArrowType& type_;
  const Cells& cells_;
  std::size_t count_;
  const Place& place_;
  Column& out_;
};

}  // namespace

void append_cells(const ArrowType& type, const Cells& cells, std::size_t count, const Place& place, Column& out) {
  Appender(type, cells, count, place, out).run();
}

}  // namespace millrace::arrow
