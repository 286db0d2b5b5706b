#include "postgresql/describe.hpp"

#include <string>

#include "postgresql/errors.hpp"

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

template <class... Texts> Result ask(Session& session, const char* sql, const Texts&... texts) {
  const char* const values[] = {texts.c_str()...};
  Result result(PQexecParams(session.handle, sql, sizeof...(texts), nullptr, values, nullptr, nullptr, 0));
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) throw_failure(session, result.get());
  return result;
}

std::string text(const Result& result, int row, int column) { return std::string(field(result.get(), row, column)); }
bool flag(const Result& result, int row, int column) { return field(result.get(), row, column) == "t"; }

Identity identity_of(std::string_view code) {
  return code == "a" ? Identity::always : code == "d" ? Identity::by_default : Identity::none;
}

std::vector<ColumnInfo> read_columns(Session& session, const std::string& oid) {
  const Result result = ask(session, kColumns, oid);
  std::vector<ColumnInfo> columns;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    ColumnInfo& column = columns.emplace_back();
    column.name = text(result, row, 0);
    column.type = parse_type(text(result, row, 2));
    column.type.native = text(result, row, 1);
    column.nullable = flag(result, row, 3);
    column.has_default = flag(result, row, 4);
    column.generated = flag(result, row, 5);
    column.identity = identity_of(text(result, row, 6));
    column.collation = text(result, row, 7);
  }
  return columns;
}

std::vector<UniqueKey> read_keys(Session& session, const std::string& oid) {
  const Result result = ask(session, kKeys, oid);
  std::vector<UniqueKey> keys;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    std::string name = text(result, row, 0);
    if (keys.empty() || keys.back().name != name) keys.push_back({std::move(name), {}, flag(result, row, 1)});
    keys.back().columns.push_back(text(result, row, 2));
  }
  return keys;
}

std::vector<ReferencingKey> read_referencing(Session& session, const std::string& oid) {
  const Result result = ask(session, kReferencing, oid);
  std::vector<ReferencingKey> keys;
  for (int row = 0; row < PQntuples(result.get()); ++row) keys.push_back({text(result, row, 0), {text(result, row, 1), text(result, row, 2)}});
  return keys;
}

}  // namespace

std::optional<TableInfo> describe_table(Session& session, const TableName& table) {
  if (table.name.find('\0') != std::string::npos || table.schema.find('\0') != std::string::npos) return std::nullopt;
  const Result found = ask(session, kFindTable, table.schema, table.name);
  if (PQntuples(found.get()) == 0) return std::nullopt;
  const std::string oid = text(found, 0, 0);
  TableInfo info;
  info.name = {text(found, 0, 1), text(found, 0, 2)};
  info.is_partitioned = flag(found, 0, 3);
  info.columns = read_columns(session, oid);
  info.unique_keys = read_keys(session, oid);
  info.referenced_by = read_referencing(session, oid);
  return info;
}

}  // namespace millrace::postgresql
