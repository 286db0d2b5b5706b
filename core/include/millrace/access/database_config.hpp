#pragma once
// Everything that a Database is configured with, and the places it is read from.

#include <map>
#include <string>
#include <string_view>

#include "millrace/access/config.hpp"
#include "millrace/access/pool.hpp"
#include "millrace/access/retry.hpp"

namespace millrace {

/// The configuration of a Database. docs/configuration.md lists every key, variable, default and range.
struct DatabaseConfig {
  ConnectionConfig connection;
  PoolOptions pool;
  RetryPolicy retry;

  /// Reads DATABASE_URL, DB_POOL_SIZE, DB_MAX_OVERFLOW, DB_POOL_TIMEOUT, DB_MAX_RETRIES, DB_RETRY_DELAY and libpq's PG* variables, and a JSON
  /// file with the sections connection, pool, retry (and load, which is core/load's).
  /// @throws ConfigError  names the key and where it came from; without any database, the places that were looked at. Never a secret.
  static DatabaseConfig from(const ConfigSources& sources = {});
  /// Looks at nothing but the URL.
  static DatabaseConfig from_url(std::string_view url);
  /// Looks at nothing but the text (and a password_file that it names).
  /// @param origin  what messages call the text: "the file config.json"
  static DatabaseConfig from_json(std::string_view text, std::string_view origin = "the JSON configuration");

  /// Database::open() calls it.
  /// @throws ConfigError  names the key that is out of range
  void validate() const;
};

/// The variables of a `.env` file: NAME=VALUE lines, `export` allowed, # comments. A value in single quotes is taken as it is, one in double quotes
/// knows \n, \r, \t, \", \\, \$ and \`; both may go over several lines. Nothing is expanded: `$NAME` is that text. The last one of a name wins.
/// @throws ConfigError  a line that is none of these, by its number; nothing of it is quoted
std::map<std::string, std::string> parse_env_file(std::string_view text, std::string_view origin = "the .env file");

}  // namespace millrace
