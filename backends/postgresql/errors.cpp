#include "postgresql/errors.hpp"

#include <algorithm>
#include <charconv>

#include "products/postgresql/sqlstate.hpp"

namespace millrace::postgresql {
namespace {

std::string_view without_line_end(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

// The server's own sentence, then its detail and its hint.
std::string sentence(const PGresult* result) {
  std::string text(diagnostic(result, PG_DIAG_MESSAGE_PRIMARY));
  const std::string_view detail = diagnostic(result, PG_DIAG_MESSAGE_DETAIL);
  const std::string_view hint = diagnostic(result, PG_DIAG_MESSAGE_HINT);
  if (!detail.empty()) text.append(" (").append(detail).append(")");
  if (!hint.empty()) text.append("; ").append(hint);
  return text;
}

ErrorInfo connection_lost(const Session& session) {
  ErrorInfo info = error_info(ErrorCode::connection_lost, "the connection to the server was lost");
  const std::string_view reason = without_line_end(PQerrorMessage(session.handle));
  if (!reason.empty()) info.message.append(": ").append(reason);
  info.poisons_connection = true;
  info.safe_to_retry = true;
  return info;
}

// SQLSTATE 57014 stands for a cancel request and for the statement time-out, which only their texts tell apart. Where those are translated, it was a
// cancel when we have sent one, or when there is no time-out.
bool is_timeout(const Session& session, std::string_view text) {
  if (text.find("statement timeout") != std::string_view::npos) return true;
  if (text.find("user request") != std::string_view::npos) return false;
  return !session.cancel_sent && !session.unlimited;
}

}  // namespace

ErrorInfo error_info(ErrorCode code, std::string message) {
  ErrorInfo info;
  info.code = code;
  info.message = std::move(message);
  info.backend = kBackend;
  return info;
}

ErrorInfo failure(const Session& session, const PGresult* result) {
  const std::string_view sqlstate = diagnostic(result, PG_DIAG_SQLSTATE);
  ErrorInfo info;
  if (!sqlstate.empty()) {
    const SqlStateMeaning meaning = meaning_of(sqlstate);
    info = error_info(meaning.code, sentence(result));
    info.sqlstate = sqlstate;
    if (info.code == ErrorCode::cancelled && is_timeout(session, diagnostic(result, PG_DIAG_MESSAGE_PRIMARY))) info.code = ErrorCode::statement_timeout;
    info.safe_to_retry = meaning.safe_to_retry;
    info.poisons_connection = meaning.poisons_connection;
    info.detail = diagnostic(result, PG_DIAG_MESSAGE_DETAIL);
    info.context = diagnostic(result, PG_DIAG_CONTEXT);
    info.constraint = diagnostic(result, PG_DIAG_CONSTRAINT_NAME);
    info.column = diagnostic(result, PG_DIAG_COLUMN_NAME);
    if (session.lost()) info.poisons_connection = true;
  } else if (session.lost()) {
    info = connection_lost(session);
  } else {
    info = error_info(ErrorCode::internal, std::string("the PostgreSQL client failed: ").append(without_line_end(PQerrorMessage(session.handle))));
    info.poisons_connection = true;  // nobody knows where the conversation stands
  }
  info.message = session.password.scrub(std::move(info.message));
  return info;
}

void throw_failure(const Session& session, const PGresult* result) { throw_error(failure(session, result)); }

void throw_in_doubt(const Session& session, const PGresult* result, const char* what) {
  ErrorInfo info = failure(session, result);
  info.code = ErrorCode::in_doubt;
  info.message = std::string("the connection died during ") + what + ", so nobody knows whether it took effect: look at the data before repeating it (" +
                 info.message + ")";
  info.poisons_connection = true;
  info.safe_to_retry = false;
  throw InDoubtError(std::move(info));
}

void throw_copy_refused(Session& session) {
  ErrorInfo info = error_info(ErrorCode::misuse, "COPY from or to the client does not work as a statement: use a bulk writer or a query");
  info.poisons_connection = !drain(session, "COPY is not possible here");
  throw_error(std::move(info));
}

std::int64_t copy_line(std::string_view context, std::string_view table) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  while (!context.empty()) {
    const std::string_view line = context.substr(0, context.find('\n'));
    context.remove_prefix(std::min(context.size(), line.size() + 1));
    const std::size_t name = line.find(table);
    if (line.find("COPY") == std::string_view::npos || name == std::string_view::npos) continue;
    std::size_t at = name + table.size();
    while (at < line.size() && !is_digit(line[at])) ++at;
    std::int64_t number = 0;
    std::from_chars(line.data() + at, line.data() + line.size(), number);
    if (number > 0) return number;
  }
  return 0;
}

}  // namespace millrace::postgresql
