#include <atomic>
#include <deque>

#include "load/csv/csv_decoder.hpp"
#include "load/csv/splitter.hpp"
#include "load/csv/streams.hpp"
#include "millrace/data/data_error.hpp"
#include "millrace/load/csv.hpp"

namespace millrace {
namespace csv {
namespace {

class CsvSource final : public Source {
 public:
  using OpenStream = std::function<std::unique_ptr<ByteStream>()>;

  CsvSource(OpenStream open_stream, std::string name, CsvOptions options)
      : open_stream_(std::move(open_stream)), name_(std::move(name)), options_(std::move(options)) {
    options_.validate();
    // Twice the usual size: a unit and the read-ahead behind it.
    buffers_ = std::make_shared<UnitBuffers>(2 * static_cast<std::size_t>(options_.unit_bytes) + (1 << 20));
  }

  std::string name() const override { return name_; }

  void open() override {
    splitter_.reset();
    stream_ = open_stream_();
    progress_of_ = stream_.get();
    start();
  }

  const std::vector<std::string>& columns() const override { return columns_; }

  std::optional<Unit> next_unit() override {
    handed_out_ = true;
    if (peeked_.empty()) return splitter().next();
    std::optional<Unit> unit = std::move(peeked_.front());
    peeked_.pop_front();
    return unit;
  }

  std::vector<Unit> peek(std::int64_t bytes) override {
    std::int64_t have = 0;
    std::size_t count = 0;
    while (have < bytes) {
      if (count == peeked_.size()) {
        std::optional<Unit> unit = splitter().next();
        if (!unit) break;
        peeked_.push_back(*std::move(unit));
      }
      have += peeked_[count++].byte_length;
    }
    return {peeked_.begin(), peeked_.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  std::unique_ptr<UnitDecoder> make_decoder(const DecodePlan& plan) const override {
    if (!splitter_) throw_not_open();
    return std::make_unique<CsvDecoder>(plan, Dialect{options_.delimiter, options_.quote, line_end_, options_.nulls});
  }

  bool rewind() override {
    if (!splitter_) throw_not_open();
    if (!handed_out_) return true;  // what was only peeked at comes first anyway, even from a pipe
    if (!stream_->rewind()) return false;
    start();
    return true;
  }

  Progress progress() const override {
    const ByteStream* stream = progress_of_;
    return stream ? stream->progress() : Progress{};
  }

 private:
  void start() {
    peeked_.clear();
    handed_out_ = false;
    splitter_.reset();
    auto splitter = std::make_unique<Splitter>(*stream_, options_, name_, buffers_);
    splitter->open();
    splitter_ = std::move(splitter);
    line_end_ = splitter_->line_end();
    columns_ = options_.header ? splitter_->header() : options_.columns;
  }

  Splitter& splitter() const {
    if (!splitter_) throw_not_open();
    return *splitter_;
  }
  [[noreturn]] void throw_not_open() const { throw Error(ErrorCode::misuse, name_ + " is not open; call open() first"); }

  const OpenStream open_stream_;
  const std::string name_;
  CsvOptions options_;
  std::shared_ptr<UnitBuffers> buffers_;
  std::unique_ptr<ByteStream> stream_;
  std::atomic<const ByteStream*> progress_of_ = nullptr;
  std::unique_ptr<Splitter> splitter_;
  LineEnd line_end_ = LineEnd::lf;
  std::vector<std::string> columns_;
  std::deque<Unit> peeked_;
  bool handed_out_ = false;
};

}  // namespace
}  // namespace csv

std::unique_ptr<Source> make_csv_source(std::string path, CsvOptions options) {
  std::string name = csv::display_name(path);
  auto open = [path = std::move(path), encoding = options.encoding] { return open_byte_stream(path, encoding); };
  return std::make_unique<csv::CsvSource>(std::move(open), std::move(name), std::move(options));
}

std::unique_ptr<Source> make_csv_source(std::unique_ptr<ByteStream> stream, std::string name, CsvOptions options) {
  auto shared = std::make_shared<std::unique_ptr<ByteStream>>(std::move(stream));
  auto open = [shared, name, encoding = options.encoding]() -> std::unique_ptr<ByteStream> {
    if (!*shared) throw Error(ErrorCode::misuse, name + " is a stream and can be opened only once");
    return csv::is_utf8(encoding) ? std::move(*shared) : csv::converting(std::move(*shared), encoding, name);
  };
  return std::make_unique<csv::CsvSource>(std::move(open), std::move(name), std::move(options));
}

}  // namespace millrace
