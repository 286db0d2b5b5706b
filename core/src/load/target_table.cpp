#include "load/target_table.hpp"

#include <algorithm>
#include <set>

#include "millrace/access/log.hpp"
#include "millrace/load/csv.hpp"

namespace millrace {
namespace {

bool is_plain_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

/// As DDL without quotes would name them, so that queries need none either. Names that need quotes stay as they are, and so do all if two would become one.
void fold_names(std::vector<ColumnInfo>& columns, const Dialect& dialect) {
  std::vector<std::string> names;
  for (const ColumnInfo& column : columns) names.push_back(is_plain_name(column.name) ? dialect.fold(column.name) : column.name);
  if (std::set(names.begin(), names.end()).size() != names.size()) return;
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i].name = names[i];
}

/// The columns of the file as the database will have them.
std::vector<ColumnInfo> target_columns(const LoadJob& job, Source& source, const Dialect& dialect) {
  std::vector<ColumnInfo> columns = infer_columns(source, job.csv_options());
  std::erase_if(columns, [&](const ColumnInfo& c) { return std::find(job.skip.begin(), job.skip.end(), c.name) != job.skip.end(); });
  for (ColumnInfo& column : columns) {
    const auto renamed = std::find_if(job.map.begin(), job.map.end(), [&](const auto& m) { return m.first == column.name; });
    if (renamed != job.map.end()) column.name = renamed->second;
    column.type = dialect.created_type(column.type);
  }
  fold_names(columns, dialect);
  return columns;
}

}  // namespace

TableInfo find_or_create_target(Connection& connection, const LoadJob& job, Source& source, bool dry_run, std::vector<std::string>& planned_sql) {
  const Dialect& dialect = connection.dialect();
  const TableName name = dialect.parse_table(job.table);
  if (auto found = connection.try_describe(name)) return *std::move(found);
  if (!job.create) {
    throw ConfigError("there is no table " + to_string(name) + " in this database; create it, check the name and schema of --table, or let --create make it from the input");
  }
  TableInfo table;
  table.name = name;
  table.columns = target_columns(job, source, dialect);
  std::vector<std::string> key;
  for (const std::string& text : job.key) {
    const auto find = [&](const std::string& wanted) { return std::find_if(table.columns.begin(), table.columns.end(), [&](const ColumnInfo& c) { return c.name == wanted; }); };
    // As plan_key() does, so that what it would refuse is refused before the table is made.
    auto column = find(dialect.parse_identifier(text));
    if (column == table.columns.end()) column = find(text);
    if (column == table.columns.end()) throw ConfigError("--key names \"" + text + "\", which is not a column of the source");
    column->nullable = false;
    key.push_back(column->name);
  }
  std::string sql = "CREATE TABLE " + dialect.quote(name) + " (";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const ColumnInfo& column = table.columns[i];
    sql += (i ? ", " : "") + dialect.quote(column.name) + " " + dialect.type_name(column.type) + (column.nullable ? "" : " NOT NULL");
  }
  if (!key.empty()) sql += ", PRIMARY KEY (" + dialect.quote_list(key) + ")";
  sql += ")";
  if (dry_run) {
    if (!key.empty()) table.unique_keys.push_back({"primary key", key, true});
    planned_sql.push_back(sql);
    return table;
  }
  connection.execute(sql);
  log(LogLevel::info, "target.created", "created table " + to_string(name), {{"sql", sql}});
  return connection.describe(name);
}

}  // namespace millrace
