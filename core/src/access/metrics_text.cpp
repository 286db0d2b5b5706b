#include "access/metrics_text.hpp"

#include <charconv>

namespace millrace::metrics_text {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

std::string number(double value) {
  char buffer[400];  // the longest double without an exponent
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr);
}

nlohmann::ordered_json to_json_value(const DurationHistogram& histogram) {
  return {{"bounds", DurationHistogram::kBounds}, {"counts", histogram.counts}, {"count", histogram.count}, {"sum", histogram.sum}};
}

}  // namespace millrace::metrics_text
