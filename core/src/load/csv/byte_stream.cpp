#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "load/csv/streams.hpp"
#include "millrace/data/data_error.hpp"

namespace millrace {
namespace csv {
namespace {

class FileStream final : public ByteStream {
 public:
  FileStream(int fd, bool owned, std::string name) : fd_(fd), owned_(owned), name_(std::move(name)) {
    struct stat status {};
    regular_ = ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
    if (!regular_) return;
    // Standard input may be a file that someone has read the beginning of: this input starts where we do.
    start_ = std::max<off_t>(0, ::lseek(fd_, 0, SEEK_CUR));
    total_ = std::max<std::int64_t>(0, status.st_size - start_);
    ::posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  ~FileStream() override {
    if (owned_) ::close(fd_);
  }
  FileStream(const FileStream&) = delete;
  FileStream& operator=(const FileStream&) = delete;

  std::size_t read(char* into, std::size_t size) override {
    while (true) {
      const ssize_t count = ::read(fd_, into, size);
      if (count >= 0) {
        done_.fetch_add(count, std::memory_order_relaxed);
        return static_cast<std::size_t>(count);
      }
      if (errno == EINTR) continue;
      throw DataError(ErrorCode::io, "cannot read " + name_ + " at byte " + std::to_string(done_.load()) + ": " +
                                         std::generic_category().message(errno) + "; check the disk or the program that writes the input");
    }
  }

  bool rewind() override {
    if (!regular_ || ::lseek(fd_, start_, SEEK_SET) < 0) return false;
    done_ = 0;
    return true;
  }

  Source::Progress progress() const override {
    Source::Progress progress{done_.load(std::memory_order_relaxed), std::nullopt};
    if (regular_) progress.total = total_;
    return progress;
  }

 private:
  int fd_;
  bool owned_;
  std::string name_;
  bool regular_ = false;
  off_t start_ = 0;
  std::int64_t total_ = 0;
  std::atomic<std::int64_t> done_ = 0;
};

class MemoryStream final : public ByteStream {
 public:
  explicit MemoryStream(std::string bytes) : bytes_(std::move(bytes)) {}
  std::size_t read(char* into, std::size_t size) override {
    const std::size_t at = at_.load(std::memory_order_relaxed);
    const std::size_t count = std::min(size, bytes_.size() - at);
    std::memcpy(into, bytes_.data() + at, count);
    at_.store(at + count, std::memory_order_relaxed);
    return count;
  }
  bool rewind() override {
    at_ = 0;
    return true;
  }
  Source::Progress progress() const override {
    return {static_cast<std::int64_t>(at_.load(std::memory_order_relaxed)), static_cast<std::int64_t>(bytes_.size())};
  }

 private:
  std::string bytes_;
  std::atomic<std::size_t> at_ = 0;
};

[[noreturn]] void throw_cannot_open(const std::string& path, int error) {
  std::string why = error == ENOENT    ? "no such file; check the path"
                    : error == EACCES  ? "permission denied; ask for read access"
                    : error == EISDIR  ? "it is a directory; name a file in it"
                    : error == ENOTDIR ? "a part of the path is not a directory; check the path"
                                       : std::generic_category().message(error);
  throw DataError("cannot open " + path + ": " + why);
}

}  // namespace

std::string display_name(const std::string& path) { return path == "-" ? "standard input" : path; }

std::unique_ptr<ByteStream> open_file(const std::string& path) {
  const bool standard_input = path == "-";
  const int fd = standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw_cannot_open(path, errno);
  auto stream = std::make_unique<FileStream>(fd, !standard_input, display_name(path));
  struct stat status {};
  if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) throw_cannot_open(display_name(path), EISDIR);
  return stream;
}

std::size_t read_fully(ByteStream& stream, char* into, std::size_t size) {
  std::size_t got = 0;
  while (got < size) {
    const std::size_t count = stream.read(into + got, size - got);
    if (count == 0) break;
    got += count;
  }
  return got;
}

}  // namespace csv

std::unique_ptr<ByteStream> open_byte_stream(const std::string& path, const std::string& encoding) {
  const std::string name = csv::display_name(path);
  std::unique_ptr<ByteStream> stream = csv::decompressing(csv::open_file(path), name);
  return csv::is_utf8(encoding) ? std::move(stream) : csv::converting(std::move(stream), encoding, name);
}

std::unique_ptr<ByteStream> memory_stream(std::string bytes) { return std::make_unique<csv::MemoryStream>(std::move(bytes)); }

}  // namespace millrace
