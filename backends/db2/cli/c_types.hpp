#pragma once
// The C types of the interface.

#include <cstddef>

#include <sqlcli1.h>

namespace millrace::db2::cli {

/// One name for the types that have several (SQL_C_LONG is SQL_C_SLONG); 0: not a type that this client knows.
constexpr SQLSMALLINT plain_c_type(SQLSMALLINT type) {
  switch (type) {
    case SQL_C_LONG: return SQL_C_SLONG;
    case SQL_C_SHORT: return SQL_C_SSHORT;
    case SQL_C_TINYINT: return SQL_C_STINYINT;
    case SQL_C_DATE: return SQL_C_TYPE_DATE;
    case SQL_C_TIME: return SQL_C_TYPE_TIME;
    case SQL_C_TIMESTAMP: return SQL_C_TYPE_TIMESTAMP;
    case SQL_C_CHAR:
    case SQL_C_BINARY:
    case SQL_C_BIT:
    case SQL_C_STINYINT:
    case SQL_C_UTINYINT:
    case SQL_C_SSHORT:
    case SQL_C_USHORT:
    case SQL_C_SLONG:
    case SQL_C_ULONG:
    case SQL_C_SBIGINT:
    case SQL_C_UBIGINT:
    case SQL_C_FLOAT:
    case SQL_C_DOUBLE:
    case SQL_C_TYPE_DATE:
    case SQL_C_TYPE_TIME:
    case SQL_C_TYPE_TIMESTAMP: return type;
    default: return 0;
  }
}

/// Bytes of a value of a plain C type; 0: as many as it was given room for.
constexpr std::size_t size_of_c_type(SQLSMALLINT type) {
  switch (type) {
    case SQL_C_BIT:
    case SQL_C_STINYINT:
    case SQL_C_UTINYINT: return 1;
    case SQL_C_SSHORT:
    case SQL_C_USHORT: return 2;
    case SQL_C_SLONG:
    case SQL_C_ULONG:
    case SQL_C_FLOAT: return 4;
    case SQL_C_SBIGINT:
    case SQL_C_UBIGINT:
    case SQL_C_DOUBLE: return 8;
    case SQL_C_TYPE_DATE: return sizeof(DATE_STRUCT);
    case SQL_C_TYPE_TIME: return sizeof(TIME_STRUCT);
    case SQL_C_TYPE_TIMESTAMP: return sizeof(TIMESTAMP_STRUCT);
    default: return 0;
  }
}

}  // namespace millrace::db2::cli
