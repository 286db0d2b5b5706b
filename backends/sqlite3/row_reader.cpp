#include "sqlite3/row_reader.hpp"

#include <limits>

#include "millrace/data/decode.hpp"
#include "sqlite3/errors.hpp"
#include "sqlite3/result_values.hpp"
#include "sqlite3/statement.hpp"

namespace millrace::sqlite {
namespace {

enum class Fit : unsigned char { yes, no };

bool is_text(const SqlType& type) { return layout_of(type) == Layout::bytes && type.kind != TypeKind::binary; }

template <class T> Fit append_integer(std::int64_t value, Column& out) {
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return Fit::no;
  out.append_fixed(static_cast<T>(value));
  return Fit::yes;
}

/// An integer or a real in a column of another storage class.
Fit append_number(const Value& number, Column& out) {
  if (!is_text(out.type())) return Fit::no;
  out.append_bytes(number.to_text());
  return Fit::yes;
}

Fit append_decimal(const Statement& row, int column, Column& out) {
  const Value value = result_value(row, column, out.type());
  const auto* const decimal = std::get_if<Decimal>(&value.storage());
  if (!decimal) return Fit::no;
  out.append_fixed(decimal->unscaled);
  return Fit::yes;
}

Fit append_int64(std::int64_t value, Column& out) {
  switch (out.type().kind) {
    case TypeKind::boolean:
      if (value != 0 && value != 1) return Fit::no;
      out.append_bit(value == 1);
      return Fit::yes;
    case TypeKind::smallint: return append_integer<std::int16_t>(value, out);
    case TypeKind::integer: return append_integer<std::int32_t>(value, out);
    case TypeKind::bigint: return append_integer<std::int64_t>(value, out);
    case TypeKind::real: out.append_fixed(static_cast<float>(value)); return Fit::yes;
    case TypeKind::double_precision: out.append_fixed(static_cast<double>(value)); return Fit::yes;
    default: return append_number(value, out);
  }
}

Fit append_double(double value, Column& out) {
  switch (out.type().kind) {
    case TypeKind::real: out.append_fixed(static_cast<float>(value)); return Fit::yes;
    case TypeKind::double_precision: out.append_fixed(value); return Fit::yes;
    default: return append_number(value, out);
  }
}

Fit append_string(std::string_view text, Column& out) {
  if (out.type().kind == TypeKind::binary) return Fit::no;
  if (!is_text(out.type())) return append_text(out, text) == DecodeStatus::ok ? Fit::yes : Fit::no;
  const DecodeStatus status = check_text(text);
  if (status != DecodeStatus::ok && status != DecodeStatus::nul_byte) return Fit::no;
  out.append_bytes(text);
  return Fit::yes;
}

Fit append_blob(std::string_view bytes, Column& out) {
  if (out.type().kind != TypeKind::binary) return Fit::no;
  out.append_bytes(bytes);
  return Fit::yes;
}

std::string_view blob(const Statement& row, int column) {
  const auto* const first = static_cast<const char*>(sqlite3_column_blob(row.get(), column));
  return first ? std::string_view(first, static_cast<std::size_t>(sqlite3_column_bytes(row.get(), column))) : std::string_view();
}

Fit append_cell(const Statement& row, int column, Column& out) {
  const int storage = sqlite3_column_type(row.get(), column);
  if (storage == SQLITE_NULL) {
    out.append_null();
    return Fit::yes;
  }
  if (out.type().is_fixed_decimal()) return append_decimal(row, column, out);
  switch (storage) {
    case SQLITE_INTEGER: return append_int64(row.integer(column), out);
    case SQLITE_FLOAT: return append_double(sqlite3_column_double(row.get(), column), out);
    case SQLITE_TEXT: return append_string(row.text(column), out);
    default: return append_blob(blob(row, column), out);
  }
}

std::string described(const Statement& row, int column) {
  switch (sqlite3_column_type(row.get(), column)) {
    case SQLITE_INTEGER: return "the integer " + std::to_string(row.integer(column));
    case SQLITE_FLOAT: return "the real " + Value(sqlite3_column_double(row.get(), column)).to_text();
    case SQLITE_TEXT: {
      constexpr std::size_t kMost = 60;
      const std::string_view text = row.text(column);
      if (check_text(text) != DecodeStatus::ok) return "a text that is no UTF-8";
      return text.size() <= kMost ? "the text \"" + std::string(text) + "\"" : "a text of " + std::to_string(text.size()) + " bytes";
    }
    default: return "a blob of " + std::to_string(sqlite3_column_bytes(row.get(), column)) + " bytes";
  }
}

TypeKind kind_of(int storage) {
  switch (storage) {
    case SQLITE_INTEGER: return TypeKind::bigint;
    case SQLITE_FLOAT: return TypeKind::double_precision;
    case SQLITE_BLOB: return TypeKind::binary;
    default: return TypeKind::text;
  }
}

class RowReader final : public BatchReader {
 public:
  RowReader(std::shared_ptr<Session> session, const std::string& sql, const std::vector<Value>& values, const ReaderOptions& options)
      : session_(std::move(session)), options_(options), deadline_(session_->limits().deadline()), values_(values) {
    session_->limits().run(deadline_, [&] {
      statement_ = std::make_unique<Statement>(session_->handle(), sql);
      statement_->bind(values_);
      more_ = statement_->step();
    });
    columns_ = result_columns(*statement_);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (sqlite3_column_decltype(statement_->get(), static_cast<int>(i))) continue;
      columns_[i].type = SqlType::of(more_ ? kind_of(sqlite3_column_type(statement_->get(), static_cast<int>(i))) : TypeKind::text);
    }
    transaction_ = session_->transactions();
    if (!more_) statement_.reset();
  }
  ~RowReader() override { close(); }

