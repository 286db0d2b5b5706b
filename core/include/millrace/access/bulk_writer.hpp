#pragma once
// The fast way in: a stream of batches into one table, on one connection.

#include <cstddef>
#include <cstdint>
#include <functional>

#include "millrace/data/data_error.hpp"
#include "millrace/data/record_batch.hpp"

namespace millrace {

struct WriterOptions {
  std::size_t max_bytes = 0;    ///< bytes buffered before they are sent; 0 = what suits the backend (COPY 128 KiB, arrays 4 MiB)
  std::size_t max_rows = 5000;  ///< rows of an array bind, where the backend binds arrays; at most 32,767
  /// Where the backend can tell refused rows from the others, it hands them to this function (rows count from the stream's first), leaves them out and goes on;
  /// elsewhere a refused row fails the stream as it does without the function. Inside a transaction only.
  std::function<void(std::int64_t row, const ErrorInfo& error)> on_refused;
};

struct WriteResult {
  std::int64_t rows = 0;  ///< as the server reports them
};

/// A writer has three ends: finish() is success, abandon() deliberate discard, the destructor accident (it abandons: a derived
/// class calls abandon() in its own destructor, since a base class can not reach do_abandon() any more).
///
/// A write() or finish() that throws has discarded the stream; only abandon() is allowed from then on.
/// @thread_safety  One thread at a time per writer; distinct writers are independent. While a writer is open its connection
///                 does nothing else.
class BulkWriter {
 public:
  virtual ~BulkWriter() = default;
  BulkWriter(const BulkWriter&) = delete;
  BulkWriter& operator=(const BulkWriter&) = delete;

  /// Sends one batch; a batch without rows sends nothing.
  /// @param batch  Columns in the order given to `open_writer`; every column holds `batch.rows()` values. Not retained.
  /// @throws DataError        a value does not fit its column
  /// @throws DatabaseError    the server refused rows sent so far (info().row counts from the stream's first row, where the server names one)
  /// @throws ConnectionError  the connection was lost; the transaction is gone
  void write(const RecordBatch& batch);
  /// Ends the stream and reports the server's count, without refused rows; durable once the transaction commits.
  /// @throws like write(), and DatabaseError when the server's count differs from the rows written
  WriteResult finish();
  /// Discards the stream; idempotent. The transaction around it must be rolled back by its owner.
  void abandon() noexcept;

 protected:
  BulkWriter() = default;
  std::int64_t rows_written() const { return rows_; }
  /// One row of the batch at hand was handed to WriterOptions::on_refused.
  void note_refused() { --rows_; }

 private:
  virtual void do_write(const RecordBatch& batch) = 0;
  virtual WriteResult do_finish() = 0;
  virtual void do_abandon() noexcept = 0;  ///< called once at most, also after a do_write() or do_finish() that threw

  void check_open(const char* call) const;
  void fail() noexcept;

  enum class State : unsigned char { open, finished, abandoned, failed };
  State state_ = State::open;
  std::int64_t rows_ = 0;
};

}  // namespace millrace
