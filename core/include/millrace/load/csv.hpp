#pragma once
// CSV with the rules of PostgreSQL's COPY ... (FORMAT csv); see docs/loading.md. One stated difference: a line `\.` is data.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "millrace/data/types.hpp"
#include "millrace/load/source.hpp"

namespace millrace {

struct CsvOptions {
  bool header = true;                     ///< the first record names the columns
  std::vector<std::string> columns;       ///< names for files without a header; with a header they must be empty
  char delimiter = ',';
  char quote = '"';
  std::vector<std::string> nulls = {""};  ///< unquoted fields equal to one of these are NULL
  std::string encoding = "UTF-8";         ///< converted by iconv
  std::int64_t unit_bytes = 8 << 20;      ///< a unit ends at the first record boundary at or past this many decompressed bytes
  std::int64_t first_unit_bytes = 1 << 20;  ///< the first unit is smaller, so that trouble shows early (never more than unit_bytes)
  std::int64_t unit_rows = 0;             ///< most records in a unit; 0 = no limit
  std::int64_t max_record_bytes = 64 << 20;  ///< a longer record is fatal
  /// @throws Error{config}  delimiter = quote, a line end as delimiter or quote, sizes < 1, a NULL text with delimiter, quote or line end in it
  void validate() const;
};

/// A stream of decompressed bytes: a file, standard input, memory.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Up to `size` bytes; 0 at the end. @throws DataError
  virtual std::size_t read(char* into, std::size_t size) = 0;
  virtual bool rewind() { return false; }
  virtual Source::Progress progress() const { return {}; }
};

/// Opens a file ("-" = standard input), decompresses gzip and zstd, which are recognized by content (concatenated members are valid, a truncated one is an
/// error), and converts `encoding` to UTF-8. A UTF-8 byte-order mark is left to the CSV reader.
/// @throws DataError  missing, unreadable, a directory
std::unique_ptr<ByteStream> open_byte_stream(const std::string& path, const std::string& encoding = "UTF-8");
std::unique_ptr<ByteStream> memory_stream(std::string bytes);

std::unique_ptr<Source> make_csv_source(std::string path, CsvOptions options);
/// The same from a stream; `name` is for messages.
std::unique_ptr<Source> make_csv_source(std::unique_ptr<ByteStream> stream, std::string name, CsvOptions options);

/// The columns that `--create` makes of a file: the first `sample_bytes` are looked at with Source::peek.
/// Types in this order: boolean (true/false/t/f only), bigint, decimal, double precision, date, timestamp, text; leading zeros stay text; all nullable.
/// The length of a text is the bytes of its longest value so far: Dialect::created_type() makes a column's type of it.
std::vector<ColumnInfo> infer_columns(Source& source, const CsvOptions& options, std::int64_t sample_bytes = 64 << 20);

}  // namespace millrace
