#pragma once
// A configuration in the making: what is known so far, and where each key of it came from.

#include <map>
#include <string>
#include <string_view>

#include "millrace/access/database_config.hpp"

namespace millrace {

/// The places that configuration comes from, the weakest first. What a URL says about its connection is never replaced: `url` is stronger than
/// the variables, wherever the URL itself was found.
enum class Layer : unsigned char { defaults, json_file, env_file, environment, url };

struct Origin {
  Layer layer = Layer::defaults;
  std::string name;  ///< "DB_POOL_SIZE in the file .env", "pool.size in the file config.json"
};

struct Draft {
  DatabaseConfig config;
  std::map<std::string, Origin, std::less<>> origins;  ///< by the key's path: "pool.size", "connection.parameters.sslmode"
  std::string password_file;                           ///< a JSON file's; read once it is sure to be needed

  Layer layer_of(std::string_view path) const {
    const auto found = origins.find(path);
    return found == origins.end() ? Layer::defaults : found->second.layer;
  }
};

/// A message of a validate() with its keys replaced by where their values came from.
std::string with_origins(const std::string& message, const Draft& draft);

}  // namespace millrace
