#include "load/csv/unit_scanner.hpp"

#include <algorithm>

namespace millrace::csv {

UnitScanner::UnitScanner(char quote, LineEnd line_end) : quote_(quote), line_end_(line_end), kernel_(kernels().scan(line_end)) {}

void UnitScanner::start(const UnitLimits& limits) {
  limits_ = limits;
  state_ = {};
  position_ = record_begin_ = 0;
  records_ = lines_ = 0;
}

// Blocks that can neither hold the cut nor the end of a record that is too long are counted as a whole; around the cut, bytes are looked at one by one.
ScanResult UnitScanner::scan(const char* bytes, std::size_t filled, bool at_end) {
  while (position_ < filled) {
    const std::size_t blocks = blocks_without_cut(filled);
    if (blocks > 0 && skip_blocks(bytes, blocks)) continue;
    const ScanResult result = walk_record(bytes, filled);
    if (result != ScanResult::complete) {
      if (result == ScanResult::more) break;
      return result;
    }
    if (records_ == limits_.rows || static_cast<std::int64_t>(position_) >= limits_.bytes) return ScanResult::complete;
  }
  return at_end ? finish() : ScanResult::more;
}

std::size_t UnitScanner::blocks_without_cut(std::size_t filled) const {
  const auto position = static_cast<std::int64_t>(position_);
  const std::int64_t open = position - static_cast<std::int64_t>(record_begin_);
  constexpr auto kBytes = static_cast<std::int64_t>(kBlock);
  const std::int64_t available = (static_cast<std::int64_t>(filled) - position) / kBytes;
  const std::int64_t before_size = (limits_.bytes - 1 - position) / kBytes;
  const std::int64_t before_rows = (limits_.rows - 1 - records_) / kBytes;  // a byte a record is the most
  const std::int64_t before_length = (limits_.max_record_bytes - open) / kBytes;
  return static_cast<std::size_t>(std::max<std::int64_t>(0, std::min({available, before_size, before_rows, before_length})));
}

/// @return false when a stray line end is among them; then nothing has changed, and walking finds it
bool UnitScanner::skip_blocks(const char* bytes, std::size_t blocks) {
  ScanState state = state_;
  ScanTotals totals;
  kernel_(bytes + position_, blocks, quote_, state, totals);
  if (totals.stray) return false;
  state_ = state;
  records_ += totals.records;
  lines_ += totals.lines;
  if (totals.last_end >= 0) record_begin_ = position_ + static_cast<std::size_t>(totals.last_end) + 1;
  position_ += blocks * kBlock;
  return true;
}

/// Goes to the end of the record at hand. @return complete, more or a fault
ScanResult UnitScanner::walk_record(const char* bytes, std::size_t filled) {
  const char counted = line_byte(line_end_);
  for (; position_ < filled; ++position_) {
    const char byte = bytes[position_];
    if (state_.after_cr && byte != '\n') return stray_carriage_return();
    if (byte == quote_) state_.inside_quotes = ~state_.inside_quotes;
    if (byte == '\n' || byte == '\r') {
      if (!inside_quotes()) {
        const bool expected = line_end_ == LineEnd::crlf ? state_.after_cr == (byte == '\n') : byte == counted;
        if (!expected) return ScanResult::stray_line_end;
        state_.after_cr = line_end_ == LineEnd::crlf && byte == '\r';
      }
      lines_ += byte == counted;
      if (!inside_quotes() && byte == counted) {
        record_begin_ = ++position_;
        ++records_;
        return ScanResult::complete;
      }
    }
    const std::size_t length = position_ + 1 - record_begin_ - state_.after_cr;
    if (static_cast<std::int64_t>(length) > limits_.max_record_bytes) return ScanResult::record_too_long;
  }
  return ScanResult::more;
}

/// A CR that no LF follows is known one byte late.
ScanResult UnitScanner::stray_carriage_return() {
  --position_;
  return ScanResult::stray_line_end;
}

ScanResult UnitScanner::finish() {
  if (inside_quotes()) return ScanResult::unterminated_quote;
  if (state_.after_cr) return stray_carriage_return();
  if (position_ > record_begin_) {
    ++records_;
    record_begin_ = position_;
  }
  return ScanResult::complete;
}

}  // namespace millrace::csv
