#pragma once
// The sections of a JSON configuration file.

#include <string>
#include <string_view>

#include "access/config/draft.hpp"

namespace millrace {

/// Reads connection, pool and retry; of `load`, which is core/load's, only that it is an object.
/// @param text_name  "the file config.json"
/// @throws ConfigError  bad JSON, an unknown section or key, a value of the wrong type, a contradiction within `connection`
void read_json_sections(std::string_view text, const std::string& text_name, Draft& draft);

}  // namespace millrace
