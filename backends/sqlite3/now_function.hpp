#pragma once
// millrace_now(): the time at which the transaction began, as SQL's CURRENT_TIMESTAMP is elsewhere.

#include <sqlite3.h>

#include "products/sqlite3/functions.hpp"
#include "sqlite3/session.hpp"

namespace millrace::sqlite {

/// SQLite's own 'now' is read once per statement, so that two statements of one merge would disagree. Outside a transaction the function gives the
/// current time. `session` outlives the connection's functions.
void register_now(::sqlite3* db, const Session& session);

}  // namespace millrace::sqlite
