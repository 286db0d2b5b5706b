#include "products/sqlite3/catalog.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "products/sqlite3/affinity.hpp"

namespace millrace::sqlite {
namespace {

constexpr const char* kDefaultCollation = "BINARY";

// database_list numbers main 0, temp 1 and attached databases from 2.
constexpr const char* kFindTable = R"(
SELECT t.schema, t.name, t.type = 'table' AND NOT t.wr, t.strict
FROM pragma_table_list(?1) t JOIN pragma_database_list d ON d.name = t.schema
WHERE ?2 = '' OR t.schema = ?2 COLLATE NOCASE
ORDER BY d.seq <> 1, d.seq LIMIT 1)";

// hidden: 1 = a virtual table's parameter, 2 and 3 = generated.
constexpr const char* kColumns = R"(
SELECT name, type, "notnull", dflt_value IS NOT NULL, pk, hidden FROM pragma_table_xinfo(?1, ?2) WHERE hidden <> 1 ORDER BY cid)";

constexpr const char* kPrimaryKey = "SELECT name FROM pragma_table_xinfo(?1, ?2) WHERE pk > 0 ORDER BY pk";

constexpr const char* kIndexes = R"(
SELECT name, origin FROM pragma_index_list(?1, ?2) WHERE "unique" AND NOT partial ORDER BY origin <> 'pk', name)";

// cid -2 is an expression.
constexpr const char* kIndexColumns = "SELECT cid >= 0, name, coll FROM pragma_index_xinfo(?1, ?2) WHERE key ORDER BY seqno";

// A table that refers to itself does not stand in its own way. Foreign keys have no names here: their columns are one.
std::string referencing_query(const std::string& quoted_schema) {
  return R"(
SELECT t.name, t.name || '(' || group_concat(f."from", ', ') || ')'
FROM )" + quoted_schema + R"(.sqlite_schema t JOIN pragma_foreign_key_list(t.name, ?2) f ON f."table" = ?1 COLLATE NOCASE
WHERE t.type = 'table' AND t.name <> ?1 COLLATE NOCASE
GROUP BY t.name, f.id ORDER BY t.name, f.id)";
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

bool flag(const std::string& text) { return text == "1"; }

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

class Reader {
 public:
  Reader(const Ask& ask, const CollationOf& collation_of, TableInfo& info, bool has_rowid) : ask_(ask), collation_of_(collation_of), info_(info), has_rowid_(has_rowid) {}

  void read() {
    read_columns();
    read_keys();
    read_rowid_key();
    read_referencing();
  }

 private:
  TextRows rows_of(const std::string& sql) const { return ask_(sql, {info_.name.name, info_.name.schema}); }

  void read_columns() {
    for (const auto& row : rows_of(kColumns)) {
      ColumnInfo& column = info_.columns.emplace_back();
      column.name = row[0];
      column.type = declared_type(row[1]);
      // ANY keeps every value as it is in a STRICT table and nowhere else: no type at all says the same everywhere.
      if (info_.is_strict && affinity_of(row[1], true) == Affinity::blob && same_name(row[1], "ANY")) column.type = SqlType::of(TypeKind::text);
      column.nullable = !flag(row[2]);
      column.has_default = flag(row[3]);
      column.generated = row[5] == "2" || row[5] == "3";
      std::string collation = collation_of_ ? collation_of_(info_.name, column.name) : std::string();
      if (collation.empty()) collation = kDefaultCollation;
      if (!same_name(collation, kDefaultCollation)) column.collation = quoted(collation);
      collations_.push_back(std::move(collation));
    }
  }

  void read_keys() {
    for (const auto& row : rows_of(kIndexes)) {
      UniqueKey key{row[0], {}, row[1] == "pk"};
      if (read_index_columns(key)) info_.unique_keys.push_back(std::move(key));
    }
  }

  /// False for an index that does not keep the columns' own equality unique: over expressions, or with another collation.
  bool read_index_columns(UniqueKey& key) {
    bool plain = true;
    for (const auto& row : ask_(kIndexColumns, {key.name, info_.name.schema})) {
      plain = plain && flag(row[0]) && (!collation_of_ || same_name(collation_named(row[1]), row[2]));
      key.columns.push_back(row[1]);
    }
    return plain;
  }

  std::string collation_named(const std::string& column) const {
    for (std::size_t i = 0; i < info_.columns.size(); ++i) {
      if (info_.columns[i].name == column) return collations_[i];
    }
    return kDefaultCollation;
  }

  // A primary key without an index of its own is the rowid: SQLite fills it where it is left out, and it is never NULL.
  void read_rowid_key() {
    if (!has_rowid_ || info_.primary_key()) return;
    UniqueKey key{"", {}, true};
    for (const auto& row : rows_of(kPrimaryKey)) key.columns.push_back(row[0]);
    if (key.columns.size() != 1) return;
    for (ColumnInfo& column : info_.columns) {
      if (column.name != key.columns.front() || !same_name(column.type.native, "INTEGER")) continue;
      column.nullable = false;
      column.has_default = true;
      column.identity = Identity::by_default;
      info_.unique_keys.insert(info_.unique_keys.begin(), key);
    }
  }

  void read_referencing() {
    for (const auto& row : rows_of(referencing_query(quoted(info_.name.schema)))) info_.referenced_by.push_back({row[1], {info_.name.schema, row[0]}});
  }

  const Ask& ask_;
  const CollationOf& collation_of_;
  TableInfo& info_;
  const bool has_rowid_;
  std::vector<std::string> collations_;
};

}  // namespace

std::optional<TableInfo> describe_table(const Ask& ask, const CollationOf& collation_of, const TableName& table) {
  // SQLite would stop reading at a NUL and find another table.
  if (table.name.find('\0') != std::string::npos || table.schema.find('\0') != std::string::npos) return std::nullopt;
  const TextRows found = ask(kFindTable, {table.name, table.schema});
  if (found.empty()) return std::nullopt;
  TableInfo info;
  info.name = {found[0][0], found[0][1]};
  info.is_strict = flag(found[0][3]);
  Reader(ask, collation_of, info, flag(found[0][2])).read();
  return info;
}

}  // namespace millrace::sqlite
