#include "products/db2/catalog.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>
#include <string_view>

namespace millrace::db2 {
namespace {

constexpr const char* kFindTable = R"(
SELECT TABSCHEMA, TABNAME, TYPE, BASE_TABSCHEMA, BASE_TABNAME
FROM SYSCAT.TABLES
WHERE TABNAME = ? AND TABSCHEMA = ? AND TYPE IN ('T', 'V', 'S', 'N', 'U', 'W', 'A'))";

// Length and units of strings are in STRINGUNITSLENGTH and TYPESTRINGUNITS since 10.5; LENGTH counts bytes.
constexpr const char* kColumns = R"(
SELECT COLNAME, TYPESCHEMA, TYPENAME, LENGTH, SCALE, TYPESTRINGUNITS, STRINGUNITSLENGTH, CODEPAGE, NULLS, CASE WHEN "DEFAULT" IS NULL THEN 'N' ELSE 'Y' END,
  IDENTITY, GENERATED
FROM SYSCAT.COLUMNS
WHERE TABNAME = ? AND TABSCHEMA = ?
ORDER BY COLNO)";

// One row for each column of each unique index; 'I' are columns that an index merely includes, and VIRTUAL ones are expressions.
constexpr const char* kUniqueKeys = R"(
SELECT i.INDSCHEMA, i.INDNAME, i.UNIQUERULE, COALESCE(k.CONSTNAME, i.INDNAME), u.COLNAME, u.VIRTUAL
FROM SYSCAT.INDEXES i
JOIN SYSCAT.INDEXCOLUSE u ON u.INDSCHEMA = i.INDSCHEMA AND u.INDNAME = i.INDNAME
LEFT JOIN (SELECT d.TABSCHEMA, d.TABNAME, d.BSCHEMA, d.BNAME, MIN(d.CONSTNAME) AS CONSTNAME
  FROM SYSCAT.CONSTDEP d JOIN SYSCAT.TABCONST c ON c.TABSCHEMA = d.TABSCHEMA AND c.TABNAME = d.TABNAME AND c.CONSTNAME = d.CONSTNAME
  WHERE d.BTYPE = 'I' AND c.TYPE IN ('P', 'U')
  GROUP BY d.TABSCHEMA, d.TABNAME, d.BSCHEMA, d.BNAME) k
  ON k.TABSCHEMA = i.TABSCHEMA AND k.TABNAME = i.TABNAME AND k.BSCHEMA = i.INDSCHEMA AND k.BNAME = i.INDNAME
WHERE i.TABNAME = ? AND i.TABSCHEMA = ? AND i.UNIQUERULE IN ('P', 'U') AND u.COLORDER <> 'I'
ORDER BY i.UNIQUERULE, i.INDSCHEMA, i.INDNAME, u.COLSEQ)";

constexpr const char* kReferencing = R"(
SELECT CONSTNAME, TABSCHEMA, TABNAME
FROM SYSCAT.REFERENCES
WHERE REFTABNAME = ? AND REFTABSCHEMA = ? AND NOT (TABNAME = REFTABNAME AND TABSCHEMA = REFTABSCHEMA)
ORDER BY TABSCHEMA, TABNAME, CONSTNAME)";

constexpr int kMostAliases = 16;   // of aliases; Db2 refuses circles

enum class Shape : unsigned char { plain, sized, counted, decimal, timestamp, decfloat };
struct TypeRow { std::string_view catalog; TypeKind kind; Shape shape; std::string_view sql; };
constexpr TypeRow kTypes[] = {
    {"BOOLEAN", TypeKind::boolean, Shape::plain, "BOOLEAN"},
    {"SMALLINT", TypeKind::smallint, Shape::plain, "SMALLINT"},
    {"INTEGER", TypeKind::integer, Shape::plain, "INTEGER"},
    {"BIGINT", TypeKind::bigint, Shape::plain, "BIGINT"},
    {"REAL", TypeKind::real, Shape::plain, "REAL"},
    {"DOUBLE", TypeKind::double_precision, Shape::plain, "DOUBLE"},
    {"DECIMAL", TypeKind::decimal, Shape::decimal, "DECIMAL"},
    {"DECFLOAT", TypeKind::decimal, Shape::decfloat, "DECFLOAT"},
    {"CHARACTER", TypeKind::character, Shape::counted, "CHAR"},
    {"VARCHAR", TypeKind::varchar, Shape::counted, "VARCHAR"},
    {"GRAPHIC", TypeKind::character, Shape::counted, "GRAPHIC"},
    {"VARGRAPHIC", TypeKind::varchar, Shape::counted, "VARGRAPHIC"},
    {"LONG VARCHAR", TypeKind::text, Shape::plain, "LONG VARCHAR"},
    {"CLOB", TypeKind::text, Shape::counted, "CLOB"},
    {"DBCLOB", TypeKind::text, Shape::counted, "DBCLOB"},
    {"BLOB", TypeKind::binary, Shape::sized, "BLOB"},
    {"BINARY", TypeKind::binary, Shape::sized, "BINARY"},
    {"VARBINARY", TypeKind::binary, Shape::sized, "VARBINARY"},
    {"DATE", TypeKind::date, Shape::plain, "DATE"},
    {"TIME", TypeKind::time, Shape::plain, "TIME"},
    {"TIMESTAMP", TypeKind::timestamp, Shape::timestamp, "TIMESTAMP"},
    {"XML", TypeKind::other, Shape::plain, "XML"},
};

