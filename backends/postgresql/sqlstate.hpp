#pragma once
// What PostgreSQL's SQLSTATEs mean to a caller.

#include <string_view>

#include "millrace/access/error.hpp"

namespace millrace::postgresql {

/// The meaning of a SQLSTATE: exact codes first, then its two-character class, else `unknown` and not retryable.
SqlStateMeaning meaning_of(std::string_view sqlstate);

}  // namespace millrace::postgresql
