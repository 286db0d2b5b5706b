#pragma once
// The call-level interface that a translation unit is compiled for.
//
// ODBC and Db2's CLI define the same names with different widths, so the sources in this folder are compiled once for each of them, every time in a
// namespace of its own: a target names its interface by MILLRACE_CLI_ODBC or MILLRACE_CLI_DB2, and no two meet in one translation unit.

#include <cstddef>

#if defined(MILLRACE_CLI_ODBC)
#include <sql.h>
#include <sqlext.h>
#define MILLRACE_CLI cli_odbc
#elif defined(MILLRACE_CLI_DB2)
#include <sqlcli1.h>
#define MILLRACE_CLI cli_db2
#else
#error "compile this for one interface: define MILLRACE_CLI_ODBC or MILLRACE_CLI_DB2"
#endif

namespace millrace::MILLRACE_CLI {

/// Lengths and indicators are as wide as the interface's headers say: 8 bytes in unixODBC on 64 bits, 4 in IBM's default ABI.
inline constexpr std::size_t kLengthBytes = sizeof(SQLLEN);
static_assert(kLengthBytes == sizeof(SQLULEN));

/// How the interface takes an integer where it wants a pointer, and how a handle, an int in IBM's default ABI, travels as one.
inline SQLPOINTER as_pointer(std::size_t number) { return reinterpret_cast<SQLPOINTER>(number); }
#if defined(MILLRACE_CLI_DB2) && !defined(ODBC64)
inline void* native_pointer(SQLHANDLE handle) { return as_pointer(static_cast<std::size_t>(handle)); }
#else
inline void* native_pointer(SQLHANDLE handle) { return reinterpret_cast<void*>(handle); }
#endif

inline bool succeeded(SQLRETURN code) { return code == SQL_SUCCESS || code == SQL_SUCCESS_WITH_INFO; }

}  // namespace millrace::MILLRACE_CLI
