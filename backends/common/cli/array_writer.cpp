#include "common/cli/array_writer.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "common/batch_shape.hpp"
#include "common/cli/array_buffer.hpp"
#include "common/cli/array_outcome.hpp"
#include "common/cli/packed_rows.hpp"
#include "common/cli/statement.hpp"

namespace millrace::MILLRACE_CLI {
namespace {

constexpr std::size_t kMostRows = 32'767;             // Db2's CLI takes no more
constexpr std::size_t kMostRefused = 10'000;           // where each refused row needs a diagnostic record of its own
constexpr std::size_t kArrayBytes = 4 * 1024 * 1024;  // of one array, where the caller does not choose
constexpr std::uint64_t kProcessedUnset = ~std::uint64_t{0} >> 1;

#if defined(MILLRACE_CLI_DB2)
constexpr SQLINTEGER kParameterOptAtomic = 1260;      // SQL_ATTR_PARAMOPT_ATOMIC
#endif

class ArrayWriter final : public BulkWriter {
 public:
  ArrayWriter(std::shared_ptr<Session> session, ArrayInsert insert, const WriterOptions& options);
  ~ArrayWriter() override { abandon(); }

 private:
  using Range = std::pair<std::size_t, std::size_t>;   // rows of the array at hand

  void do_write(const RecordBatch& batch) override { told([&] { write_arrays(batch); }); }
  WriteResult do_finish() override;
  void do_abandon() noexcept override;

  void write_arrays(const RecordBatch& batch);
  /// The connection is told of what ends it.
  template <class F> void told(F&& call) const;
  void check_transaction() const;
  std::size_t array_end(const RecordBatch& batch, std::size_t begin) const;
  void fill(const RecordBatch& batch, std::size_t begin, std::size_t end);
  bool packs() const { return !insert_.packed_sql.empty(); }
  void write_array(std::size_t rows);
  std::map<std::size_t, ErrorInfo> unsendable() const;
  void leave_out_refused(std::vector<Range> ranges);
  bool others_are_in(const Range& range) const;

  struct Result { ArrayOutcome outcome; ErrorInfo error; std::vector<Diagnostic> records; };
  Result run(const Range& range);
  SQLRETURN run_set(const Range& range);
  SQLRETURN run_one_by_one(const Range& range);
  SQLRETURN run_packed(const Range& range);
  void bind(std::size_t first);
  void set_array_size(std::size_t rows);
  std::int64_t counted(std::size_t rows) const;
  void refuse(std::size_t row, ErrorInfo error);
  [[noreturn]] void fail(ErrorInfo error, std::optional<std::size_t> row) const;
  void control(const std::string& sql) { if (!sql.empty()) Statement(*session_).run(sql); }

