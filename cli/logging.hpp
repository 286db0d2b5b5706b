#pragma once

#include <string>
#include <string_view>

namespace millrace::cli {

/// Sends the library's log to standard error through spdlog.
/// @param level  debug, info, warning, error or off
/// @param json   one JSON object a line instead of text
/// @throws UsageError  unknown level
void set_up_logging(std::string_view level, bool json);

}  // namespace millrace::cli
