#include "load/csv/splitter.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>

#include "millrace/data/data_error.hpp"
#include "millrace/data/decode.hpp"

namespace millrace::csv {
namespace {

constexpr std::size_t kLeastRead = 4 << 10;
constexpr std::size_t kMostRead = 256 << 10;  // small enough to be scanned while it is still in the L2 cache
constexpr std::int64_t kMostReserved = 64 << 20;

UnitLimits limits_of(const CsvOptions& options, bool first) {
  const std::int64_t bytes = first ? std::min(options.first_unit_bytes, options.unit_bytes) : options.unit_bytes;
  const std::int64_t rows = options.unit_rows > 0 ? options.unit_rows : std::numeric_limits<std::int64_t>::max();
  return {bytes, rows, options.max_record_bytes};
}

void check_header(const std::vector<std::string>& names, const std::string& source) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string where = source + ": column " + std::to_string(i + 1) + " of the header";
    if (names[i].empty()) throw DataError(where + " has no name; name it, or load without header and name the columns");
    if (check_text(names[i]) != DecodeStatus::ok) throw DataError(where + " is no UTF-8 text; name the encoding of the input");
    if (!seen.insert(names[i]).second) throw DataError(where + " has the same name as another one (" + names[i] + "); give every column a name of its own");
  }
}

}  // namespace

Splitter::Splitter(ByteStream& stream, const CsvOptions& options, std::string name, std::shared_ptr<UnitBuffers> buffers)
    : stream_(stream), options_(options), name_(std::move(name)), buffers_(std::move(buffers)),
      read_bytes_(static_cast<std::size_t>(std::clamp<std::int64_t>(options.unit_bytes, kLeastRead, kMostRead))), buffer_(buffers_->take()) {}

void Splitter::open() {
  skip_byte_order_mark();
  line_end_ = find_line_end();
  scanner_.emplace(options_.quote, line_end_);
  if (options_.header) read_header();
}

std::optional<Unit> Splitter::next() {
  scan_unit(limits_of(options_, units_ == 0));
  if (scanner_->position() == 0) return std::nullopt;
  return cut_unit();
}

/// Reads some more into the buffer. @return false at the end of the input
bool Splitter::fill() {
  if (at_end_) return false;
  if (buffer_->size() < filled_ + read_bytes_) {
    // Reserving costs nothing until the memory is touched; a string that doubles its room would take twice what a unit needs.
    const auto usual = static_cast<std::size_t>(std::min(options_.unit_bytes, kMostReserved)) + 2 * read_bytes_;
    if (filled_ + read_bytes_ <= usual) buffer_->reserve(usual);
    buffer_->resize(filled_ + read_bytes_);
  }
  const std::size_t count = stream_.read(buffer_->data() + filled_, read_bytes_);
  filled_ += count;
  at_end_ = count == 0;
  return !at_end_;
}

void Splitter::skip_byte_order_mark() {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  while (filled_ < kMark.size() && fill()) {
  }
  if (std::string_view(buffer_->data(), filled_).starts_with(kMark)) drop_front(kMark.size());
}

LineEnd Splitter::find_line_end() {
  bool inside_quotes = false;
  for (std::size_t i = 0; static_cast<std::int64_t>(i) <= options_.max_record_bytes; ++i) {
    if (i == filled_ && !fill()) break;
    const char byte = (*buffer_)[i];
    if (byte == options_.quote) inside_quotes = !inside_quotes;
    if (inside_quotes || (byte != '\n' && byte != '\r')) continue;
    if (byte == '\n') return LineEnd::lf;
    if (i + 1 == filled_ && !fill()) return LineEnd::cr;
    return (*buffer_)[i + 1] == '\n' ? LineEnd::crlf : LineEnd::cr;
  }
  return LineEnd::lf;  // one record only, or one too long, which the scan reports
}

