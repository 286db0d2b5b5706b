#include "products/db2/dialect.hpp"

#include "products/db2/literal.hpp"

namespace millrace::db2 {
namespace {

constexpr int kLongestChar = 255;
constexpr int kLongestVarchar = 32672;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Large objects as a type that has an equality. CASE keeps the cast away from longer values, which it would cut.
std::string large_differs(std::string_view left, std::string_view right, std::string_view comparable) {
  const std::string l(left), r(right), cast = " AS " + std::string(comparable) + ")";
  return differs_unless("CASE WHEN OCTET_LENGTH(" + l + ") > " + std::to_string(kLongestVarchar) + " OR OCTET_LENGTH(" + l + ") <> OCTET_LENGTH(" + r + ") THEN 0 WHEN CAST(" + l + cast +
                            " = CAST(" + r + cast + " THEN 1 ELSE 0 END = 1",
                        left, right);
}

}  // namespace

Comparison comparison_of(std::string_view declared) {
  std::string name(declared);
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (name.starts_with("XML")) return Comparison::none;
  if (name.starts_with("BLOB") || name.starts_with("BINARY LARGE")) return Comparison::large_binary;
  if (name.starts_with("DBCLOB")) return Comparison::large_double_byte;
  if (name.starts_with("LONG VARCHAR") && contains(name, "BIT DATA")) return Comparison::long_bits;
  if (name.starts_with("CLOB") || name.starts_with("CHAR LARGE") || name.starts_with("CHARACTER LARGE") || name.starts_with("LONG VARCHAR")) return Comparison::large_text;
  if (contains(name, "CHAR") || contains(name, "GRAPHIC") || contains(name, "BINARY")) return Comparison::padded;
  return Comparison::exact;
}

std::string differs_unless(std::string_view equal, std::string_view left, std::string_view right) {
  return "CASE WHEN " + std::string(equal) + " OR (" + std::string(left) + " IS NULL AND " + std::string(right) + " IS NULL) THEN 0 ELSE 1 END = 1";
}

std::string Db2Dialect::type_name(const SqlType& type) const {
  if (!type.native.empty()) return type.native;
  const auto sized = [&](const char* name) { return name + ("(" + std::to_string(type.length) + ")"); };
  switch (type.kind) {
    case TypeKind::double_precision: return "DOUBLE";
    case TypeKind::decimal: return type.precision > 0 ? AnsiDialect::type_name(type) : "DECFLOAT(34)";
    case TypeKind::character:
      if (type.length > kLongestVarchar) return sized("CLOB");
      return type.length > kLongestChar ? sized("VARCHAR") : AnsiDialect::type_name(type);
    case TypeKind::varchar: return type.length > kLongestVarchar ? sized("CLOB") : AnsiDialect::type_name(type);
    case TypeKind::timestamp_tz: return "TIMESTAMP(6)";   // Db2 has no type with a zone: values are in UTC
    case TypeKind::binary: return "BLOB(1G)";             // a larger one can not be logged, and CREATE TABLE would refuse it
    case TypeKind::text:
    case TypeKind::json:
    case TypeKind::other: return "CLOB(1G)";
    default: return AnsiDialect::type_name(type);
  }
}

std::string Db2Dialect::typed_literal(std::string_view text, const SqlType& type) const {
  if (type.kind == TypeKind::binary) return binary_literal(hex_of(text, type), type_name(type));
  return literal(text, type);
}

// X'..' is a text to Db2, which a column FOR BIT DATA takes; BX'..' is binary.
std::string Db2Dialect::binary_literal(std::string_view hex, std::string_view declared) const {
  return (contains(declared, "BIT DATA") ? "X'" : "BX'") + std::string(hex) + "'";
}

// IS DISTINCT FROM since 11.1.
std::string Db2Dialect::differs(std::string_view left, std::string_view right, const SqlType& type) const {
  const std::string l(left), r(right);
  switch (comparison_of(type_name(type))) {
    case Comparison::exact: break;
    case Comparison::padded:
      if (type.kind == TypeKind::character) break;   // all of one length
      return "(" + l + " IS DISTINCT FROM " + r + " OR LENGTH(" + l + ") IS DISTINCT FROM LENGTH(" + r + "))";
    case Comparison::large_text: return large_differs(left, right, "VARCHAR(32672)");
    case Comparison::large_binary: return large_differs(left, right, "VARBINARY(32672)");
    case Comparison::large_double_byte: return large_differs(left, right, "VARGRAPHIC(16336)");
    case Comparison::long_bits: return large_differs(left, right, "VARCHAR(32672) FOR BIT DATA");
    case Comparison::none: return differs_unless("1 = 0", left, right);
  }
  return l + " IS DISTINCT FROM " + r;
}

}  // namespace millrace::db2
