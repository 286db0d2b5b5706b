#pragma once
// Why a connection could not be opened.

#include <string>
#include <string_view>

#include "millrace/access/config.hpp"
#include "millrace/access/error.hpp"

namespace millrace::postgresql {

/// @param said  the server's or the client library's words
/// @param advice  what to do; nullptr: what the code suggests
[[noreturn]] void throw_connect_error(const ConnectionConfig& config, ErrorInfo info, std::string_view said, const char* advice = nullptr);

/// Finds out what a failed attempt means, if need be by further ones, and throws it.
/// @param uri   what the attempt was made with
/// @param said  its message, in any language
[[noreturn]] void throw_diagnosed(const ConnectionConfig& config, const std::string& uri, std::string_view said);

}  // namespace millrace::postgresql
