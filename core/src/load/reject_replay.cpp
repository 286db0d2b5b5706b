#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <tuple>
#include <vector>

#include "millrace/data/data_error.hpp"
#include "millrace/load/rejects.hpp"

namespace millrace {
namespace {

/// Hands the records out in the order of the input that they come from (the file has them as their units committed): of several records with one key
/// the last must win, as it would have then. Runs keep the order in which the file names them first.
class RejectStream final : public ByteStream {
 public:
  explicit RejectStream(std::string path) : path_(std::move(path)), in_(path_, std::ios::binary) {
    if (!in_) throw DataError("cannot open reject file " + path_ + ": " + std::strerror(errno));
    index_lines();
  }

  std::size_t read(char* into, std::size_t size) override {
    if (pending_.size() == taken_) {
      if (next_ == lines_.size()) return 0;
      pending_ = parse_line(lines_[next_++]).reject.raw + "\n";
      taken_ = 0;
    }
    const std::size_t count = std::min(size, pending_.size() - taken_);
    std::memcpy(into, pending_.data() + taken_, count);
    taken_ += count;
    return count;
  }
  bool rewind() override {
    next_ = taken_ = 0;
    pending_.clear();
    return true;
  }

 private:
  struct Line {
    std::size_t run;        ///< its place among the file's runs
    std::int64_t src_row;
    std::streamoff offset;
    std::int64_t number;    ///< for messages
  };

  void index_lines() {
    std::vector<std::string> runs;
    std::string text;
    for (std::int64_t number = 1; ; ++number) {
      const std::streamoff offset = in_.tellg();
      if (!std::getline(in_, text)) break;
      if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
      const RejectLine line = parse(text, number);
      auto run = std::find(runs.begin(), runs.end(), line.run_id);
      if (run == runs.end()) run = runs.insert(run, line.run_id);
      lines_.push_back({static_cast<std::size_t>(run - runs.begin()), line.reject.src_row, offset, number});
    }
    in_.clear();
    std::stable_sort(lines_.begin(), lines_.end(), [](const Line& a, const Line& b) { return std::tie(a.run, a.src_row) < std::tie(b.run, b.src_row); });
  }

  RejectLine parse_line(const Line& line) {
    std::string text;
    in_.seekg(line.offset);
    std::getline(in_, text);
    in_.clear();
    return parse(text, line.number);
  }

  RejectLine parse(const std::string& text, std::int64_t number) const {
    try {
      return parse_reject_line(text);
    } catch (const DataError& error) {
      throw DataError("line " + std::to_string(number) + " of reject file " + path_ + " can not be read: " + error.what());
    }
  }

  const std::string path_;
  std::ifstream in_;
  std::vector<Line> lines_;
  std::size_t next_ = 0;
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
