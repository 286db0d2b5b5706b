#ifndef MILLRACE_DB2_CLI_SQLCLI1_H
#define MILLRACE_DB2_CLI_SQLCLI1_H
/* The call-level interface as Db2's applications know it, with the default ABI of IBM's library on Linux: lengths and handles are 32 bits wide.
 *
 * Written from ISO/IEC 9075-3 (SQL/CLI), The Open Group's CLI specification (C451) and the published tables of ODBC's and Db2's attributes.
 * It holds what SOCI's db2 backend and Millrace use. Every function is renamed, so that ODBC and Db2 live in one process: a program's own SQLAllocHandle
 * is the driver manager's, never ours.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SQL_API
#define SQL_API_FN

typedef unsigned char SQLCHAR;
typedef signed char SQLSCHAR;
typedef unsigned char SQLVARCHAR;
typedef int16_t SQLSMALLINT;
typedef uint16_t SQLUSMALLINT;
typedef int32_t SQLINTEGER;
typedef uint32_t SQLUINTEGER;
typedef long long SQLBIGINT;
typedef unsigned long long SQLUBIGINT;
typedef float SQLREAL;
typedef double SQLDOUBLE;
typedef double SQLFLOAT;
typedef void* SQLPOINTER;
typedef SQLINTEGER SQLLEN;
typedef SQLUINTEGER SQLULEN;

typedef SQLSMALLINT SQLRETURN;
typedef SQLINTEGER SQLHANDLE;
typedef SQLINTEGER SQLHENV;
typedef SQLINTEGER SQLHDBC;
typedef SQLINTEGER SQLHSTMT;
typedef SQLHANDLE SQLHDESC;
typedef SQLPOINTER SQLHWND;

typedef struct DATE_STRUCT {
  SQLSMALLINT year;
  SQLUSMALLINT month;
  SQLUSMALLINT day;
} DATE_STRUCT, SQL_DATE_STRUCT;

typedef struct TIME_STRUCT {
  SQLUSMALLINT hour;
  SQLUSMALLINT minute;
  SQLUSMALLINT second;
} TIME_STRUCT, SQL_TIME_STRUCT;

typedef struct TIMESTAMP_STRUCT {
  SQLSMALLINT year;
  SQLUSMALLINT month;
  SQLUSMALLINT day;
  SQLUSMALLINT hour;
  SQLUSMALLINT minute;
  SQLUSMALLINT second;
  SQLUINTEGER fraction; /* billionths of a second */
} TIMESTAMP_STRUCT, SQL_TIMESTAMP_STRUCT;

/* What a call returns. */
#define SQL_SUCCESS 0
#define SQL_SUCCESS_WITH_INFO 1
#define SQL_STILL_EXECUTING 2
#define SQL_NEED_DATA 99
#define SQL_NO_DATA 100
#define SQL_NO_DATA_FOUND SQL_NO_DATA
#define SQL_ERROR (-1)
#define SQL_INVALID_HANDLE (-2)
#define SQL_SUCCEEDED(code) (((code) & ~1) == 0)

/* Handles. */
#define SQL_HANDLE_ENV 1
#define SQL_HANDLE_DBC 2
#define SQL_HANDLE_STMT 3
#define SQL_HANDLE_DESC 4
#define SQL_NULL_HANDLE 0
#define SQL_NULL_HENV 0
#define SQL_NULL_HDBC 0
#define SQL_NULL_HSTMT 0

/* Lengths and indicators. */
#define SQL_NULL_DATA (-1)
#define SQL_DATA_AT_EXEC (-2)
#define SQL_NTS (-3)
#define SQL_NO_TOTAL (-4)
#define SQL_DEFAULT_PARAM (-5)
#define SQL_LEN_DATA_AT_EXEC_OFFSET (-100)
#define SQL_IS_POINTER (-4)
#define SQL_IS_UINTEGER (-5)
#define SQL_IS_INTEGER (-6)
#define SQL_IS_USMALLINT (-7)
#define SQL_IS_SMALLINT (-8)
#define SQL_MAX_MESSAGE_LENGTH 1024
#define SQL_SQLSTATE_SIZE 5
#define SQL_MAX_DSN_LENGTH 32