void Splitter::read_header() {
  scan_unit({1, 1, options_.max_record_bytes});
  const std::size_t size = scanner_->position();
  if (size == 0) throw DataError(name_ + " is empty and has no header; check the input, or load without header and name the columns");
  header_ = split_record(strip_line_end({buffer_->data(), size}, line_end_), {options_.delimiter, options_.quote, line_end_, {}});
  check_header(header_, name_);
  line_ += scanner_->lines();
  drop_front(size);
}

/// Reads until the scanner has found the end of a unit at the buffer's front.
void Splitter::scan_unit(const UnitLimits& limits) {
  scanner_->start(limits);
  hash_.start();
  while (true) {
    const std::size_t before = scanner_->position();
    const ScanResult result = scanner_->scan(buffer_->data(), filled_, at_end_);
    if (result != ScanResult::complete && result != ScanResult::more) throw DataError(describe_fault(result));
    hash_.add(buffer_->data() + before, scanner_->position() - before);
    if (result == ScanResult::complete) return;
    fill();
  }
}

Unit Splitter::cut_unit() {
  const std::size_t size = scanner_->position();
  Unit unit;
  unit.number = units_;
  unit.first_src_row = next_src_row_;
  unit.rows = scanner_->records();
  unit.first_line = line_;
  unit.byte_offset = byte_offset_;
  unit.byte_length = static_cast<std::int64_t>(size);
  unit.hash = hash_.digest();

  std::unique_ptr<std::string> whole = std::move(buffer_);
  buffer_ = buffers_->take();
  filled_ -= size;
  if (buffer_->size() < filled_) buffer_->resize(filled_);
  std::memcpy(buffer_->data(), whole->data() + size, filled_);
  whole->resize(size);
  unit.bytes = buffers_->share(std::move(whole));

  ++units_;
  next_src_row_ += unit.rows;
  line_ += scanner_->lines();
  byte_offset_ += unit.byte_length;
  return unit;
}

void Splitter::drop_front(std::size_t bytes) {
  filled_ -= bytes;
  std::memmove(buffer_->data(), buffer_->data() + bytes, filled_);
  byte_offset_ += static_cast<std::int64_t>(bytes);
}

std::int64_t Splitter::line_at(std::size_t position) const {
  return line_ + std::count(buffer_->data(), buffer_->data() + position, line_byte(line_end_));
}

std::string Splitter::describe_fault(ScanResult fault) const {
  const auto line_text = [this](std::size_t position) { return std::to_string(line_at(position)); };
  if (fault == ScanResult::stray_line_end) {
    const std::size_t at = scanner_->position();
    const char* const kind = line_end_ == LineEnd::lf ? "LF" : line_end_ == LineEnd::cr ? "CR" : "CRLF";
    return name_ + ": line " + line_text(at) + " has another line end than the first line, which ended with " + kind + " (byte " +
           std::to_string(byte_offset_ + static_cast<std::int64_t>(at)) + "); make the line ends the same, or put quotes around it";
  }
  std::size_t opened = scanner_->record_begin();
  for (std::size_t i = opened, quotes = 0; i < std::min(scanner_->position() + 1, filled_); ++i) {
    if ((*buffer_)[i] == options_.quote && quotes++ % 2 == 0) opened = i;
  }
  if (fault == ScanResult::unterminated_quote) {
    return name_ + ": the quote that opens on line " + line_text(opened) + " is not closed before the input ends; close it or mend the quoting there";
  }
  const std::string limit = "longer than " + std::to_string(options_.max_record_bytes) + " bytes";
  if (!scanner_->inside_quotes()) {
    return name_ + ": the record on line " + line_text(scanner_->record_begin()) + " is " + limit + "; check the line ends, or allow longer records";
  }
  return name_ + ": the record on line " + line_text(scanner_->record_begin()) + " is " + limit + " (its quote opened on line " + line_text(opened) +
         "); close the quote, or allow longer records";
}

}  // namespace millrace::csv
