#pragma once

#include <memory>

#include "arguments.hpp"
#include "millrace/access/config.hpp"
#include "millrace/access/connection.hpp"
#include "millrace/load/job.hpp"

namespace millrace::cli {

/// Where the options point to. @throws UsageError  no URL, a malformed one, a scheme without a driver, an unreadable password file
ConnectionConfig connection_config(const ConnectionOptions& options);
/// The same of a load's job.
ConnectionConfig connection_config(const LoadJob& job);

/// @throws UsageError as connection_config; ConnectionError
std::unique_ptr<Connection> connect(const ConnectionOptions& options);

}  // namespace millrace::cli
