#pragma once
// Small files of configuration.

#include <optional>
#include <string>

namespace millrace {

struct TextFile {
  std::string text;
  int error = 0;  ///< errno; 0: it was read
};
TextFile read_text_file(const std::string& path);

/// Without its line end, as password files have one. nullopt: the file can not be read.
std::optional<std::string> read_first_line(const std::string& path);

}  // namespace millrace
