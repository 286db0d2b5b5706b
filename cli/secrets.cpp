#include "secrets.hpp"

#include <algorithm>
#include <cstring>

namespace millrace::cli {
namespace {

/// Where the part of an argument begins that may hold a secret; npos when there is none.
std::size_t secret_begin(std::string_view argument) {
  if (const std::size_t at = argument.find("://"); at != std::string_view::npos) return at + 3;
  if (const std::size_t at = argument.find("odbc:"); at != std::string_view::npos) return at + 5;
  return std::string_view::npos;
}

}  // namespace

std::vector<std::string> take_arguments(int argc, char** argv) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    // Everything behind the scheme goes, parsed or not: a malformed URL holds its password somewhere, too.
    if (const std::size_t begin = secret_begin(argument); begin != std::string_view::npos) std::memset(argv[i] + begin, '*', argument.size() - begin);
  }
  return arguments;
}

std::string without_secret(std::string_view argument) {
  const std::size_t begin = secret_begin(argument);
  return begin == std::string_view::npos ? std::string(argument) : std::string(argument.substr(0, begin)) + "***";
}

}  // namespace millrace::cli
