#pragma once
// What a statement is, as far as its first word tells.

#include <string>
#include <string_view>

namespace millrace::backends {

/// In upper case, behind blanks, parentheses and semicolons; empty where a comment or something else comes first.
std::string first_word(std::string_view sql);

/// By the first word; WITH may hide an INSERT, and a comment anything. A function that is called by SELECT and writes is its caller's business.
bool is_plain_read(std::string_view sql);

/// ASCII letters only, as keywords and the names of drivers and products are compared.
std::string lowered(std::string_view text);

}  // namespace millrace::backends
