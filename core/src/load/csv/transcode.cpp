// Other encodings become UTF-8 here, so that everything behind knows one encoding only.

#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "load/csv/streams.hpp"
#include "millrace/data/data_error.hpp"

namespace millrace::csv {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;

class ConvertingStream final : public ByteStream {
 public:
  ConvertingStream(std::unique_ptr<ByteStream> inner, std::string encoding, std::string name)
      : inner_(std::move(inner)), encoding_(std::move(encoding)), name_(std::move(name)), in_(kBufferBytes, '\0'), out_(kBufferBytes, '\0') {
    // iconv takes suffixes such as //IGNORE, which drop what does not convert: no loss without a word here.
    if (encoding_.find('/') == std::string::npos) iconv_ = ::iconv_open("UTF-8", encoding_.c_str());
    if (iconv_ == kNone) {
      throw Error(ErrorCode::config, "unknown encoding \"" + encoding_ + "\"; iconv --list shows the names that can be given");
    }
  }
  ~ConvertingStream() override { ::iconv_close(iconv_); }
  ConvertingStream(const ConvertingStream&) = delete;
  ConvertingStream& operator=(const ConvertingStream&) = delete;

  std::size_t read(char* into, std::size_t size) override {
    if (size == 0) return 0;
    while (out_begin_ == out_end_) {
      if (finished_) return 0;
      convert();
    }
    const std::size_t count = std::min(size, out_end_ - out_begin_);
    std::memcpy(into, out_.data() + out_begin_, count);
    out_begin_ += count;
    return count;
  }

  bool rewind() override {
    if (!inner_->rewind()) return false;
    ::iconv(iconv_, nullptr, nullptr, nullptr, nullptr);
    in_size_ = out_begin_ = out_end_ = 0;
    offset_ = 0;
    at_end_ = finished_ = false;
    return true;
  }
  Source::Progress progress() const override { return inner_->progress(); }

 private:
  static inline const iconv_t kNone = reinterpret_cast<iconv_t>(-1);

  /// Refills out_; what is left of an incomplete character stays at the beginning of in_.
  void convert() {
    if (!at_end_ && in_size_ < in_.size()) {
      const std::size_t got = inner_->read(in_.data() + in_size_, in_.size() - in_size_);
      in_size_ += got;
      at_end_ = got == 0;
    }
    // Some decoders hold a character back to see whether a combining one follows: at the end they are asked for it.
    finished_ = at_end_ && in_size_ == 0;
    char* from = in_.data();
    std::size_t from_size = in_size_;
    char* to = out_.data();
    std::size_t to_size = out_.size();
    if (::iconv(iconv_, finished_ ? nullptr : &from, &from_size, &to, &to_size) == static_cast<std::size_t>(-1)) {
      const std::int64_t at = offset_ + (from - in_.data());
      if (errno == EILSEQ) refuse(at, "are not valid");
      if (errno == EINVAL && at_end_) refuse(at, "end within a character");
    }
    offset_ += from - in_.data();
    std::memmove(in_.data(), from, from_size);
    in_size_ = from_size;
    out_begin_ = 0;
    out_end_ = out_.size() - to_size;
  }

  [[noreturn]] void refuse(std::int64_t at, const char* what) const {
    throw DataError(name_ + ": the bytes at offset " + std::to_string(at) + " " + what + " in encoding " + encoding_ +
                    "; name the right encoding or mend the file");
  }

  std::unique_ptr<ByteStream> inner_;
  std::string encoding_;
  std::string name_;
  iconv_t iconv_ = kNone;
  std::string in_;
  std::string out_;
  std::size_t in_size_ = 0;
  std::size_t out_begin_ = 0;
  std::size_t out_end_ = 0;
  std::int64_t offset_ = 0;  ///< of in_ in the input, before conversion
  bool at_end_ = false;
  bool finished_ = false;
};

}  // namespace

bool is_utf8(const std::string& encoding) {
  std::string name;
  for (const char c : encoding) {
    if (c != '-' && c != '_') name += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return name == "utf8";
}

std::unique_ptr<ByteStream> converting(std::unique_ptr<ByteStream> inner, const std::string& encoding, std::string name) {
  return std::make_unique<ConvertingStream>(std::move(inner), encoding, std::move(name));
}

}  // namespace millrace::csv
