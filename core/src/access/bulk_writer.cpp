#include "millrace/access/bulk_writer.hpp"

#include <string>

#include "millrace/access/error.hpp"

namespace millrace {

void BulkWriter::check_open(const char* call) const {
  if (state_ == State::open) return;
  const char* after = state_ == State::finished ? "finish()" : state_ == State::failed ? "an error" : "abandon()";
  throw Error(ErrorCode::misuse, std::string(call) + " was called on a bulk writer after " + after + "; open a new writer");
}

// A stream that failed can not be told from half a stream, so it is discarded at once and nothing can finish it any more.
void BulkWriter::fail() noexcept {
  state_ = State::failed;
  do_abandon();
}

void BulkWriter::write(const RecordBatch& batch) {
  check_open("write()");
  if (batch.rows() == 0) return;
  try {
    do_write(batch);
  } catch (...) {
    fail();
    throw;
  }
  rows_ += static_cast<std::int64_t>(batch.rows());
}

WriteResult BulkWriter::finish() {
  check_open("finish()");
  WriteResult result;
  try {
    result = do_finish();
  } catch (...) {
    fail();
    throw;
  }
  if (result.rows != rows_) {
    state_ = State::failed;
    throw DatabaseError(ErrorCode::data, "the server stored " + std::to_string(result.rows) + " of " + std::to_string(rows_) +
                                             " rows sent: roll back, and look for a trigger or rule on the table that drops rows");
  }
  state_ = State::finished;
  return result;
}

void BulkWriter::abandon() noexcept {
  if (state_ != State::open) return;
  state_ = State::abandoned;
  do_abandon();
}

}  // namespace millrace
