#pragma once
// What a table looks like, from SQLite's table-valued pragmas.

#include <functional>
#include <optional>
#include <string>

#include "millrace/data/types.hpp"
#include "products/ask.hpp"

namespace millrace::sqlite {

/// The name of a column's collating sequence. No pragma tells it, and so it takes the client's own call where there is one.
using CollationOf = std::function<std::string(const TableName& table, const std::string& column)>;

/// An unqualified name is looked for as SQLite does: temp, main, then attached databases. Names are the same in any case of their ASCII letters;
/// the result has the stored ones.
/// @param collation_of  null: every column is taken to have the default
std::optional<TableInfo> describe_table(const Ask& ask, const CollationOf& collation_of, const TableName& table);

}  // namespace millrace::sqlite
