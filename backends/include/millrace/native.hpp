#pragma once
// The escape hatch: what lies below a connection, for the one call that Millrace has no word for.
//
// Only declarations: include the client's own header to use what you get. The session stays Millrace's. Do not close it, leave it as you found it
// (no open transaction, no COPY, no statement half read), and use it from the thread that uses the connection. What a pool's reset knows nothing of,
// such as functions, collations and hooks registered with SQLite, stays for the connection's next user: discard such a lease.

#include "millrace/access/connection.hpp"

struct pg_conn;   // PGconn of libpq-fe.h
struct sqlite3;   // of sqlite3.h
namespace soci { class session; }

namespace millrace {

/// The client library's handle; valid as long as the connection.
/// @throws Error{misuse}  the connection is of another backend, or unusable
pg_conn* postgresql_handle(Connection& connection);
::sqlite3* sqlite3_handle(Connection& connection);

/// SOCI's session on the same handle, of whatever backend has one. Keep no soci::statement alive across a bulk writer.
/// @throws Error{misuse}  the backend does not use SOCI, or the connection is unusable
soci::session& soci_session(Connection& connection);

}  // namespace millrace
