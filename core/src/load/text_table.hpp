#pragma once
// Aligned columns of text for reports.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// Characters that a UTF-8 text takes on a terminal (wide and combining characters count as one).
inline std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

inline std::string padded(std::string_view text, std::size_t width, bool to_the_right = false) {
  const std::string blanks(width - std::min(width, display_width(text)), ' ');
  return to_the_right ? blanks + std::string(text) : std::string(text) + blanks;
}

/// Lines of equal columns, two blanks apart. Control characters become blanks: one row stays one line.
class TextTable {
 public:
  enum class Align : unsigned char { left, right };
  explicit TextTable(std::vector<Align> columns, std::string indent = "") : columns_(std::move(columns)), indent_(std::move(indent)) {}

  void add(std::vector<std::string> cells) {
    for (std::string& cell : cells) std::replace_if(cell.begin(), cell.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    rows_.push_back(std::move(cells));
  }
  bool empty() const { return rows_.empty(); }

  std::string text() const {
    std::vector<std::size_t> widths(columns_.size(), 0);
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
    }
    std::string out;
    for (const auto& row : rows_) {
      std::string line = indent_;
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i != 0) line += "  ";
        line += padded(row[i], widths[i], columns_[i] == Align::right);
      }
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + '\n';
    }
    return out;
  }

 private:
  std::vector<Align> columns_;
  std::string indent_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace millrace
