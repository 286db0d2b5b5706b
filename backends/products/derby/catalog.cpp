#include "products/derby/catalog.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace millrace::derby {
namespace {

// Names that differ in trailing blanks are equal to Derby's comparison, but not the same.
constexpr const char* kFindTable = R"(
SELECT t.TABLEID, s.SCHEMANAME, t.TABLENAME
FROM SYS.SYSTABLES t JOIN SYS.SYSSCHEMAS s ON s.SCHEMAID = t.SCHEMAID
WHERE t.TABLENAME = ? AND s.SCHEMANAME = ? AND t.TABLETYPE IN ('T', 'V', 'S'))";

// Types and defaults are Java's objects, whose texts a cast tells.
constexpr const char* kColumns = R"(
SELECT COLUMNNAME, COLUMNNUMBER, CAST(COLUMNDATATYPE AS VARCHAR(128)), CAST(COLUMNDEFAULT AS VARCHAR(32)), CASE WHEN AUTOINCREMENTINC IS NULL THEN '0' ELSE '1' END
FROM SYS.SYSCOLUMNS
WHERE REFERENCEID = ?
ORDER BY COLUMNNUMBER)";

// A descriptor is "UNIQUE BTREE (2, 1 DESC)". Only constraints that are enforced at once ('E') can be relied on; an index of none has no state.
constexpr const char* kUniqueKeys = R"(
SELECT COALESCE(k.CONSTRAINTNAME, g.CONGLOMERATENAME), k.TYPE, CAST(g.DESCRIPTOR AS VARCHAR(256))
FROM SYS.SYSCONGLOMERATES g
LEFT JOIN (SELECT p.CONGLOMERATEID, c.CONSTRAINTNAME, c.TYPE, c.STATE FROM SYS.SYSKEYS p JOIN SYS.SYSCONSTRAINTS c ON c.CONSTRAINTID = p.CONSTRAINTID) k
  ON k.CONGLOMERATEID = g.CONGLOMERATEID
WHERE g.TABLEID = ? AND g.ISINDEX AND (k.STATE IS NULL OR k.STATE = 'E')
ORDER BY 1)";

constexpr const char* kReferencing = R"(
SELECT c.CONSTRAINTNAME, s.SCHEMANAME, t.TABLENAME
FROM SYS.SYSFOREIGNKEYS f
JOIN SYS.SYSCONSTRAINTS c ON c.CONSTRAINTID = f.CONSTRAINTID
JOIN SYS.SYSCONSTRAINTS k ON k.CONSTRAINTID = f.KEYCONSTRAINTID
JOIN SYS.SYSTABLES t ON t.TABLEID = c.TABLEID
JOIN SYS.SYSSCHEMAS s ON s.SCHEMAID = t.SCHEMAID
WHERE k.TABLEID = ? AND c.TABLEID <> k.TABLEID
ORDER BY s.SCHEMANAME, t.TABLENAME, c.CONSTRAINTNAME)";

constexpr std::size_t kLongestName = 128;   // characters; a longer parameter would be an error

bool could_be_a_name(std::string_view text) {
  const auto characters = std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  return static_cast<std::size_t>(characters) <= kLongestName && text.find('\0') == text.npos;
}

std::string without_blanks_behind(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string_view without_end(std::string_view text, std::string_view end) { return text.ends_with(end) ? text.substr(0, text.size() - end.size()) : text; }

Identity identity_of(std::string_view increments, std::string_view default_text) {
  if (increments != "1") return Identity::none;
  return default_text == "GENERATED_BY_DEFAULT" ? Identity::by_default : Identity::always;
}

std::vector<ColumnInfo> read_columns(const Ask& ask, const std::string& id, std::vector<int>& numbers) {
  std::vector<ColumnInfo> columns;
  for (const auto& row : ask(kColumns, {id})) {
    int number = 0;
    std::from_chars(row[1].data(), row[1].data() + row[1].size(), number);
    numbers.push_back(number);
    ColumnInfo& column = columns.emplace_back();
    column.name = row[0];
    column.type = catalog_type(row[2]);
    column.nullable = !row[2].ends_with(" NOT NULL");
    column.identity = identity_of(row[4], row[3]);
    const bool computed = row[3].starts_with("GENERATED ALWAYS AS (");
    column.generated = computed || column.identity == Identity::always;
    column.has_default = !row[3].empty() && !computed && column.identity == Identity::none;
  }
  return columns;
}

/// The numbers between a descriptor's parentheses.
std::vector<int> columns_of(std::string_view descriptor) {
  std::vector<int> numbers;
  descriptor.remove_prefix(std::min(descriptor.find('('), descriptor.size()));
  while (!descriptor.empty()) {
    descriptor.remove_prefix(1);   // the parenthesis or the comma
    descriptor.remove_prefix(std::min(descriptor.find_first_not_of(' '), descriptor.size()));
    int number = 0;
    std::from_chars(descriptor.data(), descriptor.data() + descriptor.size(), number);
    numbers.push_back(number);
    descriptor.remove_prefix(std::min(descriptor.find(','), descriptor.size()));
  }
  return numbers;
}

std::vector<UniqueKey> read_keys(const Ask& ask, const std::string& id, const std::vector<ColumnInfo>& columns, const std::vector<int>& numbers) {
  std::vector<UniqueKey> keys;
  for (const auto& row : ask(kUniqueKeys, {id})) {
    if (!row[2].starts_with("UNIQUE")) continue;
    UniqueKey key{row[0], {}, row[1] == "P"};
    const std::vector<int> wanted = columns_of(row[2]);
    for (const int number : wanted) {
      const auto at = std::find(numbers.begin(), numbers.end(), number);
      if (at != numbers.end()) key.columns.push_back(columns[static_cast<std::size_t>(at - numbers.begin())].name);
    }
    if (!wanted.empty() && key.columns.size() == wanted.size()) keys.insert(key.primary ? keys.begin() : keys.end(), std::move(key));
  }
  return keys;
}

}  // namespace

SqlType catalog_type(std::string_view spelled) {
  spelled = without_end(spelled, " NOT NULL");
  SqlType type = parse_type(spelled);
  if (spelled.ends_with("FOR BIT DATA")) type.kind = TypeKind::binary;
  else if (spelled == "LONG VARCHAR") type.kind = TypeKind::text;
  type.native = spelled;
  return type;
}

std::optional<TableInfo> describe_table(const Ask& ask, const TableName& table) {
  if (!could_be_a_name(table.name) || !could_be_a_name(table.schema)) return std::nullopt;
  std::string schema = table.schema;
  if (schema.empty()) {
    const TextRows current = ask("VALUES CURRENT SCHEMA", {});
    if (current.empty()) return std::nullopt;
    schema = without_blanks_behind(current[0][0]);
  }
  const TextRows found = ask(kFindTable, {table.name, schema});
  const auto row = std::find_if(found.begin(), found.end(), [&](const auto& r) { return r[2] == table.name && r[1] == schema; });
  if (row == found.end()) return std::nullopt;
  TableInfo info;
  info.name = {(*row)[1], (*row)[2]};
  std::vector<int> numbers;   // of the columns, in which those that were dropped leave gaps
  info.columns = read_columns(ask, (*row)[0], numbers);
  info.unique_keys = read_keys(ask, (*row)[0], info.columns, numbers);
  for (const auto& key : ask(kReferencing, {(*row)[0]})) info.referenced_by.push_back({key[0], {key[1], key[2]}});
  return info;
}

}  // namespace millrace::derby
