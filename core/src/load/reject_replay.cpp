#include <cerrno>
#include <cstring>
#include <fstream>

#include "millrace/data/data_error.hpp"
#include "millrace/load/rejects.hpp"

namespace millrace {
namespace {

class RejectStream final : public ByteStream {
 public:
  explicit RejectStream(std::string path) : path_(std::move(path)) { open(); }

  std::size_t read(char* into, std::size_t size) override {
    while (pending_.size() == taken_) {
      if (!next_record()) return 0;
    }
    const std::size_t count = std::min(size, pending_.size() - taken_);
    std::memcpy(into, pending_.data() + taken_, count);
    taken_ += count;
    return count;
  }
  bool rewind() override {
    in_.close();
    line_number_ = 0;
    pending_.clear();
    taken_ = 0;
    open();
    return true;
  }

 private:
  void open() {
    in_.open(path_, std::ios::binary);
    if (!in_) throw DataError("cannot open reject file " + path_ + ": " + std::strerror(errno));
  }
  bool next_record() {
    std::string line;
    do {
      if (!std::getline(in_, line)) return false;
      ++line_number_;
    } while (line.find_first_not_of(" \t\r") == std::string::npos);
    try {
      pending_ = parse_reject_line(line).reject.raw + "\n";
    } catch (const DataError& error) {
      throw DataError("line " + std::to_string(line_number_) + " of reject file " + path_ + " can not be read: " + error.what());
    }
    taken_ = 0;
    return true;
  }

  const std::string path_;
  std::ifstream in_;
  std::int64_t line_number_ = 0;
  std::string pending_;
  std::size_t taken_ = 0;
};

}  // namespace

std::unique_ptr<ByteStream> open_reject_stream(const std::string& path) { return std::make_unique<RejectStream>(path); }

std::string run_of_reject_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw DataError("cannot open reject file " + path + ": " + std::strerror(errno));
  std::string line;
  if (!std::getline(in, line)) throw DataError("reject file " + path + " is empty; there is nothing to replay");
  try {
    return parse_reject_line(line).run_id;
  } catch (const DataError& error) {
    throw DataError("line 1 of reject file " + path + " can not be read: " + error.what());
  }
}

}  // namespace millrace
