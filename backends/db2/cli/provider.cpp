#include "db2/cli/provider.hpp"

#include <atomic>

namespace millrace::db2::cli {
namespace {

thread_local Provider chosen = Provider::drda;

std::atomic<const CliFunctions*> ibm{nullptr};   // set while a scope asks for it: a handle of its own can not come about before

const CliFunctions* functions_of(SQLHANDLE handle) {
  if (handle >= kFirstHandle) return &drda_functions();
  return handle > 0 ? ibm.load(std::memory_order_acquire) : nullptr;
}

template <auto Member, class... Arguments> SQLRETURN forward(SQLHANDLE handle, Arguments... arguments) {
  const CliFunctions* const functions = functions_of(handle);
  return functions != nullptr ? (functions->*Member)(arguments...) : static_cast<SQLRETURN>(SQL_INVALID_HANDLE);
}

SQLRETURN allocate(SQLSMALLINT type, SQLHANDLE input, SQLHANDLE* output) {
  const bool environment = type == SQL_HANDLE_ENV;
  const CliFunctions* const functions = !environment ? functions_of(input) : chosen == Provider::drda ? &drda_functions() : ibm.load(std::memory_order_acquire);
  if (functions == nullptr || output == nullptr) return environment ? SQL_ERROR : SQL_INVALID_HANDLE;
  const SQLRETURN code = functions->alloc_handle(type, input, output);
  const bool foreign = functions != &drda_functions();
  if (foreign && SQL_SUCCEEDED(code) && *output >= kFirstHandle) {   // it would be taken for one of ours
    functions->free_handle(type, *output);
    *output = SQL_NULL_HANDLE;
    return SQL_ERROR;
  }
  return code;
}

}  // namespace

const CliFunctions& drda_functions() noexcept {
#define MILLRACE_CLI_ENTRY(function, name) &drda_calls::name,
  static constexpr CliFunctions functions{MILLRACE_CLI_FUNCTIONS(MILLRACE_CLI_ENTRY)};
#undef MILLRACE_CLI_ENTRY
  return functions;
}

ProviderScope::ProviderScope(Provider provider) : before_(chosen) {
  if (provider == Provider::ibm) ibm.store(&ibm_functions(), std::memory_order_release);
  chosen = provider;
}

ProviderScope::~ProviderScope() { chosen = before_; }

}  // namespace millrace::db2::cli

using namespace millrace::db2::cli;

