// Statements, their results, and the catalog.

#include <algorithm>

#include "integration/odbc/fake_handles.hpp"

namespace millrace::fake_odbc {

void Statement::close() {
  columns.clear();
  rows.clear();
  next = 0;
  row_count = -1;
}

void Statement::answer(std::vector<ResultColumn> its_columns, std::vector<std::vector<Text>> its_rows) {
  close();
  columns = std::move(its_columns);
  rows = std::move(its_rows);
}

namespace {

constexpr SQLULEN kMostRows = 2;   // of an array that is cut

SQLRETURN set_array_size(Statement& statement, SQLULEN rows) {
  if (rows > 1 && statement.connection.behaves("refuses_arrays")) throw Record{"HYC00", "[Fake][Driver]there are no arrays of parameters"};
  statement.array_size = rows;
  if (rows <= kMostRows || !statement.connection.behaves("cuts_arrays")) return SQL_SUCCESS;
  statement.array_size = kMostRows;
  statement.records.push_back({"01S02", "[Fake][Driver]option value changed"});
  return SQL_SUCCESS_WITH_INFO;
}

SQLRETURN set_attribute(Statement& statement, SQLINTEGER attribute, SQLPOINTER value) {
  switch (attribute) {
    case SQL_ATTR_PARAMSET_SIZE: return set_array_size(statement, reinterpret_cast<SQLULEN>(value));
    case SQL_ATTR_PARAM_STATUS_PTR:
      if (statement.connection.behaves("refuses_statuses")) break;
      statement.statuses = static_cast<SQLUSMALLINT*>(value);
      return SQL_SUCCESS;
    case SQL_ATTR_PARAMS_PROCESSED_PTR:
      if (statement.connection.behaves("refuses_processed")) break;
      statement.processed = static_cast<SQLULEN*>(value);
      return SQL_SUCCESS;
    case SQL_ATTR_PARAM_BIND_TYPE:
      if (reinterpret_cast<SQLULEN>(value) == SQL_PARAM_BIND_BY_COLUMN) return SQL_SUCCESS;
      break;
    default: break;
  }
  throw Record{"HYC00", "[Fake][Driver]an attribute that this driver does not have"};
}

/// A piece of a text. Of the last piece every driver knows the length.
SQLRETURN get_text(Statement& statement, std::size_t column, void* to, SQLLEN room, SQLLEN* length) {
  const Text& text = statement.rows.at(statement.next - 1).at(column);
  std::size_t& taken = statement.taken.at(column);
  if (taken == kAllTaken) return SQL_NO_DATA;
  if (!text) {
    taken = kAllTaken;
    *length = SQL_NULL_DATA;
    return SQL_SUCCESS;
  }
  const std::string_view rest = std::string_view(*text).substr(taken);
  if (!hand_out(rest, to, room, length)) {
    taken = kAllTaken;
    return SQL_SUCCESS;
  }
  taken += static_cast<std::size_t>(room) - 1;
  if (statement.connection.behaves("no_total")) *length = SQL_NO_TOTAL;
  statement.records.push_back({"01004", "[Fake][Driver]a text was cut"});
  return SQL_SUCCESS_WITH_INFO;
}

std::string type_name(const ResultColumn& column) { return column.sql_type == SQL_INTEGER ? "INTEGER" : column.sql_type == SQL_BIGINT ? "BIGINT" : "VARCHAR"; }

std::vector<ResultColumn> named(std::initializer_list<const char*> names) {
  std::vector<ResultColumn> columns;
  for (const char* name : names) columns.push_back({name});
  return columns;
}

bool is_t(const SQLCHAR* name, SQLSMALLINT length) { return argument(name, length) == "T"; }

/// The answer of a catalog function: rows about T, none about anything else.
SQLRETURN catalog(SQLHSTMT handle, bool about_t, std::initializer_list<const char*> names, std::vector<std::vector<Text>> (*rows)(const Connection&)) {
  return call<Statement>(handle, [&](Statement& statement) {
    statement.connection.check_alive();
    statement.answer(named(names), about_t ? rows(statement.connection) : std::vector<std::vector<Text>>{});
    return SQL_SUCCESS;
  });
}

}  // namespace
}  // namespace millrace::fake_odbc

using namespace millrace::fake_odbc;

FAKE_ODBC_API SQLRETURN SQLPrepare(SQLHSTMT handle, SQLCHAR* sql, SQLINTEGER length) {
  return call<Statement>(handle, [&](Statement& statement) { return statement.sql = argument(sql, length), SQL_SUCCESS; });
}

FAKE_ODBC_API SQLRETURN SQLExecute(SQLHSTMT handle) { return call<Statement>(handle, execute); }

