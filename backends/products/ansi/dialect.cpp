#include "products/ansi/dialect.hpp"

#include <algorithm>

namespace millrace::ansi {

std::string AnsiDialect::fold(std::string_view unquoted) const {
  std::string folded(unquoted);
  for (char& c : folded) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return folded;
}

std::string AnsiDialect::type_name(const SqlType& type) const {
  if (!type.native.empty()) return type.native;
  const auto sized = [&](const char* name, int otherwise) { return name + ("(" + std::to_string(type.length > 0 ? type.length : otherwise) + ")"); };
  switch (type.kind) {
    case TypeKind::boolean: return "BOOLEAN";
    case TypeKind::smallint: return "SMALLINT";
    case TypeKind::integer: return "INTEGER";
    case TypeKind::bigint: return "BIGINT";
    case TypeKind::real: return "REAL";
    case TypeKind::double_precision: return "DOUBLE PRECISION";
    case TypeKind::decimal: return decimal_name(type);
    case TypeKind::character: return sized("CHAR", 1);
    case TypeKind::varchar: return sized("VARCHAR", 4000);
    case TypeKind::text:
    case TypeKind::json:
    case TypeKind::other: return "CLOB";
    case TypeKind::binary: return "BLOB";
    case TypeKind::date: return "DATE";
    case TypeKind::time: return "TIME";
    case TypeKind::timestamp: return "TIMESTAMP(6)";
    case TypeKind::timestamp_tz: return "TIMESTAMP(6) WITH TIME ZONE";
    case TypeKind::uuid: return "CHAR(36)";
  }
  return "CLOB";
}

SqlType AnsiDialect::created_type(const SqlType& inferred) const {
  if (inferred.kind != TypeKind::text) return inferred;
  for (const int length : {255, 2000, 4000, longest_varchar()}) {
    if (inferred.length <= length / 2 && length <= longest_varchar()) return SqlType::varchar(length);
  }
  return SqlType::of(TypeKind::text);
}

// Some products have scales below zero or above the precision; as digits that other products can declare, they hold the same values.
std::string AnsiDialect::decimal_name(const SqlType& type) const {
  const int scale = std::clamp(type.scale, 0, most_digits());
  const int wanted = type.precision <= 0 ? most_digits() : std::max(type.precision - std::min(type.scale, 0), scale);
  return "DECIMAL(" + std::to_string(std::min(wanted, most_digits())) + "," + std::to_string(scale) + ")";
}

std::string AnsiDialect::sum_expression(std::string_view column, const SqlType& type) const {
  const int scale = type.is_fixed_decimal() ? std::min(type.scale, most_digits()) : 0;
  return "CAST(SUM(CAST(" + quote(column) + " AS DECIMAL(" + std::to_string(most_digits()) + "," + std::to_string(scale) + "))) AS VARCHAR(50))";
}

// Never unknown, so that its negation is right as well.
std::string AnsiDialect::differs(std::string_view left, std::string_view right, const SqlType&) const {
  const std::string l(left), r(right);
  return "CASE WHEN " + l + " = " + r + " OR (" + l + " IS NULL AND " + r + " IS NULL) THEN 0 ELSE 1 END = 1";
}

std::vector<std::string> AnsiDialect::create_staging(const StagingTable& table) const {
  std::string columns;
  for (const ColumnInfo& column : table.columns) {
    columns += ",\n  " + quote(column.name) + " " + type_name(column.type);
    if (!column.collation.empty()) columns += " COLLATE " + column.collation;
  }
  const std::string bigint = type_name(SqlType::of(TypeKind::bigint));
  if (!table.permanent) return {"CREATE TABLE " + quote(table.name) + " (\n  " + quote(table.src_row) + " " + bigint + " NOT NULL" + columns + "\n)"};
  const StagingTable::OwnNames& own = table.own_names;
  const TableName index{table.name.schema, limited_name(table.name.name, fold("_run_key"))};
  return {"CREATE TABLE " + quote(table.name) + " (\n  " + quote(own.stg_id) + " " + identity_column() + ",\n  " + quote(own.run_id) + " " + type_name(SqlType::varchar(50)) +
              " NOT NULL,\n  " + quote(own.worker_id) + " " + type_name(SqlType::of(TypeKind::integer)) + " NOT NULL,\n  " + quote(own.src_row) + " " + bigint + " NOT NULL" + columns +
              ",\n  " + quote(own.insert_ts) + " " + type_name(SqlType::of(TypeKind::timestamp)) + " DEFAULT " + now_expression() + "\n)",
          "CREATE INDEX " + index_name(index) + " ON " + quote(table.name) + " (" + quote_list(indexed_columns(table)) + ")"};
}

std::vector<std::string> AnsiDialect::indexed_columns(const StagingTable& table) const {
  std::vector<std::string> columns{table.own_names.run_id};
  columns.insert(columns.end(), table.key.begin(), table.key.end());
  return columns;
}

std::string AnsiDialect::count_by_range(const StagedRows& staged, std::string_view ledger_ranges) const {
  const std::string first = quote(fold("first_src_row")), row = quote(staged.src_row);
  return "SELECT bounds.range_first, " + count_rows() + "\nFROM (SELECT " + first + " AS range_first, LEAD(" + first + ", 1, 9223372036854775807) OVER (ORDER BY " + first +
         ") AS range_next\n  FROM (" + std::string(ledger_ranges) + ") ledger_ranges) bounds\nJOIN " + quote(staged.table) + " staged ON staged." + row +
         " >= bounds.range_first AND staged." + row + " < bounds.range_next" + (staged.filter.empty() ? "" : "\nWHERE " + staged.filter) + "\nGROUP BY bounds.range_first";
}

std::vector<std::string> AnsiDialect::grant_use(const TableName& table, std::string_view grantee) const {
  return {"GRANT SELECT, INSERT, UPDATE, DELETE ON " + quote(table) + " TO " + quote(grantee)};
}

}  // namespace millrace::ansi
