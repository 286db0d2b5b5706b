#pragma once
// Where copied rows go: a table and its columns, resolved before anything is sent, and a stream into them.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/access/connection.hpp"
#include "millrace/access/table_ref.hpp"

namespace millrace {

struct CopyTarget {
  TableName table;                  ///< as the database resolved it
  std::vector<ColumnInfo> columns;  ///< in the order of the values of a row
};

/// @param columns  as the caller spells them: exactly as the table does, else in any case where that is unique. Empty: every column of the
///                 table, in its order, but for generated ones and identities that are always generated.
/// @throws DatabaseError{undefined_object}  there is no such table
/// @throws ConfigError  columns that the table does not have, that are generated or named twice; columns that are left out though they are NOT
///                      NULL and have no default. All of them by name.
CopyTarget resolve_copy_target(Connection& connection, const TableRef& table, const std::vector<std::string>& columns);

/// The INFO line of an input without rows, for which nothing is opened.
void log_copy_skipped(const CopyTarget& target);

/// What becomes of a source when the work around it is run again.
enum class CopySource : unsigned char {
  repeatable,  ///< it hands out the same rows again
  read_once    ///< its rows are gone: no error behind the first row is safe to retry, and with_session() does not run its function again
};

/// A stream that goes in whole or not at all. Inside the caller's transaction it stands behind a savepoint, and the caller commits; outside
/// one it is a transaction of its own, which finish() commits. Not finished, it takes its rows back.
/// @thread_safety  One thread at a time.
class CopyStream {
 public:
  /// Opens the stream; for a source that is read once: not later than behind its first row.
  CopyStream(Connection& connection, const CopyTarget& target, CopySource source, const WriterOptions& options = {});
  void write(const RecordBatch& batch);  ///< @throws like BulkWriter::write()
  std::int64_t finish();                 ///< @return rows stored. @throws like BulkWriter::finish() and Connection::commit()

 private:
  template <class F> auto guarded(F&& call);
  void open(const CopyTarget& target, const WriterOptions& options);

  Connection& connection_;
  const CopySource source_;
  std::optional<Transaction> transaction_;
  std::optional<Savepoint> savepoint_;
  std::unique_ptr<BulkWriter> writer_;  // goes first, then the savepoint, then the transaction
};

}  // namespace millrace