/* Types of SQL. */
#define SQL_UNKNOWN_TYPE 0
#define SQL_CHAR 1
#define SQL_NUMERIC 2
#define SQL_DECIMAL 3
#define SQL_INTEGER 4
#define SQL_SMALLINT 5
#define SQL_FLOAT 6
#define SQL_REAL 7
#define SQL_DOUBLE 8
#define SQL_DATE 9
#define SQL_TIME 10
#define SQL_TIMESTAMP 11
#define SQL_VARCHAR 12
#define SQL_BOOLEAN 16
#define SQL_TYPE_DATE 91
#define SQL_TYPE_TIME 92
#define SQL_TYPE_TIMESTAMP 93
#define SQL_LONGVARCHAR (-1)
#define SQL_BINARY (-2)
#define SQL_VARBINARY (-3)
#define SQL_LONGVARBINARY (-4)
#define SQL_BIGINT (-5)
#define SQL_TINYINT (-6)
#define SQL_BIT (-7)
#define SQL_WCHAR (-8)
#define SQL_WVARCHAR (-9)
#define SQL_WLONGVARCHAR (-10)
#define SQL_GUID (-11)
#define SQL_GRAPHIC (-95)
#define SQL_VARGRAPHIC (-96)
#define SQL_LONGVARGRAPHIC (-97)
#define SQL_BLOB (-98)
#define SQL_CLOB (-99)
#define SQL_DBCLOB (-350)
#define SQL_DECFLOAT (-360)
#define SQL_XML (-370)

/* Types of C. */
#define SQL_SIGNED_OFFSET (-20)
#define SQL_UNSIGNED_OFFSET (-22)
#define SQL_C_DEFAULT 99
#define SQL_C_CHAR SQL_CHAR
#define SQL_C_LONG SQL_INTEGER
#define SQL_C_SHORT SQL_SMALLINT
#define SQL_C_FLOAT SQL_REAL
#define SQL_C_DOUBLE SQL_DOUBLE
#define SQL_C_NUMERIC SQL_NUMERIC
#define SQL_C_DATE SQL_DATE
#define SQL_C_TIME SQL_TIME
#define SQL_C_TIMESTAMP SQL_TIMESTAMP
#define SQL_C_TYPE_DATE SQL_TYPE_DATE
#define SQL_C_TYPE_TIME SQL_TYPE_TIME
#define SQL_C_TYPE_TIMESTAMP SQL_TYPE_TIMESTAMP
#define SQL_C_BINARY SQL_BINARY
#define SQL_C_BIT SQL_BIT
#define SQL_C_TINYINT SQL_TINYINT
#define SQL_C_WCHAR SQL_WCHAR
#define SQL_C_SBIGINT (SQL_BIGINT + SQL_SIGNED_OFFSET)
#define SQL_C_UBIGINT (SQL_BIGINT + SQL_UNSIGNED_OFFSET)
#define SQL_C_SLONG (SQL_C_LONG + SQL_SIGNED_OFFSET)
#define SQL_C_ULONG (SQL_C_LONG + SQL_UNSIGNED_OFFSET)
#define SQL_C_SSHORT (SQL_C_SHORT + SQL_SIGNED_OFFSET)
#define SQL_C_USHORT (SQL_C_SHORT + SQL_UNSIGNED_OFFSET)
#define SQL_C_STINYINT (SQL_TINYINT + SQL_SIGNED_OFFSET)
#define SQL_C_UTINYINT (SQL_TINYINT + SQL_UNSIGNED_OFFSET)

