#include "sqlite3/table_info.hpp"

#include <string>

#include "sqlite3/affinity.hpp"
#include "sqlite3/errors.hpp"
#include "sqlite3/statement.hpp"

namespace millrace::sqlite {
namespace {

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

std::string text(const Statement& statement, int column) { return std::string(statement.text(column)); }

template <class F> void each(::sqlite3* db, const std::string& sql, std::string_view first, std::string_view second, F&& use) {
  Statement statement(db, sql);
  const std::vector<Value> values{Value(first), Value(second)};
  statement.bind(values);
  while (statement.step()) use(statement);
}

/// The column's collating sequence as DDL needs it; empty for the default.
std::string collation_of(::sqlite3* db, const TableName& table, const std::string& column) {
  const char* collation = nullptr;
  if (sqlite3_table_column_metadata(db, table.schema.c_str(), table.name.c_str(), column.c_str(), nullptr, &collation, nullptr, nullptr, nullptr) != SQLITE_OK) return {};
  return collation && sqlite3_stricmp(collation, "BINARY") != 0 ? std::string(collation) : std::string();
}

class Reader {
 public:
  Reader(::sqlite3* db, TableInfo& info, bool has_rowid) : db_(db), info_(info), has_rowid_(has_rowid) {}

  void read() {
    read_columns();
    read_keys();
    read_rowid_key();
    read_referencing();
  }

 private:
  template <class F> void each_row(const std::string& sql, F&& use) { each(db_, sql, info_.name.name, info_.name.schema, use); }

  void read_columns() {
    each_row(kColumns, [&](const Statement& row) {
      ColumnInfo& column = info_.columns.emplace_back();
      column.name = text(row, 0);
      const std::string declared = text(row, 1);
      column.type = declared_type(declared);
      // ANY keeps every value as it is in a STRICT table and nowhere else: no type at all says the same everywhere.
      if (info_.is_strict && affinity_of(declared, true) == Affinity::blob && sqlite3_stricmp(declared.c_str(), "ANY") == 0) column.type = SqlType::of(TypeKind::text);
      column.nullable = row.integer(2) == 0;
      column.has_default = row.integer(3) != 0;
      column.generated = row.integer(5) >= 2;
      const std::string collation = collation_of(db_, info_.name, column.name);
      if (!collation.empty()) column.collation = quoted(collation);
      collations_.push_back(collation.empty() ? "BINARY" : collation);
    });
  }

  void read_keys() {
    each_row(kIndexes, [&](const Statement& row) {
      UniqueKey key{text(row, 0), {}, row.text(1) == "pk"};
      if (read_index_columns(key)) info_.unique_keys.push_back(std::move(key));
    });
  }

  /// False for an index that does not keep the columns' own equality unique: over expressions, or with another collation.
  bool read_index_columns(UniqueKey& key) {
    bool plain = true;
    each(db_, kIndexColumns, key.name, info_.name.schema, [&](const Statement& row) {
      const std::string name = text(row, 1);
      plain = plain && row.integer(0) != 0 && sqlite3_stricmp(collation_named(name).c_str(), text(row, 2).c_str()) == 0;
      key.columns.push_back(name);
    });
    return plain;
  }

  std::string collation_named(const std::string& column) const {
    for (std::size_t i = 0; i < info_.columns.size(); ++i) {
      if (info_.columns[i].name == column) return collations_[i];
    }
    return "BINARY";
  }

  // A primary key without an index of its own is the rowid: SQLite fills it where it is left out, and it is never NULL.
  void read_rowid_key() {
    if (!has_rowid_ || info_.primary_key()) return;
    UniqueKey key{"", {}, true};
    each_row(kPrimaryKey, [&](const Statement& row) { key.columns.push_back(text(row, 0)); });
    if (key.columns.size() != 1) return;
    for (ColumnInfo& column : info_.columns) {
      if (column.name != key.columns.front() || sqlite3_stricmp(column.type.native.c_str(), "INTEGER") != 0) continue;
      column.nullable = false;
      column.has_default = true;
      column.identity = Identity::by_default;
      info_.unique_keys.insert(info_.unique_keys.begin(), key);
    }
  }

  void read_referencing() {
    each_row(referencing_query(quoted(info_.name.schema)), [&](const Statement& row) { info_.referenced_by.push_back({text(row, 1), {info_.name.schema, text(row, 0)}}); });
  }

  ::sqlite3* db_;
  TableInfo& info_;
  const bool has_rowid_;
  std::vector<std::string> collations_;
};

}  // namespace

std::optional<TableInfo> describe_table(::sqlite3* db, const TableName& table) {
  // SQLite would stop reading at a NUL and find another table.
  if (table.name.find('\0') != std::string::npos || table.schema.find('\0') != std::string::npos) return std::nullopt;
  std::optional<TableInfo> info;
  bool has_rowid = false;
  each(db, kFindTable, table.name, table.schema, [&](const Statement& row) {
    info.emplace();
    info->name = {text(row, 0), text(row, 1)};
    has_rowid = row.integer(2) != 0;
    info->is_strict = row.integer(3) != 0;
  });
  if (info) Reader(db, *info, has_rowid).read();
  return info;
}

}  // namespace millrace::sqlite
