#pragma once
// What a table looks like, by ODBC's catalog functions: for products whose own catalog we do not know.

#include <optional>

#include "common/cli/session.hpp"
#include "millrace/data/types.hpp"

namespace millrace::cli_odbc {

/// Columns, the primary key, unique indexes, and the foreign keys that point here, as far as the driver tells them. Names are looked for exactly.
std::optional<TableInfo> describe_by_functions(Session& session, const TableName& table);

}  // namespace millrace::cli_odbc
