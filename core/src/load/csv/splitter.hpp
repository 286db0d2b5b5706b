#pragma once
// Cuts a stream into units at record boundaries: the only serial part of reading CSV, so it does nothing else.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "load/csv/unit_buffers.hpp"
#include "load/csv/unit_hash.hpp"
#include "load/csv/unit_scanner.hpp"
#include "millrace/load/csv.hpp"

namespace millrace::csv {

class Splitter {
 public:
  /// `name` is for messages. @pre options.validate() has passed
  Splitter(ByteStream& stream, const CsvOptions& options, std::string name, std::shared_ptr<UnitBuffers> buffers);

  /// Skips a byte-order mark, finds the kind of line ends, reads the header. @throws DataError
  void open();
  /// The header's names; empty when the options say that there is none.
  const std::vector<std::string>& header() const { return header_; }
  LineEnd line_end() const { return line_end_; }
  /// @throws DataError  mixed line ends, a record too long, an unterminated quote; and what the stream throws
  std::optional<Unit> next();

 private:
  bool fill();
  void skip_byte_order_mark();
  LineEnd find_line_end();
  void read_header();
  void scan_unit(const UnitLimits& limits);
  Unit cut_unit();
  void drop_front(std::size_t bytes);
  std::int64_t line_at(std::size_t position) const;
  std::string describe_fault(ScanResult fault) const;

  ByteStream& stream_;
  const CsvOptions& options_;
  const std::string name_;
  const std::shared_ptr<UnitBuffers> buffers_;
  const std::size_t read_bytes_;

  std::vector<std::string> header_;
  LineEnd line_end_ = LineEnd::lf;
  std::optional<UnitScanner> scanner_;
  UnitHash hash_;

  std::unique_ptr<std::string> buffer_;  ///< the unit being read; buffer_->size() is room, not content
  std::size_t filled_ = 0;
  bool at_end_ = false;

  std::int64_t units_ = 0;
  std::int64_t next_src_row_ = 1;
  std::int64_t line_ = 1;         ///< on which buffer_ begins
  std::int64_t byte_offset_ = 0;  ///< of buffer_'s first byte
};

}  // namespace millrace::csv