/* Environments and connections. */
#define SQL_ATTR_ODBC_VERSION 200
#define SQL_OV_ODBC3 3
#define SQL_ATTR_OUTPUT_NTS 10001
#define SQL_ATTR_ACCESS_MODE 101
#define SQL_ATTR_AUTOCOMMIT 102
#define SQL_AUTOCOMMIT_OFF 0
#define SQL_AUTOCOMMIT_ON 1
#define SQL_ATTR_LOGIN_TIMEOUT 103
#define SQL_ATTR_TXN_ISOLATION 108
#define SQL_TXN_READ_UNCOMMITTED 1
#define SQL_TXN_READ_COMMITTED 2
#define SQL_TXN_REPEATABLE_READ 4
#define SQL_TXN_SERIALIZABLE 8
#define SQL_ATTR_CONNECTION_TIMEOUT 113
#define SQL_ATTR_CONNECTION_DEAD 1209
#define SQL_CD_TRUE 1
#define SQL_CD_FALSE 0
#define SQL_ATTR_CURRENT_SCHEMA 1254
#define SQL_DRIVER_NOPROMPT 0
#define SQL_DRIVER_COMPLETE 1
#define SQL_DRIVER_PROMPT 2
#define SQL_DRIVER_COMPLETE_REQUIRED 3
#define SQL_COMMIT 0
#define SQL_ROLLBACK 1

/* Statements. */
#define SQL_CLOSE 0
#define SQL_DROP 1
#define SQL_UNBIND 2
#define SQL_RESET_PARAMS 3
#define SQL_ATTR_QUERY_TIMEOUT 0
#define SQL_ATTR_MAX_ROWS 1
#define SQL_ATTR_NOSCAN 2
#define SQL_ATTR_ROW_BIND_TYPE 5
#define SQL_BIND_BY_COLUMN 0
#define SQL_ATTR_CURSOR_TYPE 6
#define SQL_CURSOR_FORWARD_ONLY 0
#define SQL_CURSOR_KEYSET_DRIVEN 1
#define SQL_CURSOR_DYNAMIC 2
#define SQL_CURSOR_STATIC 3
#define SQL_ATTR_CONCURRENCY 7
#define SQL_CONCUR_READ_ONLY 1
#define SQL_ATTR_PARAM_BIND_TYPE 18
#define SQL_PARAM_BIND_BY_COLUMN 0
#define SQL_ATTR_PARAM_STATUS_PTR 20
#define SQL_ATTR_PARAMS_PROCESSED_PTR 21
#define SQL_ATTR_PARAMSET_SIZE 22
#define SQL_ATTR_ROW_STATUS_PTR 25
#define SQL_ATTR_ROWS_FETCHED_PTR 26
#define SQL_ATTR_ROW_ARRAY_SIZE 27
#define SQL_ATTR_CURSOR_HOLD 1250
#define SQL_CURSOR_HOLD_ON 1
#define SQL_CURSOR_HOLD_OFF 0
#define SQL_ATTR_PARAMOPT_ATOMIC 1260
#define SQL_ATOMIC_NO 0
#define SQL_ATOMIC_YES 1
#define SQL_ATTR_DEFERRED_PREPARE 1277
#define SQL_DEFERRED_PREPARE_OFF 0
#define SQL_DEFERRED_PREPARE_ON 1

#define SQL_PARAM_INPUT 1
#define SQL_PARAM_INPUT_OUTPUT 2
#define SQL_PARAM_OUTPUT 4
#define SQL_PARAM_SUCCESS 0
#define SQL_PARAM_ERROR 5
#define SQL_PARAM_SUCCESS_WITH_INFO 6
#define SQL_PARAM_UNUSED 7
#define SQL_PARAM_DIAG_UNAVAILABLE 1
#define SQL_ROW_SUCCESS 0
#define SQL_ROW_NOROW 3
#define SQL_ROW_ERROR 5
#define SQL_ROW_SUCCESS_WITH_INFO 6

/* Columns of a result. */
#define SQL_NO_NULLS 0
#define SQL_NULLABLE 1
#define SQL_NULLABLE_UNKNOWN 2
#define SQL_DESC_CONCISE_TYPE 2
#define SQL_DESC_DISPLAY_SIZE 6
#define SQL_DESC_UNSIGNED 8
#define SQL_DESC_TYPE_NAME 14
#define SQL_DESC_LABEL 18
#define SQL_DESC_COUNT 1001
#define SQL_DESC_TYPE 1002
#define SQL_DESC_LENGTH 1003
#define SQL_DESC_PRECISION 1005
#define SQL_DESC_SCALE 1006
#define SQL_DESC_NULLABLE 1008
#define SQL_DESC_NAME 1011
#define SQL_DESC_OCTET_LENGTH 1013

