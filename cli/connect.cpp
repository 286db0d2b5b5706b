#include "connect.hpp"

#include "environment.hpp"
#include "exit_status.hpp"
#include "millrace/backends.hpp"

namespace millrace::cli {

ConnectionConfig connection_config(const LoadJob& job) {
  if (job.to.empty()) throw UsageError("no database is given; add --to URL or set DATABASE_URL in the environment or in .env");
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
  job.to = options.url.empty() ? default_database_url() : options.url;
  job.password_file = options.password_file;
  return connection_config(job);
}

std::unique_ptr<Connection> connect(const ConnectionOptions& options) { return default_drivers().connect(connection_config(options)); }

}  // namespace millrace::cli
