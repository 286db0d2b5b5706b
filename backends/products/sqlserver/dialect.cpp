#include "products/sqlserver/dialect.hpp"

namespace millrace::sqlserver {

std::string SqlServerDialect::type_name(const SqlType& type) const {
  if (!type.native.empty()) return type.native;
  switch (type.kind) {
    case TypeKind::boolean: return "BIT";
    case TypeKind::double_precision: return "FLOAT(53)";
    case TypeKind::varchar: return type.length > 0 && type.length <= 8000 ? AnsiDialect::type_name(type) : "VARCHAR(MAX)";
    case TypeKind::text:
    case TypeKind::json:
    case TypeKind::other: return "VARCHAR(MAX)";
    case TypeKind::binary: return "VARBINARY(MAX)";
    case TypeKind::time: return "TIME(6)";
    case TypeKind::timestamp: return "DATETIME2(6)";
    case TypeKind::timestamp_tz: return "DATETIMEOFFSET(6)";
    case TypeKind::uuid: return "UNIQUEIDENTIFIER";
    default: return AnsiDialect::type_name(type);
  }
}

// UPDLOCK makes TABLOCK an exclusive lock, held to the end: other writers wait, and readers do too unless they read versions (READ_COMMITTED_SNAPSHOT).
// One row at least is asked for: TOP (0) is answered without a look at the table.
std::vector<std::string> SqlServerDialect::lock_for_publish(const TableInfo& target) const {
  return {"SELECT TOP (1) 1 FROM " + quote(target.name) + " WITH (TABLOCK, UPDLOCK, HOLDLOCK)"};
}

}  // namespace millrace::sqlserver
