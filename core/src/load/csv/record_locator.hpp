#pragma once
// Lines and raw texts of single records, for rejects: nothing of this is computed while all goes well.

#include <cstdint>
#include <string_view>

#include "load/csv/dialect.hpp"
#include "millrace/load/source.hpp"

namespace millrace::csv {

/// Remembers where it was, so that rejects in ascending order cost one pass over the unit.
class RecordLocator {
 public:
  explicit RecordLocator(const Dialect& dialect) : quote_(dialect.quote), line_end_(dialect.line_end) {}

  void start(const Unit& unit);
  /// A Reject with the position and raw text of the record at bytes [begin, end) of the unit.
  Reject at(std::int64_t src_row, std::size_t begin, std::size_t end);
  /// The same by its number alone. @throws Error{misuse}  the unit has no such record
  Reject find(std::int64_t src_row);

 private:
  std::size_t record_end(std::size_t begin) const;  ///< behind its line end

  const char quote_;
  const LineEnd line_end_;
  const Unit* unit_ = nullptr;
  std::string_view bytes_;
  std::size_t line_position_ = 0;  ///< line_ is the line of this byte
  std::int64_t line_ = 1;
  std::size_t found_position_ = 0;  ///< where record found_row_ begins
  std::int64_t found_row_ = 1;
};

}  // namespace millrace::csv