/* Diagnostics. */
#define SQL_DIAG_RETURNCODE 1
#define SQL_DIAG_NUMBER 2
#define SQL_DIAG_ROW_COUNT 3
#define SQL_DIAG_SQLSTATE 4
#define SQL_DIAG_NATIVE 5
#define SQL_DIAG_MESSAGE_TEXT 6
#define SQL_DIAG_COLUMN_NUMBER (-1247)
#define SQL_DIAG_ROW_NUMBER (-1248)
#define SQL_NO_ROW_NUMBER (-1)
#define SQL_ROW_NUMBER_UNKNOWN (-2)
#define SQL_NO_COLUMN_NUMBER (-1)

/* What SQLGetInfo tells. */
#define SQL_DATA_SOURCE_NAME 2
#define SQL_DRIVER_NAME 6
#define SQL_DRIVER_VER 7
#define SQL_SERVER_NAME 13
#define SQL_DATABASE_NAME 16
#define SQL_DBMS_NAME 17
#define SQL_DBMS_VER 18
#define SQL_CURSOR_COMMIT_BEHAVIOR 23
#define SQL_CURSOR_ROLLBACK_BEHAVIOR 24
#define SQL_CB_DELETE 0
#define SQL_CB_CLOSE 1
#define SQL_DEFAULT_TXN_ISOLATION 26
#define SQL_IDENTIFIER_QUOTE_CHAR 29
#define SQL_TXN_CAPABLE 46
#define SQL_TC_ALL 2
#define SQL_USER_NAME 47
#define SQL_GETDATA_EXTENSIONS 81
#define SQL_GD_ANY_COLUMN 1
#define SQL_GD_ANY_ORDER 2
#define SQL_GD_BOUND 8
#define SQL_PARAM_ARRAY_ROW_COUNTS 153
#define SQL_PARC_BATCH 1
#define SQL_PARC_NO_BATCH 2

#define SQLAllocHandle mr_cli_SQLAllocHandle
#define SQLBindCol mr_cli_SQLBindCol
#define SQLBindParameter mr_cli_SQLBindParameter
#define SQLCancel mr_cli_SQLCancel
#define SQLColAttribute mr_cli_SQLColAttribute
#define SQLDescribeCol mr_cli_SQLDescribeCol
#define SQLDisconnect mr_cli_SQLDisconnect
#define SQLDriverConnect mr_cli_SQLDriverConnect
#define SQLEndTran mr_cli_SQLEndTran
#define SQLExecDirect mr_cli_SQLExecDirect
#define SQLExecute mr_cli_SQLExecute
#define SQLFetch mr_cli_SQLFetch
#define SQLFreeHandle mr_cli_SQLFreeHandle
#define SQLFreeStmt mr_cli_SQLFreeStmt
#define SQLGetConnectAttr mr_cli_SQLGetConnectAttr
#define SQLGetData mr_cli_SQLGetData
#define SQLGetDiagField mr_cli_SQLGetDiagField
#define SQLGetDiagRec mr_cli_SQLGetDiagRec
#define SQLGetInfo mr_cli_SQLGetInfo
#define SQLGetStmtAttr mr_cli_SQLGetStmtAttr
#define SQLMoreResults mr_cli_SQLMoreResults
#define SQLNumParams mr_cli_SQLNumParams
#define SQLNumResultCols mr_cli_SQLNumResultCols
#define SQLPrepare mr_cli_SQLPrepare
#define SQLRowCount mr_cli_SQLRowCount
#define SQLSetConnectAttr mr_cli_SQLSetConnectAttr
#define SQLSetEnvAttr mr_cli_SQLSetEnvAttr
#define SQLSetStmtAttr mr_cli_SQLSetStmtAttr

