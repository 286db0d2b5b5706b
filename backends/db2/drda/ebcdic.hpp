#pragma once
// EBCDIC, code page 500: the strings of a login before both sides agreed on UTF-8. It has exactly the characters of ISO 8859-1.

#include <optional>
#include <string>
#include <string_view>

#include "db2/drda/bytes.hpp"

namespace millrace::drda {

/// @return nothing if `utf8` is malformed or has a character that the code page lacks (beyond U+00FF)
std::optional<std::string> to_ebcdic(std::string_view utf8);

/// Every byte is a character.
std::string from_ebcdic(Bytes bytes);

/// A name that begins with a letter and comes in EBCDIC or in ASCII, whatever was agreed: the two have no letter in common.
std::string from_either(Bytes bytes);

}  // namespace millrace::drda
