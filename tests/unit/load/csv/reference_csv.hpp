#pragma once
// A slow, obviously right reader of PostgreSQL's CSV: one byte at a time, one state. The oracle of the differential tests.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace::csv_test {

struct ReferenceRecord {
  std::string raw;
  std::size_t offset = 0;
  std::int64_t line = 1;
  std::vector<std::optional<std::string>> fields;  ///< nullopt = NULL (unquoted and empty)
};

struct ReferenceResult {
  std::vector<ReferenceRecord> records;  ///< up to the fault
  bool fault = false;                    ///< mixed line ends or an unterminated quote
};

inline std::vector<std::optional<std::string>> reference_fields(const std::string& raw, char delimiter, char quote) {
  std::vector<std::optional<std::string>> fields;
  std::string field;
  bool saw_quote = false;
  bool inside = false;
  const auto finish = [&] {
    if (!saw_quote && field.empty()) fields.push_back(std::nullopt);
    else fields.push_back(field);
    field.clear();
    saw_quote = false;
  };
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (inside && c == quote && i + 1 < raw.size() && raw[i + 1] == quote) {
      field += quote;
      ++i;
    } else if (c == quote) {
      inside = !inside;
      saw_quote = true;
    } else if (!inside && c == delimiter) {
      finish();
    } else {
      field += c;
    }
  }
  finish();
  return fields;
}

inline ReferenceResult reference_read(const std::string& input, char delimiter = ',', char quote = '"') {
  ReferenceResult result;
  std::string line_end;  // "" until the first one
  std::string raw;
  std::size_t begin = 0;
  bool inside = false;
  const auto finish = [&](std::size_t next) {
    result.records.push_back({raw, begin, 0, reference_fields(raw, delimiter, quote)});
    raw.clear();
    begin = next;
  };
  for (std::size_t i = 0; i < input.size() && !result.fault; ++i) {
    const char c = input[i];
    if (c == quote) inside = !inside;
    if (inside || (c != '\n' && c != '\r')) {
      raw += c;
      continue;
    }
    std::string found(1, c);
    const bool lf_follows = c == '\r' && i + 1 < input.size() && input[i + 1] == '\n';
    if (lf_follows && line_end != "\r") found = "\r\n";
    if (line_end.empty()) line_end = found;
    if (found != line_end) {
      result.fault = true;
      break;
    }
    i += found.size() - 1;
    finish(i + 1);
  }
  if (inside) result.fault = true;
  if (!result.fault && !raw.empty()) finish(input.size());

  const char counted = line_end == "\r" ? '\r' : '\n';
  std::int64_t line = 1;
  std::size_t at = 0;
  for (ReferenceRecord& record : result.records) {
    for (; at < record.offset; ++at) line += input[at] == counted;
    record.line = line;
  }
  return result;
}

}  // namespace millrace::csv_test
