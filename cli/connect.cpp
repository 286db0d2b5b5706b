#include "connect.hpp"

#include "exit_status.hpp"
#include "millrace/backends.hpp"

namespace millrace::cli {

ConnectionConfig connection_config(const LoadJob& job) {
  try {
    ConnectionConfig config = job.connection();
    default_drivers().find(config.scheme);
    return config;
  } catch (const ConfigError& error) {
    throw UsageError(error.what());
  }
}

ConnectionConfig connection_config(const ConnectionOptions& options) {
  LoadJob job;
  job.to = options.url;
  job.password_file = options.password_file;
  try {
    find_database(job);
  } catch (const ConfigError& error) {
    throw UsageError(error.what());
  }
  return connection_config(job);
}

std::unique_ptr<Connection> connect(const ConnectionOptions& options) { return default_drivers().connect(connection_config(options)); }

}  // namespace millrace::cli
