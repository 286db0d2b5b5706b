#pragma once
// From a result's columns to types, and from its cells to values.

#include <vector>

#include "common/cli/statement.hpp"
#include "millrace/access/batch_reader.hpp"
#include "millrace/data/value.hpp"

namespace millrace::MILLRACE_CLI {

/// Names and types of a statement's result.
std::vector<ResultColumn> result_columns(const Session& session, const Statement& statement);

/// A cell of the current row. A text that is no value of its column's type comes as it is.
Value read_value(Statement& statement, int column, const SqlType& type);

/// The C type by which a column is read: everything travels as text but binary data.
SQLSMALLINT c_type_of(const SqlType& type);

}  // namespace millrace::MILLRACE_CLI
