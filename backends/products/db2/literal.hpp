#pragma once
// Values written into SQL for products that turn few texts into values by themselves: Db2, Derby.

#include <string>
#include <string_view>

#include "millrace/data/types.hpp"

namespace millrace::db2 {

/// SQL for a value: a number, TRUE, a cast of a date or time in the one form that every product reads, else a string.
/// @param text  any form that docs/types.md lists
/// @throws ConfigError  the text is no value of the type, or an infinite number
/// @pre    not binary: see hex_of()
std::string literal(std::string_view text, const SqlType& type);

/// A binary value as pairs of hexadecimal digits. @throws ConfigError as above
std::string hex_of(std::string_view text, const SqlType& type);

}  // namespace millrace::db2
