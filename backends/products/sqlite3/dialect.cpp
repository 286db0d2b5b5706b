#include "products/sqlite3/dialect.hpp"

#include "products/sqlite3/affinity.hpp"
#include "products/sqlite3/functions.hpp"

namespace millrace::sqlite {
namespace {

// A type in double quotes is taken as it stands, whatever it contains. No type at all is no type.
std::string column_definition(const Dialect& dialect, const ColumnInfo& column) {
  std::string sql = dialect.quote(column.name);
  if (!column.type.native.empty()) sql.append(" ").append(dialect.quote(column.type.native));
  if (!column.collation.empty()) sql += " COLLATE " + column.collation;
  return sql;
}

std::string column_definitions(const Dialect& dialect, const std::vector<ColumnInfo>& columns) {
  std::string list;
  for (const ColumnInfo& column : columns) list.append(", ").append(column_definition(dialect, column));
  return list;
}

std::vector<std::string> create_permanent(const Dialect& dialect, const StagingTable& table) {
  const StagingTable::OwnNames& own = table.own_names;
  std::string create = "CREATE TABLE " + dialect.quote(table.name) + " (" + dialect.quote(own.stg_id) + " INTEGER PRIMARY KEY AUTOINCREMENT, " + dialect.quote(own.run_id) +
                       " VARCHAR(50) NOT NULL, " + dialect.quote(own.worker_id) + " INTEGER, " + dialect.quote(own.src_row) + " BIGINT NOT NULL" +
                       column_definitions(dialect, table.columns) + ", " + dialect.quote(own.insert_ts) + " TIMESTAMP DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')))";
  std::vector<std::string> indexed{own.run_id};
  indexed.insert(indexed.end(), table.key.begin(), table.key.end());
  // An index lives in its table's schema, which stands before the index's name and not before the table's.
  const TableName index{table.name.schema, dialect.limited_name(table.name.name, "_run_key")};
  return {std::move(create), "CREATE INDEX " + dialect.quote(index) + " ON " + dialect.quote(table.name.name) + " (" + dialect.quote_list(indexed) + ")"};
}

}  // namespace

std::string SqliteDialect::type_name(const SqlType& type) const { return sqlite::type_name(type); }

std::string SqliteDialect::now_expression() const { return own_functions_ ? std::string(kNow) + "()" : "strftime('%Y-%m-%d %H:%M:%f', 'now')"; }

std::string SqliteDialect::sum_expression(std::string_view column, const SqlType& type) const {
  if (!own_functions_) return {};
  return std::string(kExactSum) + "(" + quote(column) + ", " + std::to_string(type.is_fixed_decimal() ? type.scale : 0) + ")";
}

// BINARY, since a change of case in a NOCASE column is a change.
std::string SqliteDialect::differs(std::string_view left, std::string_view right, const SqlType&) const {
  return std::string(left) + " COLLATE BINARY IS NOT " + std::string(right);
}

// A table per run is ordered by SRC_ROW itself: the column costs nothing, ranges are found at once, and no row can be staged twice.
std::vector<std::string> SqliteDialect::create_staging(const StagingTable& table) const {
  if (table.permanent) return create_permanent(*this, table);
  return {"CREATE TABLE " + quote(table.name) + " (" + quote(table.src_row) + " INTEGER PRIMARY KEY" + column_definitions(*this, table.columns) + ")"};
}

std::string SqliteDialect::count_by_range(const StagedRows& staged, std::string_view ledger_ranges) const {
  const std::string row = quote(staged.src_row), from = " FROM " + quote(staged.table);
  const std::string ranges = "WITH ranges(first) AS (" + std::string(ledger_ranges) + ")";
  // SRC_ROW is the rowid of a table per run, so that each range is one stretch of the table.
  if (staged.filter.empty()) {
    return ranges + ", bounds(first, next) AS (SELECT first, lead(first, 1, 9223372036854775807) OVER (ORDER BY first) FROM ranges)"
           " SELECT first, (SELECT count(*)" + from + " WHERE " + row + " >= first AND " + row + " < next) AS staged FROM bounds WHERE staged > 0";
  }
  // Elsewhere one sort puts the ranges' starts among the rows.
  return ranges + ", marks(position, first) AS (SELECT first, first FROM ranges UNION ALL SELECT " + row + ", NULL" + from + " WHERE " + staged.filter + ")"
         ", placed(staged, first) AS (SELECT first IS NULL, max(first) OVER (ORDER BY position RANGE UNBOUNDED PRECEDING) FROM marks)"
         " SELECT first, sum(staged) FROM placed WHERE staged GROUP BY first";
}

}  // namespace millrace::sqlite
