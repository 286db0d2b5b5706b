#pragma once
// Running statements, one row or an array of them, and what that means for the transaction.

#include "db2/cli/handles.hpp"

namespace millrace::db2::cli {

/// Runs the prepared statement with its bound parameters: a query's cursor is open afterwards.
///
/// An array is one chain of commands. In an atomic one a row that fails undoes the others, by a savepoint, or outside of a transaction by a ROLLBACK; else each
/// row has its own fate. After a failure by which the server has ended the transaction nothing of the array stays, nor of the rest of its transaction.
SQLRETURN execute_prepared(StatementHandle& statement);

/// Prepares and runs a text; one without markers that is no query goes as it is.
SQLRETURN execute_text(StatementHandle& statement, std::string_view sql);

}  // namespace millrace::db2::cli
