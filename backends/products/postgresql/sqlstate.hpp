#pragma once
// What PostgreSQL's SQLSTATEs mean to a caller.

#include <string_view>

#include "millrace/access/error.hpp"

namespace millrace::postgresql {

/// The meaning of a SQLSTATE: exact codes first, then its two-character class, else `unknown` and not retryable.
SqlStateMeaning meaning_of(std::string_view sqlstate);

/// The SQLSTATE of a refusal that a further attempt would make worse or that is common, read from the server's English words; "" = not known.
std::string_view sqlstate_of_refusal(std::string_view said);

}  // namespace millrace::postgresql
