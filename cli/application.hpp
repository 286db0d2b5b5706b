#pragma once

#include <string>
#include <vector>

namespace millrace::cli {

/// The whole command: parses, runs, prints. @param arguments without the program's name. @return the exit status
int run(const std::vector<std::string>& arguments);

}  // namespace millrace::cli
