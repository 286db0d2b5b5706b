#include "products/sqlite3/affinity.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "millrace/access/error.hpp"

namespace millrace::sqlite {
namespace {

constexpr std::string_view kTextSuffix = "_TEXT";

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = upper(c);
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }  // SQLite's sqlite3Isspace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view name_of(Affinity affinity) {
  constexpr std::string_view kNames[] = {"BLOB", "TEXT", "NUMERIC", "INTEGER", "REAL"};
  return kNames[static_cast<std::size_t>(affinity)];
}

std::string with_arguments(std::string name, int first, int second) {
  return std::move(name) + "(" + std::to_string(first) + "," + std::to_string(second) + ")";
}

std::string decimal_name(const SqlType& type) {
  if (type.precision == 0) return "DECIMAL_TEXT";
  return with_arguments(type.precision > kExactDigits ? "DECIMAL_TEXT" : "DECIMAL", type.precision, type.scale);
}

std::string with_length(std::string name, int length) { return length > 0 ? std::move(name) + "(" + std::to_string(length) + ")" : name; }

struct Number { int significant_digits = 0; bool valid = false; };

// SQLite's grammar of a number in text: blanks around, sign, digits, point, exponent; no hex, no infinity.
Number scan_number(std::string_view text) {
  text = trim(text);
  std::size_t at = 0;
  const auto more = [&] { return at < text.size(); };
  if (more() && (text[at] == '-' || text[at] == '+')) ++at;
  Number number;
  int digits = 0, trailing_zeros = 0;
  bool point = false;
  for (; more() && (is_digit(text[at]) || (text[at] == '.' && !point)); ++at) {
    if (text[at] == '.') {
      point = true;
      continue;
    }
    ++digits;
    if (text[at] != '0') {
      number.significant_digits += trailing_zeros + 1;
      trailing_zeros = 0;
    } else if (number.significant_digits > 0) {
      ++trailing_zeros;
    }
  }
  if (digits == 0) return {};
  if (more() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (more() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t exponent = at;
    while (more() && is_digit(text[at])) ++at;
    if (at == exponent) return {};
  }
  number.valid = at == text.size();
  return number;
}

}  // namespace

Affinity affinity_of(std::string_view declared, bool strict) {
  const std::string type = upper(declared);
  const auto has = [&](std::string_view part) { return type.find(part) != std::string::npos; };
  if (strict && type == "ANY") return Affinity::blob;
  if (has("INT")) return Affinity::integer;
  if (has("CHAR") || has("CLOB") || has("TEXT")) return Affinity::text;
  if (has("BLOB") || type.empty()) return Affinity::blob;
  if (has("REAL") || has("FLOA") || has("DOUB")) return Affinity::real;
  return Affinity::numeric;
}

SqlType declared_type(std::string_view text) {
  if (trim(text).empty()) return SqlType::of(TypeKind::text);
  std::string name(text);
  const std::size_t open = std::min(name.find('('), name.size());
  if (upper(trim(name.substr(0, open))).ends_with(kTextSuffix)) name.erase(upper(name).rfind(kTextSuffix, open), kTextSuffix.size());
  SqlType type = parse_type(name);
  type.native = text;
  if (type.kind == TypeKind::integer) type.kind = TypeKind::bigint;
  if (type.kind == TypeKind::real) type.kind = TypeKind::double_precision;
  return type;
}

std::string type_name(const SqlType& type) {
  switch (type.kind) {
    case TypeKind::boolean: return "BOOLEAN";
    case TypeKind::smallint: return "SMALLINT";
    case TypeKind::integer:
    case TypeKind::bigint: return "BIGINT";
    case TypeKind::real:
    case TypeKind::double_precision: return "DOUBLE PRECISION";
    case TypeKind::decimal: return decimal_name(type);
    case TypeKind::character: return type.length > 0 ? with_length("CHARACTER", type.length) : "TEXT";
    case TypeKind::varchar: return with_length("VARCHAR", type.length);
    case TypeKind::binary: return "BLOB";
    case TypeKind::date: return "DATE";
    case TypeKind::time: return "TIME";
    case TypeKind::timestamp: return "TIMESTAMP";
    case TypeKind::timestamp_tz: return "TIMESTAMPTZ";
    case TypeKind::uuid: return "UUID";
    case TypeKind::json: return "JSON_TEXT";
    case TypeKind::text:
    case TypeKind::other: break;
  }
  return "TEXT";
}

void check_stores_exactly(const TableName& table, std::string_view column, const SqlType& type, std::string_view declared, Affinity affinity) {
  if (!is_numeric(affinity)) return;
  const auto refuse = [&](const std::string& what, const std::string& instead) {
    throw ConfigError("column \"" + std::string(column) + "\" of table " + to_string(table) + " is declared " + std::string(declared) + ", to which SQLite gives " +
                      std::string(name_of(affinity)) + " affinity: " + what + "; declare it " + instead);
  };
  switch (type.kind) {
    case TypeKind::decimal:
      if (type.precision > kExactDigits) refuse("decimals of more than 15 digits would be rounded silently", decimal_name(type) + " or TEXT");
      break;
    case TypeKind::bigint:
      if (affinity == Affinity::real) refuse("integers of more than 15 digits would be rounded silently", "BIGINT");
      break;
    case TypeKind::character:
    case TypeKind::varchar:
    case TypeKind::text:
    case TypeKind::other:
      refuse("text like '007' would silently become a number", "TEXT");
      break;
    default: break;  // ISO dates, uuids and blobs never look like numbers; json and plain numeric are checked value by value
  }
}

bool looks_numeric(std::string_view text) { return scan_number(text).valid; }

bool is_exact_number(std::string_view text) {
  const Number number = scan_number(text);
  if (!number.valid) return false;
  if (number.significant_digits > kExactDigits) return false;
  std::string_view digits = trim(text);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  // The smallest doubles have fewer digits; SQLite's own conversion is not exact there either.
  return error == std::errc{} && end == digits.data() + digits.size() && (value == 0 || (std::fabs(value) > 1e-290 && std::fabs(value) < 1e300));
}

}  // namespace millrace::sqlite
