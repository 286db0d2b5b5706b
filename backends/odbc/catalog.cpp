#include "odbc/catalog.hpp"

#include <algorithm>
#include <map>

#include "common/cli/statement.hpp"

namespace millrace::cli_odbc {
namespace {

// Column numbers of the result sets (ODBC's reference: SQLTables, SQLColumns, SQLPrimaryKeys, SQLStatistics, SQLForeignKeys), from 0.
namespace tables { enum : int { schema = 1, name = 2 }; }
namespace columns { enum : int { name = 3, sql_type = 4, type_name = 5, size = 6, scale = 8, nullable = 10, default_value = 12, last = 12 }; }
namespace primary_keys { enum : int { column = 3, position = 4, name = 5 }; }
namespace statistics { enum : int { not_unique = 3, index = 5, position = 7, column = 8, filter = 12 }; }
namespace foreign_keys { enum : int { schema = 5, table = 6, name = 11 }; }

SQLCHAR* argument(const std::string& text) { return text.empty() ? nullptr : reinterpret_cast<SQLCHAR*>(const_cast<char*>(text.c_str())); }
SQLSMALLINT length(const std::string& text) { return static_cast<SQLSMALLINT>(text.size()); }

/// The rows of a catalog function's result, as text.
class CatalogRows {
 public:
  explicit CatalogRows(Session& session) : statement_(session) {}
  SQLHSTMT handle() const { return statement_.handle(); }
  template <class F> void each(SQLRETURN code, F&& use) {
    statement_.check(code);
    const int count = statement_.columns();
    while (statement_.fetch()) {
      std::vector<std::string> row;
      for (int c = 0; c < count; ++c) row.emplace_back(statement_.read(c, SQL_C_CHAR).value_or(std::string_view()));
      use(row);
    }
  }

 private:
  Statement statement_;
};

int number(const std::string& text) { return text.empty() ? 0 : std::atoi(text.c_str()); }

bool find_table(Session& session, TableName& table) {
  CatalogRows rows(session);
  bool found = false;
  rows.each(SQLTables(rows.handle(), nullptr, 0, argument(table.schema), length(table.schema), argument(table.name), length(table.name), nullptr, 0), [&](const auto& row) {
    if (found || row[tables::name] != table.name) return;   // the name was a pattern
    if (!table.schema.empty() && row[tables::schema] != table.schema) return;
    table.schema = row[tables::schema];
    found = true;
  });
  return found;
}

void read_columns(Session& session, TableInfo& info) {
  CatalogRows rows(session);
  rows.each(SQLColumns(rows.handle(), nullptr, 0, argument(info.name.schema), length(info.name.schema), argument(info.name.name), length(info.name.name), nullptr, 0), [&](const auto& row) {
    if (row[tables::name] != info.name.name) return;
    ColumnInfo& column = info.columns.emplace_back();
    column.name = row[columns::name];
    const ResultDescription description{column.name, static_cast<SQLSMALLINT>(number(row[columns::sql_type])), static_cast<SQLULEN>(number(row[columns::size])),
                                        static_cast<SQLSMALLINT>(number(row[columns::scale])), row[columns::type_name]};
    column.type = session.result_type(description);
    column.type.native.clear();    // without its parameters it would declare another type
    column.nullable = number(row[columns::nullable]) != SQL_NO_NULLS;
    column.has_default = row.size() > columns::last && !row[columns::default_value].empty() && row[columns::default_value] != "NULL";
  });
}

void read_primary_key(Session& session, TableInfo& info) {
  CatalogRows rows(session);
  std::map<int, std::string> ordered;
  std::string name;
  rows.each(SQLPrimaryKeys(rows.handle(), nullptr, 0, argument(info.name.schema), length(info.name.schema), argument(info.name.name), length(info.name.name)), [&](const auto& row) {
    ordered[number(row[primary_keys::position])] = row[primary_keys::column];
    name = row[primary_keys::name];
  });
  if (ordered.empty()) return;
  UniqueKey key{std::move(name), {}, true};
  for (auto& [position, column] : ordered) key.columns.push_back(std::move(column));
  info.unique_keys.push_back(std::move(key));
}

void read_unique_indexes(Session& session, TableInfo& info) {
  CatalogRows rows(session);
  std::map<std::string, std::map<int, std::string>> indexes;
  std::vector<std::string> partial;
  rows.each(SQLStatistics(rows.handle(), nullptr, 0, argument(info.name.schema), length(info.name.schema), argument(info.name.name), length(info.name.name), SQL_INDEX_UNIQUE, SQL_QUICK),
            [&](const auto& row) {
              const std::string& index = row[statistics::index];
              if (index.empty() || number(row[statistics::not_unique]) != 0) return;
              if (row.size() > statistics::filter && !row[statistics::filter].empty()) partial.push_back(index);
              indexes[index][number(row[statistics::position])] = row[statistics::column];
            });
  for (auto& [name, ordered] : indexes) {
    UniqueKey key{name, {}, false};
    bool plain = std::find(partial.begin(), partial.end(), name) == partial.end();
    for (auto& [position, column] : ordered) plain = plain && info.find(column), key.columns.push_back(std::move(column));
    const bool known = std::any_of(info.unique_keys.begin(), info.unique_keys.end(), [&](const UniqueKey& other) { return other.columns == key.columns; });
    if (plain && !known) info.unique_keys.push_back(std::move(key));
  }
}

void read_referencing(Session& session, TableInfo& info) {
  CatalogRows rows(session);
  const SQLRETURN code = SQLForeignKeys(rows.handle(), nullptr, 0, argument(info.name.schema), length(info.name.schema), argument(info.name.name), length(info.name.name), nullptr, 0, nullptr, 0, nullptr, 0);
  if (!succeeded(code)) return;   // not every driver has it
  rows.each(code, [&](const auto& row) {
    const ReferencingKey key{row[foreign_keys::name], {row[foreign_keys::schema], row[foreign_keys::table]}};
    if (key.table == info.name) return;  // a table that refers to itself does not stand in its own way
    const bool known = std::any_of(info.referenced_by.begin(), info.referenced_by.end(), [&](const ReferencingKey& k) { return k.name == key.name && k.table == key.table; });
    if (!known) info.referenced_by.push_back(key);
  });
}

}  // namespace

std::optional<TableInfo> describe_by_functions(Session& session, const TableName& table) {
  if (table.name.empty() || table.name.find('\0') != std::string::npos) return std::nullopt;
  TableInfo info;
  info.name = table;
  if (!find_table(session, info.name)) return std::nullopt;
  read_columns(session, info);
  read_primary_key(session, info);
  read_unique_indexes(session, info);
  read_referencing(session, info);
  return info;
}

}  // namespace millrace::cli_odbc
