#pragma once

#include "common/cli/product_session.hpp"
#include "millrace/access/config.hpp"

namespace millrace::cli_odbc {

/// @throws ConnectionError  one sentence: what was not found or not reached, and what to check
OpenedSession open_session(const ConnectionConfig& config);

}  // namespace millrace::cli_odbc
