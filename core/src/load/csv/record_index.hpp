#pragma once
// Where the fields of a unit's records are, a stripe of records at a time.

#include <cstdint>
#include <string_view>
#include <vector>

#include "load/csv/kernels.hpp"

namespace millrace::csv {

/// A record without its line end, and which entries of the field ends are its own.
struct RecordSpan {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t first_field = 0;
  std::uint32_t fields = 0;
};

/// Positions are of 31 bits: a unit is shorter than 2 GiB (CsvOptions::validate sees to that).
class RecordIndex {
 public:
  explicit RecordIndex(const Dialect& dialect);

  void start(std::string_view unit);
  /// Finds the next records, at most `most`; none at the end of the unit.
  const std::vector<RecordSpan>& next(std::size_t most);

  /// Where field `entry` (RecordSpan::first_field + n) ends, | kQuotedField.
  const std::uint32_t* field_ends() const { return ends_.data(); }

 private:
  void find_ends(std::size_t most);
  void make_room(std::size_t ends, std::size_t record_ends);

  const IndexMarks marks_;
  const std::uint32_t line_end_size_;
  const IndexKernel kernel_;
  std::string_view unit_;
  std::uint32_t position_ = 0;  ///< behind the last record handed out
  std::vector<std::uint32_t> ends_;
  std::vector<std::uint32_t> record_ends_;
  std::size_t record_count_ = 0;
  std::vector<RecordSpan> records_;
};

}  // namespace millrace::csv
