#pragma once
// Why a connection could not be opened.

#include <string_view>

#include "millrace/access/config.hpp"
#include "millrace/access/error.hpp"

namespace millrace::cli_db2 {

/// One sentence: which server, what was said, what to check.
/// @param said  what SOCI throws: "Error connecting to database SQLMESSAGE: [..] .. SQLSTATE=08001"
[[noreturn]] void throw_connect_error(const ConnectionConfig& config, std::string_view said);

}  // namespace millrace::cli_db2
