// The calls on environments and connections.

#include <limits>
#include <optional>

#include "db2/cli/functions.hpp"
#include "db2/cli/handles.hpp"

namespace millrace::db2::cli::drda_calls {
namespace {

SQLRETURN alloc_environment(SQLHANDLE* output) noexcept {
  try {
    *output = handle_table::add(std::make_shared<EnvironmentHandle>());
    return SQL_SUCCESS;
  } catch (const std::exception&) {   // there is no handle that could tell
    return SQL_ERROR;
  }
}

SQLRETURN alloc_connection(SQLHANDLE input, SQLHANDLE* output) noexcept {
  const auto environment = std::static_pointer_cast<EnvironmentHandle>(handle_table::find(input, SQL_HANDLE_ENV));
  return enter<EnvironmentHandle>(input, [&](EnvironmentHandle& e) {
    e.connections.reserve(e.connections.size() + 1);
    *output = handle_table::add(std::make_shared<ConnectionHandle>(environment));
    e.connections.push_back(*output);
    return SQL_SUCCESS;
  });
}

SQLRETURN alloc_statement(SQLHANDLE input, SQLHANDLE* output) noexcept {
  const auto connection = std::static_pointer_cast<ConnectionHandle>(handle_table::find(input, SQL_HANDLE_DBC));
  std::shared_ptr<StatementHandle> statement;   // its destructor takes the lock that enter() holds
  return enter<ConnectionHandle>(input, [&](ConnectionHandle& c) {
    c.client();
    c.statement_numbers.reserve(c.statement_numbers.size() + 1);
    statement = std::make_shared<StatementHandle>(connection);
    *output = handle_table::add(statement);
    c.statement_numbers.push_back(*output);
    return SQL_SUCCESS;
  });
}

SQLRETURN free_environment(SQLHANDLE number) noexcept {
  const SQLRETURN code = enter<EnvironmentHandle>(number, [](const EnvironmentHandle& e) {
    if (!e.connections.empty()) throw CallError("HY010", "the environment still has connections");
    return SQL_SUCCESS;
  });
  if (code == SQL_SUCCESS) handle_table::remove(number, SQL_HANDLE_ENV);
  return code;
}

/// One that is still connected is disconnected: SOCI forgets to.
SQLRETURN free_connection(SQLHANDLE number) noexcept {
  const auto connection = std::static_pointer_cast<ConnectionHandle>(handle_table::remove(number, SQL_HANDLE_DBC));
  if (connection == nullptr) return SQL_INVALID_HANDLE;
  {
    const std::lock_guard lock(connection->environment().mutex());
    std::erase(connection->environment().connections, number);
  }
  std::vector<std::shared_ptr<Handle>> orphans;   // outlive the lock
  const std::lock_guard lock(connection->mutex());
  orphans = connection->disconnect();
  return SQL_SUCCESS;
}

/// SOCI frees statements in destructors, and throws what this call does not like: what is wrong with the connection shows at the next call that needs it.
SQLRETURN free_statement_handle(SQLHANDLE number) noexcept {
  const SQLRETURN code = enter<StatementHandle>(number, [&](StatementHandle& s) {
    std::erase(s.connection().statement_numbers, number);
    s.close_cursor();
    return SQL_SUCCESS;
  });
  handle_table::remove(number, SQL_HANDLE_STMT);
  return code == SQL_INVALID_HANDLE ? code : static_cast<SQLRETURN>(SQL_SUCCESS);
}

SQLRETURN put_number(SQLPOINTER value, SQLUINTEGER number, SQLINTEGER* length) {
  if (value != nullptr) *static_cast<SQLUINTEGER*>(value) = number;
  if (length != nullptr) *length = sizeof number;
  return SQL_SUCCESS;
}

std::string_view identifier(std::string_view name) {
  while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
  return name;
}

/// "SQL11055" and "CSS10140" as ODBC writes versions: "11.05.0005".
std::string version_of(const drda::Server& server) {
  const std::string_view digits = std::string_view(server.product).substr(std::min<std::size_t>(3, server.product.size()));
  if (digits.size() != 5 || digits.find_first_not_of("0123456789") != std::string_view::npos) return server.release;
  return std::string(digits.substr(0, 2)) + '.' + std::string(digits.substr(2, 2)) + ".000" + digits[4];
}

/// "QDB2/LINUXX8664": the Q is the protocol's.
std::string product_of(const drda::Server& server) {
  return server.class_name.starts_with("QDB2") ? server.class_name.substr(1) : server.class_name;
}

std::optional<std::string> text_info(const ConnectionHandle& connection, SQLUSMALLINT what) {
  const drda::ConnectOptions& options = connection.keywords().options;
  switch (what) {
    case SQL_DBMS_NAME: return product_of(connection.client().server());
    case SQL_DBMS_VER: return version_of(connection.client().server());
    case SQL_DATABASE_NAME:
    case SQL_DATA_SOURCE_NAME: return options.database.substr(0, options.database.find(';'));   // without Derby's attributes
    case SQL_SERVER_NAME: return options.host;
    case SQL_USER_NAME: return std::string(identifier(options.user));
    case SQL_DRIVER_NAME: return "millrace-drda";
    case SQL_DRIVER_VER: return "01.00.0000";
    case SQL_IDENTIFIER_QUOTE_CHAR: return "\"";
    default: return std::nullopt;
  }
}

struct NumberInfo { std::uint32_t number; std::size_t bytes; };

std::optional<NumberInfo> number_info(SQLUSMALLINT what) {
  switch (what) {
    case SQL_CURSOR_COMMIT_BEHAVIOR:
    case SQL_CURSOR_ROLLBACK_BEHAVIOR: return NumberInfo{SQL_CB_CLOSE, 2};
    case SQL_TXN_CAPABLE: return NumberInfo{SQL_TC_ALL, 2};
    case SQL_DEFAULT_TXN_ISOLATION: return NumberInfo{SQL_TXN_READ_COMMITTED, 4};
    case SQL_GETDATA_EXTENSIONS: return NumberInfo{SQL_GD_ANY_COLUMN | SQL_GD_ANY_ORDER | SQL_GD_BOUND, 4};
    case SQL_PARAM_ARRAY_ROW_COUNTS: return NumberInfo{SQL_PARC_NO_BATCH, 4};
    default: return std::nullopt;
  }
}

}  // namespace

SQLRETURN alloc_handle(SQLSMALLINT type, SQLHANDLE input, SQLHANDLE* output) {
  if (output == nullptr) return SQL_ERROR;
  *output = SQL_NULL_HANDLE;
  switch (type) {
    case SQL_HANDLE_ENV: return alloc_environment(output);
    case SQL_HANDLE_DBC: return alloc_connection(input, output);
    case SQL_HANDLE_STMT: return alloc_statement(input, output);
    default: return SQL_ERROR;
  }
}

SQLRETURN free_handle(SQLSMALLINT type, SQLHANDLE handle) {
  switch (type) {
    case SQL_HANDLE_ENV: return free_environment(handle);
    case SQL_HANDLE_DBC: return free_connection(handle);
    case SQL_HANDLE_STMT: return free_statement_handle(handle);
    default: return SQL_INVALID_HANDLE;
  }
}

SQLRETURN set_environment_attribute(SQLHENV environment, SQLINTEGER, SQLPOINTER, SQLINTEGER) {
  return enter<EnvironmentHandle>(environment, [](const EnvironmentHandle&) { return SQL_SUCCESS; });   // there is nothing to choose
}

SQLRETURN set_connect_attribute(SQLHDBC connection, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length) {
  return enter<ConnectionHandle>(connection, [&](ConnectionHandle& c) {
    const SQLUINTEGER number = number_argument(value);
    switch (attribute) {
      case SQL_ATTR_AUTOCOMMIT: c.set_autocommit(number == SQL_AUTOCOMMIT_ON); return SQL_SUCCESS;
      case SQL_ATTR_LOGIN_TIMEOUT: c.login_timeout = std::chrono::seconds(number); return SQL_SUCCESS;
      case SQL_ATTR_CONNECTION_TIMEOUT: c.set_answer_timeout(std::chrono::seconds(number)); return SQL_SUCCESS;
      case SQL_ATTR_TXN_ISOLATION: {
        const auto name = isolation_name(number);
        if (!name) throw CallError("HY024", "the isolation is 1, 2, 4 or 8");
        c.set_isolation(*name);
        c.isolation = number;
        return SQL_SUCCESS;
      }
      case SQL_ATTR_CURRENT_SCHEMA: c.set_schema(std::string(text_argument(static_cast<SQLCHAR*>(value), length))); return SQL_SUCCESS;
      case SQL_ATTR_ACCESS_MODE: return SQL_SUCCESS;   // a hint
      default: throw CallError("HYC00", "connection attribute " + std::to_string(attribute) + " is not known");
    }
  });
}

SQLRETURN get_connect_attribute(SQLHDBC connection, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER, SQLINTEGER* length) {
  return enter<ConnectionHandle>(connection, [&](const ConnectionHandle& c) {
    const auto seconds = [](std::chrono::milliseconds time) { return static_cast<SQLUINTEGER>(std::chrono::ceil<std::chrono::seconds>(time).count()); };
    switch (attribute) {
      case SQL_ATTR_AUTOCOMMIT: return put_number(value, c.autocommit() ? SQL_AUTOCOMMIT_ON : SQL_AUTOCOMMIT_OFF, length);
      case SQL_ATTR_LOGIN_TIMEOUT: return put_number(value, seconds(c.login_timeout), length);
      case SQL_ATTR_CONNECTION_TIMEOUT: return put_number(value, seconds(c.answer_timeout()), length);
      case SQL_ATTR_CONNECTION_DEAD: return put_number(value, !c.connected() || c.dead() ? SQL_CD_TRUE : SQL_CD_FALSE, length);
      case SQL_ATTR_TXN_ISOLATION: return put_number(value, c.isolation, length);
      default: throw CallError("HYC00", "connection attribute " + std::to_string(attribute) + " is not known");
    }
  });
}

// Only SQL_SUCCESS counts for SOCI, and it takes as many bytes of the text as it is told: a text for which there is no room is cut without a word.
SQLRETURN driver_connect(SQLHDBC connection, SQLHWND, SQLCHAR* text, SQLSMALLINT text_length, SQLCHAR* out, SQLSMALLINT out_room, SQLSMALLINT* out_length, SQLUSMALLINT) {
  return enter<ConnectionHandle>(connection, [&](ConnectionHandle& c) {
    c.connect(read_keywords(text_argument(text, text_length)));
    const std::string told = shown(c.keywords());
    put_text(told, out, out_room);
    const std::size_t room = out != nullptr ? static_cast<std::size_t>(std::max<SQLSMALLINT>(out_room, 1)) - 1 : std::numeric_limits<SQLSMALLINT>::max();
    if (out_length != nullptr) *out_length = static_cast<SQLSMALLINT>(cut_text(told, room).size());
    return SQL_SUCCESS;
  });
}

SQLRETURN disconnect(SQLHDBC connection) {
  std::vector<std::shared_ptr<Handle>> orphans;
  return enter<ConnectionHandle>(connection, [&](ConnectionHandle& c) {
    c.client();
    orphans = c.disconnect();
    return SQL_SUCCESS;
  });
}

SQLRETURN end_transaction(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT how) {
  const auto end = [how](ConnectionHandle& c) {
    c.client();
    if (how != SQL_COMMIT && how != SQL_ROLLBACK) throw CallError("HY012", "a transaction ends by SQL_COMMIT or SQL_ROLLBACK");
    how == SQL_COMMIT ? c.commit() : c.rollback();
    return SQL_SUCCESS;
  };
  if (type == SQL_HANDLE_DBC) return enter<ConnectionHandle>(handle, end);
  if (type != SQL_HANDLE_ENV) return SQL_INVALID_HANDLE;
  std::vector<SQLHANDLE> connections;
  SQLRETURN code = enter<EnvironmentHandle>(handle, [&](const EnvironmentHandle& e) {
    connections = e.connections;
    return SQL_SUCCESS;
  });
  for (const SQLHANDLE connection : connections) {
    const SQLRETURN one = enter<ConnectionHandle>(connection, [&](ConnectionHandle& c) { return c.connected() ? end(c) : SQL_SUCCESS; });
    if (one != SQL_SUCCESS) code = one;
  }
  return code;
}

SQLRETURN get_info(SQLHDBC connection, SQLUSMALLINT what, SQLPOINTER value, SQLSMALLINT room, SQLSMALLINT* length) {
  return enter<ConnectionHandle>(connection, [&](ConnectionHandle& c) {
    c.client();
    if (const auto number = number_info(what)) {
      if (value != nullptr) number->bytes == 2 ? void(*static_cast<SQLUSMALLINT*>(value) = static_cast<SQLUSMALLINT>(number->number)) : void(*static_cast<SQLUINTEGER*>(value) = number->number);
      if (length != nullptr) *length = static_cast<SQLSMALLINT>(number->bytes);
      return SQL_SUCCESS;
    }
    const auto text = text_info(c, what);
    if (!text) throw CallError("HYC00", "information " + std::to_string(what) + " is not known");
    if (length != nullptr) *length = static_cast<SQLSMALLINT>(std::min<std::size_t>(text->size(), std::numeric_limits<SQLSMALLINT>::max()));
    if (put_text(*text, value, room) || value == nullptr) return SQL_SUCCESS;
    c.diagnostics.add("01004", 0, "the text was cut off");
    return SQL_SUCCESS_WITH_INFO;
  });
}

}  // namespace millrace::db2::cli::drda_calls
