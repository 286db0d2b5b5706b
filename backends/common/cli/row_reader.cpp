#include "common/cli/row_reader.hpp"

#include <optional>

#include "common/cli/results.hpp"
#include "millrace/data/decode.hpp"

namespace millrace::MILLRACE_CLI {
namespace {

class RowReader final : public BatchReader {
 public:
  RowReader(std::shared_ptr<Session> session, const std::string& sql, const std::vector<Value>& values, const ReaderOptions& options)
      : session_(std::move(session)), options_(options), statement_(std::in_place, *session_), transaction_(session_->transactions()) {
    statement_->run(sql, values);
    columns_ = result_columns(*session_, *statement_);
    if (columns_.empty()) statement_.reset();
    else running_.emplace(*session_, statement_->handle());   // a cancel between two of its batches ends it as well
  }
  ~RowReader() override { close(); }

 private:
  bool do_next(RecordBatch& batch) override {
    if (!statement_) return false;
    if (session_->transactions() != transaction_) throw_error(session_->error_info(ErrorCode::misuse, "a rollback has ended this batch reader's query: open a new reader"));
    std::size_t rows = 0;
    for (std::size_t bytes = 0; rows < options_.max_rows && bytes < options_.max_bytes; ++rows) {
      if (!statement_->fetch()) {
        release();
        break;
      }
      for (std::size_t c = 0; c < columns_.size(); ++c) bytes += append_cell(static_cast<int>(c), batch.column(c));
    }
    rows_before_ += static_cast<std::int64_t>(rows);
    return rows > 0;
  }

  void do_close() noexcept override { release(); }
  void release() noexcept {
    running_.reset();
    statement_.reset();
  }

  /// @return the cell's size
  std::size_t append_cell(int column, Column& out) {
    const SqlType& type = out.type();
    const auto text = statement_->read(column, c_type_of(type));
    if (!text) {
      out.append_null();
      return sizeof(Field);
    }
    DecodeStatus status = DecodeStatus::ok;
    if (type.kind == TypeKind::binary) out.append_bytes(*text);
    else if (layout_of(type) != Layout::bytes) status = append_text(out, *text);
    else if (status = check_text(*text); status == DecodeStatus::ok) out.append_bytes(*text);
    if (status != DecodeStatus::ok) refuse(column, type, status, *text);
    return text->size() + sizeof(Field);
  }

  [[noreturn]] void refuse(int column, const SqlType& type, DecodeStatus status, std::string_view text) const {
    ErrorInfo info = session_->error_info(ErrorCode::data, {});
    info.row = rows_before_;
    info.column = columns_[static_cast<std::size_t>(column)].name;
    info.message = "column \"" + info.column + "\" of the result: " + describe(status, type, text) + "; cast the column to text, or leave such rows out";
    throw DataError(std::move(info));
  }

  std::shared_ptr<Session> session_;
  ReaderOptions options_;
  std::optional<Statement> statement_;
  std::optional<Running> running_;
  std::uint64_t transaction_;
  std::int64_t rows_before_ = 0;
};

}  // namespace

std::unique_ptr<BatchReader> open_row_reader(std::shared_ptr<Session> session, const std::string& sql, const std::vector<Value>& values, const ReaderOptions& options) {
  return std::make_unique<RowReader>(std::move(session), sql, values, options);
}

}  // namespace millrace::MILLRACE_CLI
