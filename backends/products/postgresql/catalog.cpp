#include "products/postgresql/catalog.hpp"

#include <string>

namespace millrace::postgresql {
namespace {

// A parameter of type name would be cut to 63 bytes and then find another table: hence the second comparison.
constexpr const char* kFindTable = R"(
SELECT c.oid, n.nspname, c.relname, c.relkind = 'p'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = $2::text::name AND c.relname::text = $2::text AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND CASE WHEN $1::text = '' THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname::text = $1::text END)";

// `base` walks from a domain to its base type; the modifier is that of the innermost domain.
constexpr const char* kColumns = R"(
SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), pg_catalog.format_type(base.oid, base.modifier),
  NOT (a.attnotnull OR base.not_null), (a.atthasdef AND a.attgenerated = '') OR base.has_default, a.attgenerated <> '', a.attidentity,
  CASE WHEN a.attcollation <> t.typcollation
       THEN pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname) ELSE '' END
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
CROSS JOIN LATERAL (
  WITH RECURSIVE step(oid, modifier, not_null, has_default, depth) AS (
    SELECT a.atttypid, a.atttypmod, false, false, 0
    UNION ALL
    SELECT d.typbasetype, d.typtypmod, d.typnotnull, d.typdefault IS NOT NULL, step.depth + 1
    FROM step JOIN pg_catalog.pg_type d ON d.oid = step.oid WHERE d.typtype = 'd')
  SELECT (array_agg(oid ORDER BY depth DESC))[1] AS oid, (array_agg(modifier ORDER BY depth DESC))[1] AS modifier,
    bool_or(not_null) AS not_null, bool_or(has_default) AS has_default
  FROM step) base
WHERE a.attrelid = $1::text::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum)";

// One row for each column of each key. Deferrable keys are left out: ON CONFLICT and a merge can not rely on them.
constexpr const char* kKeys = R"(
SELECT ic.relname, i.indisprimary, a.attname
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
CROSS JOIN LATERAL pg_catalog.unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k(attnum, position)
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = $1::text::oid AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
ORDER BY i.indisprimary DESC, ic.relname, k.position)";

// Partitions carry copies of a foreign key (conparentid); a table that refers to itself does not stand in its own way.
constexpr const char* kReferencing = R"(
SELECT co.conname, n.nspname, c.relname
FROM pg_catalog.pg_constraint co
JOIN pg_catalog.pg_class c ON c.oid = co.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE co.contype = 'f' AND co.confrelid = $1::text::oid AND co.conparentid = 0 AND co.conrelid <> co.confrelid
ORDER BY n.nspname, c.relname, co.conname)";

bool flag(const std::string& text) { return text == "t" || text == "1"; }

Identity identity_of(std::string_view code) {
  return code == "a" ? Identity::always : code == "d" ? Identity::by_default : Identity::none;
}

std::vector<ColumnInfo> read_columns(const Ask& ask, const std::string& oid) {
  std::vector<ColumnInfo> columns;
  for (const auto& row : ask(kColumns, {oid})) {
    ColumnInfo& column = columns.emplace_back();
    column.name = row[0];
    column.type = parse_type(row[2]);
    column.type.native = row[1];
    column.nullable = flag(row[3]);
    column.has_default = flag(row[4]);
    column.generated = flag(row[5]);
    column.identity = identity_of(row[6]);
    column.collation = row[7];
  }
  return columns;
}

std::vector<UniqueKey> read_keys(const Ask& ask, const std::string& oid) {
  std::vector<UniqueKey> keys;
  for (const auto& row : ask(kKeys, {oid})) {
    if (keys.empty() || keys.back().name != row[0]) keys.push_back({row[0], {}, flag(row[1])});
    keys.back().columns.push_back(row[2]);
  }
  return keys;
}

std::vector<ReferencingKey> read_referencing(const Ask& ask, const std::string& oid) {
  std::vector<ReferencingKey> keys;
  for (const auto& row : ask(kReferencing, {oid})) keys.push_back({row[0], {row[1], row[2]}});
  return keys;
}

}  // namespace

std::optional<TableInfo> describe_table(const Ask& ask, const TableName& table) {
  if (table.name.find('\0') != std::string::npos || table.schema.find('\0') != std::string::npos) return std::nullopt;
  const TextRows found = ask(kFindTable, {table.schema, table.name});
  if (found.empty()) return std::nullopt;
  const std::string& oid = found[0][0];
  TableInfo info;
  info.name = {found[0][1], found[0][2]};
  info.is_partitioned = flag(found[0][3]);
  info.columns = read_columns(ask, oid);
  info.unique_keys = read_keys(ask, oid);
  info.referenced_by = read_referencing(ask, oid);
  return info;
}

}  // namespace millrace::postgresql
