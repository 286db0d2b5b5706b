#include <algorithm>
#include <set>

#include "millrace/data/data_error.hpp"
#include "millrace/load/csv.hpp"

namespace millrace {
namespace {

/// Positions within a unit have 31 bits: a unit and one record past its size must stay below 2^31 bytes.
constexpr std::int64_t kMostBytes = 1'000'000'000;

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorCode::config, "CSV options: " + message); }

void check_size(const char* name, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value < least || value > most) {
    refuse(std::string(name) + " is " + std::to_string(value) + "; give " + std::to_string(least) + " to " + std::to_string(most));
  }
}

void check_columns(const CsvOptions& options) {
  if (options.header && !options.columns.empty()) refuse("the header names the columns; give names only for an input without a header");
  std::set<std::string_view> seen;
  for (const std::string& name : options.columns) {
    if (name.empty()) refuse("a column has an empty name; name every column");
    if (!seen.insert(name).second) refuse("the column " + name + " is named twice; give every column a name of its own");
  }
}

}  // namespace

void CsvOptions::validate() const {
  const auto is_line_end = [](char c) { return c == '\n' || c == '\r'; };
  // Bytes above 127 would cut UTF-8 characters in two.
  const auto is_usable = [&](char c) { return c != '\0' && !is_line_end(c) && static_cast<unsigned char>(c) < 0x80; };
  if (!is_usable(delimiter)) refuse("the delimiter must be one ASCII character and no line end");
  if (!is_usable(quote)) refuse("the quote must be one ASCII character and no line end");
  if (delimiter == quote) refuse("delimiter and quote are the same character; give two different ones");
  for (const std::string& null : nulls) {
    if (std::any_of(null.begin(), null.end(), [&](char c) { return c == delimiter || c == quote || is_line_end(c); })) {
      refuse("the NULL text \"" + null + "\" contains the delimiter, the quote or a line end, so no unquoted field can equal it");
    }
  }
  check_columns(*this);
  check_size("unit_bytes", unit_bytes, 1, kMostBytes);
  check_size("first_unit_bytes", first_unit_bytes, 1, kMostBytes);
  check_size("max_record_bytes", max_record_bytes, 1, kMostBytes);
  check_size("unit_rows", unit_rows, 0, INT64_MAX);
}

}  // namespace millrace
