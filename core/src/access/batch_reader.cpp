#include "millrace/access/batch_reader.hpp"

#include "access/reader_link.hpp"
#include "access/statement_error.hpp"
#include "millrace/access/connection.hpp"

namespace millrace {

RecordBatch BatchReader::make_batch() const {
  std::vector<SqlType> types;
  types.reserve(columns_.size());
  for (const ResultColumn& column : columns_) types.push_back(column.type);
  return RecordBatch(types);
}

bool BatchReader::next(RecordBatch& batch) {
  if (state_ == State::closed) throw Error(ErrorCode::misuse, "next() was called on a batch reader after close() or an error; open a new reader");
  batch.clear();
  if (state_ == State::ended) return false;
  try {
    if (do_next(batch)) return true;
  } catch (const Error& error) {
    if (link_ && link_->connection) link_->connection->note_failure(error);
    close();
    batch.clear();
    rethrow_with_statement(error, statement_);
  } catch (...) {
    close();
    batch.clear();
    throw;
  }
  state_ = State::ended;
  let_go();
  return false;
}

void BatchReader::close() noexcept {
  if (state_ == State::open) do_close();
  state_ = State::closed;
  let_go();
}

void BatchReader::let_go() noexcept {
  if (link_) link_->open = false;
}

}  // namespace millrace
