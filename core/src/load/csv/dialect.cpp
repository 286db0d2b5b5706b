#include "load/csv/dialect.hpp"

namespace millrace::csv {

char* unquote(std::string_view field, char quote, char* out) {
  bool inside = false;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != quote) {
      *out++ = field[i];
    } else if (inside && i + 1 < field.size() && field[i + 1] == quote) {
      *out++ = quote;
      ++i;
    } else {
      inside = !inside;
    }
  }
  return out;
}

std::vector<std::string> split_record(std::string_view record, const Dialect& dialect) {
  std::vector<std::string> fields;
  bool inside = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= record.size(); ++i) {
    const bool at_end = i == record.size();
    if (!at_end && record[i] == dialect.quote) inside = !inside;
    if (!at_end && (inside || record[i] != dialect.delimiter)) continue;
    std::string field(i - begin, '\0');
    field.resize(static_cast<std::size_t>(unquote(record.substr(begin, i - begin), dialect.quote, field.data()) - field.data()));
    fields.push_back(std::move(field));
    begin = i + 1;
  }
  return fields;
}

std::string_view strip_line_end(std::string_view record, LineEnd end) {
  if (record.empty() || record.back() != line_byte(end)) return record;
  record.remove_suffix(1);
  if (end == LineEnd::crlf && !record.empty() && record.back() == '\r') record.remove_suffix(1);
  return record;
}

}  // namespace millrace::csv
