#include "load/csv/record_index.hpp"

#include <algorithm>

namespace millrace::csv {
namespace {

/// Bytes indexed between two looks at the number of records. What is indexed past the stripe is indexed again with the next one.
constexpr std::uint32_t kWindow = 4 << 10;

}  // namespace

RecordIndex::RecordIndex(const Dialect& dialect)
    : marks_{dialect.delimiter, dialect.quote, record_end_byte(dialect.line_end)}, line_end_size_(csv::line_end_size(dialect.line_end)),
      kernel_(kernels().index) {}

void RecordIndex::start(std::string_view unit) {
  unit_ = unit;
  position_ = 0;
}

const std::vector<RecordSpan>& RecordIndex::next(std::size_t most) {
  find_ends(most);
  records_.clear();
  std::uint32_t first_field = 0;
  for (std::size_t i = 0; i < std::min(most, record_count_); ++i) {
    const std::uint32_t end = ends_[record_ends_[i] - 1] & ~kQuotedField;
    records_.push_back({position_, end, first_field, record_ends_[i] - first_field});
    first_field = record_ends_[i];
    position_ = end + line_end_size_;
  }
  return records_;
}

/// Fills ends_ and record_ends_ for at least `most` records from position_ on, or for all that are left.
void RecordIndex::find_ends(std::size_t most) {
  const auto size = static_cast<std::uint32_t>(unit_.size());
  record_count_ = 0;
  std::size_t end_count = 0;
  IndexState state;
  std::uint32_t at = position_;
  while (at < size && record_count_ < most) {
    const std::uint32_t to = at + std::min(kWindow, size - at);
    make_room(end_count + kWindow, record_count_ + kWindow);
    state.first_end = ends_.data();
    state.ends = ends_.data() + end_count;
    state.record_ends = record_ends_.data() + record_count_;
    kernel_(unit_.data(), at, to, marks_, state);
    end_count = static_cast<std::size_t>(state.ends - ends_.data());
    record_count_ = static_cast<std::size_t>(state.record_ends - record_ends_.data());
    at = to;
  }
  if (record_count_ >= most) return;
  // The last record of the input may lack its line end.
  const std::uint32_t last_begin = record_count_ == 0 ? position_ : (ends_[record_ends_[record_count_ - 1] - 1] & ~kQuotedField) + line_end_size_;
  if (last_begin >= size) return;
  make_room(end_count + 1, record_count_ + 1);
  ends_[end_count++] = size | state.field_flag;
  record_ends_[record_count_++] = static_cast<std::uint32_t>(end_count);
}

void RecordIndex::make_room(std::size_t ends, std::size_t record_ends) {
  const auto grow = [](std::vector<std::uint32_t>& entries, std::size_t wanted) {
    if (entries.size() < wanted + kIndexSlack) entries.resize(std::max(2 * entries.size(), wanted + kIndexSlack));
  };
  grow(ends_, ends);
  grow(record_ends_, record_ends);
}

}  // namespace millrace::csv