int number_of(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string without_blanks_behind(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

std::optional<TableName> find_table(const Ask& ask, TableName wanted) {
  for (int alias = 0; alias < kMostAliases; ++alias) {
    const TextRows found = ask(kFindTable, {wanted.name, wanted.schema});
    const auto same = [&](const auto& row) { return row[1] == wanted.name && without_blanks_behind(row[0]) == wanted.schema; };   // blanks behind a name do not count for Db2
    const auto row = std::find_if(found.begin(), found.end(), same);
    if (row == found.end()) return std::nullopt;
    if ((*row)[2] != "A") return wanted;
    wanted = {without_blanks_behind((*row)[3]), (*row)[4]};
  }
  return std::nullopt;
}

std::vector<ColumnInfo> read_columns(const Ask& ask, const TableName& table) {
  std::vector<ColumnInfo> columns;
  for (const auto& row : ask(kColumns, {table.name, table.schema})) {
    ColumnInfo& column = columns.emplace_back();
    column.name = row[0];
    column.type = type_of({without_blanks_behind(row[1]), row[2], number_of(row[3]), number_of(row[4]), without_blanks_behind(row[5]), number_of(row[6]), row[7] == "0"});
    column.nullable = row[8] != "N";
    const bool identity = row[10] == "Y", always = row[11] == "A";
    if (identity) column.identity = always ? Identity::always : Identity::by_default;
    column.generated = always;
    column.has_default = row[9] == "Y" && !always && !identity;
  }
  return columns;
}

std::vector<UniqueKey> read_keys(const Ask& ask, const TableName& table) {
  std::vector<UniqueKey> keys;
  std::vector<std::string> expressions, index;   // names of indexes over expressions; the one that is being read
  for (const auto& row : ask(kUniqueKeys, {table.name, table.schema})) {
    if (const std::vector<std::string> next{row[0], row[1]}; next != index) {
      index = next;
      keys.push_back({row[3], {}, row[2] == "P"});
    }
    if (row[5] == "Y") expressions.push_back(keys.back().name);
    keys.back().columns.push_back(row[4]);
  }
  std::erase_if(keys, [&](const UniqueKey& key) { return std::find(expressions.begin(), expressions.end(), key.name) != expressions.end(); });
  return keys;
}

}  // namespace

SqlType type_of(const CatalogType& type) {
  const auto* const row = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeRow& r) { return r.catalog == type.name && type.schema == "SYSIBM"; });
  if (row == std::end(kTypes)) {
    SqlType own = SqlType::of(TypeKind::other);
    own.native = type.schema == "SYSIBM" ? type.name : quoted(type.schema) + "." + quoted(type.name);
    return own;
  }
  SqlType sql = SqlType::of(row->kind);
  std::string arguments;
  switch (row->shape) {
    case Shape::plain: break;
    case Shape::sized: arguments = std::to_string(type.length); break;
    case Shape::counted: {
      const bool code_units = type.string_units.starts_with("CODEUNITS32");
      const int length = code_units ? type.string_length : type.length;
      if (sql.kind != TypeKind::text) sql.length = length;
      arguments = std::to_string(length) + (code_units ? " CODEUNITS32" : "");
      break;
    }
    case Shape::decimal:
      sql.precision = type.length;
      sql.scale = type.scale;
      arguments = std::to_string(type.length) + "," + std::to_string(type.scale);
      break;
    case Shape::timestamp: arguments = std::to_string(type.scale); break;
    case Shape::decfloat: arguments = type.length == 8 ? "16" : "34"; break;   // digits in so many bytes
  }
  sql.native = std::string(row->sql) + (arguments.empty() ? "" : "(" + arguments + ")");
  if (type.bit_data && (row->shape == Shape::counted || row->kind == TypeKind::text) && row->sql.find("CHAR") != std::string_view::npos) {
    sql.kind = TypeKind::binary;
    sql.length = 0;
    sql.native += " FOR BIT DATA";
  }
  return sql;
}

std::optional<TableInfo> describe_table(const Ask& ask, const TableName& table) {
  constexpr std::size_t kLongestName = 128;
  if (table.name.size() > kLongestName || table.schema.size() > kLongestName || table.name.find('\0') != std::string::npos || table.schema.find('\0') != std::string::npos) return std::nullopt;
  TableName wanted = table;
  if (wanted.schema.empty()) {
    const TextRows current = ask("VALUES CURRENT SCHEMA", {});
    if (current.empty()) return std::nullopt;
    wanted.schema = without_blanks_behind(current[0][0]);
  }
  const std::optional<TableName> found = find_table(ask, wanted);
  if (!found) return std::nullopt;
  TableInfo info;
  info.name = *found;
  info.columns = read_columns(ask, *found);
  info.unique_keys = read_keys(ask, *found);
  for (const auto& row : ask(kReferencing, {found->name, found->schema})) info.referenced_by.push_back({row[0], {without_blanks_behind(row[1]), row[2]}});
  return info;
}

}  // namespace millrace::db2
