#pragma once
// What the bytes of one CSV input mean, once its options and its first line end are known.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::csv {

/// The first line end outside quotes binds the whole input, as in PostgreSQL.
enum class LineEnd : std::uint8_t { lf, crlf, cr };

/// The byte that physical lines are counted by. CRLF files often have bare LFs inside quotes (spreadsheets write them), so LF it is for both.
constexpr char line_byte(LineEnd end) { return end == LineEnd::cr ? '\r' : '\n'; }
/// The byte at which the last field of a record stops.
constexpr char record_end_byte(LineEnd end) { return end == LineEnd::lf ? '\n' : '\r'; }
constexpr std::uint32_t line_end_size(LineEnd end) { return end == LineEnd::crlf ? 2 : 1; }

struct Dialect {
  char delimiter = ',';
  char quote = '"';
  LineEnd line_end = LineEnd::lf;
  std::vector<std::string> nulls = {""};
};

/// Appends what a field with quotes in it stands for: quotes toggle, a doubled quote inside quotes is a quote.
/// @return the end of what was written; `out` has room for field.size() bytes
char* unquote(std::string_view field, char quote, char* out);

/// The fields of one record without its line end; the slow way, for headers and messages.
std::vector<std::string> split_record(std::string_view record, const Dialect& dialect);

/// `record` without the line end at its end, if it has one.
std::string_view strip_line_end(std::string_view record, LineEnd end);

}  // namespace millrace::csv
