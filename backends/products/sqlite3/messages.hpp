#pragma once
// What SQLite's messages mean, where its result code alone does not tell.

#include <string_view>

#include "millrace/access/error.hpp"

namespace millrace::sqlite {

/// SQLite has one code, SQLITE_ERROR, for whatever is wrong with a statement itself, and some clients hand out no finer code for the rest either.
SqlStateMeaning meaning_of_message(std::string_view message);

/// The column or the constraint that a violation's message names.
void add_culprit(ErrorInfo& info);

}  // namespace millrace::sqlite
