#include "db2/cli/conversions.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "db2/cli/c_types.hpp"
#include "db2/cli/diagnostics.hpp"

namespace millrace::db2::cli {
namespace {

using drda::Cell;
using drda::Kind;

bool is_text(Kind kind) { return kind == Kind::text || kind == Kind::clob || kind == Kind::other; }
bool is_bytes(Kind kind) { return kind == Kind::bytes || kind == Kind::blob; }
bool is_integer(Kind kind) { return kind == Kind::smallint || kind == Kind::integer || kind == Kind::bigint || kind == Kind::boolean; }
bool is_double(Kind kind) { return kind == Kind::real || kind == Kind::double_precision; }
bool is_time_like(Kind kind) { return kind == Kind::date || kind == Kind::time || kind == Kind::timestamp; }

[[noreturn]] void out_of_range() { throw CallError("22003", "the value is out of the range of the type that it is read as"); }
[[noreturn]] void no_conversion() { throw CallError("07006", "a value of this column can not be read as that type"); }

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

void set_length(const Target& target, std::size_t length) {
  if (target.length == nullptr) return;
  if (length > static_cast<std::size_t>(std::numeric_limits<SQLLEN>::max())) throw CallError("22003", "a value has more bytes than a length can tell");
  *target.length = static_cast<SQLLEN>(length);
}

Fit put_bytes(std::string_view bytes, const Target& target, std::size_t terminator, bool may_be_cut, std::size_t* offset) {
  const std::size_t from = offset != nullptr ? *offset : 0;
  if (from > bytes.size() || (from == bytes.size() && from > 0)) return Fit::end;
  bytes.remove_prefix(from);
  const auto room = static_cast<std::size_t>(std::max<std::int64_t>(target.room, 0));
  const bool fits = bytes.size() + terminator <= room;
  if (!fits && !may_be_cut) out_of_range();
  const std::size_t taken = fits ? bytes.size() : room > terminator ? room - terminator : 0;
  if (target.value != nullptr) {
    std::copy_n(bytes.data(), taken, target.value);
    if (terminator != 0 && room > 0) target.value[taken] = '\0';
  }
  set_length(target, bytes.size());
  // An empty value is over when it was read once, which is not to be seen from an offset of 0.
  if (offset != nullptr) *offset += fits && bytes.empty() ? 1 : taken;
  return fits ? Fit::whole : Fit::cut;
}

template <class T> Fit put_value(const T& value, const Target& target, Fit fit = Fit::whole) {
  if (target.value != nullptr) std::memcpy(target.value, &value, sizeof value);
  set_length(target, sizeof value);
  return fit;
}

double as_double(const Cell& cell, Kind kind) {
  if (is_integer(kind) || is_double(kind)) return cell.as_number();
  if (kind != Kind::decimal && !is_text(kind)) no_conversion();
  const std::string_view text = without_blanks(cell.as_text());
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) out_of_range();
  if (error != std::errc{} || end != text.data() + text.size()) throw CallError("22018", "the text is no number");
  return number;
}

template <class T> struct Whole { T number; bool exact; };

template <class T> Whole<T> from_double(double number) {
  const double whole = std::trunc(number);
  // The limits of 64 bits are no doubles; the powers of two above them are.
  const double above = std::ldexp(1.0, std::numeric_limits<T>::digits);
  const double below = std::numeric_limits<T>::is_signed ? -above : 0.0;
  if (!(whole >= below && whole < above)) out_of_range();
  return {static_cast<T>(whole), whole == number};
}

/// "-12.50": exact where a double is not.
template <class T> Whole<T> from_text(std::string_view text) {
  text = without_blanks(text);
  T number{};
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const std::size_t point = digits.find('.');
  const std::string_view whole = digits.substr(0, point), fraction = point == std::string_view::npos ? std::string_view() : digits.substr(point + 1);
  const bool plain = fraction.find_first_not_of("0123456789") == std::string_view::npos;
  if (plain && (whole.empty() || whole == "-") && !fraction.empty()) return {0, fraction.find_first_not_of('0') == std::string_view::npos};
  const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), number);
  const bool all = end == whole.data() + whole.size();
  if (plain && all && error == std::errc::result_out_of_range) out_of_range();
  if (plain && all && error == std::errc{}) return {number, fraction.find_first_not_of('0') == std::string_view::npos};
  double other = 0;
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), other);
  if (problem == std::errc{} && rest == text.data() + text.size()) return from_double<T>(other);
  throw CallError("22018", "the text is no number");
}

