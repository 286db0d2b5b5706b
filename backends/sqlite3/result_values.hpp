#pragma once
// From stored values to typed ones, by the declared type of a result's column.

#include <vector>

#include "millrace/access/connection.hpp"
#include "sqlite3/statement.hpp"

namespace millrace::sqlite {

/// Names and types of a statement's columns. A column that is an expression has no declared type: `other`.
std::vector<ResultColumn> result_columns(const Statement& statement);

/// The value of a column in the current row. A value that does not fit its declared type comes as it is stored, never as an error.
Value result_value(const Statement& statement, int column, const SqlType& type);

}  // namespace millrace::sqlite