  std::shared_ptr<Session> session_;
  ArrayInsert insert_;
  WriterOptions options_;
  std::optional<Statement> statement_;
  std::vector<ArrayBuffer> buffers_;
  std::vector<SQLUSMALLINT> statuses_;
  SQLULEN processed_ = 0;
  bool arrays_ = true;               // the driver takes more than one row at a time
  bool tells_processed_ = true;
  std::size_t array_size_ = 1;       // as it is set
  std::optional<std::size_t> bound_; // the first row that is bound
  std::optional<PackedRows> packed_;
  const RecordBatch* batch_ = nullptr;   // at hand, and the first of its rows in the array
  std::size_t batch_begin_ = 0;
  std::int64_t first_row_ = 0;       // of the array at hand, in the stream
  std::int64_t taken_ = 0;           // rows of the stream that were dealt with
  std::int64_t stored_ = 0;
  bool own_transaction_ = false;
  std::uint64_t transaction_ = 0;
};

ArrayWriter::ArrayWriter(std::shared_ptr<Session> session, ArrayInsert insert, const WriterOptions& options)
    : session_(std::move(session)), insert_(std::move(insert)), options_(options) {
  options_.max_rows = std::clamp<std::size_t>(options_.max_rows, 1, options_.on_refused ? kMostRefused : kMostRows);
  Statement(*session_).run(insert_.probe);
  for (const ColumnInfo& column : insert_.columns) buffers_.emplace_back(column, session_->manners());
  const auto is_binary = [](const ColumnInfo& column) { return column.type.kind == TypeKind::binary; };
  arrays_ = session_->manners().binary_arrays || std::none_of(insert_.columns.begin(), insert_.columns.end(), is_binary);
  statement_.emplace(*session_);
  if (packs()) packed_.emplace(buffers_.size());
  statement_->prepare(packs() ? insert_.packed_sql : insert_.sql);
#if defined(MILLRACE_CLI_DB2)
  SQLSetStmtAttr(statement_->handle(), kParameterOptAtomic, as_pointer(options_.on_refused ? 0 : 1), SQL_IS_UINTEGER);
#endif
  tells_processed_ = succeeded(SQLSetStmtAttr(statement_->handle(), SQL_ATTR_PARAMS_PROCESSED_PTR, &processed_, 0));
  if (!session_->in_transaction()) {
    session_->begin();
    own_transaction_ = true;
  }
  transaction_ = session_->transactions();
}

void ArrayWriter::check_transaction() const {
  if (session_->in_transaction() && session_->transactions() == transaction_) return;
  throw_error(session_->error_info(ErrorCode::misuse, "the transaction of this bulk writer has ended, and its rows with it: open a new writer"));
}

// Every row of an array takes as much as its longest value: one long text among thousands of short ones gets an array of its own.
std::size_t ArrayWriter::array_end(const RecordBatch& batch, std::size_t begin) const {
  const std::size_t budget = options_.max_bytes != 0 ? options_.max_bytes : kArrayBytes;
  std::vector<std::size_t> widest(buffers_.size(), 1);
  std::size_t row_width = buffers_.size();
  std::size_t end = begin;
  for (; end < batch.rows() && end - begin < options_.max_rows; ++end) {
    std::size_t wider = row_width;
    for (std::size_t c = 0; c < buffers_.size(); ++c) wider += std::max(widest[c], buffers_[c].width_of(batch.column(c), end)) - widest[c];
    if (end > begin && wider * (end - begin + 1) > budget) break;
    for (std::size_t c = 0; c < buffers_.size(); ++c) widest[c] = std::max(widest[c], buffers_[c].width_of(batch.column(c), end));
    row_width = wider;
  }
  return end;
}

void ArrayWriter::fill(const RecordBatch& batch, std::size_t begin, std::size_t end) {
  if (packs()) {
    for (std::size_t c = 0; c < buffers_.size(); ++c) buffers_[c].look_through(batch.column(c), begin, end);
    return;
  }
  for (std::size_t c = 0; c < buffers_.size(); ++c) {
    std::size_t width = 1;
    for (std::size_t row = begin; row < end; ++row) width = std::max(width, buffers_[c].width_of(batch.column(c), row));
    if (buffers_[c].fill(batch.column(c), begin, end, width)) bound_.reset();
  }
}

template <class F> void ArrayWriter::told(F&& call) const {
  try {
    call();
  } catch (const Error& error) {
    if (session_->on_error) session_->on_error(error);
    throw;
  }
}

void ArrayWriter::write_arrays(const RecordBatch& batch) {
  backends::check_shape(batch, insert_.columns, session_->backend());
  check_transaction();
  for (std::size_t begin = 0; begin < batch.rows();) {
    const std::size_t end = array_end(batch, begin);
    fill(batch, begin, end);
    batch_ = &batch;
    batch_begin_ = begin;
    first_row_ = taken_;
    write_array(end - begin);
    taken_ += static_cast<std::int64_t>(end - begin);
    begin = end;
  }
}

/// Rows whose values must not reach the driver.
std::map<std::size_t, ErrorInfo> ArrayWriter::unsendable() const {
  std::map<std::size_t, ErrorInfo> rows;
  for (std::size_t c = 0; c < buffers_.size(); ++c) {
    for (const ArrayBuffer::Refusal& refusal : buffers_[c].refusals()) {
      ErrorInfo info = session_->error_info(ErrorCode::data, "the value of column \"" + insert_.columns[c].name + "\" " + refusal.reason);
      info.column = insert_.columns[c].name;
      info.sqlstate = refusal.sqlstate;
      rows.emplace(refusal.row, std::move(info));
    }
  }
  return rows;
}

void ArrayWriter::write_array(std::size_t rows) {
  std::map<std::size_t, ErrorInfo> bad = unsendable();
  if (options_.on_refused) {
    std::vector<Range> ranges;
    std::size_t begin = 0;
    for (auto& [row, error] : bad) {
      if (begin < row) ranges.emplace_back(begin, row);
      refuse(row, std::move(error));
      begin = row + 1;
    }
    if (begin < rows) ranges.emplace_back(begin, rows);
    std::reverse(ranges.begin(), ranges.end());
    return leave_out_refused(std::move(ranges));
  }
  if (!bad.empty()) fail(std::move(bad.begin()->second), bad.begin()->first);
  Result result = run({0, rows});
  if (result.outcome.kind == ArrayOutcome::Kind::complete) return;
  // Many rows are named where they all failed: the first of them is as good as any.
  fail(std::move(result.error), result.outcome.rows.empty() ? std::nullopt : std::optional(result.outcome.rows.front()));
}

/// No savepoint is needed where a refused row leaves nothing behind and the others are in: some servers do not nest the caller's.
/// @param ranges  the last one comes first
void ArrayWriter::leave_out_refused(std::vector<Range> ranges) {
  const bool behind_savepoint = !session_->manners().keeps_other_rows;
  while (!ranges.empty()) {
    const Range range = ranges.back();
    ranges.pop_back();
    const std::int64_t stored = stored_;
    if (behind_savepoint) control(insert_.savepoint);
    Result result = run(range);
    const std::vector<std::size_t>& named = result.outcome.rows;
    if (result.outcome.kind == ArrayOutcome::Kind::complete) {
      if (behind_savepoint) control(insert_.release);
      continue;
    }
    if (!is_row_error(result.error)) fail(std::move(result.error), std::nullopt);
    if (result.outcome.kind == ArrayOutcome::Kind::refused && others_are_in(range)) {
      std::vector<ErrorInfo> errors;
      for (const std::size_t row : named) {
        errors.push_back(session_->failure_of(result.records, static_cast<std::int64_t>(row - range.first)));
        if (!is_row_error(errors.back())) fail(std::move(errors.back()), row);   // a lock, a full log: not the row's fault
      }
      stored_ += static_cast<std::int64_t>(range.second - range.first - named.size());
      for (std::size_t i = 0; i < named.size(); ++i) refuse(named[i], std::move(errors[i]));
      continue;
    }
    if (behind_savepoint) {
      control(insert_.rollback_to);
      control(insert_.release);
    } else if (!std::all_of(statuses_.begin(), statuses_.end(), [](SQLUSMALLINT status) { return status == SQL_PARAM_ERROR; })) {
      fail(std::move(result.error), named.empty() ? std::nullopt : std::optional(named.front()));   // some of them may be in
    }
    stored_ = stored;
    const auto [begin, end] = range;
    if (named.size() == 1) {
      const std::size_t bad = named.front();
      refuse(bad, std::move(result.error));
      if (bad + 1 < end) ranges.emplace_back(bad + 1, end);
      if (begin < bad) ranges.emplace_back(begin, bad);
    } else {
      const std::size_t middle = begin + (end - begin) / 2;
      ranges.emplace_back(middle, end);
      ranges.emplace_back(begin, middle);
    }
  }
}

/// Only where the interface says that a status is to be trusted, and every other row of the array was taken.
bool ArrayWriter::others_are_in(const Range& range) const {
  if (!session_->manners().keeps_other_rows || statuses_.size() != range.second - range.first) return false;
  return std::all_of(statuses_.begin(), statuses_.end(), [](SQLUSMALLINT status) {
    return status == SQL_PARAM_SUCCESS || status == SQL_PARAM_SUCCESS_WITH_INFO || status == SQL_PARAM_ERROR;
  });
}

void ArrayWriter::refuse(std::size_t row, ErrorInfo error) {
  error.row = first_row_ + static_cast<std::int64_t>(row);
  note_refused();
  options_.on_refused(error.row, error);
}

void ArrayWriter::fail(ErrorInfo error, std::optional<std::size_t> row) const {
  error.row = row ? first_row_ + static_cast<std::int64_t>(*row) : -1;
  throw_error(std::move(error));
}

void ArrayWriter::bind(std::size_t first) {
  if (bound_ == first) return;
  for (std::size_t c = 0; c < buffers_.size(); ++c) statement_->check(buffers_[c].bind(statement_->handle(), static_cast<SQLUSMALLINT>(c + 1), first));
  bound_ = first;
}

// A driver may refuse arrays, or take fewer rows than it was given and say so (01S02).
void ArrayWriter::set_array_size(std::size_t rows) {
  if (rows == array_size_ || !arrays_) return;
  SQLRETURN code = SQLSetStmtAttr(statement_->handle(), SQL_ATTR_PARAMSET_SIZE, as_pointer(rows), 0);
  auto taken = static_cast<SQLULEN>(rows);
  if (code == SQL_SUCCESS_WITH_INFO) code = SQLGetStmtAttr(statement_->handle(), SQL_ATTR_PARAMSET_SIZE, &taken, 0, nullptr);
  arrays_ = succeeded(code) && taken == rows;
  array_size_ = arrays_ ? rows : 1;
  if (!arrays_) SQLSetStmtAttr(statement_->handle(), SQL_ATTR_PARAMSET_SIZE, as_pointer(1), 0);
}

SQLRETURN ArrayWriter::run_set(const Range& range) {
  statuses_.assign(range.second - range.first, kStatusUnset);
  processed_ = static_cast<SQLULEN>(kProcessedUnset);
  SQLSetStmtAttr(statement_->handle(), SQL_ATTR_PARAM_STATUS_PTR, statuses_.data(), 0);   // a driver without statuses refuses, and none are read then
  bind(range.first);
  const Running running(*session_, statement_->handle());
  return SQLExecute(statement_->handle());
}

/// For drivers without arrays: the same, as if it were one.
SQLRETURN ArrayWriter::run_one_by_one(const Range& range) {
  std::vector<SQLUSMALLINT> statuses(range.second - range.first, SQL_PARAM_UNUSED);
  SQLRETURN code = SQL_SUCCESS;
  for (std::size_t row = range.first; row < range.second; ++row) {
    code = run_set({row, row + 1});
    const bool good = succeeded(code) || code == SQL_NO_DATA;
    statuses[row - range.first] = good ? SQL_PARAM_SUCCESS : SQL_PARAM_ERROR;
    if (!good) break;
    stored_ += counted(1);
  }
  processed_ = static_cast<SQLULEN>(kProcessedUnset);
  statuses_ = std::move(statuses);
  return code;
}

/// All rows as one statement, which names none of them.
SQLRETURN ArrayWriter::run_packed(const Range& range) {
  statuses_.assign(range.second - range.first, kStatusUnset);
  processed_ = static_cast<SQLULEN>(kProcessedUnset);
  packed_->fill(*batch_, batch_begin_ + range.first, batch_begin_ + range.second);
  statement_->check(packed_->bind(statement_->handle()));
  const Running running(*session_, statement_->handle());
  const SQLRETURN code = SQLExecute(statement_->handle());
  processed_ = static_cast<SQLULEN>(kProcessedUnset);   // one parameter set
  return code;
}

ArrayWriter::Result ArrayWriter::run(const Range& range) {
  const std::size_t rows = range.second - range.first;
  if (!packs()) set_array_size(rows);
  const bool one_by_one = rows > 1 && !packs() && !arrays_;
  const SQLRETURN code = packs() ? run_packed(range) : one_by_one ? run_one_by_one(range) : run_set(range);
  const bool told = tells_processed_ && processed_ != static_cast<SQLULEN>(kProcessedUnset);
  Result result{judge({code, statuses_, told ? std::optional<std::uint64_t>(processed_) : std::nullopt}), {}, {}};
  if (result.outcome.kind == ArrayOutcome::Kind::complete) {
    if (!one_by_one) stored_ += counted(rows);
  } else if (result.outcome.kind == ArrayOutcome::Kind::contradiction) {
    result.error = session_->error_info(ErrorCode::internal, result.outcome.problem + ": roll back");
  } else {
    const std::int64_t row = result.outcome.rows.empty() ? -1 : static_cast<std::int64_t>(result.outcome.rows.front());
    result.records = read_diagnostics(SQL_HANDLE_STMT, statement_->handle());
    result.error = session_->failure_of(result.records, row);
  }
  for (std::size_t& row : result.outcome.rows) row += range.first;
  statement_->close();
  return result;
}

/// Rows that are in, by the server's count where the driver hands it out.
std::int64_t ArrayWriter::counted(std::size_t rows) const {
  const auto all = static_cast<std::int64_t>(rows);
  if (rows > 1 && !packs() && !session_->manners().total_row_counts) return all;
  const std::int64_t count = statement_->row_count();
  return count < 0 ? all : count;
}

WriteResult ArrayWriter::do_finish() {
  check_transaction();
  statement_.reset();
  // Another count than the stream's becomes an error: its rows must not be committed before.
  if (std::exchange(own_transaction_, false)) told([&] { stored_ == rows_written() ? session_->commit() : session_->rollback(); });
  return {stored_};
}

void ArrayWriter::do_abandon() noexcept {
  statement_.reset();
  if (!std::exchange(own_transaction_, false)) return;
  try {
    if (session_->transactions() == transaction_) session_->rollback();
  } catch (const Error& error) {
    if (session_->on_error) session_->on_error(error);
  }
}

}  // namespace

std::unique_ptr<BulkWriter> open_array_writer(std::shared_ptr<Session> session, ArrayInsert insert, const WriterOptions& options) {
  return std::make_unique<ArrayWriter>(std::move(session), std::move(insert), options);
}

}  // namespace millrace::MILLRACE_CLI
