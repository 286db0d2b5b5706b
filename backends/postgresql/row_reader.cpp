#include "postgresql/row_reader.hpp"

#include <algorithm>
#include <limits>

#include "postgresql/errors.hpp"

namespace millrace::postgresql {
namespace {

constexpr const char* kSavepoint = "SAVEPOINT millrace_reader";
constexpr const char* kRelease = "RELEASE SAVEPOINT millrace_reader";
constexpr const char* kRollBackTo = "ROLLBACK TO SAVEPOINT millrace_reader; RELEASE SAVEPOINT millrace_reader";

#ifdef LIBPQ_HAS_CHUNK_MODE
constexpr ExecStatusType kRows = PGRES_TUPLES_CHUNK;
void stream_rows(PGconn* handle, const ReaderOptions& options) {
  constexpr std::size_t kMostAtOnce = 256;  // more gains nothing, and wide rows are held twice
  PQsetChunkedRowsMode(handle, static_cast<int>(std::min(options.max_rows, kMostAtOnce)));
}
#else
constexpr ExecStatusType kRows = PGRES_SINGLE_TUPLE;
void stream_rows(PGconn* handle, const ReaderOptions&) { PQsetSingleRowMode(handle); }
#endif

// The server's text is the value: no form of it has to be checked or turned into another.
bool is_verbatim(const SqlType& type) { return layout_of(type) == Layout::bytes && type.kind != TypeKind::binary; }

}  // namespace

RowReader::RowReader(std::shared_ptr<Session> session, const std::string& sql, const BoundValues& values, const ReaderOptions& options, bool may_commit)
    : session_(std::move(session)), options_(options), may_commit_(may_commit) {
  if (PQtransactionStatus(session_->handle) == PQTRANS_INTRANS) {
    run(*session_, kSavepoint);
    savepoint_ = true;
  }
  start(sql, values);
}

void RowReader::start(const std::string& sql, const BoundValues& values) {
  PQsendQueryParams(session_->handle, sql.c_str(), values.count(), values.types(), values.pointers(), values.lengths(), values.formats(), 0);
  stream_rows(session_->handle, options_);
  Result first(PQgetResult(session_->handle));
  switch (PQresultStatus(first.get())) {
    case kRows:
      describe(first.get());
      chunk_ = std::move(first);
      stream_ = session_->open_stream(Stream::rows);
      return;
    case PGRES_TUPLES_OK: describe(first.get()); [[fallthrough]];
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY: return end();
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH: throw_copy_refused(*session_);
    default: fail(first.get());
  }
}

void RowReader::describe(const PGresult* result) {
  for (int c = 0; c < PQnfields(result); ++c) {
    columns_.push_back({PQfname(result, c), type_of(PQftype(result, c), PQfmod(result, c))});
    verbatim_.push_back(is_verbatim(columns_.back().type));
  }
  pending_.resize(columns_.size());
}

bool RowReader::do_next(RecordBatch& batch) {
  if (ended_) return false;
  if (!session_->is_open(stream_)) throw_error(error_info(ErrorCode::misuse, "a rollback has ended this batch reader's query: open a new reader"));
  for (Pending& column : pending_) column.texts.clear();
  texts_.clear();
  std::size_t rows = 0;
  for (std::size_t bytes = 0; rows < options_.max_rows && bytes < options_.max_bytes && has_row(); ++rows, ++row_) bytes += take_row(batch);
  decode(batch);
  rows_before_ += static_cast<std::int64_t>(rows);
  return rows > 0;
}

bool RowReader::has_row() {
  if (row_ < PQntuples(chunk_.get())) return true;
  row_ = 0;
  chunk_.reset(PQgetResult(session_->handle));
  switch (PQresultStatus(chunk_.get())) {
    case kRows: return true;
    case PGRES_TUPLES_OK: end(); return false;
    default: fail(chunk_.get());
  }
}

/// @return the row's size
std::size_t RowReader::take_row(RecordBatch& batch) {
  std::size_t bytes = 0;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    const int column = static_cast<int>(c);
    const bool null = PQgetisnull(chunk_.get(), row_, column) != 0;
    const std::string_view text = field(chunk_.get(), row_, column);
    bytes += text.size() + sizeof(Field);
    if (!verbatim_[c]) {
      pending_[c].texts.push_back({texts_.size(), static_cast<std::uint32_t>(text.size()), null});
      texts_.append(text.data(), text.size());
    } else if (null) {
      batch.column(c).append_null();
    } else {
      // A server without an encoding (SQL_ASCII) hands out any bytes.
      if (const DecodeStatus status = check_text(text); status != DecodeStatus::ok) refuse_value(c, batch.column(c).rows(), status, text);
      batch.column(c).append_bytes(text);
    }
  }
  return bytes;
}

void RowReader::decode(RecordBatch& batch) {
  const auto* const texts = reinterpret_cast<const char*>(texts_.data());
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (verbatim_[c]) continue;
    fields_.clear();
    for (const Pending::Text& text : pending_[c].texts) fields_.push_back(text.null ? Field{} : Field{texts + text.begin, text.size});
    errors_.clear();
    decode_column(fields_, {}, false, batch.column(c), errors_);
    if (errors_.empty()) continue;
    const Field& culprit = fields_[errors_.front().row];
    refuse_value(c, errors_.front().row, errors_.front().status, {culprit.data, culprit.size});
  }
}

void RowReader::refuse_value(std::size_t column, std::size_t row, DecodeStatus status, std::string_view text) const {
  ErrorInfo info = error_info(ErrorCode::data, {});
  info.row = rows_before_ + static_cast<std::int64_t>(row);
  info.column = columns_[column].name;
  info.message = "column \"" + info.column + "\", row " + std::to_string(info.row + 1) + " of the result: " +
                 millrace::describe(status, columns_[column].type, text) + "; cast the column to text, or leave such rows out";
  throw DataError(std::move(info));
}

// Behind the last row: the handle is ready for the next statement.
void RowReader::end() {
  ended_ = true;
  // The commit of a statement that is its own transaction comes behind its rows, and may fail (a deferred constraint, a serialization failure).
  const Result rest = await_result(*session_);
  if (session_->lost() || (rest && PQresultStatus(rest.get()) == PGRES_FATAL_ERROR)) fail(rest.get());
  session_->stream = Stream::none;
  if (std::exchange(savepoint_, false)) run(*session_, kRelease);
}

// The error is taken from the result before the rest is read, which would replace it. The transaction is as after any failed statement.
void RowReader::fail(const PGresult* result) {
  ErrorInfo info = failure(*session_, result);
  if (!drain(*session_, "")) info.poisons_connection = true;
  session_->stream = Stream::none;
  if (may_commit_ && session_->lost() && info.sqlstate.empty()) throw_in_doubt(*session_, nullptr, "the statement");
  throw_error(std::move(info));
}

void RowReader::do_close() noexcept {
  if (!session_->is_open(stream_)) return;  // read to its end, failed, or ended by a rollback
  chunk_.reset();
  try {
    if (!stop_stream(*session_, "")) return session_->poison();
    if (!savepoint_) return;
    run_despite_cancel(*session_, PQtransactionStatus(session_->handle) == PQTRANS_INERROR ? kRollBackTo : kRelease);
  } catch (...) {
    session_->poison();
  }
}

}  // namespace millrace::postgresql
