#pragma once
// Arrays of rows into one table: column-wise binding, a status per row.
//
// Sources: ODBC's reference, "Binding Arrays of Parameters" and "Using Arrays of Parameters"; IBM's "Statement attributes (CLI) list".

#include <memory>
#include <string>
#include <vector>

#include "common/cli/session.hpp"
#include "millrace/access/bulk_writer.hpp"
#include "millrace/data/types.hpp"

namespace millrace::MILLRACE_CLI {

struct ArrayInsert {
  std::string sql;                      ///< an INSERT with one marker a column
  std::string packed_sql;               ///< an INSERT with one marker a column, each for all rows (see packed_rows.hpp); empty: rows go in arrays
  std::string probe;                    ///< a query of these columns that returns no row: a table or column that does not exist fails here
  std::vector<ColumnInfo> columns;
  // Of the savepoint behind which refused rows are left out; `release` may be empty.
  std::string savepoint, release, rollback_to;
};

/// Rows go in arrays of `options.max_rows` and of a bounded number of bytes; the memory is reused from array to array.
///
/// Without `options.on_refused` a stream is atomic: a row that is refused fails it, named in info().row where the driver names it. With it, refused rows are
/// handed to that function and left out; where the driver can not tell which they are, halves are tried, each behind a savepoint.
/// Outside a transaction the stream is one of its own.
/// @throws DatabaseError{undefined_object}  no such table or column
std::unique_ptr<BulkWriter> open_array_writer(std::shared_ptr<Session> session, ArrayInsert insert, const WriterOptions& options);

}  // namespace millrace::MILLRACE_CLI
