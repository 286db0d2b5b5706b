// gzip and zstd by content. Both formats allow a file to be several members one after the other; a file that stops within one is damaged, and so is
// one with anything else behind a member: silence there would be lost rows.

#include <zlib.h>
#include <zstd.h>

#include <cstring>
#include <string_view>

#include "load/csv/streams.hpp"
#include "millrace/data/data_error.hpp"

namespace millrace::csv {
namespace {

constexpr std::size_t kInputBytes = 256 << 10;
constexpr std::size_t kMagicBytes = 4;

/// The compressed bytes, a buffer at a time.
class Input {
 public:
  Input(ByteStream& stream, std::string name) : stream_(stream), name_(std::move(name)), buffer_(kInputBytes, '\0') {}

  /// Makes sure of at least one byte, unless the input has ended.
  bool fill() {
    if (begin_ < end_) return true;
    taken_ += static_cast<std::int64_t>(end_);
    begin_ = 0;
    end_ = stream_.read(buffer_.data(), buffer_.size());
    return end_ > 0;
  }
  /// The first bytes of the input, without taking them.
  std::string_view peek() {
    end_ = read_fully(stream_, buffer_.data(), kMagicBytes);
    return {buffer_.data(), end_};
  }
  const char* data() const { return buffer_.data() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  void take(std::size_t count) { begin_ += count; }
  void reset() {
    begin_ = end_ = 0;
    taken_ = 0;
  }
  std::int64_t offset() const { return taken_ + static_cast<std::int64_t>(begin_); }

  [[noreturn]] void damaged(std::string_view format, const std::string& what) const {
    throw DataError(name_ + ": the " + std::string(format) + " data are damaged at compressed byte " + std::to_string(offset()) + " (" + what +
                    "); make or copy the file again");
  }
  [[noreturn]] void truncated(std::string_view format) const {
    throw DataError(name_ + ": the " + std::string(format) + " data end too early, after " + std::to_string(offset()) +
                    " compressed bytes; the file is truncated: make or copy it again");
  }

 private:
  ByteStream& stream_;
  std::string name_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::int64_t taken_ = 0;
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual std::size_t read(Input& input, char* into, std::size_t size) = 0;
};

class PlainDecoder final : public Decoder {
 public:
  explicit PlainDecoder(ByteStream& stream) : stream_(stream) {}
  std::size_t read(Input& input, char* into, std::size_t size) override {
    if (input.size() == 0) return stream_.read(into, size);  // straight into the caller's buffer
    const std::size_t count = std::min(size, input.size());
    std::memcpy(into, input.data(), count);
    input.take(count);
    return count;
  }

 private:
  ByteStream& stream_;
};

class GzipDecoder final : public Decoder {
 public:
  GzipDecoder() {
    if (::inflateInit2(&zlib_, 16 + MAX_WBITS) != Z_OK) throw Error(ErrorCode::resources, "zlib cannot start: out of memory");
  }
  ~GzipDecoder() override { ::inflateEnd(&zlib_); }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  std::size_t read(Input& input, char* into, std::size_t size) override {
    size = std::min<std::size_t>(size, 1 << 30);
    zlib_.next_out = reinterpret_cast<Bytef*>(into);
    zlib_.avail_out = static_cast<uInt>(size);
    while (zlib_.avail_out == size) {
      if (!input.fill()) {
        if (within_member_) input.truncated("gzip");
        return 0;
      }
      within_member_ = true;
      step(input);
    }
    return size - zlib_.avail_out;
  }

 private:
  void step(Input& input) {
    zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    zlib_.avail_in = static_cast<uInt>(input.size());
    const std::size_t before = input.size();
    const int status = ::inflate(&zlib_, Z_NO_FLUSH);
    input.take(before - zlib_.avail_in);
    if (status == Z_STREAM_END) {
      within_member_ = false;
      ::inflateReset(&zlib_);
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      input.damaged("gzip", zlib_.msg ? zlib_.msg : "zlib error " + std::to_string(status));
    }
  }

  z_stream zlib_{};
  bool within_member_ = false;
};

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder() : zstd_(::ZSTD_createDStream(), ::ZSTD_freeDStream) {
    if (!zstd_) throw Error(ErrorCode::resources, "zstd cannot start: out of memory");
  }

  std::size_t read(Input& input, char* into, std::size_t size) override {
    ZSTD_outBuffer out{into, size, 0};
    while (out.pos == 0) {
      // A frame may have output left that needs no more input, so the end of the input is looked at after asking for it.
      const bool more = input.fill();
      if (!more && !within_frame_) return 0;
      ZSTD_inBuffer in{input.data(), input.size(), 0};
      const std::size_t status = ::ZSTD_decompressStream(zstd_.get(), &out, &in);
      if (::ZSTD_isError(status)) input.damaged("zstd", ::ZSTD_getErrorName(status));
      input.take(in.pos);
      within_frame_ = status != 0;
      if (!more && out.pos == 0 && within_frame_) input.truncated("zstd");
    }
    return out.pos;
  }

 private:
  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> zstd_;
  bool within_frame_ = false;
};

bool is_gzip(std::string_view magic) { return magic.starts_with("\x1f\x8b"); }

/// Also for a skippable frame, which may come first, and for what a truncated file still has of the magic number: its second byte is no UTF-8.
bool is_zstd(std::string_view magic) {
  if (magic.size() < 2) return false;
  if (magic.size() == kMagicBytes && (magic[0] & '\xf0') == 0x50) return magic.substr(1) == "\x2a\x4d\x18";
  return std::string_view("\x28\xb5\x2f\xfd").starts_with(magic);
}

class DecompressingStream final : public ByteStream {
 public:
  DecompressingStream(std::unique_ptr<ByteStream> inner, std::string name) : inner_(std::move(inner)), input_(*inner_, std::move(name)) {}

  std::size_t read(char* into, std::size_t size) override {
    if (size == 0) return 0;
    if (!decoder_) decoder_ = recognize();
    return decoder_->read(input_, into, size);
  }
  bool rewind() override {
    if (!inner_->rewind()) return false;
    input_.reset();
    decoder_.reset();
    return true;
  }
  Source::Progress progress() const override { return inner_->progress(); }

 private:
  std::unique_ptr<Decoder> recognize() {
    const std::string_view magic = input_.peek();
    if (is_gzip(magic)) return std::make_unique<GzipDecoder>();
    if (is_zstd(magic)) return std::make_unique<ZstdDecoder>();
    return std::make_unique<PlainDecoder>(*inner_);
  }

  std::unique_ptr<ByteStream> inner_;
  Input input_;
  std::unique_ptr<Decoder> decoder_;
};

}  // namespace

std::unique_ptr<ByteStream> decompressing(std::unique_ptr<ByteStream> inner, std::string name) {
  return std::make_unique<DecompressingStream>(std::move(inner), std::move(name));
}

}  // namespace millrace::csv
