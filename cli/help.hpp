#pragma once

#include <CLI/CLI.hpp>

namespace millrace::cli {

/// Group of the options that every command has; it stands last.
inline constexpr const char* kCommonGroup = "Output";

/// Help texts wrapped to a terminal's width, options in groups, examples at the end.
class HelpFormatter final : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

}  // namespace millrace::cli
