// The calls that prepare, bind and run statements.

#include <limits>

#include "db2/cli/execution.hpp"
#include "db2/cli/functions.hpp"
#include "db2/cli/handles.hpp"

namespace millrace::db2::cli::drda_calls {
namespace {

constexpr SQLUINTEGER kMostRows = 32'767;   // of an array or a rowset: Db2's limit, and half of what a chain can number

SQLUINTEGER size_argument(SQLPOINTER value) {
  const SQLUINTEGER size = number_argument(value);
  if (size < 1 || size > kMostRows) throw CallError("HY024", "an array has 1 to " + std::to_string(kMostRows) + " rows");
  return size;
}

void only(SQLPOINTER value, SQLUINTEGER wanted, const char* what) {
  if (number_argument(value) != wanted) throw CallError("HYC00", std::string(what) + " is the only one that is known");
}

SQLRETURN set_attribute(StatementHandle& s, SQLINTEGER attribute, SQLPOINTER value) {
  switch (attribute) {
    case SQL_ATTR_PARAMSET_SIZE: s.parameter_sets = size_argument(value); return SQL_SUCCESS;
    case SQL_ATTR_PARAM_STATUS_PTR: s.statuses = static_cast<SQLUSMALLINT*>(value); return SQL_SUCCESS;
    case SQL_ATTR_PARAMS_PROCESSED_PTR: s.sets_processed = static_cast<SQLULEN*>(value); return SQL_SUCCESS;
    case SQL_ATTR_PARAMOPT_ATOMIC: s.atomic = number_argument(value) != SQL_ATOMIC_NO; return SQL_SUCCESS;
    case SQL_ATTR_ROW_ARRAY_SIZE: s.rowset = size_argument(value); return SQL_SUCCESS;
    case SQL_ATTR_ROWS_FETCHED_PTR: s.rows_fetched = static_cast<SQLULEN*>(value); return SQL_SUCCESS;
    case SQL_ATTR_ROW_STATUS_PTR: s.row_statuses = static_cast<SQLUSMALLINT*>(value); return SQL_SUCCESS;
    case SQL_ATTR_QUERY_TIMEOUT: s.timeout = std::chrono::seconds(number_argument(value)); return SQL_SUCCESS;
    case SQL_ATTR_PARAM_BIND_TYPE: only(value, SQL_PARAM_BIND_BY_COLUMN, "binding by column"); return SQL_SUCCESS;
    case SQL_ATTR_ROW_BIND_TYPE: only(value, SQL_BIND_BY_COLUMN, "binding by column"); return SQL_SUCCESS;
    case SQL_ATTR_CURSOR_TYPE: only(value, SQL_CURSOR_FORWARD_ONLY, "a cursor that goes forward"); return SQL_SUCCESS;
    case SQL_ATTR_CONCURRENCY: only(value, SQL_CONCUR_READ_ONLY, "a cursor that reads"); return SQL_SUCCESS;
    case SQL_ATTR_DEFERRED_PREPARE:   // statements are prepared at once in any case
    case SQL_ATTR_CURSOR_HOLD:
    case SQL_ATTR_NOSCAN: return SQL_SUCCESS;
    default: throw CallError("HY092", "statement attribute " + std::to_string(attribute) + " is not known");
  }
}

template <class T> SQLRETURN put(SQLPOINTER value, T what, SQLINTEGER* length) {
  if (value != nullptr) *static_cast<T*>(value) = what;
  if (length != nullptr) *length = sizeof what;
  return SQL_SUCCESS;
}

SQLRETURN get_attribute(const StatementHandle& s, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER* length) {
  switch (attribute) {
    case SQL_ATTR_PARAMSET_SIZE: return put(value, s.parameter_sets, length);
    case SQL_ATTR_PARAM_STATUS_PTR: return put(value, s.statuses, length);
    case SQL_ATTR_PARAMS_PROCESSED_PTR: return put(value, s.sets_processed, length);
    case SQL_ATTR_PARAMOPT_ATOMIC: return put(value, static_cast<SQLUINTEGER>(s.atomic), length);
    case SQL_ATTR_ROW_ARRAY_SIZE: return put(value, s.rowset, length);
    case SQL_ATTR_ROWS_FETCHED_PTR: return put(value, s.rows_fetched, length);
    case SQL_ATTR_ROW_STATUS_PTR: return put(value, s.row_statuses, length);
    case SQL_ATTR_QUERY_TIMEOUT: return put(value, static_cast<SQLUINTEGER>(s.timeout.count()), length);
    case SQL_ATTR_PARAM_BIND_TYPE:
    case SQL_ATTR_ROW_BIND_TYPE:
    case SQL_ATTR_CURSOR_TYPE:
    case SQL_ATTR_CURSOR_HOLD:
    case SQL_ATTR_DEFERRED_PREPARE: return put(value, SQLUINTEGER{0}, length);
    case SQL_ATTR_CONCURRENCY: return put(value, SQLUINTEGER{SQL_CONCUR_READ_ONLY}, length);
    default: throw CallError("HY092", "statement attribute " + std::to_string(attribute) + " is not known");
  }
}

}  // namespace

SQLRETURN prepare(SQLHSTMT statement, SQLCHAR* text, SQLINTEGER length) {
  return enter<StatementHandle>(statement, [&](StatementHandle& s) -> SQLRETURN {
    const std::string_view sql = text_argument(text, length);
    try {
      s.prepare(sql);
      return SQL_SUCCESS;
    } catch (const drda::Failure& failure) {
      s.diagnostics.add(failure.sqlca());
      if (s.connection().ends_transaction(failure.sqlca())) s.connection().note_failure(failure.sqlca());
      return SQL_ERROR;
    }
  });
}

SQLRETURN execute(SQLHSTMT statement) {
  return enter<StatementHandle>(statement, [](StatementHandle& s) { return execute_prepared(s); });
}

SQLRETURN execute_direct(SQLHSTMT statement, SQLCHAR* text, SQLINTEGER length) {
  return enter<StatementHandle>(statement, [&](StatementHandle& s) { return execute_text(s, text_argument(text, length)); });
}

// From another thread than the one that waits: no lock but the one that cancel() takes, and the diagnostics are the other's.
SQLRETURN cancel(SQLHSTMT statement) {
  const auto handle = std::static_pointer_cast<StatementHandle>(handle_table::find(statement, SQL_HANDLE_STMT));
  if (handle == nullptr) return SQL_INVALID_HANDLE;
  if (!handle->connection().cancel() && handle->reading) handle->cancelled = true;
  return SQL_SUCCESS;
}

SQLRETURN free_statement(SQLHSTMT statement, SQLUSMALLINT what) {
  if (what == SQL_DROP) return free_handle(SQL_HANDLE_STMT, statement);
  return enter<StatementHandle>(statement, [&](StatementHandle& s) {
    switch (what) {
      case SQL_CLOSE: s.close_cursor(); return SQL_SUCCESS;
      case SQL_UNBIND: s.bound_columns.clear(); return SQL_SUCCESS;
      case SQL_RESET_PARAMS: s.parameters.clear(); return SQL_SUCCESS;
      default: throw CallError("HY092", "a statement is closed, unbound, reset or dropped");
    }
  });
}

SQLRETURN set_statement_attribute(SQLHSTMT statement, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER) {
  return enter<StatementHandle>(statement, [&](StatementHandle& s) { return set_attribute(s, attribute, value); });
}

SQLRETURN get_statement_attribute(SQLHSTMT statement, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER, SQLINTEGER* length) {
  return enter<StatementHandle>(statement, [&](const StatementHandle& s) { return get_attribute(s, attribute, value, length); });
}

SQLRETURN bind_parameter(SQLHSTMT statement, SQLUSMALLINT number, SQLSMALLINT direction, SQLSMALLINT c_type, SQLSMALLINT sql_type, SQLULEN, SQLSMALLINT, SQLPOINTER value, SQLLEN room,
                         SQLLEN* length) {
  return enter<StatementHandle>(statement, [&](StatementHandle& s) {
    if (number < 1) throw CallError("07009", "parameters are numbered from 1");
    const BoundParameter bound = cli::bind_parameter(direction, c_type, sql_type, value, room, length);
    if (s.parameters.size() < number) s.parameters.resize(number);
    s.parameters[number - 1] = bound;
    return SQL_SUCCESS;
  });
}

SQLRETURN count_parameters(SQLHSTMT statement, SQLSMALLINT* count) {
  return enter<StatementHandle>(statement, [&](const StatementHandle& s) {
    s.prepared();
    if (count != nullptr) *count = static_cast<SQLSMALLINT>(std::min<std::size_t>(s.text.markers, std::numeric_limits<SQLSMALLINT>::max()));
    return SQL_SUCCESS;
  });
}

SQLRETURN row_count(SQLHSTMT statement, SQLLEN* count) {
  return enter<StatementHandle>(statement, [&](const StatementHandle& s) {
    if (count != nullptr) *count = static_cast<SQLLEN>(std::min<std::int64_t>(s.row_count, std::numeric_limits<SQLLEN>::max()));
    return SQL_SUCCESS;
  });
}

}  // namespace millrace::db2::cli::drda_calls