SQLRETURN SQL_API SQLAllocHandle(SQLSMALLINT handle_type, SQLHANDLE input, SQLHANDLE* output);
SQLRETURN SQL_API SQLFreeHandle(SQLSMALLINT handle_type, SQLHANDLE handle);
SQLRETURN SQL_API SQLSetEnvAttr(SQLHENV environment, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length);
SQLRETURN SQL_API SQLSetConnectAttr(SQLHDBC connection, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length);
SQLRETURN SQL_API SQLGetConnectAttr(SQLHDBC connection, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER room, SQLINTEGER* length);
SQLRETURN SQL_API SQLDriverConnect(SQLHDBC connection, SQLHWND window, SQLCHAR* text, SQLSMALLINT text_length, SQLCHAR* out, SQLSMALLINT out_room,
                                   SQLSMALLINT* out_length, SQLUSMALLINT completion);
SQLRETURN SQL_API SQLDisconnect(SQLHDBC connection);
SQLRETURN SQL_API SQLEndTran(SQLSMALLINT handle_type, SQLHANDLE handle, SQLSMALLINT how);
SQLRETURN SQL_API SQLGetInfo(SQLHDBC connection, SQLUSMALLINT what, SQLPOINTER value, SQLSMALLINT room, SQLSMALLINT* length);

SQLRETURN SQL_API SQLPrepare(SQLHSTMT statement, SQLCHAR* text, SQLINTEGER length);
SQLRETURN SQL_API SQLExecute(SQLHSTMT statement);
SQLRETURN SQL_API SQLExecDirect(SQLHSTMT statement, SQLCHAR* text, SQLINTEGER length);
SQLRETURN SQL_API SQLCancel(SQLHSTMT statement);
SQLRETURN SQL_API SQLFreeStmt(SQLHSTMT statement, SQLUSMALLINT what);
SQLRETURN SQL_API SQLSetStmtAttr(SQLHSTMT statement, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length);
SQLRETURN SQL_API SQLGetStmtAttr(SQLHSTMT statement, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER room, SQLINTEGER* length);
SQLRETURN SQL_API SQLBindParameter(SQLHSTMT statement, SQLUSMALLINT number, SQLSMALLINT direction, SQLSMALLINT c_type, SQLSMALLINT sql_type, SQLULEN size,
                                   SQLSMALLINT scale, SQLPOINTER value, SQLLEN room, SQLLEN* length);
SQLRETURN SQL_API SQLNumParams(SQLHSTMT statement, SQLSMALLINT* count);
SQLRETURN SQL_API SQLRowCount(SQLHSTMT statement, SQLLEN* count);

SQLRETURN SQL_API SQLNumResultCols(SQLHSTMT statement, SQLSMALLINT* count);
SQLRETURN SQL_API SQLDescribeCol(SQLHSTMT statement, SQLUSMALLINT column, SQLCHAR* name, SQLSMALLINT name_room, SQLSMALLINT* name_length, SQLSMALLINT* sql_type,
                                 SQLULEN* size, SQLSMALLINT* scale, SQLSMALLINT* nullable);
SQLRETURN SQL_API SQLColAttribute(SQLHSTMT statement, SQLUSMALLINT column, SQLUSMALLINT field, SQLPOINTER text, SQLSMALLINT text_room, SQLSMALLINT* text_length,
                                  SQLPOINTER number);
SQLRETURN SQL_API SQLBindCol(SQLHSTMT statement, SQLUSMALLINT column, SQLSMALLINT c_type, SQLPOINTER value, SQLLEN room, SQLLEN* length);
SQLRETURN SQL_API SQLFetch(SQLHSTMT statement);
SQLRETURN SQL_API SQLGetData(SQLHSTMT statement, SQLUSMALLINT column, SQLSMALLINT c_type, SQLPOINTER value, SQLLEN room, SQLLEN* length);
SQLRETURN SQL_API SQLMoreResults(SQLHSTMT statement);

SQLRETURN SQL_API SQLGetDiagRec(SQLSMALLINT handle_type, SQLHANDLE handle, SQLSMALLINT record, SQLCHAR* sqlstate, SQLINTEGER* native, SQLCHAR* text, SQLSMALLINT room,
                                SQLSMALLINT* length);
SQLRETURN SQL_API SQLGetDiagField(SQLSMALLINT handle_type, SQLHANDLE handle, SQLSMALLINT record, SQLSMALLINT field, SQLPOINTER value, SQLSMALLINT room,
                                  SQLSMALLINT* length);

#ifdef __cplusplus
}
#endif

#endif
