#pragma once
// The settings of a session, as SQL: what a load needs, how a session gets back.

#include <chrono>
#include <string>
#include <vector>

#include "millrace/access/connection.hpp"

namespace millrace::db2 {

/// Db2 counts whole seconds, of which part ones become the next; 0 would be not to wait at all, and -1 without end.
std::vector<std::string> load_settings(std::chrono::milliseconds lock_timeout);

/// Special registers that a user of the session may have changed. Declared temporary tables and packages of its own stay.
std::vector<std::string> reset_statements();

/// Empty for the server's default. The setting holds until the next, and Derby commits by it: to be sent before anything else of a transaction.
std::string isolation_statement(Isolation isolation);

/// To be sent between transactions.
inline constexpr const char* kDefaultIsolation = "SET CURRENT ISOLATION = RESET";

}  // namespace millrace::db2
