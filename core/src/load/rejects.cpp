#include "millrace/load/rejects.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "load/base64.hpp"
#include "millrace/data/decode.hpp"

namespace millrace {
namespace {

[[noreturn]] void throw_io(const std::string& what, const std::string& path) {
  throw Error(ErrorCode::io, "cannot " + what + " reject file " + path + ": " + std::strerror(errno) + "; free space or name another place with --reject-file");
}

void write_all(int file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t done = ::write(file, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) throw_io("write", path);
    text.remove_prefix(static_cast<std::size_t>(done));
  }
}

/// True for the bytes that JSON can carry as they are.
bool is_clean_text(std::string_view raw) { return check_text(raw) == DecodeStatus::ok; }

}  // namespace

std::string to_json_line(const Reject& reject, std::string_view run_id, std::int64_t unit) {
  nlohmann::ordered_json line = {{"run", run_id}, {"unit", unit}, {"record", reject.src_row}, {"line", reject.line}, {"byte_offset", reject.byte_offset},
                                 {"column", reject.column}, {"code", reject.code}, {"sqlstate", reject.sqlstate}, {"reason", reject.reason}};
  if (is_clean_text(reject.raw)) line["raw"] = reject.raw;
  else line["raw_base64"] = base64_encode(reject.raw);
  // Reasons quote values, which may hold any bytes.
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

RejectLine parse_reject_line(std::string_view text) {
  try {
    const auto json = nlohmann::json::parse(text);
    RejectLine line;
    line.run_id = json.value("run", "");
    line.unit = json.value("unit", std::int64_t{0});
    line.reject.src_row = json.value("record", std::int64_t{0});
    line.reject.line = json.value("line", std::int64_t{0});
    line.reject.byte_offset = json.value("byte_offset", std::int64_t{0});
    line.reject.column = json.value("column", "");
    line.reject.code = json.value("code", "");
    line.reject.sqlstate = json.value("sqlstate", "");
    line.reject.reason = json.value("reason", "");
    if (json.contains("raw")) line.reject.raw = json.at("raw").get<std::string>();
    else if (json.contains("raw_base64")) line.reject.raw = base64_decode(json.at("raw_base64").get<std::string>());
    else throw DataError("it has neither \"raw\" nor \"raw_base64\"");
    return line;
  } catch (const nlohmann::json::exception&) {
    throw DataError("it is not a JSON object as Millrace writes them");
  }
}

RejectFile::~RejectFile() {
  if (file_ >= 0) ::close(file_);
}

void RejectFile::open() {
  if (file_ >= 0) return;
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file_ < 0) throw_io("open", path_);
}

void RejectFile::write(const Unit& unit, const std::vector<Reject>& rejects) {
  const std::lock_guard lock(mutex_);
  if (written_.contains(unit.first_src_row)) {
    rewrite_without([&](std::int64_t other) { return other == unit.first_src_row; });
    written_.erase(unit.first_src_row);
  }
  if (rejects.empty()) return;
  std::string lines;
  for (const Reject& reject : rejects) lines += to_json_line(reject, run_id_, unit.first_src_row);
  open();
  write_all(file_, lines, path_);
  if (::fsync(file_) != 0 && errno != EINVAL && errno != ENOTSUP) throw_io("sync", path_);  // a pipe or /dev/stderr can not be synced
  written_.insert(unit.first_src_row);
}

void RejectFile::keep_only(const std::set<std::int64_t>& committed_units) {
  const std::lock_guard lock(mutex_);
  if (::access(path_.c_str(), F_OK) != 0) return;
  rewrite_without([&](std::int64_t unit) { return !committed_units.contains(unit); });
}

/// Through a new file that takes the old one's place, so that a crash leaves one of the two.
void RejectFile::rewrite_without(const std::function<bool(std::int64_t unit)>& drop) {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
  const std::string temporary = path_ + ".tmp";
  const int out = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (out < 0) throw_io("open", temporary);
  std::ifstream in(path_, std::ios::binary);
  try {
    for (std::string line; std::getline(in, line);) {
      if (in.eof()) break;  // a line without its end was cut off by a crash; its unit never committed
      bool dropped = false;
      try {
        const RejectLine parsed = parse_reject_line(line);
        dropped = parsed.run_id == run_id_ && drop(parsed.unit);
      } catch (const DataError&) {
        dropped = false;  // not ours to judge: somebody is mending this file
      }
      if (!dropped) write_all(out, line + "\n", temporary);
    }
    if (::fsync(out) != 0) throw_io("sync", temporary);
  } catch (...) {
    ::close(out);
    throw;
  }
  ::close(out);
  if (::rename(temporary.c_str(), path_.c_str()) != 0) throw_io("replace", path_);
}

}  // namespace millrace
