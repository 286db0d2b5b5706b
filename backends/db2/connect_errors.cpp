#include "db2/connect_errors.hpp"

#include <charconv>
#include <string>

#include "common/cli/diagnostics.hpp"
#include "products/db2/sqlstate.hpp"

namespace millrace::cli_db2 {
namespace {

constexpr std::string_view kMessage = "SQLMESSAGE: ";
constexpr std::string_view kState = "SQLSTATE=";

/// "SQL30081N  A communication error": the code, which has no other place in a text.
std::int32_t native_of(std::string_view message) {
  std::int32_t code = 0;
  const std::size_t at = message.find("SQL");
  if (at == std::string_view::npos || std::from_chars(message.data() + at + 3, message.data() + message.size(), code).ec != std::errc{}) return 0;
  return -code;
}

constexpr std::string_view kRefusedByServer = "08004";   // which was reached: it does not know the database, or has no room

std::string advice(ErrorCode code, std::string_view sqlstate) {
  if (sqlstate.starts_with("HY")) return {};   // of the connection string itself
  if (code != ErrorCode::authentication && sqlstate == kRefusedByServer) return "; check the name of the database";
  switch (code) {
    case ErrorCode::authentication: return "; check the user and the password";
    case ErrorCode::config: return {};
    default: return "; check the host and the port, and that the server is running";
  }
}

}  // namespace

void throw_connect_error(const ConnectionConfig& config, std::string_view said) {
  const std::size_t begin = said.find(kMessage);
  std::string message = plain_message(begin == std::string_view::npos ? said : said.substr(begin + kMessage.size()));
  ErrorInfo info;
  if (const std::size_t at = message.rfind(kState); at != std::string::npos) {
    info.sqlstate = message.substr(at + kState.size(), 5);
    message.erase(at);
    message.erase(message.find_last_not_of(" .") + 1);
  }
  info.native_code = native_of(message);
  const SqlStateMeaning meaning = db2::meaning_of(info.sqlstate, info.native_code);
  info.code = meaning.code == ErrorCode::connection_lost || meaning.code == ErrorCode::unknown ? ErrorCode::connection_refused : meaning.code;
  info.safe_to_retry = meaning.safe_to_retry;
  info.poisons_connection = true;
  info.backend = "db2";
  info.message = "can not connect to " + config.display() + ": " + config.password.scrub(message) + advice(info.code, info.sqlstate);
  throw ConnectionError(std::move(info));
}

}  // namespace millrace::cli_db2
