#pragma once
// The streaming way out: the rows of a query as batches, in flat memory.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "millrace/data/record_batch.hpp"
#include "millrace/data/types.hpp"

namespace millrace {

class Connection;

struct ResultColumn { std::string name; SqlType type; };

struct ReaderOptions {
  std::size_t max_rows = 8192;             ///< most rows of a batch
  std::size_t max_bytes = 4 * 1024 * 1024;  ///< a batch ends with the row that reaches this
};

/// The stream of one query. It ends when next() returns false, when close() is called, or when the reader goes: what the server still
/// wants to send is then cancelled and skipped, and the connection can be used again (or is unusable, where that failed). A transaction
/// around it goes on. A query that also writes (INSERT .. RETURNING) must be read to its end: whether an early close undoes it depends on
/// the database.
///
/// A next() that throws has closed the stream; what the error means for the connection and its transaction is the same as with any statement.
/// @thread_safety  One thread at a time, except Connection::cancel(). While a reader is open its connection refuses every statement with
/// Error{misuse}; a rollback ends the stream.
class BatchReader {
 public:
  virtual ~BatchReader() = default;  ///< a derived class calls close() in its own destructor
  BatchReader(const BatchReader&) = delete;
  BatchReader& operator=(const BatchReader&) = delete;

  /// Names and types; there also when the result is empty.
  const std::vector<ResultColumn>& columns() const { return columns_; }
  /// An empty batch with the result's columns, for next().
  RecordBatch make_batch() const;
  /// Replaces the batch's rows with the next ones.
  /// @return false at the end; the batch is empty then
  /// @throws ConnectionError, DatabaseError
  /// @throws DataError   a value that its column's type can not hold (a numeric NaN, a date `infinity`); names the column and the row
  /// @throws Error{misuse}  after close() or an error, or when a rollback ended the stream
  bool next(RecordBatch& batch);
  void close() noexcept;  ///< idempotent

 protected:
  BatchReader() = default;
  std::vector<ResultColumn> columns_;

 private:
  friend class Connection;
  struct Link;
  virtual bool do_next(RecordBatch& batch) = 0;  ///< appends to an empty batch; false at the end, and then nothing is left to close
  virtual void do_close() noexcept = 0;          ///< called once at most

  void let_go() noexcept;

  enum class State : unsigned char { open, ended, closed };
  State state_ = State::open;
  std::shared_ptr<Link> link_;   ///< to the connection that opened it
  std::string statement_;        ///< for errors
};

}  // namespace millrace