FAKE_ODBC_API SQLRETURN SQLExecDirect(SQLHSTMT handle, SQLCHAR* sql, SQLINTEGER length) {
  return call<Statement>(handle, [&](Statement& statement) {
    statement.sql = argument(sql, length);
    return execute(statement);
  });
}

FAKE_ODBC_API SQLRETURN SQLBindParameter(SQLHSTMT handle, SQLUSMALLINT number, SQLSMALLINT direction, SQLSMALLINT c_type, SQLSMALLINT, SQLULEN, SQLSMALLINT, SQLPOINTER values, SQLLEN width,
                                         SQLLEN* lengths) {
  return call<Statement>(handle, [&](Statement& statement) -> SQLRETURN {
    if (number < 1 || number > statement.parameters.size()) throw Record{"07009", "[Fake][Driver]there is no such marker"};
    if (direction != SQL_PARAM_INPUT) throw Record{"HY105", "[Fake][Driver]parameters go in only"};
    statement.parameters[number - 1u] = {c_type, static_cast<const char*>(values), width, lengths};
    ++statement.connection.base->statistics.binds;
    return SQL_SUCCESS;
  });
}

FAKE_ODBC_API SQLRETURN SQLSetStmtAttr(SQLHSTMT handle, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER) {
  return call<Statement>(handle, [&](Statement& statement) { return set_attribute(statement, attribute, value); });
}

FAKE_ODBC_API SQLRETURN SQLGetStmtAttr(SQLHSTMT handle, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER, SQLINTEGER*) {
  return call<Statement>(handle, [&](const Statement& statement) -> SQLRETURN {
    if (attribute != SQL_ATTR_PARAMSET_SIZE) throw Record{"HYC00", "[Fake][Driver]an attribute that this driver does not have"};
    *static_cast<SQLULEN*>(value) = statement.array_size;
    return SQL_SUCCESS;
  });
}

FAKE_ODBC_API SQLRETURN SQLNumResultCols(SQLHSTMT handle, SQLSMALLINT* count) {
  return call<Statement>(handle, [&](const Statement& statement) { return *count = static_cast<SQLSMALLINT>(statement.columns.size()), SQL_SUCCESS; });
}

FAKE_ODBC_API SQLRETURN SQLDescribeCol(SQLHSTMT handle, SQLUSMALLINT number, SQLCHAR* name, SQLSMALLINT room, SQLSMALLINT* length, SQLSMALLINT* sql_type, SQLULEN* size, SQLSMALLINT* scale,
                                       SQLSMALLINT* nullable) {
  return call<Statement>(handle, [&](const Statement& statement) {
    const ResultColumn& column = statement.columns.at(number - 1u);
    hand_out(column.name, name, room, length);
    *sql_type = column.sql_type, *size = column.size, *scale = 0, *nullable = SQL_NULLABLE;
    return SQL_SUCCESS;
  });
}

FAKE_ODBC_API SQLRETURN SQLColAttribute(SQLHSTMT handle, SQLUSMALLINT number, SQLUSMALLINT field, SQLPOINTER text, SQLSMALLINT room, SQLSMALLINT* length, SQLLEN*) {
  return call<Statement>(handle, [&](const Statement& statement) -> SQLRETURN {
    if (field != SQL_DESC_TYPE_NAME) throw Record{"HY091", "[Fake][Driver]a field that this driver does not have"};
    hand_out(type_name(statement.columns.at(number - 1u)), text, room, length);
    return SQL_SUCCESS;
  });
}

FAKE_ODBC_API SQLRETURN SQLFetch(SQLHSTMT handle) {
  return call<Statement>(handle, [](Statement& statement) -> SQLRETURN {
    statement.connection.check_alive();
    if (statement.next == statement.rows.size()) return SQL_NO_DATA;
    ++statement.next;
    statement.taken.assign(statement.columns.size(), 0);
    return SQL_SUCCESS;
  });
}

FAKE_ODBC_API SQLRETURN SQLGetData(SQLHSTMT handle, SQLUSMALLINT number, SQLSMALLINT c_type, SQLPOINTER to, SQLLEN room, SQLLEN* length) {
  return call<Statement>(handle, [&](Statement& statement) -> SQLRETURN {
    if (c_type != SQL_C_CHAR) throw Record{"07006", "[Fake][Driver]values come as texts only"};
    return get_text(statement, number - 1u, to, room, length);
  });
}

FAKE_ODBC_API SQLRETURN SQLRowCount(SQLHSTMT handle, SQLLEN* count) {
  return call<Statement>(handle, [&](const Statement& statement) { return *count = statement.row_count, SQL_SUCCESS; });
}

