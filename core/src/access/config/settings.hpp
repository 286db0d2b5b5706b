#pragma once
// The table of settings: which JSON key and which variable set which member. What is a part of the URL, too, is in location.hpp and json_sections.cpp.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "access/config/draft.hpp"
#include "access/config/json_input.hpp"

namespace millrace {

/// A value as it stands in its place: the text of a variable, or JSON.
struct RawValue {
  const std::string* text = nullptr;
  const json_input::Json* json = nullptr;
};

struct Setting {
  std::string_view section;   ///< "pool", "retry", "connection", "connection.tls"
  std::string_view key;
  std::string_view variable;  ///< "DB_POOL_SIZE"; empty: JSON only
  std::string_view wanted;    ///< what its value must be, for messages
  std::function<bool(DatabaseConfig&, const RawValue&)> set;  ///< false: the value is not what is wanted
  std::function<void(DatabaseConfig&)> reset;                 ///< back to the default

  std::string path() const { return std::string(section) + "." + std::string(key); }
};

const std::vector<Setting>& settings();
/// @pre there is one
const Setting& find_setting(std::string_view path);
std::vector<std::string> keys_of_section(std::string_view section);

/// @throws ConfigError  names `origin` and what is wanted there; the value is not quoted
void apply(const Setting& setting, const RawValue& value, Origin origin, Draft& draft);

bool read_text(const RawValue& value, std::string& out);  ///< one that is not empty and without NUL bytes

}  // namespace millrace
