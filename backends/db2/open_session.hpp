#pragma once

#include "common/cli/product_session.hpp"
#include "millrace/access/config.hpp"

namespace millrace::cli_db2 {

/// A session of SOCI's db2 backend, with the open client or IBM's library behind it.
/// @throws ConnectionError  one sentence: what was not found or not reached, and what to check
/// @throws ConfigError      a configuration that can not be said in a keyword string; IBM's library was asked for and is not there
OpenedSession open_session(const ConnectionConfig& config);

}  // namespace millrace::cli_db2
