#pragma once
// What the SQLSTATEs of Db2, of Derby and of the clients between them and us mean to a caller.

#include <cstdint>
#include <string_view>

#include "millrace/access/error.hpp"

namespace millrace::db2 {

/// By the SQLCODE where Db2 says two things with one SQLSTATE, then by the exact SQLSTATE, then by its class; else `unknown` and not retryable.
/// @param native  the SQLCODE; Derby's are mere classes, which Db2 does not have, and 0 means none
SqlStateMeaning meaning_of(std::string_view sqlstate, std::int32_t native = 0);

/// Fills code, retry, poison, and where the message tells them the constraint or the column. A unique index of Db2 LUW is named by its number ("1"), as
/// SQL0803N does.
/// @param message  the server's English text, or the tokens of one behind "SQLCODE -803, SQLSTATE 23505: "
void interpret(std::string_view sqlstate, std::int32_t native, std::string_view message, ErrorInfo& info);

}  // namespace millrace::db2
