// The names of reject codes, and sentences for people.

#include <string>

#include "data/scan.hpp"
#include "millrace/data/decode.hpp"

namespace millrace {
namespace {

constexpr std::size_t kShownCharacters = 60;

/// The value in quotes, at most 60 characters of it, with control characters and stray bytes as \xNN.
std::string printable(std::string_view value) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  std::size_t shown = 0;
  for (std::size_t at = 0; at < value.size(); ++shown) {
    if (shown == kShownCharacters) return out + "...\"";
    const auto byte = static_cast<unsigned char>(value[at]);
    std::size_t length = 1;
    while (length < 4 && at + length < value.size() && (value[at + length] & 0xc0) == 0x80) ++length;
    if (byte < 0x80) length = 1;
    if (byte >= 0x20 && byte != 0x7f && check_text(value.substr(at, length)) == DecodeStatus::ok) {
      out += value.substr(at, length);
      at += length;
    } else {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
      ++at;
    }
  }
  return out + '"';
}

std::string kind_of_value(const SqlType& type) {
  switch (type.kind) {
    case TypeKind::boolean: return "a boolean";
    case TypeKind::smallint:
    case TypeKind::integer:
    case TypeKind::bigint: return "an integer";
    case TypeKind::real:
    case TypeKind::double_precision:
    case TypeKind::decimal: return "a number";
    case TypeKind::date: return "a date (YYYY-MM-DD)";
    case TypeKind::time: return "a time of day (HH:MM:SS)";
    case TypeKind::timestamp:
    case TypeKind::timestamp_tz: return "a timestamp (YYYY-MM-DD HH:MM:SS)";
    case TypeKind::uuid: return "a UUID";
    case TypeKind::json: return "valid JSON";
    case TypeKind::binary: return "binary data in hex (\\x...) or escape format";
    case TypeKind::character:
    case TypeKind::varchar:
    case TypeKind::text:
    case TypeKind::other: break;
  }
  return "a value of " + to_string(type);
}

}  // namespace

std::string_view to_string(DecodeStatus status) {
  switch (status) {
    case DecodeStatus::ok: return "ok";
    case DecodeStatus::invalid_syntax: return "invalid_syntax";
    case DecodeStatus::out_of_range: return "out_of_range";
    case DecodeStatus::precision_exceeded: return "precision_exceeded";
    case DecodeStatus::too_long: return "too_long";
    case DecodeStatus::no_such_date: return "no_such_date";
    case DecodeStatus::invalid_utf8: return "invalid_utf8";
    case DecodeStatus::nul_byte: return "nul_byte";
    case DecodeStatus::not_finite: return "not_finite";
    case DecodeStatus::null_in_key: return "null_in_key";
    case DecodeStatus::null_not_allowed: return "null_not_allowed";
  }
  return "invalid_syntax";
}

std::string describe(DecodeStatus status, const SqlType& type, std::string_view value) {
  switch (status) {
    case DecodeStatus::ok: return printable(value) + " is a valid " + to_string(type);
    case DecodeStatus::invalid_syntax: return printable(value) + " is not " + kind_of_value(type);
    case DecodeStatus::out_of_range: return printable(value) + " is out of range for " + to_string(type);
    case DecodeStatus::precision_exceeded: return printable(value) + " has too many digits for " + to_string(type);
    case DecodeStatus::too_long: return printable(value) + " is too long for " + to_string(type);
    case DecodeStatus::no_such_date: return printable(value) + ": there is no such date";
    case DecodeStatus::invalid_utf8: return printable(value) + " is not valid UTF-8";
    case DecodeStatus::nul_byte: return printable(value) + " contains a NUL byte, which text cannot hold";
    case DecodeStatus::not_finite: return printable(value) + " is not a finite number, which this column needs";
    case DecodeStatus::null_in_key: return "NULL in a key column";
    case DecodeStatus::null_not_allowed: return "NULL in a column that is NOT NULL";
  }
  return printable(value) + " is not " + kind_of_value(type);
}

}  // namespace millrace
