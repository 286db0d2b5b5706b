#include "access/config/url_parts.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_port(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 1 && number <= 65535;
}

}  // namespace

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool are_ports(std::string_view list) {
  const auto ports = split(list, ',');
  return std::all_of(ports.begin(), ports.end(), [](std::string_view port) { return port.empty() || is_port(port); });
}

bool is_scheme(std::string_view text) {
  return !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

bool is_sqlite(std::string_view scheme) { return scheme == "sqlite" || scheme == "sqlite3"; }
bool is_odbc(std::string_view scheme) { return scheme == "odbc"; }
bool is_db2(std::string_view scheme) { return scheme == "db2"; }
bool is_postgresql(std::string_view scheme) { return scheme == "postgresql" || scheme == "postgres"; }

bool is_secret_name(std::string_view name) {
  constexpr std::array<std::string_view, 4> kMarks = {"password", "pwd", "secret", "token"};
  const std::string lower_name = lowered(name);
  return std::any_of(kMarks.begin(), kMarks.end(), [&](std::string_view mark) { return lower_name.find(mark) != std::string::npos; });
}

std::size_t odbc_attribute_length(std::string_view text) {
  const std::size_t equals = text.find_first_of("=;");
  if (equals == std::string_view::npos || text[equals] == ';') return std::min(equals, text.size());
  std::size_t i = text.find_first_not_of(' ', equals + 1);
  if (i != std::string_view::npos && text[i] == '{') {
    for (++i; i < text.size(); ++i) {
      if (text[i] != '}') continue;
      if (i + 1 >= text.size() || text[i + 1] != '}') break;
      ++i;
    }
    if (i >= text.size()) return std::string_view::npos;
  }
  return std::min(text.find(';', std::min(i, text.size())), text.size());
}

}  // namespace millrace
