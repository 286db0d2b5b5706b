#pragma once
// Keeping passwords out of the process list and out of messages.

#include <string>
#include <string_view>
#include <vector>

namespace millrace::cli {

/// Copies the arguments behind the program's name and overwrites what follows the scheme of every URL among them, where `ps` would show it.
std::vector<std::string> take_arguments(int argc, char** argv);

/// An argument as messages may quote it: of a URL nothing but the scheme.
std::string without_secret(std::string_view argument);

}  // namespace millrace::cli
