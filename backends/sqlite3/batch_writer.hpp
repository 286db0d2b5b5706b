#pragma once
// The bulk writer: one INSERT ... SELECT per batch, from the batch itself.

#include <memory>
#include <optional>

#include "millrace/access/connection.hpp"
#include "sqlite3/batch_table.hpp"
#include "sqlite3/session.hpp"
#include "sqlite3/statement.hpp"

namespace millrace::sqlite {

/// @param columns  checked against the affinity of the table's columns before anything is written
/// @throws ConfigError    a column whose affinity would change values
/// @throws DatabaseError  no such table or column
std::unique_ptr<BulkWriter> open_batch_writer(std::shared_ptr<Session> session, const Dialect& dialect, const TableInfo& table,
                                              const std::vector<ColumnInfo>& columns);

}  // namespace millrace::sqlite
