#pragma once
// Places of configuration for tests: a folder of its own, and environments that are maps.

#include <concepts>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include <stdlib.h>

#include "millrace/access/database_config.hpp"
#include "millrace/access/error.hpp"

namespace millrace::test {

using Variables = std::map<std::string, std::string>;

inline auto environment_of(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

/// Sources that look at nothing of the process's own.
inline ConfigSources sources_of(Variables environment, std::optional<std::string> json = {}) {
  ConfigSources sources;
  sources.environment = environment_of(std::move(environment));
  sources.env_file = "";
  sources.json = std::move(json);
  sources.json_file = sources.json ? "config.json" : "";
  return sources;
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "millrace-config-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

 private:
  std::filesystem::path path_;
};

/// The message of the ConfigError that `action` throws; empty when it throws none.
template <std::invocable F> std::string refusal_of(F&& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}
inline std::string refusal_of(const ConfigSources& sources) { return refusal_of([&] { DatabaseConfig::from(sources); }); }

}  // namespace millrace::test