 private:
  bool do_next(RecordBatch& batch) override {
    if (!more_) return false;
    if (session_->transactions() != transaction_) {
      throw_error(error_info(ErrorCode::misuse, "a rollback has ended this batch reader's query: open a new reader"));
    }
    const std::int64_t before = rows_;
    session_->limits().run(deadline_, [&] {
      for (std::size_t rows = 0, bytes = 0; more_ && rows < options_.max_rows && bytes < options_.max_bytes; ++rows) {
        bytes += take_row(batch);
        more_ = statement_->step();
      }
    });
    if (!more_) statement_.reset();
    return rows_ > before;
  }

  void do_close() noexcept override { statement_.reset(); }

  std::size_t take_row(RecordBatch& batch) {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const int column = static_cast<int>(i);
      if (append_cell(*statement_, column, batch.column(i)) == Fit::no) refuse_value(i);
      bytes += static_cast<std::size_t>(sqlite3_column_type(statement_->get(), column) >= SQLITE_TEXT ? sqlite3_column_bytes(statement_->get(), column) : 0) +
               sizeof(std::int64_t);
    }
    ++rows_;
    return bytes;
  }

  [[noreturn]] void refuse_value(std::size_t column) const {
    ErrorInfo info = error_info(ErrorCode::data, {});
    info.row = rows_;
    info.column = columns_[column].name;
    info.message = "column \"" + info.column + "\", row " + std::to_string(rows_ + 1) + " of the result: " + described(*statement_, static_cast<int>(column)) +
                   " is no value of type " + to_string(columns_[column].type) +
                   "; SQLite stores any value in any column: cast the column to text, or leave such rows out";
    throw DataError(std::move(info));
  }

  std::shared_ptr<Session> session_;
  const ReaderOptions options_;
  const StatementLimits::Deadline deadline_;
  const std::vector<Value> values_;   // which the statement refers to
  std::unique_ptr<Statement> statement_;
  bool more_ = false;             // the statement stands on a row that was not taken yet
  std::int64_t rows_ = 0;
  std::uint64_t transaction_ = 0;
};

}  // namespace

std::unique_ptr<BatchReader> open_row_reader(std::shared_ptr<Session> session, const std::string& sql, const std::vector<Value>& values,
                                             const ReaderOptions& options) {
  return std::make_unique<RowReader>(std::move(session), sql, values, options);
}

}  // namespace millrace::sqlite
