#pragma once
// The settings of a session, as SQL: what every session gets, how it gets back there, what a load needs.

#include <chrono>
#include <string>

#include "millrace/access/config.hpp"

namespace millrace::postgresql {

/// `SET` statements for a fresh session: what the meaning of texts depends on, and the configured statement time-out.
std::string baseline_settings(const ConnectionConfig& config);

/// Everything that DISCARD ALL undoes, and the baseline again: one text for one round trip, which DISCARD ALL itself can not be part of.
/// @param open_transaction  begun by a statement's text, behind the connection's back
std::string reset_statements(const std::string& baseline, bool open_transaction);

/// No time-out of the role, the database or the application ends a load; waiting for locks does.
std::string load_settings(int server_version, std::chrono::milliseconds lock_timeout);

/// A duration as the server's time-outs take it: whole milliseconds in 32 bits.
std::string timeout_value(std::chrono::milliseconds timeout);

}  // namespace millrace::postgresql
