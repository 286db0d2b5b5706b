#include "db2/cli/diagnostics.hpp"

#include <algorithm>
#include <cstring>

namespace millrace::db2::cli {
namespace {

constexpr std::string_view kPrefix = "[Millrace][DRDA] ";
constexpr std::string_view kSuffix = " SQLSTATE=";

}  // namespace

std::string_view cut_text(std::string_view text, std::size_t room) {
  if (text.size() <= room) return text;
  while (room > 0 && (static_cast<unsigned char>(text[room]) & 0xC0) == 0x80) --room;
  return text.substr(0, room);
}

bool put_text(std::string_view text, SQLPOINTER out, std::int64_t room) {
  if (out == nullptr || room <= 0) return text.empty() && room > 0;
  const std::string_view part = cut_text(text, static_cast<std::size_t>(room) - 1);
  auto* const bytes = static_cast<char*>(out);
  std::memcpy(bytes, part.data(), part.size());
  bytes[part.size()] = '\0';
  return part.size() == text.size();
}

// Whoever reads a message has room for SQL_MAX_MESSAGE_LENGTH bytes and often no patience with a longer one: the end, where the SQLSTATE is, must be in it.
void Diagnostics::add(std::string_view state, std::int32_t native, std::string_view message, std::int64_t row) {
  if (records_.size() >= kMostRecords) return;
  if (state.size() != SQL_SQLSTATE_SIZE) state = "HY000";
  DiagnosticRecord& record = records_.emplace_back();
  record.state = state;
  record.native = native;
  record.row = row;
  record.text = kPrefix;
  record.text += cut_text(message, SQL_MAX_MESSAGE_LENGTH - kPrefix.size() - kSuffix.size() - state.size());
  std::replace(record.text.begin(), record.text.end(), '\0', ' ');
  record.text += kSuffix;
  record.text += state;
}

}  // namespace millrace::db2::cli