FAKE_ODBC_API SQLRETURN SQLFreeStmt(SQLHSTMT handle, SQLUSMALLINT what) {
  return call<Statement>(handle, [&](Statement& statement) {
    if (what == SQL_CLOSE) statement.close();
    if (what == SQL_RESET_PARAMS) statement.parameters = {};
    return SQL_SUCCESS;
  });
}

FAKE_ODBC_API SQLRETURN SQLMoreResults(SQLHSTMT) { return SQL_NO_DATA; }
FAKE_ODBC_API SQLRETURN SQLCancel(SQLHSTMT) { return SQL_SUCCESS; }

FAKE_ODBC_API SQLRETURN SQLTables(SQLHSTMT handle, SQLCHAR*, SQLSMALLINT, SQLCHAR*, SQLSMALLINT, SQLCHAR* table, SQLSMALLINT length, SQLCHAR*, SQLSMALLINT) {
  return catalog(handle, is_t(table, length), {"TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "TABLE_TYPE", "REMARKS"},
                 [](const Connection&) -> std::vector<std::vector<Text>> { return {{std::nullopt, std::nullopt, "T", "TABLE", std::nullopt}}; });
}

FAKE_ODBC_API SQLRETURN SQLColumns(SQLHSTMT handle, SQLCHAR*, SQLSMALLINT, SQLCHAR*, SQLSMALLINT, SQLCHAR* table, SQLSMALLINT length, SQLCHAR*, SQLSMALLINT) {
  return catalog(handle, is_t(table, length),
                 {"TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME", "COLUMN_SIZE", "BUFFER_LENGTH", "DECIMAL_DIGITS", "NUM_PREC_RADIX", "NULLABLE", "REMARKS",
                  "COLUMN_DEF"},
                 [](const Connection& connection) -> std::vector<std::vector<Text>> {
                   const std::string length_of_v = std::to_string(connection.length);
                   return {{std::nullopt, std::nullopt, "T", "ID", std::to_string(SQL_INTEGER), "INTEGER", "10", "4", "0", "10", std::to_string(SQL_NO_NULLS), std::nullopt, std::nullopt},
                           {std::nullopt, std::nullopt, "T", "V", std::to_string(SQL_VARCHAR), "VARCHAR", length_of_v, length_of_v, std::nullopt, std::nullopt, std::to_string(SQL_NULLABLE),
                            std::nullopt, std::nullopt}};
                 });
}

FAKE_ODBC_API SQLRETURN SQLPrimaryKeys(SQLHSTMT handle, SQLCHAR*, SQLSMALLINT, SQLCHAR*, SQLSMALLINT, SQLCHAR* table, SQLSMALLINT length) {
  return catalog(handle, is_t(table, length), {"TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "COLUMN_NAME", "KEY_SEQ", "PK_NAME"},
                 [](const Connection&) -> std::vector<std::vector<Text>> { return {{std::nullopt, std::nullopt, "T", "ID", "1", "T_KEY"}}; });
}

FAKE_ODBC_API SQLRETURN SQLStatistics(SQLHSTMT handle, SQLCHAR*, SQLSMALLINT, SQLCHAR*, SQLSMALLINT, SQLCHAR* table, SQLSMALLINT length, SQLUSMALLINT, SQLUSMALLINT) {
  return catalog(handle, is_t(table, length),
                 {"TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "NON_UNIQUE", "INDEX_QUALIFIER", "INDEX_NAME", "TYPE", "ORDINAL_POSITION", "COLUMN_NAME", "ASC_OR_DESC", "CARDINALITY", "PAGES",
                  "FILTER_CONDITION"},
                 [](const Connection&) -> std::vector<std::vector<Text>> {
                   return {{std::nullopt, std::nullopt, "T", "0", std::nullopt, "T_KEY", std::to_string(SQL_INDEX_OTHER), "1", "ID", "A", std::nullopt, std::nullopt, std::nullopt}};
                 });
}

FAKE_ODBC_API SQLRETURN SQLForeignKeys(SQLHSTMT handle, SQLCHAR*, SQLSMALLINT, SQLCHAR*, SQLSMALLINT, SQLCHAR*, SQLSMALLINT, SQLCHAR*, SQLSMALLINT, SQLCHAR*, SQLSMALLINT, SQLCHAR*, SQLSMALLINT) {
  return catalog(handle, false,
                 {"PKTABLE_CAT", "PKTABLE_SCHEM", "PKTABLE_NAME", "PKCOLUMN_NAME", "FKTABLE_CAT", "FKTABLE_SCHEM", "FKTABLE_NAME", "FKCOLUMN_NAME", "KEY_SEQ", "UPDATE_RULE", "DELETE_RULE",
                  "FK_NAME"},
                 nullptr);
}
