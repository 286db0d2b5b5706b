#include "load/csv/record_locator.hpp"

#include <algorithm>

#include "millrace/data/data_error.hpp"

namespace millrace::csv {

void RecordLocator::start(const Unit& unit) {
  unit_ = &unit;
  bytes_ = *unit.bytes;
  line_position_ = found_position_ = 0;
  line_ = unit.first_line;
  found_row_ = unit.first_src_row;
}

Reject RecordLocator::at(std::int64_t src_row, std::size_t begin, std::size_t end) {
  if (begin < line_position_) {
    line_position_ = 0;
    line_ = unit_->first_line;
  }
  line_ += std::count(bytes_.begin() + static_cast<std::ptrdiff_t>(line_position_), bytes_.begin() + static_cast<std::ptrdiff_t>(begin),
                      line_byte(line_end_));
  line_position_ = begin;
  Reject reject;
  reject.src_row = src_row;
  reject.line = line_;
  reject.byte_offset = unit_->byte_offset + static_cast<std::int64_t>(begin);
  reject.raw = bytes_.substr(begin, end - begin);
  return reject;
}

Reject RecordLocator::find(std::int64_t src_row) {
  if (unit_ == nullptr || src_row < unit_->first_src_row || src_row > unit_->last_src_row()) {
    throw Error(ErrorCode::misuse, "record " + std::to_string(src_row) + " is not in the unit that was started; start the unit that holds it");
  }
  if (src_row < found_row_) {
    found_position_ = 0;
    found_row_ = unit_->first_src_row;
  }
  for (; found_row_ < src_row; ++found_row_) found_position_ = record_end(found_position_);
  const std::string_view whole = bytes_.substr(found_position_, record_end(found_position_) - found_position_);
  return at(src_row, found_position_, found_position_ + strip_line_end(whole, line_end_).size());
}

std::size_t RecordLocator::record_end(std::size_t begin) const {
  bool inside_quotes = false;
  for (std::size_t i = begin; i < bytes_.size(); ++i) {
    if (bytes_[i] == quote_) inside_quotes = !inside_quotes;
    if (!inside_quotes && bytes_[i] == line_byte(line_end_)) return i + 1;
  }
  return bytes_.size();
}

}  // namespace millrace::csv
