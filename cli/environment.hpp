#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace::cli {

/// DATABASE_URL from the environment, else from the file `.env` of the current directory; empty when neither has it.
std::string default_database_url();

/// The value of `name` in the text of a `.env` file: KEY=VALUE lines, `export` allowed, values optionally in quotes, # comments. The last one wins.
std::optional<std::string> find_in_dotenv(std::string_view text, std::string_view name);

}  // namespace millrace::cli
