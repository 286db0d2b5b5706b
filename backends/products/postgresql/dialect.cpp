#include "products/postgresql/dialect.hpp"

#include "millrace/access/error.hpp"

namespace millrace::postgresql {
namespace {

constexpr int kAnycompatibleBuckets = 14;  // width_bucket() converts its operands from here on

std::string portable_type_name(const SqlType& type) {
  switch (type.kind) {
    case TypeKind::boolean: return "boolean";
    case TypeKind::smallint: return "smallint";
    case TypeKind::integer: return "integer";
    case TypeKind::bigint: return "bigint";
    case TypeKind::real: return "real";
    case TypeKind::double_precision: return "double precision";
    case TypeKind::decimal:
      if (type.precision == 0) return "numeric";
      return "numeric(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    case TypeKind::character: return type.length == 0 ? "bpchar" : "character(" + std::to_string(type.length) + ")";
    case TypeKind::varchar: return type.length == 0 ? "character varying" : "character varying(" + std::to_string(type.length) + ")";
    case TypeKind::text: return "text";
    case TypeKind::binary: return "bytea";
    case TypeKind::date: return "date";
    case TypeKind::time: return "time without time zone";
    case TypeKind::timestamp: return "timestamp without time zone";
    case TypeKind::timestamp_tz: return "timestamp with time zone";
    case TypeKind::uuid: return "uuid";
    case TypeKind::json: return "jsonb";
    case TypeKind::other: break;
  }
  throw ConfigError("a column of a type that is not known has no type name for PostgreSQL: name its type");
}

}  // namespace

// With a multi-byte encoding, and sessions speak UTF-8, PostgreSQL folds ASCII letters only (downcase_identifier).
std::string PostgresDialect::fold(std::string_view unquoted) const {
  std::string folded(unquoted);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

std::string PostgresDialect::type_name(const SqlType& type) const { return type.native.empty() ? portable_type_name(type) : type.native; }

std::string PostgresDialect::sum_expression(std::string_view column, const SqlType&) const { return "SUM(" + quote(column) + ")::text"; }

std::string PostgresDialect::differs(std::string_view left, std::string_view right, const SqlType& type) const {
  // json, xml, point and others have no equality. Text is stricter than equality where a type has one, so that no change is lost.
  const bool as_text = type.kind == TypeKind::other || (type.kind == TypeKind::json && type.native != "jsonb");
  const char* const cast = as_text ? "::text" : "";
  return std::string(left) + cast + " IS DISTINCT FROM " + std::string(right) + cast;
}

std::vector<std::string> PostgresDialect::create_staging(const StagingTable& table) const {
  std::string columns;
  for (const ColumnInfo& column : table.columns) {
    columns += "  " + quote(column.name) + " " + type_name(column.type);
    if (!column.collation.empty()) columns += " COLLATE " + column.collation;
    columns += ",\n";
  }
  if (!table.permanent) {
    return {"CREATE UNLOGGED TABLE " + quote(table.name) + " (\n" + columns + "  " + quote(table.src_row) +
            " bigint NOT NULL\n) WITH (autovacuum_enabled = off)"};
  }
  std::vector<std::string> indexed{fold("RUN_ID")};
  indexed.insert(indexed.end(), table.key.begin(), table.key.end());
  return {"CREATE TABLE " + quote(table.name) + " (\n"
          "  " + quote(fold("STG_ID")) + " bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
          "  " + quote(fold("RUN_ID")) + " character varying(50) NOT NULL,\n"
          "  " + quote(fold("WORKER_ID")) + " integer NOT NULL,\n"
          "  " + quote(fold("SRC_ROW")) + " bigint NOT NULL,\n" + columns +
          "  " + quote(fold("INSERT_TS")) + " timestamp without time zone DEFAULT CURRENT_TIMESTAMP\n)",
          "CREATE INDEX ON " + quote(table.name) + " (" + quote_list(indexed) + ")"};
}

std::vector<std::string> PostgresDialect::lock_for_publish(const TableInfo& target) const {
  return {"LOCK TABLE " + quote(target.name) + " IN SHARE ROW EXCLUSIVE MODE"};
}

std::optional<std::string> PostgresDialect::change_counters(const TableInfo& target) const {
  const std::string table = string_literal(quote(target.name)) + "::regclass";
  if (!target.is_partitioned) return "SELECT pg_stat_get_xact_tuples_inserted(" + table + "), pg_stat_get_xact_tuples_updated(" + table + ")";
  return "SELECT SUM(pg_stat_get_xact_tuples_inserted(relid))::bigint, SUM(pg_stat_get_xact_tuples_updated(relid))::bigint\n"
         "FROM pg_partition_tree(" + table + ") WHERE isleaf";
}

std::string PostgresDialect::count_by_range(const StagedRows& staged, std::string_view ledger_ranges) const {
  const std::string src_row = quote(staged.src_row) + (server_major_ < kAnycompatibleBuckets ? "::bigint" : "");
  return "SELECT ranges.starts[counted.bucket], counted.row_count\n"
         "FROM (SELECT array_agg(first_src_row ORDER BY first_src_row) AS starts FROM (" + std::string(ledger_ranges) +
         ") AS ledger(first_src_row)) AS ranges,\n"
         "LATERAL (SELECT width_bucket(" + src_row + ", ranges.starts) AS bucket, COUNT(*) AS row_count\n"
         "  FROM " + quote(staged.table) + (staged.filter.empty() ? "" : " WHERE " + staged.filter) + " GROUP BY 1) AS counted";
}

std::string PostgresDialect::advisory_lock(std::string_view purpose) const {
  return "SELECT pg_advisory_xact_lock(hashtextextended(" + string_literal("millrace:" + std::string(purpose)) + ", 0))";
}

std::vector<std::string> PostgresDialect::grant_use(const TableName& table, std::string_view grantee) const {
  return {"GRANT SELECT, INSERT, UPDATE, DELETE ON " + quote(table) + " TO " + quote(grantee)};
}

}  // namespace millrace::postgresql
