// Bytes: uuid and PostgreSQL's two text formats of bytea.

#include "data/decode_text.hpp"
#include "data/scan.hpp"

namespace millrace {
namespace {

bool is_hex_gap(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

DecodeStatus decode_hex(std::string_view text, char* out, std::size_t& size) {
  size = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (is_hex_gap(text[at])) {  // between pairs only
      ++at;
      continue;
    }
    const int byte = at + 1 < text.size() ? hex_pair(text.data() + at) : -1;
    if (byte < 0) return DecodeStatus::invalid_syntax;
    out[size++] = static_cast<char>(byte);
    at += 2;
  }
  return DecodeStatus::ok;
}

int octal_digit(char c, char highest) { return c >= '0' && c <= highest ? c - '0' : -1; }

DecodeStatus decode_escape(std::string_view text, char* out, std::size_t& size) {
  size = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\0') return DecodeStatus::nul_byte;
    if (text[at] != '\\') {
      out[size++] = text[at];
    } else if (at + 1 < text.size() && text[at + 1] == '\\') {
      out[size++] = '\\';
      ++at;
    } else {
      if (at + 3 >= text.size()) return DecodeStatus::invalid_syntax;
      const int high = octal_digit(text[at + 1], '3');
      const int middle = octal_digit(text[at + 2], '7');
      const int low = octal_digit(text[at + 3], '7');
      if (high < 0 || middle < 0 || low < 0) return DecodeStatus::invalid_syntax;
      out[size++] = static_cast<char>(high << 6 | middle << 3 | low);
      at += 3;
    }
  }
  return DecodeStatus::ok;
}

}  // namespace

DecodeStatus decode_binary_to(std::string_view text, char* out, std::size_t& size) {
  if (text.starts_with("\\x")) return decode_hex(text.substr(2), out, size);
  return decode_escape(text, out, size);
}

DecodeStatus decode_binary(std::string_view text, std::string& out) {
  std::string decoded(text.size(), '\0');
  std::size_t size = 0;
  const DecodeStatus status = decode_binary_to(text, decoded.data(), size);
  if (status != DecodeStatus::ok) return status;
  decoded.resize(size);
  out = std::move(decoded);
  return DecodeStatus::ok;
}

DecodeStatus decode_uuid(std::string_view text, Uuid& out) {
  if (text.size() >= 2 && text.front() == '{' && text.back() == '}') text = text.substr(1, text.size() - 2);
  Uuid id;
  std::size_t at = 0;
  for (std::size_t byte = 0; byte < id.bytes.size(); ++byte) {
    const int value = at + 2 <= text.size() ? hex_pair(text.data() + at) : -1;
    if (value < 0) return DecodeStatus::invalid_syntax;
    id.bytes[byte] = static_cast<std::uint8_t>(value);
    at += 2;
    // A hyphen may follow each group of four digits except the last.
    if (byte % 2 == 1 && byte + 1 < id.bytes.size() && at < text.size() && text[at] == '-') ++at;
  }
  if (at != text.size()) return DecodeStatus::invalid_syntax;
  out = id;
  return DecodeStatus::ok;
}

}  // namespace millrace
