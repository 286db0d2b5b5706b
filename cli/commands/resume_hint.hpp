#pragma once

#include <optional>
#include <string>

#include "millrace/load/job.hpp"
#include "millrace/load/report.hpp"

namespace millrace::cli {

/// The command that continues a run that did not end well, without its password; nothing where there is nothing to continue.
std::optional<std::string> resume_hint(const RunReport& report, const LoadJob& job);

/// `text` as one word of a shell.
std::string shell_word(const std::string& text);

}  // namespace millrace::cli
