#pragma once
// Tables to and from Arrow streams, without an Arrow library. docs/arrow.md lists the types.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/access/arrow_c.hpp"
#include "millrace/access/connection.hpp"
#include "millrace/access/table_ref.hpp"

namespace millrace {

/// Copies an Arrow stream into a table, through the backend's bulk writer.
///
/// The stream's columns are matched to the table's by name: exactly, else ignoring case where that is unique. Values are converted to
/// the types of the table's columns; text is read as a CSV field is. Inside a transaction the caller owns it, and a copy that fails takes
/// its own rows back; outside one the copy is a transaction of its own. A stream without rows is skipped with the log event `copy.skipped`.
/// @param stream   of record batches (a struct). Consumed and released always, also when this throws; `stream->release` is null afterwards.
/// @param columns  names of the stream to copy, in this order; all of them when empty. Others are not looked at.
/// @return rows copied
/// @throws ConfigError   before anything is written, all of them by name: columns that the stream or the table does not have, that are generated, or
///                       that are left out though they are NOT NULL and have no default
/// @throws DataError     before anything is written: a type that Millrace does not read or that the column does not take. Later: a value
///                       that does not fit (info().column, and info().row, counted from 0 over the whole stream); a stream that fails or is broken
/// @throws DatabaseError, ConnectionError, InDoubtError  as Connection::describe(), BulkWriter and Connection::commit()
/// @thread_safety  One thread at a time, as its connection.
std::int64_t copy_from_arrow(Connection& connection, const TableRef& table, ArrowArrayStream* stream,
                             const std::vector<std::string>& columns = {}, const WriterOptions& options = {});

/// Makes an Arrow stream of a query's rows, which are read while the stream is.
///
/// The connection must outlive the stream (not its batches) and does nothing else until the stream is released, which ends the query.
/// Batches own their memory: they may be kept, moved and released on any thread. An error's one sentence is the stream's last error.
/// @param out  filled in; its former contents are not looked at. Left alone when this throws.
/// @throws as Connection::open_reader; errors met later are the stream's
/// @thread_safety  The stream: one thread at a time.
void copy_to_arrow(Connection& connection, std::string_view sql, const Params& params, ArrowArrayStream* out, const ReaderOptions& options = {});
inline void copy_to_arrow(Connection& connection, std::string_view sql, ArrowArrayStream* out, const ReaderOptions& options = {}) {
  copy_to_arrow(connection, sql, {}, out, options);
}

}  // namespace millrace
