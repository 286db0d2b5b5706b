#include "products/db2/dialect.hpp"

namespace millrace::db2 {

std::string Db2Dialect::type_name(const SqlType& type) const {
  if (!type.native.empty()) return type.native;
  switch (type.kind) {
    case TypeKind::double_precision: return "DOUBLE";
    case TypeKind::timestamp_tz: return "TIMESTAMP(6)";   // Db2 has no type with a zone: sessions are pinned to UTC
    case TypeKind::binary: return "BLOB(1G)";             // a larger one can not be logged, and CREATE TABLE would refuse it
    case TypeKind::text:
    case TypeKind::json:
    case TypeKind::other: return "CLOB(1G)";
    default: return AnsiDialect::type_name(type);
  }
}

// Since 11.1; LOBs have no equality, and compare by what fits a VARCHAR or VARBINARY.
std::string Db2Dialect::differs(std::string_view left, std::string_view right, const SqlType& type) const {
  const bool lob = type.kind == TypeKind::text || type.kind == TypeKind::json || type.kind == TypeKind::other;
  const char* const comparable = type.kind == TypeKind::binary ? "VARBINARY(32672)" : lob ? "VARCHAR(32672)" : nullptr;
  const auto side = [&](std::string_view name) { return comparable ? "CAST(" + std::string(name) + " AS " + comparable + ")" : std::string(name); };
  return side(left) + " IS DISTINCT FROM " + side(right);
}

}  // namespace millrace::db2
