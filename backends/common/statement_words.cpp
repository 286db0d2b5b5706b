#include "common/statement_words.hpp"

#include <algorithm>

namespace millrace::backends {

std::string first_word(std::string_view sql) {
  sql.remove_prefix(std::min(sql.find_first_not_of(" \t\r\n(;"), sql.size()));
  std::string word;
  for (const char c : sql) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (upper < 'A' || upper > 'Z') break;
    word += upper;
  }
  return word;
}

bool is_plain_read(std::string_view sql) {
  const std::string word = first_word(sql);
  return word == "SELECT" || word == "VALUES" || word == "TABLE" || word == "SHOW";
}

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace millrace::backends
