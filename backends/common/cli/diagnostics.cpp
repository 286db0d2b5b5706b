#include "common/cli/diagnostics.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace millrace::MILLRACE_CLI {
namespace {

// Of an array with many bad rows; a driver that never says "no more" ends here too. Db2's arrays have a record for each of their refused rows.
#if defined(MILLRACE_CLI_DB2)
constexpr SQLSMALLINT kMostRecords = 10'000;
#else
constexpr SQLSMALLINT kMostRecords = 64;
#endif

std::int64_t row_number(SQLSMALLINT handle_type, SQLHANDLE handle, SQLSMALLINT record) {
  SQLLEN row = 0;   // of which some write 32 bits where it is 64 wide; no array has more rows
  if (handle_type == SQL_HANDLE_STMT && succeeded(SQLGetDiagField(handle_type, handle, record, SQL_DIAG_ROW_NUMBER, &row, 0, nullptr))) {
    return std::max<std::int32_t>(static_cast<std::int32_t>(row), 0);
  }
  return 0;
}

}  // namespace

std::string plain_message(std::string_view text) {
  while (text.starts_with('[') && text.find(']') != std::string_view::npos) text.remove_prefix(text.find(']') + 1);
  std::string out;
  for (const char c : text) {
    const bool blank = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (!blank) out += c;
    else if (!out.empty() && out.back() != ' ') out += ' ';
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == ';')) out.pop_back();
  return out;
}

namespace {

/// Db2's clients end each text with its SQLSTATE, which a record has in a place of its own.
std::string without_state(std::string message, std::string_view sqlstate) {
  const std::string tail = "SQLSTATE=" + std::string(sqlstate);
  if (!message.ends_with(tail)) return message;
  message.erase(message.size() - tail.size());
  while (message.ends_with(' ')) message.pop_back();
  return message;
}

}  // namespace

std::vector<Diagnostic> read_diagnostics(SQLSMALLINT handle_type, SQLHANDLE handle) {
  std::vector<Diagnostic> found;
  std::string text(SQL_MAX_MESSAGE_LENGTH * 4, '\0');
  for (SQLSMALLINT record = 1; record <= kMostRecords; ++record) {
    std::array<SQLCHAR, 6> state{};
    SQLINTEGER native = 0;
    SQLSMALLINT length = 0;
    const SQLRETURN code = SQLGetDiagRec(handle_type, handle, record, state.data(), &native, reinterpret_cast<SQLCHAR*>(text.data()), static_cast<SQLSMALLINT>(text.size()), &length);
    if (!succeeded(code)) break;
    const auto bytes = std::min<std::size_t>(static_cast<std::size_t>(std::max<SQLSMALLINT>(length, 0)), text.size() - 1);
    state.back() = 0;
    found.push_back({reinterpret_cast<const char*>(state.data()), native, without_state(plain_message(std::string_view(text.data(), bytes)), reinterpret_cast<const char*>(state.data())), row_number(handle_type, handle, record)});
  }
  return found;
}

}  // namespace millrace::MILLRACE_CLI
