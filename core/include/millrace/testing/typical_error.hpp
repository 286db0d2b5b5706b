#pragma once
// Errors as a database would report them.

#include <string>

#include "millrace/access/error.hpp"

namespace millrace::testing {

/// The facts that an error of this kind usually has: a sentence, an SQLSTATE, whether it may be retried, whether it poisons the connection.
/// They are those of docs/errors.md, so code under test decides as it will in production.
/// @param message  instead of the usual sentence
ErrorInfo typical_error(ErrorCode code, std::string message = {});

}  // namespace millrace::testing
