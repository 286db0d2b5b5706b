#pragma once
// What a statement's text tells without a server.

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::db2::cli {

struct SqlText {
  std::string first_word;      ///< in upper case, behind blanks, comments and opening parentheses
  std::size_t markers = 0;     ///< question marks outside of quotes and comments
};
SqlText look_at(std::string_view sql);

/// Whether the statement may have a result: it has to be prepared then.
bool may_be_query(const SqlText& text);
/// Whether its row count is one of rows that it changed.
bool changes_rows(const SqlText& text);

/// `'it''s'`
std::string quoted(std::string_view text);

}  // namespace millrace::db2::cli
