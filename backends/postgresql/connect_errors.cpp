#include "postgresql/connect_errors.hpp"

#include <poll.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "postgresql/errors.hpp"
#include "products/postgresql/sqlstate.hpp"

namespace millrace::postgresql {
namespace {

constexpr auto kDiagnosisTime = std::chrono::seconds(3);

struct Finish { void operator()(PGconn* handle) const noexcept { PQfinish(handle); } };
using Handle = std::unique_ptr<PGconn, Finish>;

struct Diagnosis {
  ErrorInfo info;
  const char* advice = nullptr;
};

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '\n' && c != '\t') out += c;
    else if (!out.empty() && out.back() != ' ') out += ' ';
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string server_name(const ConnectionConfig& config) {
  const auto or_default = [](const std::string& text) { return text.empty() ? std::string("(default)") : text; };
  return "host " + or_default(config.host) + ", port " + or_default(config.port) + ", database " + or_default(config.database) + ", user " +
         or_default(config.user);
}

const char* what_to_check(const ErrorInfo& info) {
  if (info.sqlstate == "57P03") return "the server is stopping or starting: try again";
  switch (info.code) {
    case ErrorCode::authentication: return "check the user, the password and the server's pg_hba.conf";
    case ErrorCode::undefined_object: return "check the database's name";
    case ErrorCode::config: return "check the URL's parameters";
    case ErrorCode::permission: return "check the user's rights";
    case ErrorCode::resources: return "the server has no free connection: try again later or use fewer";
    case ErrorCode::server_shutdown: return "the server is stopping or starting: try again";
    default: return "check host and port, and that the server is running";
  }
}

void set_meaning(ErrorInfo& info, std::string_view sqlstate) {
  const SqlStateMeaning meaning = meaning_of(sqlstate);
  info.sqlstate = sqlstate;
  info.code = meaning.code;
  info.safe_to_retry = meaning.safe_to_retry;
}

// libpq's messages of verbosity "sqlstate" end in the code: "FATAL:  28P01". That form is not translated.
std::string sqlstate_at_end(std::string_view message) {
  while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
  constexpr std::size_t kLength = 5;
  if (message.size() < kLength + 3 || message.substr(message.size() - kLength - 3, 3) != ":  ") return {};
  const std::string_view code = message.substr(message.size() - kLength);
  const bool valid = std::all_of(code.begin(), code.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
  return valid ? std::string(code) : std::string();
}

// Drives a connection attempt until `done`, its end, or the deadline.
PostgresPollingStatusType drive(PGconn* handle, Clock::time_point deadline, const std::function<bool()>& done) {
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while ((state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) && !done()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd socket{PQsocket(handle), static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    if (left <= 0 || socket.fd < 0 || poll(&socket, 1, static_cast<int>(left)) == 0) return PGRES_POLLING_FAILED;
    state = PQconnectPoll(handle);
  }
  return state;
}

std::string option_of(PGconn* handle, std::string_view keyword) {
  PQconninfoOption* const options = PQconninfo(handle);
  std::string value;
  for (const PQconninfoOption* option = options; option && option->keyword; ++option) {
    if (option->keyword == keyword && option->val) value = option->val;
  }
  PQconninfoFree(options);
  return value;
}

/// Whether an attempt comes as far as to the log-in, which it does not begin.
bool reaches_login(const std::string& uri, bool encrypted) {
  const Handle handle(PQconnectStart(uri.c_str()));
  if (!handle || PQstatus(handle.get()) == CONNECTION_BAD) return false;
  const auto arrived = [&] {
    const ConnStatusType status = PQstatus(handle.get());
    return (status == CONNECTION_MADE || status == CONNECTION_AWAITING_RESPONSE) && (!encrypted || PQsslInUse(handle.get()));
  };
  drive(handle.get(), Clock::now() + kDiagnosisTime, arrived);
  return arrived();
}

// The client library names the reason in one sentence, which may be translated: what works with weaker demands tells it as well.
const char* diagnose_tls(const std::string& uri, const std::string& mode) {
  if (mode != "require" && mode != "verify-ca" && mode != "verify-full") return nullptr;
  if (reaches_login(uri, true)) return nullptr;  // the server has just come up: what failed before were its first moments
  if (mode == "verify-full" && reaches_login(uri + "&sslmode=verify-ca", true)) {
    return "the server's certificate is good, but it was not issued for this host name: connect by the name that it has, or give the server a certificate "
           "for this one";
  }
  if (reaches_login(uri + "&sslmode=require&sslrootcert=%2Fnonexistent", true)) {
    return "the server's certificate was not issued by a trusted authority, or has expired: check the root certificate (sslrootcert)";
  }
  if (reaches_login(uri + "&sslmode=disable", false)) {
    return "the server is there, but no TLS connection came about: check the server's ssl setting, and the client's certificate and key if it has any";
  }
  return nullptr;
}

// SOCI reports a failed connection as text alone, and the text may be in any language. A second attempt, which asks for
// SQLSTATEs instead of texts, tells what the failure means.
Diagnosis diagnose(const std::string& uri) {
  Diagnosis found{error_info(ErrorCode::connection_refused, {})};
  ErrorInfo& info = found.info;
  info.safe_to_retry = true;
  const Handle handle(PQconnectStart(uri.c_str()));
  if (!handle) return found;
  PQsetErrorVerbosity(handle.get(), PQERRORS_SQLSTATE);
  PQsetNoticeReceiver(handle.get(), [](void*, const PGresult*) {}, nullptr);  // the first attempt had the same ones
  const auto to_the_end = [] { return false; };
  if (PQstatus(handle.get()) != CONNECTION_BAD && drive(handle.get(), Clock::now() + kDiagnosisTime, to_the_end) == PGRES_POLLING_OK) {
    return found;  // it works now: whatever it was has passed
  }
  if (const std::string sqlstate = sqlstate_at_end(PQerrorMessage(handle.get())); !sqlstate.empty()) {
    set_meaning(info, sqlstate);
  } else if (PQconnectionNeedsPassword(handle.get()) || PQconnectionUsedPassword(handle.get())) {
    info.code = ErrorCode::authentication;  // the client gave up: no password, or the server could not prove that it knows it
    info.safe_to_retry = false;
  } else if (const char* advice = diagnose_tls(uri, option_of(handle.get(), "sslmode"))) {
    found.advice = advice;
    info.safe_to_retry = false;
  } else if (PQping(uri.c_str()) == PQPING_NO_ATTEMPT) {
    info.code = ErrorCode::config;
    info.safe_to_retry = false;
  }
  return found;
}

}  // namespace

void throw_connect_error(const ConnectionConfig& config, ErrorInfo info, std::string_view said, const char* advice) {
  info.message = "can not connect to PostgreSQL (" + server_name(config) + "): " + config.password.scrub(one_line(said)) + "; " +
                 (advice ? advice : what_to_check(info));
  info.poisons_connection = true;
  throw_error(std::move(info));
}

void throw_diagnosed(const ConnectionConfig& config, const std::string& uri, std::string_view said) {
  Diagnosis found;
  if (const std::string_view sqlstate = sqlstate_of_refusal(said); !sqlstate.empty()) {
    found.info = error_info(ErrorCode::connection_refused, {});
    set_meaning(found.info, sqlstate);
  } else {
    found = diagnose(uri);
  }
  throw_connect_error(config, std::move(found.info), said, found.advice);
}

}  // namespace millrace::postgresql
