#pragma once
// Errors that say which statement ran into them.

#include <string>
#include <string_view>

#include "millrace/access/error.hpp"

namespace millrace {

/// SQL short enough for a message, cut on a character boundary.
std::string shortened_statement(std::string_view sql);

/// Throws the same error, class included, with the statement where it has none yet.
/// @pre called inside the catch block that caught `error`
[[noreturn]] void rethrow_with_statement(const Error& error, std::string_view statement);

}  // namespace millrace