extern "C" {

SQLRETURN SQLAllocHandle(SQLSMALLINT type, SQLHANDLE input, SQLHANDLE* output) { return allocate(type, input, output); }
SQLRETURN SQLFreeHandle(SQLSMALLINT type, SQLHANDLE h) { return forward<&CliFunctions::free_handle>(h, type, h); }
SQLRETURN SQLSetEnvAttr(SQLHENV h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length) { return forward<&CliFunctions::set_environment_attribute>(h, h, attribute, value, length); }
SQLRETURN SQLSetConnectAttr(SQLHDBC h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length) { return forward<&CliFunctions::set_connect_attribute>(h, h, attribute, value, length); }
SQLRETURN SQLGetConnectAttr(SQLHDBC h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER room, SQLINTEGER* length) {
  return forward<&CliFunctions::get_connect_attribute>(h, h, attribute, value, room, length);
}
SQLRETURN SQLDriverConnect(SQLHDBC h, SQLHWND window, SQLCHAR* text, SQLSMALLINT text_length, SQLCHAR* out, SQLSMALLINT out_room, SQLSMALLINT* out_length, SQLUSMALLINT completion) {
  return forward<&CliFunctions::driver_connect>(h, h, window, text, text_length, out, out_room, out_length, completion);
}
SQLRETURN SQLDisconnect(SQLHDBC h) { return forward<&CliFunctions::disconnect>(h, h); }
SQLRETURN SQLEndTran(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT how) { return forward<&CliFunctions::end_transaction>(h, type, h, how); }
SQLRETURN SQLGetInfo(SQLHDBC h, SQLUSMALLINT what, SQLPOINTER value, SQLSMALLINT room, SQLSMALLINT* length) { return forward<&CliFunctions::get_info>(h, h, what, value, room, length); }

SQLRETURN SQLPrepare(SQLHSTMT h, SQLCHAR* text, SQLINTEGER length) { return forward<&CliFunctions::prepare>(h, h, text, length); }
SQLRETURN SQLExecute(SQLHSTMT h) { return forward<&CliFunctions::execute>(h, h); }
SQLRETURN SQLExecDirect(SQLHSTMT h, SQLCHAR* text, SQLINTEGER length) { return forward<&CliFunctions::execute_direct>(h, h, text, length); }
SQLRETURN SQLCancel(SQLHSTMT h) { return forward<&CliFunctions::cancel>(h, h); }
SQLRETURN SQLFreeStmt(SQLHSTMT h, SQLUSMALLINT what) { return forward<&CliFunctions::free_statement>(h, h, what); }
SQLRETURN SQLSetStmtAttr(SQLHSTMT h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length) { return forward<&CliFunctions::set_statement_attribute>(h, h, attribute, value, length); }
SQLRETURN SQLGetStmtAttr(SQLHSTMT h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER room, SQLINTEGER* length) {
  return forward<&CliFunctions::get_statement_attribute>(h, h, attribute, value, room, length);
}
SQLRETURN SQLBindParameter(SQLHSTMT h, SQLUSMALLINT number, SQLSMALLINT direction, SQLSMALLINT c_type, SQLSMALLINT sql_type, SQLULEN size, SQLSMALLINT scale, SQLPOINTER value,
                           SQLLEN room, SQLLEN* length) {
  return forward<&CliFunctions::bind_parameter>(h, h, number, direction, c_type, sql_type, size, scale, value, room, length);
}
SQLRETURN SQLNumParams(SQLHSTMT h, SQLSMALLINT* count) { return forward<&CliFunctions::count_parameters>(h, h, count); }
SQLRETURN SQLRowCount(SQLHSTMT h, SQLLEN* count) { return forward<&CliFunctions::row_count>(h, h, count); }

SQLRETURN SQLNumResultCols(SQLHSTMT h, SQLSMALLINT* count) { return forward<&CliFunctions::count_columns>(h, h, count); }
SQLRETURN SQLDescribeCol(SQLHSTMT h, SQLUSMALLINT column, SQLCHAR* name, SQLSMALLINT name_room, SQLSMALLINT* name_length, SQLSMALLINT* sql_type, SQLULEN* size, SQLSMALLINT* scale,
                         SQLSMALLINT* nullable) {
  return forward<&CliFunctions::describe_column>(h, h, column, name, name_room, name_length, sql_type, size, scale, nullable);
}
SQLRETURN SQLColAttribute(SQLHSTMT h, SQLUSMALLINT column, SQLUSMALLINT field, SQLPOINTER text, SQLSMALLINT text_room, SQLSMALLINT* text_length, SQLPOINTER number) {
  return forward<&CliFunctions::column_attribute>(h, h, column, field, text, text_room, text_length, number);
}
SQLRETURN SQLBindCol(SQLHSTMT h, SQLUSMALLINT column, SQLSMALLINT c_type, SQLPOINTER value, SQLLEN room, SQLLEN* length) {
  return forward<&CliFunctions::bind_column>(h, h, column, c_type, value, room, length);
}
SQLRETURN SQLFetch(SQLHSTMT h) { return forward<&CliFunctions::fetch>(h, h); }
SQLRETURN SQLGetData(SQLHSTMT h, SQLUSMALLINT column, SQLSMALLINT c_type, SQLPOINTER value, SQLLEN room, SQLLEN* length) {
  return forward<&CliFunctions::get_data>(h, h, column, c_type, value, room, length);
}
SQLRETURN SQLMoreResults(SQLHSTMT h) { return forward<&CliFunctions::more_results>(h, h); }

SQLRETURN SQLGetDiagRec(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT record, SQLCHAR* sqlstate, SQLINTEGER* native, SQLCHAR* text, SQLSMALLINT room, SQLSMALLINT* length) {
  return forward<&CliFunctions::get_diagnostic_record>(h, type, h, record, sqlstate, native, text, room, length);
}
SQLRETURN SQLGetDiagField(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT record, SQLSMALLINT field, SQLPOINTER value, SQLSMALLINT room, SQLSMALLINT* length) {
  return forward<&CliFunctions::get_diagnostic_field>(h, type, h, record, field, value, room, length);
}

}  // extern "C"
