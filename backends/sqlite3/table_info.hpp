#pragma once
// What a table looks like, from SQLite's table-valued pragmas.

#include <optional>

#include <sqlite3.h>

#include "millrace/data/types.hpp"

namespace millrace::sqlite {

/// An unqualified name is looked for as SQLite does: temp, main, then attached databases. Names are the same in any case of their ASCII letters;
/// the result has the stored ones.
std::optional<TableInfo> describe_table(::sqlite3* db, const TableName& table);

}  // namespace millrace::sqlite
