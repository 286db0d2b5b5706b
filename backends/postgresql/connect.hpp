#pragma once
// Opening sessions, and saying why one could not be opened.

#include <memory>
#include <string>

#include "millrace/access/config.hpp"
#include "postgresql/session.hpp"

namespace millrace::postgresql {

/// The libpq URI of a configuration, every part of it a percent-encoded parameter: the one form that passes SOCI's own
/// parser unchanged. Adds application_name, connect_timeout and keep-alives where the configuration has none; its time-out and TLS members go
/// before the URL's parameters. Holds the password.
std::string connection_uri(const ConnectionConfig& config);

/// Opens a session and pins what the meaning of texts depends on: encoding, date style, time zone.
/// @throws ConfigError      a parameter that libpq does not know
/// @throws ConnectionError  which server, what it said, what to check
/// @throws DatabaseError    there is no such database; the server is older than PostgreSQL 12
std::shared_ptr<Session> open_session(const ConnectionConfig& config);

}  // namespace millrace::postgresql
