#include "db2/cli/columns.hpp"

#include <algorithm>
#include <limits>

namespace millrace::db2::cli {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<SQLLEN>::max();
constexpr int kLongVarchar = 456, kVarcharForBits = 448, kCharForBits = 452, kLongForBits = 456, kXml = 988, kDecfloat = 996;   // SQLTYPEs (DRDA, SQLDA)

// A character of a Java string takes at most three bytes of UTF-8.
std::int64_t bytes_of_text(const drda::Column& column, bool derby) { return std::clamp<std::int64_t>(column.length, 0, derby ? kMost / 3 : kMost) * (derby ? 3 : 1); }

}  // namespace

ColumnDescription describe(const drda::Column& column, bool derby) {
  using drda::Kind;
  const std::int64_t length = std::clamp<std::int64_t>(column.length, 0, kMost), text = bytes_of_text(column, derby);
  const auto scale = static_cast<SQLSMALLINT>(column.scale);
  switch (column.kind) {
    case Kind::smallint: return {SQL_SMALLINT, "SMALLINT", 5, 0, 6};
    case Kind::integer: return {SQL_INTEGER, "INTEGER", 10, 0, 11};
    case Kind::bigint: return {SQL_BIGINT, "BIGINT", 19, 0, 20};
    case Kind::real: return {SQL_REAL, "REAL", 24, 0, 14};                    // digits of the mantissa, in bits: a text of as many bytes holds any value
    case Kind::double_precision: return {SQL_DOUBLE, "DOUBLE", 53, 0, 24};
    case Kind::decimal: return {SQL_DECIMAL, "DECIMAL", column.precision, scale, column.precision + 3};
    case Kind::text:
      if (column.sql_type == kLongVarchar) return {SQL_LONGVARCHAR, "LONG VARCHAR", text, 0, text};
      if (column.fixed_length) return {SQL_CHAR, "CHAR", text, 0, text};
      return {SQL_VARCHAR, "VARCHAR", text, 0, text};
    case Kind::bytes:
      if (column.sql_type == kLongForBits) return {SQL_LONGVARBINARY, "LONG VARCHAR FOR BIT DATA", length, 0, 2 * length};
      if (column.fixed_length) return {SQL_BINARY, column.sql_type == kCharForBits ? "CHAR () FOR BIT DATA" : "BINARY", length, 0, 2 * length};
      return {SQL_VARBINARY, column.sql_type == kVarcharForBits ? "VARCHAR () FOR BIT DATA" : "VARBINARY", length, 0, 2 * length};
    case Kind::clob: return {SQL_CLOB, "CLOB", text, 0, text};
    case Kind::blob: return {SQL_BLOB, "BLOB", length, 0, std::min(2 * length, kMost)};
    case Kind::date: return {SQL_TYPE_DATE, "DATE", 10, 0, 10};
    case Kind::time: return {SQL_TYPE_TIME, "TIME", 8, 0, 8};
    case Kind::timestamp: {
      const std::int64_t characters = column.scale > 0 ? 20 + column.scale : 19;
      return {SQL_TYPE_TIMESTAMP, "TIMESTAMP", characters, scale, characters};
    }
    case Kind::boolean: return {SQL_BIT, "BOOLEAN", 1, 0, 5};
    case Kind::other: break;
  }
  if (column.sql_type == kXml) return {SQL_XML, "XML", text, 0, text};
  if (column.sql_type == kDecfloat) return {SQL_DECFLOAT, "DECFLOAT", column.precision, 0, 42};
  return {SQL_VARCHAR, "VARCHAR", text, 0, text};
}

}  // namespace millrace::db2::cli
