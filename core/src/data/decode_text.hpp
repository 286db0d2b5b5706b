#pragma once
// What the column decoder needs of the text parsers beyond their public forms.

#include <cstddef>
#include <string_view>

#include "millrace/data/decode.hpp"

namespace millrace {

/// Cuts surplus blanks off a text that has more than `most` code points. @pre well-formed UTF-8
DecodeStatus fit_long_text(std::string_view& text, std::size_t most);

/// Cuts surplus blanks as char(n) and varchar(n) do in PostgreSQL; `most` 0 = no limit. @pre well-formed UTF-8
inline DecodeStatus fit_text(std::string_view& text, std::size_t most) {
  return most == 0 || text.size() <= most ? DecodeStatus::ok : fit_long_text(text, most);
}

/// decode_binary() into memory of at least text.size() bytes.
DecodeStatus decode_binary_to(std::string_view text, char* out, std::size_t& size);

/// check_json() for text that is known to be UTF-8.
DecodeStatus check_json_syntax(std::string_view text);

}  // namespace millrace
