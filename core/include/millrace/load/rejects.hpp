#pragma once
// The reject file: one JSON line per rejected record, durable before its unit commits; and its replay.

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/load/csv.hpp"
#include "millrace/load/source.hpp"

namespace millrace {

/// Appends rejects of committed (and failing) units. The file is made at the first reject.
/// @thread_safety  Any thread.
class RejectFile {
 public:
  RejectFile(std::string path, std::string run_id) : path_(std::move(path)), run_id_(std::move(run_id)) {}
  ~RejectFile();
  RejectFile(const RejectFile&) = delete;
  RejectFile& operator=(const RejectFile&) = delete;

  /// Writes the rejects of a unit and forces them to the disk. Writing a unit again (a replay) replaces its lines.
  /// @throws Error{io}  the path and what to do
  void write(const Unit& unit, const std::vector<Reject>& rejects);
  /// Keeps only this run's lines of the given units (first_src_row) and everything of other runs: what a resume does first.
  void keep_only(const std::set<std::int64_t>& committed_units);
  const std::string& path() const { return path_; }

 private:
  void rewrite_without(const std::function<bool(std::int64_t unit)>& drop);
  void open();
  const std::string path_;
  const std::string run_id_;
  std::mutex mutex_;
  int file_ = -1;
  std::set<std::int64_t> written_;
};

/// One line of a reject file.
std::string to_json_line(const Reject& reject, std::string_view run_id, std::int64_t unit);
struct RejectLine { std::string run_id; std::int64_t unit = 0; Reject reject; };
/// @throws DataError  what is wrong with the line
RejectLine parse_reject_line(std::string_view line);

/// The raw records of a reject file as a stream of CSV, each ended by a line feed.
/// @throws DataError  missing file, a damaged line (its number), no lines
std::unique_ptr<ByteStream> open_reject_stream(const std::string& path);
/// The run that the file's first line names.
std::string run_of_reject_file(const std::string& path);

}  // namespace millrace