template <class T> Whole<T> as_integer(const Cell& cell, Kind kind) {
  if (is_double(kind)) return from_double<T>(cell.as_number());
  if (is_integer(kind)) {
    const std::int64_t number = cell.as_integer();
    if (!std::in_range<T>(number)) out_of_range();
    return {static_cast<T>(number), true};
  }
  if (kind != Kind::decimal && !is_text(kind)) no_conversion();
  return from_text<T>(cell.as_text());
}

template <class T> Fit put_integer(const Cell& cell, Kind kind, const Target& target) {
  const auto [number, exact] = as_integer<T>(cell, kind);
  return put_value(number, target, exact ? Fit::whole : Fit::fraction_cut);
}

/// A number of exactly so many digits, and the character behind them.
std::optional<unsigned> take(std::string_view& text, std::size_t digits, std::string_view behind) {
  if (text.size() < digits) return std::nullopt;
  unsigned number = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  text.remove_prefix(digits);
  if (behind.empty()) return number;
  if (text.empty() || behind.find(text.front()) == std::string_view::npos) return std::nullopt;
  text.remove_prefix(1);
  return number;
}

/// "2024-01-02 03:04:05.123456", or a part of it.
TIMESTAMP_STRUCT read_timestamp(std::string_view text) {
  const auto fail = []() { throw CallError("22007", "the text is no date or time"); };
  const auto need = [&](std::size_t digits, std::string_view behind) -> SQLUSMALLINT {
    const auto number = take(text, digits, behind);
    if (!number) fail();
    return static_cast<SQLUSMALLINT>(*number);
  };
  text = without_blanks(text);
  TIMESTAMP_STRUCT out{};
  const bool has_date = text.size() > 4 && text[4] == '-';
  if (has_date) {
    out.year = static_cast<SQLSMALLINT>(need(4, "-"));
    out.month = need(2, "-");
    out.day = need(2, "");
    if (out.month < 1 || out.month > 12 || out.day < 1 || out.day > 31) fail();
    if (text.empty()) return out;
    if (text.front() != ' ' && text.front() != 'T' && text.front() != '-') fail();
    text.remove_prefix(1);
  } else {
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));   // as ODBC has it for a time that is read as a time stamp
    out.year = static_cast<SQLSMALLINT>(static_cast<int>(today.year()));
    out.month = static_cast<SQLUSMALLINT>(static_cast<unsigned>(today.month()));
    out.day = static_cast<SQLUSMALLINT>(static_cast<unsigned>(today.day()));
  }
  out.hour = need(2, ":.");
  out.minute = need(2, ":.");
  out.second = need(2, "");
  if (out.hour > 24 || out.minute > 59 || out.second > 60) fail();
  if (text.empty()) return out;
  if (text.front() != '.' || text.size() == 1) fail();
  text.remove_prefix(1);
  SQLUINTEGER unit = 100'000'000;
  for (const char c : text) {
    if (c < '0' || c > '9') fail();
    out.fraction += static_cast<SQLUINTEGER>(c - '0') * unit;   // digits behind the ninth have no place
    unit /= 10;
  }
  return out;
}

Fit put_date_or_time(const Cell& cell, Kind kind, const Target& target) {
  if (!is_time_like(kind) && !is_text(kind)) no_conversion();
  if ((kind == Kind::time && target.c_type == SQL_C_TYPE_DATE) || (kind == Kind::date && target.c_type == SQL_C_TYPE_TIME)) no_conversion();
  const TIMESTAMP_STRUCT t = read_timestamp(cell.as_text());
  if (target.c_type == SQL_C_TYPE_TIMESTAMP) return put_value(t, target);
  if (target.c_type == SQL_C_TYPE_TIME) return put_value(TIME_STRUCT{t.hour, t.minute, t.second}, target, t.fraction != 0 ? Fit::fraction_cut : Fit::whole);
  const bool midnight = t.hour == 0 && t.minute == 0 && t.second == 0 && t.fraction == 0;
  return put_value(DATE_STRUCT{t.year, t.month, t.day}, target, midnight ? Fit::whole : Fit::fraction_cut);
}

