#include "environment.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace millrace::cli {
namespace {

constexpr const char* kVariable = "DATABASE_URL";

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::string_view unquoted(std::string_view value) {
  if (!value.empty() && (value.front() == '"' || value.front() == '\'')) {
    if (const std::size_t end = value.find(value.front(), 1); end != std::string_view::npos) return value.substr(1, end - 1);
    return value;
  }
  // A # inside a URL is part of it; only one behind a blank begins a comment.
  return trim(value.substr(0, value.find(" #")));
}

}  // namespace

std::optional<std::string> find_in_dotenv(std::string_view text, std::string_view name) {
  std::optional<std::string> found;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || trim(line.substr(0, equals)) != name) continue;
    found = unquoted(trim(line.substr(equals + 1)));
  }
  return found;
}

std::string default_database_url() {
  if (const char* url = std::getenv(kVariable); url && *url) return url;
  std::ifstream file(".env");
  if (!file) return {};
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return find_in_dotenv(text, kVariable).value_or("");
}

}  // namespace millrace::cli
