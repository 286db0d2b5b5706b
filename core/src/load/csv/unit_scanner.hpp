#pragma once
// Where a unit ends: a decision without I/O, made on a buffer that its owner fills.

#include <cstddef>
#include <cstdint>

#include "load/csv/kernels.hpp"

namespace millrace::csv {

/// A unit ends at the first record end at or past `bytes`, or with the record number `rows`, whichever comes first.
struct UnitLimits {
  std::int64_t bytes;
  std::int64_t rows;              ///< at least 1
  std::int64_t max_record_bytes;  ///< a record may not be longer, its line end not counted
};

enum class ScanResult : std::uint8_t { more, complete, stray_line_end, record_too_long, unterminated_quote };

/// Scans a unit from its first byte on.
///
/// A line end of another kind than the input's first one is fatal outside quotes, as in PostgreSQL ("unquoted carriage return found in data"), not a
/// reject: such inputs are two inputs glued together, and where their records end would be a guess.
class UnitScanner {
 public:
  UnitScanner(char quote, LineEnd line_end);

  void start(const UnitLimits& limits);
  /// Goes on over bytes[0, filled), of which it knows those before position(). With `at_end` no more bytes will come: then the last record may lack
  /// its line end. On `complete` the unit is bytes[0, position()) (empty: there is none); on a fault, position() is where it was seen.
  ScanResult scan(const char* bytes, std::size_t filled, bool at_end);

  std::size_t position() const { return position_; }
  std::int64_t records() const { return records_; }
  std::int64_t lines() const { return lines_; }
  std::size_t record_begin() const { return record_begin_; }  ///< of the record at position()
  bool inside_quotes() const { return state_.inside_quotes != 0; }

 private:
  std::size_t blocks_without_cut(std::size_t filled) const;
  bool skip_blocks(const char* bytes, std::size_t blocks);
  ScanResult walk_record(const char* bytes, std::size_t filled);
  ScanResult stray_carriage_return();
  ScanResult finish();

  const char quote_;
  const LineEnd line_end_;
  const ScanKernel kernel_;
  UnitLimits limits_{1, 1, 1};
  ScanState state_;
  std::size_t position_ = 0;
  std::size_t record_begin_ = 0;
  std::int64_t records_ = 0;
  std::int64_t lines_ = 0;
};

}  // namespace millrace::csv