Fit put_bit(const Cell& cell, Kind kind, const Target& target) {
  const auto [number, exact] = as_integer<std::int64_t>(cell, kind);
  if (number < 0 || number > 1) out_of_range();
  return put_value(static_cast<unsigned char>(number), target, exact ? Fit::whole : Fit::fraction_cut);
}

Fit put_float(const Cell& cell, Kind kind, const Target& target) {
  const double number = as_double(cell, kind);
  const auto narrow = static_cast<float>(number);
  if (std::isinf(narrow) && !std::isinf(number)) out_of_range();
  return put_value(narrow, target);
}

Fit put_any(const Cell& cell, Kind kind, const Target& target) {
  switch (target.c_type) {
    case SQL_C_STINYINT: return put_integer<signed char>(cell, kind, target);
    case SQL_C_UTINYINT: return put_integer<unsigned char>(cell, kind, target);
    case SQL_C_SSHORT: return put_integer<SQLSMALLINT>(cell, kind, target);
    case SQL_C_USHORT: return put_integer<SQLUSMALLINT>(cell, kind, target);
    case SQL_C_SLONG: return put_integer<SQLINTEGER>(cell, kind, target);
    case SQL_C_ULONG: return put_integer<SQLUINTEGER>(cell, kind, target);
    case SQL_C_SBIGINT: return put_integer<SQLBIGINT>(cell, kind, target);
    case SQL_C_UBIGINT: return put_integer<SQLUBIGINT>(cell, kind, target);
    case SQL_C_DOUBLE: return put_value(as_double(cell, kind), target);
    case SQL_C_FLOAT: return put_float(cell, kind, target);
    case SQL_C_BIT: return put_bit(cell, kind, target);
    case SQL_C_TYPE_DATE:
    case SQL_C_TYPE_TIME:
    case SQL_C_TYPE_TIMESTAMP: return put_date_or_time(cell, kind, target);
    default: throw CallError("HY003", "the C type of a column is not known");
  }
}

}  // namespace

SQLSMALLINT default_c_type(Kind kind) {
  switch (kind) {
    case Kind::smallint: return SQL_C_SSHORT;
    case Kind::integer: return SQL_C_SLONG;
    case Kind::bigint: return SQL_C_SBIGINT;
    case Kind::real: return SQL_C_FLOAT;
    case Kind::double_precision: return SQL_C_DOUBLE;
    case Kind::boolean: return SQL_C_BIT;
    case Kind::bytes:
    case Kind::blob: return SQL_C_BINARY;
    case Kind::date: return SQL_C_TYPE_DATE;
    case Kind::time: return SQL_C_TYPE_TIME;
    case Kind::timestamp: return SQL_C_TYPE_TIMESTAMP;
    default: return SQL_C_CHAR;
  }
}

Fit convert(const Cell& cell, Kind kind, const Target& target, std::size_t* offset) {
  if (offset != nullptr && *offset > 0 && target.c_type != SQL_C_CHAR && target.c_type != SQL_C_BINARY) return Fit::end;
  if (cell.is_null()) {
    if (offset != nullptr && (*offset)++ > 0) return Fit::end;
    if (target.length == nullptr) throw CallError("22002", "the value is NULL, and there is no indicator to say so");
    *target.length = SQL_NULL_DATA;
    return Fit::whole;
  }
  if (target.c_type == SQL_C_CHAR) return put_bytes(cell.as_text(), target, 1, is_text(kind) || is_bytes(kind) || is_time_like(kind), offset);
  if (target.c_type == SQL_C_BINARY) {
    if (!is_text(kind) && !is_bytes(kind)) no_conversion();
    const auto bytes = cell.as_bytes();
    return put_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, target, 0, true, offset);
  }
  const Fit fit = put_any(cell, kind, target);
  if (offset != nullptr) *offset = 1;
  return fit;
}

}  // namespace millrace::db2::cli
