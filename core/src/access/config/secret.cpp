#include <algorithm>
#include <vector>

#include "millrace/access/config.hpp"

namespace millrace {
namespace {

constexpr std::size_t kShortestPart = 4;  // shorter pieces of a password occur in every message

// How libpq writes a value inside a connection string.
std::string backslash_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string lower_hex(std::string text) {
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    if (text[i] != '%') continue;
    for (std::size_t j = i + 1; j <= i + 2; ++j) {
      char& c = text[j];
      if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return text;
}

void add_forms(std::vector<std::string>& needles, std::string_view text) {
  const std::string encoded = percent_encode(text);
  needles.insert(needles.end(), {std::string(text), encoded, lower_hex(encoded), backslash_escaped(text)});
}

// A client that cuts a malformed URL at these characters quotes what lies before, between or behind them.
std::vector<std::string> needles_of(std::string_view secret) {
  std::vector<std::string> needles;
  add_forms(needles, secret);
  constexpr std::string_view kDelimiters = "@:/?#&=;,%[]{}'\"\\ \t\r\n";
  std::size_t begin = 0;
  while (begin < secret.size()) {
    const std::size_t end = std::min(secret.find_first_of(kDelimiters, begin), secret.size());
    if (end - begin >= kShortestPart) add_forms(needles, secret.substr(begin, end - begin));
    begin = end + 1;
  }
  std::sort(needles.begin(), needles.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  return needles;
}

}  // namespace

std::string Secret::scrub(std::string message) const {
  if (text_.empty()) return message;
  const auto needles = needles_of(text_);
  std::string clean;
  for (std::size_t at = 0; at < message.size();) {
    const auto hit = std::find_if(needles.begin(), needles.end(), [&](const std::string& n) { return message.compare(at, n.size(), n) == 0; });
    if (hit == needles.end()) {
      clean += message[at++];
    } else {
      clean += "***";
      at += hit->size();
    }
  }
  return clean;
}

}  // namespace millrace
