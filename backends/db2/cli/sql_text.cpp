#include "db2/cli/sql_text.hpp"

#include <algorithm>
#include <iterator>

namespace millrace::db2::cli {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

/// Behind the quoted text that begins at `at`; a doubled quote reads as the end of one text and the beginning of another.
std::size_t behind_quote(std::string_view sql, std::size_t at) {
  const std::size_t end = sql.find(sql[at], at + 1);
  return end == std::string_view::npos ? sql.size() : end + 1;
}

/// Comments in slashes and stars nest, in Db2 and in Derby.
std::size_t behind_comment(std::string_view sql, std::size_t at) {
  std::size_t depth = 0;
  while (at < sql.size()) {
    const std::string_view two = sql.substr(at, 2);
    if (two == "/*") ++depth, at += 2;
    else if (two == "*/") --depth, at += 2;
    else ++at;
    if (depth == 0) break;
  }
  return at;
}

template <std::size_t N> bool is_one_of(std::string_view word, const std::string_view (&words)[N]) { return std::find(std::begin(words), std::end(words), word) != std::end(words); }

}  // namespace

SqlText look_at(std::string_view sql) {
  SqlText found;
  bool word_done = false;
  for (std::size_t at = 0; at < sql.size();) {
    const char c = sql[at];
    if (sql.substr(at, 2) == "--") {
      at = std::min(sql.find('\n', at), sql.size());
    } else if (sql.substr(at, 2) == "/*") {
      at = behind_comment(sql, at);
    } else if (!word_done && is_letter(c)) {
      for (; at < sql.size() && is_letter(sql[at]); ++at) found.first_word += static_cast<char>(sql[at] & ~0x20);
      word_done = true;
    } else {
      word_done = word_done || !(is_blank(c) || c == '(' || c == ';');
      if (c == '?') ++found.markers;
      at = c == '\'' || c == '"' ? behind_quote(sql, at) : at + 1;
    }
  }
  return found;
}

bool may_be_query(const SqlText& text) {
  constexpr std::string_view kOthers[] = {"INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "DROP", "ALTER", "SET", "LOCK", "TRUNCATE", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT",
                                          "GRANT",  "REVOKE", "RENAME", "COMMENT", "DECLARE", "REFRESH", "TRANSFER"};
  return !is_one_of(text.first_word, kOthers);
}

bool changes_rows(const SqlText& text) {
  constexpr std::string_view kWords[] = {"INSERT", "UPDATE", "DELETE", "MERGE", "WITH"};
  return is_one_of(text.first_word, kWords);
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + '\'';
}

}  // namespace millrace::db2::cli
