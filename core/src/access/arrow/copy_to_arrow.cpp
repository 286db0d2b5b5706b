#include <algorithm>
#include <cerrno>
#include <new>
#include <optional>

#include "access/arrow/export_batch.hpp"
#include "data/calendar.hpp"
#include "millrace/access/arrow.hpp"

namespace millrace {
namespace {

/// What a stream's private data points to. Nothing may be thrown out of it: its callers may be written in C.
class ReaderStream {
 public:
  explicit ReaderStream(std::unique_ptr<BatchReader> reader) : reader_(std::move(reader)) {}

  int get_schema(ArrowSchema* out) noexcept {
    return guarded([&] { arrow::export_schema(reader_->columns()).move_to(out); });
  }
  int get_next(ArrowArray* out) noexcept {
    if (failure_ != 0) return failure_;  // the reader would only say that it is closed
    failure_ = guarded([&] {
      RecordBatch batch = reader_->make_batch();
      if (!reader_->next(batch)) return void(out->release = nullptr);
      check_times(batch);
      rows_ += static_cast<std::int64_t>(batch.rows());
      arrow::export_batch(std::move(batch)).move_to(out);
    });
    if (failure_ != 0) reader_->close();
    return failure_;
  }
  const char* last_error() const noexcept { return error_ ? error_->what() : last_words_; }

 private:
  // Arrow's day ends before 24:00:00, and its readers would make 00:00:00 or NULL of that without a word.
  void check_times(const RecordBatch& batch) const {
    for (std::size_t c = 0; c < batch.column_count(); ++c) {
      const Column& column = batch.column(c);
      if (column.type().kind != TypeKind::time) continue;
      const auto times = column.values<std::int64_t>();
      const auto late = std::find_if(times.begin(), times.end(), [](std::int64_t micros) { return micros >= kMicrosPerDay; });
      if (late != times.end()) refuse_midnight(reader_->columns()[c].name, rows_ + (late - times.begin()));
    }
  }
  [[noreturn]] static void refuse_midnight(const std::string& column, std::int64_t row) {
    ErrorInfo info;
    info.code = ErrorCode::data;
    info.column = column;
    info.row = row;
    info.message = "column \"" + column + "\", row " + std::to_string(row + 1) +
                   " of the result: 24:00:00 is no time of day in Arrow, where the last one is 23:59:59.999999: cast the column to text, or leave such rows out";
    throw DataError(std::move(info));
  }

  template <class F> int guarded(F&& call) noexcept {
    try {
      call();
      return 0;
    } catch (const Error& error) {
      error_ = error;
      return error.code() == ErrorCode::cancelled ? ECANCELED : EIO;
    } catch (const std::bad_alloc&) {
      last_words_ = "out of memory while a batch of a query was read";
      return ENOMEM;
    } catch (...) {
      last_words_ = "a batch of a query could not be read, for an unknown reason";
      return EIO;
    }
  }

  std::unique_ptr<BatchReader> reader_;
  std::optional<Error> error_;
  const char* last_words_ = nullptr;
  int failure_ = 0;
  std::int64_t rows_ = 0;
};

ReaderStream& stream_of(ArrowArrayStream* stream) { return *static_cast<ReaderStream*>(stream->private_data); }

void release_stream(ArrowArrayStream* stream) {
  const std::unique_ptr<ReaderStream> owned(&stream_of(stream));
  stream->release = nullptr;
}

}  // namespace

void copy_to_arrow(Connection& connection, std::string_view sql, const Params& params, ArrowArrayStream* out, const ReaderOptions& options) {
  if (!out) throw Error(ErrorCode::misuse, "copy_to_arrow needs a struct to make the stream in");
  auto stream = std::make_unique<ReaderStream>(connection.open_reader(sql, params, options));
  *out = {};
  out->get_schema = [](ArrowArrayStream* self, ArrowSchema* schema) { return stream_of(self).get_schema(schema); };
  out->get_next = [](ArrowArrayStream* self, ArrowArray* array) { return stream_of(self).get_next(array); };
  out->get_last_error = [](ArrowArrayStream* self) { return stream_of(self).last_error(); };
  out->release = release_stream;
  out->private_data = stream.release();
}

}  // namespace millrace
