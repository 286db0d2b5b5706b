#include "millrace/native.hpp"

#include <string>

namespace millrace {
namespace {

void* client_handle(Connection& connection, std::string_view backend) {
  const NativeHandle handle = connection.native_handle();
  if (handle.backend == backend && handle.client) return handle.client;
  throw Error(ErrorCode::misuse, "the native handle of a " + std::string(backend) + " connection was asked of one of " + std::string(handle.backend));
}

}  // namespace

pg_conn* postgresql_handle(Connection& connection) { return static_cast<pg_conn*>(client_handle(connection, "postgresql")); }
::sqlite3* sqlite3_handle(Connection& connection) { return static_cast<::sqlite3*>(client_handle(connection, "sqlite3")); }

soci::session& soci_session(Connection& connection) {
  const NativeHandle handle = connection.native_handle();
  if (!handle.soci_session) throw Error(ErrorCode::misuse, "SOCI's session was asked of a connection of " + std::string(handle.backend) + ", which has none");
  return *static_cast<soci::session*>(handle.soci_session);
}

}  // namespace millrace
