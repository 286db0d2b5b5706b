#pragma once
// What a handle says about its last call.

#include <cstdint>
#include <string>
#include <vector>

#include "common/cli/cli.hpp"

namespace millrace::MILLRACE_CLI {

struct Diagnostic {
  std::string sqlstate;       ///< five characters; empty when the driver said nothing at all
  std::int32_t native = 0;    ///< the product's own code
  std::string message;        ///< one line, without the "[vendor][driver]" prefixes
  std::int64_t row = 0;       ///< the parameter set or row at fault, from 1; 0 = not told
};

/// All records of a handle, in the driver's order. To be called before anything else is called on the handle: that replaces them.
std::vector<Diagnostic> read_diagnostics(SQLSMALLINT handle_type, SQLHANDLE handle);

/// A driver's text as one line: "[SQLite]no such table: t (1)" becomes "no such table: t (1)".
std::string plain_message(std::string_view text);

}  // namespace millrace::MILLRACE_CLI
