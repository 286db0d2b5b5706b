// Handles, connections, transactions and diagnostics. Functions of ODBC must not call each other: in the process of the driver manager their names are its own.

#include <algorithm>
#include <charconv>

#include "integration/odbc/fake_handles.hpp"

namespace millrace::fake_odbc {
namespace {

constexpr std::string_view kBehaviours[] = {"refuses_arrays", "cuts_arrays", "refuses_statuses", "refuses_processed", "no_statuses", "goes_on", "all_or_nothing", "miscounts",
                                            "leaves_last_unused", "loses_last", "counts_nothing", "says_nothing", "talks_long", "no_total", "dies", "dies_before_commit",
                                            "dies_after_commit"};

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(separator));
    parts.emplace_back(part);
    text.remove_prefix(std::min(part.size() + 1, text.size()));
  }
  return parts;
}

std::size_t number_of(const std::string& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) throw Record{"HY000", "[Fake][Driver]\"" + text + "\" is no number"};
  return number;
}

/// What is misspelt would be a behaviour that no test ever sees.
void connect(Connection& connection, const std::string& string) {
  std::map<std::string, std::string> keywords;
  for (const std::string& attribute : split(string, ';')) {
    const std::size_t equals = std::min(attribute.find('='), attribute.size());
    keywords[attribute.substr(0, equals)] = attribute.substr(std::min(equals + 1, attribute.size()));
  }
  for (const auto& [key, value] : keywords) {
    if (key == "After") connection.after = number_of(value);
    else if (key == "Length") connection.length = number_of(value);
    else if (key == "Refuses") throw Record{value, "[Fake][Driver]no connection for\n\"" + string + "\""};
    else if (key != "Behaviour" && key != "Database" && key != "Driver" && key != "DRIVER" && key != "UID" && key != "PWD") throw Record{"HY000", "[Fake][Driver]there is no keyword " + key};
  }
  for (std::string& behaviour : split(keywords["Behaviour"], ',')) {
    if (std::find(std::begin(kBehaviours), std::end(kBehaviours), behaviour) == std::end(kBehaviours)) throw Record{"HY000", "[Fake][Driver]there is no behaviour " + behaviour};
    connection.behaviours.insert(std::move(behaviour));
  }
  connection.base = &database(keywords["Database"]);
}

void end_transaction(Connection& connection, SQLSMALLINT how) {
  connection.check_alive();
  if (how == SQL_ROLLBACK) return connection.transaction.rollback();
  if (connection.behaves("dies_before_commit")) connection.die();
  connection.transaction.commit(*connection.base);
  if (connection.behaves("dies_after_commit")) connection.die();
}

SQLRETURN allocate(SQLSMALLINT kind, SQLHANDLE parent, SQLHANDLE* made) {
  Handle* handle = nullptr;
  switch (kind) {
    case SQL_HANDLE_ENV: handle = new Environment; break;
    case SQL_HANDLE_DBC: handle = new Connection; break;
    case SQL_HANDLE_STMT: handle = new Statement(*static_cast<Connection*>(static_cast<Handle*>(parent))); break;
    default: return SQL_ERROR;
  }
  *made = handle;
  return SQL_SUCCESS;
}

}  // namespace
}  // namespace millrace::fake_odbc

using namespace millrace::fake_odbc;

FAKE_ODBC_API SQLRETURN SQLAllocHandle(SQLSMALLINT kind, SQLHANDLE parent, SQLHANDLE* made) { return allocate(kind, parent, made); }

FAKE_ODBC_API SQLRETURN SQLFreeHandle(SQLSMALLINT, SQLHANDLE handle) {
  delete static_cast<Handle*>(handle);
  return SQL_SUCCESS;
}

FAKE_ODBC_API SQLRETURN SQLSetEnvAttr(SQLHENV, SQLINTEGER, SQLPOINTER, SQLINTEGER) { return SQL_SUCCESS; }

FAKE_ODBC_API SQLRETURN SQLDriverConnect(SQLHDBC handle, SQLHWND, SQLCHAR* in, SQLSMALLINT in_length, SQLCHAR* out, SQLSMALLINT out_room, SQLSMALLINT* out_length, SQLUSMALLINT) {
  return call<Connection>(handle, [&](Connection& connection) {
    const std::string string = argument(in, in_length);
    connect(connection, string);
    hand_out(string, out, out_room, out_length);
    return SQL_SUCCESS;
  });
}

FAKE_ODBC_API SQLRETURN SQLDisconnect(SQLHDBC handle) {
  return call<Connection>(handle, [](Connection& connection) {
    if (!connection.dead && !connection.transaction.rows().empty()) throw Record{"25000", "[Fake][Driver]a transaction is open"};
    return SQL_SUCCESS;
  });
}

FAKE_ODBC_API SQLRETURN SQLEndTran(SQLSMALLINT, SQLHANDLE handle, SQLSMALLINT how) {
  return call<Connection>(handle, [&](Connection& connection) { return end_transaction(connection, how), SQL_SUCCESS; });
}

