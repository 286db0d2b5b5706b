#pragma once
// From SQLite's result codes to Millrace's errors.

#include <string>
#include <string_view>

#include <sqlite3.h>

#include "millrace/access/error.hpp"

namespace millrace::sqlite {

inline constexpr std::string_view kBackend = "sqlite3";

/// What an extended result code means. `message` decides only where SQLite has one code for everything (SQLITE_ERROR).
SqlStateMeaning meaning_of(int extended_code, std::string_view message);

ErrorInfo error_info(ErrorCode code, std::string message);

/// The error that a call on `db` has just left there: SQLite's own sentence, what to do about it, the columns at fault.
ErrorInfo failure(::sqlite3* db, int extended_code);
[[noreturn]] void throw_failure(::sqlite3* db, int extended_code);

}  // namespace millrace::sqlite
