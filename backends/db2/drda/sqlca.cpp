#include "db2/drda/sqlca.hpp"

namespace millrace::drda {
namespace {

constexpr std::size_t kStateSize = 5, kProcedureSize = 8, kWarningsSize = 11;

/// SQLERRMSG_m or SQLERRMSG_s, SQLRDBNAME: a string in one of two encodings, of which one is empty.
std::string_view either(Reader& reader) {
  const std::string_view mixed = as_characters(reader.counted());
  const std::string_view single = as_characters(reader.counted());
  return mixed.empty() ? single : mixed;
}

/// Bytes of the character that starts the text, 0 if it is none.
std::size_t character_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (size == 0 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  }
  const auto second = size > 1 ? static_cast<unsigned char>(text[1]) : 0;
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool beyond = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  return overlong || beyond ? 0 : size;
}

}  // namespace

SqlcaView read_sqlca(Reader& reader, ByteOrder order) {
  SqlcaView sqlca;
  if (reader.is_null()) return sqlca;
  sqlca.code = reader.number<std::int32_t>(order);
  sqlca.state = as_characters(reader.take(kStateSize));
  sqlca.procedure = as_characters(reader.take(kProcedureSize));
  if (!reader.is_null()) {  // SQLCAXGRP
    for (std::int32_t& value : sqlca.errd) value = reader.number<std::int32_t>(order);
    sqlca.warnings = as_characters(reader.take(kWarningsSize));
    reader.counted();  // SQLRDBNAME
    sqlca.tokens = either(reader);
  }
  return sqlca;
}

SqlcaView read_sqlca_in_front(Reader& reader, ByteOrder order) {
  const bool is_missing = !reader.at_end() && (reader.rest()[0] & 0x80) != 0;
  const SqlcaView sqlca = read_sqlca(reader, order);
  if (!is_missing && !reader.is_null()) fail_protocol("it has diagnostics that nobody asked for");
  return sqlca;
}

std::string readable_line(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    if (size == 0) {
      out += '?';
    } else if (size == 1 && (static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7F)) {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string readable_tokens(std::string_view tokens, char separator) {
  std::string out;
  while (!tokens.empty()) {
    const std::string_view token = tokens.substr(0, tokens.find(separator));
    const std::string line = readable_line(token);
    if (!line.empty()) out += (out.empty() ? "" : ", ") + line;
    tokens.remove_prefix(token.size() == tokens.size() ? token.size() : token.size() + 1);
  }
  return out;
}

}  // namespace millrace::drda
