#pragma once
// A query's rows, step by step, into batches.

#include <memory>
#include <string>
#include <vector>

#include "millrace/access/batch_reader.hpp"
#include "sqlite3/session.hpp"

namespace millrace {
class Value;
}

namespace millrace::sqlite {

/// Columns have their declared types. A column that is an expression has none: it is what its value in the first row is (integer: bigint,
/// real: double precision, blob: binary, anything else, and an empty result: text).
///
/// Numbers in a text column come as text. Any other value that is none of its column's type is a DataError, since a batch has no place for it.
/// @throws what the statement throws: its first row is looked for here
std::unique_ptr<BatchReader> open_row_reader(std::shared_ptr<Session> session, const std::string& sql, const std::vector<Value>& values,
                                             const ReaderOptions& options);

}  // namespace millrace::sqlite
