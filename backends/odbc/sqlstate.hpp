#pragma once
// What ODBC's own SQLSTATEs mean to a caller.

#include <string_view>

#include "millrace/access/error.hpp"

namespace millrace::cli_odbc {

/// The states of ODBC's reference, appendix A, which drivers report whatever the product: exact codes first, then their class.
SqlStateMeaning odbc_meaning_of(std::string_view sqlstate);

}  // namespace millrace::cli_odbc