FAKE_ODBC_API SQLRETURN SQLSetConnectAttr(SQLHDBC handle, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER) {
  return call<Connection>(handle, [&](Connection& connection) -> SQLRETURN {
    if (attribute != SQL_ATTR_AUTOCOMMIT) throw Record{"HYC00", "[Fake][Driver]an attribute that this driver does not have"};
    connection.check_alive();
    const bool on = reinterpret_cast<SQLULEN>(value) == SQL_AUTOCOMMIT_ON;
    if (on && !connection.auto_commit) end_transaction(connection, SQL_COMMIT);   // as ODBC's reference has it
    connection.auto_commit = on;
    return SQL_SUCCESS;
  });
}

FAKE_ODBC_API SQLRETURN SQLGetConnectAttr(SQLHDBC handle, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER, SQLINTEGER*) {
  return call<Connection>(handle, [&](const Connection& connection) -> SQLRETURN {
    switch (attribute) {
      case SQL_ATTR_CONNECTION_DEAD: *static_cast<SQLUINTEGER*>(value) = connection.dead ? SQL_CD_TRUE : SQL_CD_FALSE; return SQL_SUCCESS;
      case SQL_ATTR_AUTOCOMMIT: *static_cast<SQLUINTEGER*>(value) = connection.auto_commit ? SQL_AUTOCOMMIT_ON : SQL_AUTOCOMMIT_OFF; return SQL_SUCCESS;
      default: throw Record{"HYC00", "[Fake][Driver]an attribute that this driver does not have"};
    }
  });
}

FAKE_ODBC_API SQLRETURN SQLGetInfo(SQLHDBC handle, SQLUSMALLINT what, SQLPOINTER value, SQLSMALLINT room, SQLSMALLINT* length) {
  return call<Connection>(handle, [&](Connection&) -> SQLRETURN {
    const auto text = [&](std::string_view its) { return hand_out(its, value, room, length), static_cast<SQLRETURN>(SQL_SUCCESS); };
    switch (what) {
      case SQL_DBMS_NAME: return text("Fake");
      case SQL_DBMS_VER: return text("07.02.0001");
      case SQL_DRIVER_ODBC_VER: return text("03.52");
      case SQL_DRIVER_NAME: return text("libmillrace_fake_odbc.so");
      case SQL_CURSOR_COMMIT_BEHAVIOR:
      case SQL_CURSOR_ROLLBACK_BEHAVIOR: *static_cast<SQLUSMALLINT*>(value) = SQL_CB_PRESERVE; return SQL_SUCCESS;
      default: throw Record{"HY096", "[Fake][Driver]an information that this driver does not have"};
    }
  });
}

FAKE_ODBC_API SQLRETURN SQLGetDiagRec(SQLSMALLINT, SQLHANDLE handle, SQLSMALLINT number, SQLCHAR* state, SQLINTEGER* native, SQLCHAR* text, SQLSMALLINT room, SQLSMALLINT* length) {
  const std::vector<Record>& records = static_cast<Handle*>(handle)->records;
  if (number < 1 || static_cast<std::size_t>(number) > records.size()) return SQL_NO_DATA;
  const Record& record = records[static_cast<std::size_t>(number) - 1];
  if (state) hand_out<SQLSMALLINT>(record.sqlstate, state, SQL_SQLSTATE_SIZE + 1, nullptr);
  if (native) *native = 0;
  return hand_out(record.message, text, room, length) ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

FAKE_ODBC_API SQLRETURN SQLGetDiagField(SQLSMALLINT, SQLHANDLE handle, SQLSMALLINT number, SQLSMALLINT field, SQLPOINTER value, SQLSMALLINT room, SQLSMALLINT* length) {
  const std::vector<Record>& records = static_cast<Handle*>(handle)->records;
  if (field == SQL_DIAG_NUMBER) {
    *static_cast<SQLINTEGER*>(value) = static_cast<SQLINTEGER>(records.size());
    return SQL_SUCCESS;
  }
  if (number < 1 || static_cast<std::size_t>(number) > records.size()) return SQL_NO_DATA;
  switch (field) {
    case SQL_DIAG_ROW_NUMBER: *static_cast<SQLLEN*>(value) = records[static_cast<std::size_t>(number) - 1].row; return SQL_SUCCESS;
    case SQL_DIAG_COLUMN_NUMBER: *static_cast<SQLINTEGER*>(value) = SQL_COLUMN_NUMBER_UNKNOWN; return SQL_SUCCESS;
    case SQL_DIAG_CLASS_ORIGIN:
    case SQL_DIAG_SUBCLASS_ORIGIN: hand_out("ISO 9075", value, room, length); return SQL_SUCCESS;
    case SQL_DIAG_CONNECTION_NAME:
    case SQL_DIAG_SERVER_NAME: hand_out({}, value, room, length); return SQL_SUCCESS;
    default: return SQL_ERROR;
  }
}
