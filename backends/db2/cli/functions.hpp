#pragma once
// The functions of the interface as a table: who provides them is chosen at run time.

#include <sqlcli1.h>

// X(name in the interface, name in the table)
#define MILLRACE_CLI_FUNCTIONS(X)           \
  X(SQLAllocHandle, alloc_handle)           \
  X(SQLBindCol, bind_column)                \
  X(SQLBindParameter, bind_parameter)       \
  X(SQLCancel, cancel)                      \
  X(SQLColAttribute, column_attribute)      \
  X(SQLDescribeCol, describe_column)        \
  X(SQLDisconnect, disconnect)              \
  X(SQLDriverConnect, driver_connect)       \
  X(SQLEndTran, end_transaction)            \
  X(SQLExecDirect, execute_direct)          \
  X(SQLExecute, execute)                    \
  X(SQLFetch, fetch)                        \
  X(SQLFreeHandle, free_handle)             \
  X(SQLFreeStmt, free_statement)            \
  X(SQLGetConnectAttr, get_connect_attribute) \
  X(SQLGetData, get_data)                   \
  X(SQLGetDiagField, get_diagnostic_field)  \
  X(SQLGetDiagRec, get_diagnostic_record)   \
  X(SQLGetInfo, get_info)                   \
  X(SQLGetStmtAttr, get_statement_attribute) \
  X(SQLMoreResults, more_results)           \
  X(SQLNumParams, count_parameters)         \
  X(SQLNumResultCols, count_columns)        \
  X(SQLPrepare, prepare)                    \
  X(SQLRowCount, row_count)                 \
  X(SQLSetConnectAttr, set_connect_attribute) \
  X(SQLSetEnvAttr, set_environment_attribute) \
  X(SQLSetStmtAttr, set_statement_attribute)

namespace millrace::db2::cli {

struct CliFunctions {
#define MILLRACE_CLI_MEMBER(function, name) decltype(&function) name;
  MILLRACE_CLI_FUNCTIONS(MILLRACE_CLI_MEMBER)
#undef MILLRACE_CLI_MEMBER
};

/// The functions on top of the DRDA client, with the contracts of the interface.
namespace drda_calls {
#define MILLRACE_CLI_CALL(function, name) decltype(function) name;
MILLRACE_CLI_FUNCTIONS(MILLRACE_CLI_CALL)
#undef MILLRACE_CLI_CALL
}  // namespace drda_calls

}  // namespace millrace::db2::cli
