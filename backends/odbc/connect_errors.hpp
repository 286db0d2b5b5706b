#pragma once
// Why a connection could not be opened.

#include <string>

#include "common/cli/diagnostics.hpp"
#include "millrace/access/config.hpp"
#include "millrace/access/error.hpp"

namespace millrace::cli_odbc {

/// What Driver= says, or the Driver entry of the data source that DSN= names; empty where neither is known.
std::string driver_of(const ConnectionConfig& config);

/// One sentence: what was not found or not reached, what was said, what to check.
[[noreturn]] void throw_connect_error(const ConnectionConfig& config, const std::string& driver, const Diagnostic& said);

}  // namespace millrace::cli_odbc
