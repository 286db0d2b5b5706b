#include "postgresql/copy_writer.hpp"

#include <algorithm>
#include <charconv>

#include "postgresql/errors.hpp"

namespace millrace::postgresql {
namespace {

constexpr std::size_t kDefaultBuffer = 128 * 1024;
constexpr std::size_t kLeastBuffer = 8 * 1024;
constexpr std::size_t kLargestBuffer = 64 * 1024 * 1024;

std::string copy_statement(const Dialect& dialect, const TableName& table, const CopyPlan& plan) {
  std::vector<std::string> names;
  for (const CopyColumn& column : plan.columns()) names.push_back(column.name);
  return "COPY " + dialect.quote(table) + " (" + dialect.quote_list(names) + ") FROM STDIN" + (plan.format() == CopyFormat::binary ? " (FORMAT binary)" : "");
}

}  // namespace

CopyWriter::CopyWriter(std::shared_ptr<Session> session, const Dialect& dialect, const TableName& table, const std::vector<ColumnInfo>& columns,
                       const WriterOptions& options)
    : session_(std::move(session)), table_(table), plan_(columns), full_(std::clamp(options.max_bytes == 0 ? kDefaultBuffer : options.max_bytes, kLeastBuffer, kLargestBuffer)),
      own_transaction_(PQtransactionStatus(session_->handle) == PQTRANS_IDLE) {
  PQsendQuery(session_->handle, copy_statement(dialect, table, plan_).c_str());
  const Result result = await_result(*session_);
  if (PQresultStatus(result.get()) != PGRES_COPY_IN) fail(result.get());
  stream_ = session_->open_stream(Stream::copy);
  begin_copy(plan_, buffer_);
}

void CopyWriter::do_write(const RecordBatch& batch) {
  std::size_t row = 0;
  while (row < batch.rows()) {
    try {
      row = encode_copy(plan_, batch, row, full_, buffer_);
    } catch (const DataError& error) {  // its row counts in the batch; ours count in the stream
      ErrorInfo info = error.info();
      info.row += rows_written();
      throw DataError(std::move(info));
    }
    if (buffer_.size() >= full_) send();
  }
}

void CopyWriter::send() {
  if (!session_->is_open(stream_)) throw_error(error_info(ErrorCode::misuse, "the COPY into " + to_string(table_) + " was ended by a rollback"));
  const int sent = PQputCopyData(session_->handle, reinterpret_cast<const char*>(buffer_.data()), static_cast<int>(buffer_.size()));
  buffer_.clear();
  if (sent == 1) return;
  PQputCopyEnd(session_->handle, "the client could not send its data");  // so that the server's own words, if any, can be read
  fail(Result(PQgetResult(session_->handle)).get());
}

WriteResult CopyWriter::do_finish() {
  end_copy(plan_, buffer_);
  send();
  PQputCopyEnd(session_->handle, nullptr);  // a failure shows in the result, with the server's words
  const Result result(PQgetResult(session_->handle));
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
    const bool silent = session_->lost() && diagnostic(result.get(), PG_DIAG_SQLSTATE).empty();
    if (own_transaction_ && silent) fail_in_doubt(result.get());
    fail(result.get());
  }
  if (!drain(*session_, "")) fail(nullptr);
  const std::string_view tuples = PQcmdTuples(result.get());
  WriteResult counts;
  std::from_chars(tuples.data(), tuples.data() + tuples.size(), counts.rows);
  return counts;
}

// The error is taken from the result before the connection is cleaned up, which would replace it.
void CopyWriter::fail(const PGresult* result) {
  ErrorInfo info = failure(*session_, result);
  if (const std::int64_t line = copy_line(info.context, table_.name); line > 0) info.row = line - 1;
  info.message = "COPY into " + to_string(table_) + (info.row >= 0 ? ", row " + std::to_string(info.row + 1) : "") + ": " + info.message;
  if (!drain(*session_, "the writer failed")) info.poisons_connection = true;
  if (session_->on_error) session_->on_error(Error(info));
  throw_error(std::move(info));
}

void CopyWriter::fail_in_doubt(const PGresult* result) {
  session_->stream = Stream::none;
  try {
    throw_in_doubt(*session_, result, "the end of a bulk stream outside a transaction");
  } catch (const Error& error) {
    if (session_->on_error) session_->on_error(error);
    throw;
  }
}

void CopyWriter::end_copying(const char* reason) noexcept {
  if (!session_->is_open(stream_)) return;  // finished, failed, or ended by a rollback
  if (!drain(*session_, reason)) session_->poison();
}

}  // namespace millrace::postgresql
