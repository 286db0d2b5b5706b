// The calls that tell what went wrong. They leave the diagnostics as they are.

#include <limits>

#include "db2/cli/functions.hpp"
#include "db2/cli/handles.hpp"

namespace millrace::db2::cli::drda_calls {
namespace {

template <class T> SQLRETURN put(SQLPOINTER value, T number) {
  if (value != nullptr) *static_cast<T*>(value) = number;
  return SQL_SUCCESS;
}

SQLRETURN put(SQLPOINTER value, SQLSMALLINT room, SQLSMALLINT* length, std::string_view text) {
  if (length != nullptr) *length = static_cast<SQLSMALLINT>(std::min<std::size_t>(text.size(), std::numeric_limits<SQLSMALLINT>::max()));
  return put_text(text, value, room) || value == nullptr ? SQL_SUCCESS : SQL_SUCCESS_WITH_INFO;
}

}  // namespace

SQLRETURN get_diagnostic_record(SQLSMALLINT type, SQLHANDLE number, SQLSMALLINT record, SQLCHAR* sqlstate, SQLINTEGER* native, SQLCHAR* text, SQLSMALLINT room, SQLSMALLINT* length) {
  const auto handle = handle_table::find(number, type);
  if (handle == nullptr) return SQL_INVALID_HANDLE;
  if (record < 1 || room < 0) return SQL_ERROR;
  if (static_cast<std::size_t>(record) > handle->diagnostics.size()) return SQL_NO_DATA;
  const DiagnosticRecord& found = handle->diagnostics[static_cast<std::size_t>(record) - 1];
  put_text(found.state, sqlstate, SQL_SQLSTATE_SIZE + 1);
  if (native != nullptr) *native = found.native;
  return put(text, room, length, found.text);
}

SQLRETURN get_diagnostic_field(SQLSMALLINT type, SQLHANDLE number, SQLSMALLINT record, SQLSMALLINT field, SQLPOINTER value, SQLSMALLINT room, SQLSMALLINT* length) {
  const auto handle = handle_table::find(number, type);
  if (handle == nullptr) return SQL_INVALID_HANDLE;
  if (field == SQL_DIAG_NUMBER) return put(value, static_cast<SQLINTEGER>(handle->diagnostics.size()));
  if (field == SQL_DIAG_ROW_COUNT && type == SQL_HANDLE_STMT) return put(value, static_cast<SQLLEN>(static_cast<const StatementHandle&>(*handle).row_count));
  if (record < 1) return SQL_ERROR;
  if (static_cast<std::size_t>(record) > handle->diagnostics.size()) return SQL_NO_DATA;
  const DiagnosticRecord& found = handle->diagnostics[static_cast<std::size_t>(record) - 1];
  switch (field) {
    case SQL_DIAG_SQLSTATE: return put(value, room, length, found.state);
    case SQL_DIAG_MESSAGE_TEXT: return put(value, room, length, found.text);
    case SQL_DIAG_NATIVE: return put(value, static_cast<SQLINTEGER>(found.native));
    case SQL_DIAG_ROW_NUMBER: return put(value, static_cast<SQLLEN>(found.row > 0 ? found.row : SQL_NO_ROW_NUMBER));
    case SQL_DIAG_COLUMN_NUMBER: return put(value, static_cast<SQLINTEGER>(SQL_NO_COLUMN_NUMBER));
    default: return SQL_ERROR;
  }
}

}  // namespace millrace::db2::cli::drda_calls
