#include "postgresql/connect.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>

#include <soci/postgresql/soci-postgresql.h>

#include "millrace/access/log.hpp"
#include "postgresql/errors.hpp"
#include "postgresql/sqlstate.hpp"

namespace millrace::postgresql {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kOldestServer = 120000;  // pg_partition_tree, generated columns
constexpr auto kDiagnosisTime = std::chrono::seconds(3);

struct Finish { void operator()(PGconn* handle) const noexcept { PQfinish(handle); } };
using Handle = std::unique_ptr<PGconn, Finish>;

// Texts read and written by this library must not depend on the role's or the database's settings.
constexpr const char* kPins =
    "SET client_encoding TO 'UTF8'; SET DateStyle TO 'ISO, YMD'; SET TimeZone TO 'UTC'; SET IntervalStyle TO 'postgres'; "
    "SET bytea_output TO 'hex'; SET extra_float_digits TO 1; SET standard_conforming_strings TO on";

void log_notice(void*, const PGresult* result) {
  try {
    log(LogLevel::debug, "postgresql.notice", std::string(diagnostic(result, PG_DIAG_MESSAGE_PRIMARY)),
        {{"severity", std::string(diagnostic(result, PG_DIAG_SEVERITY_NONLOCALIZED))}, {"sqlstate", std::string(diagnostic(result, PG_DIAG_SQLSTATE))}});
  } catch (...) {  // called from C
  }
}

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

const char* what_to_check(ErrorCode code) {
  switch (code) {
    case ErrorCode::authentication: return "check the user, the password and the server's pg_hba.conf";
    case ErrorCode::undefined_object: return "check the database's name";
    case ErrorCode::config: return "check the URL's parameters";
    case ErrorCode::permission: return "check the user's rights";
    case ErrorCode::resources: return "the server has no free connection: try again later or use fewer";
    case ErrorCode::server_shutdown: return "the server is stopping or starting: try again";
    default: return "check host and port, and that the server is running";
  }
}

[[noreturn]] void throw_connect_error(const ConnectionConfig& config, ErrorInfo info, std::string_view said) {
  info.message = "can not connect to PostgreSQL (" + server_name(config) + "): " + config.password.scrub(one_line(said)) + "; " + what_to_check(info.code);
  info.poisons_connection = true;
  throw_error(std::move(info));
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

// Drives a connection attempt to its end or to the deadline.
PostgresPollingStatusType finish_connecting(PGconn* handle, Clock::time_point deadline) {
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd socket{PQsocket(handle), static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    if (left <= 0 || socket.fd < 0 || poll(&socket, 1, static_cast<int>(left)) == 0) return PGRES_POLLING_FAILED;
    state = PQconnectPoll(handle);
  }
  return state;
}

// SOCI reports a failed connection as text alone, and the text may be in any language. A second attempt, which asks for
// SQLSTATEs instead of texts, tells what the failure means.
ErrorInfo diagnose(const std::string& uri) {
  ErrorInfo info = error_info(ErrorCode::connection_refused, {});
  info.safe_to_retry = true;
  const Handle handle(PQconnectStart(uri.c_str()));
  if (!handle) return info;
  PQsetErrorVerbosity(handle.get(), PQERRORS_SQLSTATE);
  PQsetNoticeReceiver(handle.get(), log_notice, nullptr);
  if (PQstatus(handle.get()) != CONNECTION_BAD && finish_connecting(handle.get(), Clock::now() + kDiagnosisTime) == PGRES_POLLING_OK) {
    return info;  // it works now: whatever it was has passed
  }
  info.sqlstate = sqlstate_at_end(PQerrorMessage(handle.get()));
  if (!info.sqlstate.empty()) {
    const SqlStateMeaning meaning = meaning_of(info.sqlstate);
    info.code = meaning.code;
    info.safe_to_retry = meaning.safe_to_retry;
  } else if (PQconnectionNeedsPassword(handle.get()) || PQconnectionUsedPassword(handle.get())) {
    info.code = ErrorCode::authentication;  // the client gave up: no password, or the server could not prove that it knows it
    info.safe_to_retry = false;
  } else if (PQping(uri.c_str()) == PQPING_NO_ATTEMPT) {
    info.code = ErrorCode::config;
    info.safe_to_retry = false;
  }
  return info;
}

void check_parameters(const ConnectionConfig& config, const std::string& uri) {
  char* message = nullptr;
  PQconninfoOption* const options = PQconninfoParse(uri.c_str(), &message);
  const std::string said = message ? message : "";
  PQfreemem(message);
  if (options) PQconninfoFree(options);
  else throw_connect_error(config, error_info(ErrorCode::config, {}), said);
}

std::chrono::seconds connect_timeout(const ConnectionConfig& config) {
  const auto given = config.parameters.find("connect_timeout");
  return std::chrono::seconds(given == config.parameters.end() ? 10 : std::atoi(given->second.c_str()));
}

std::unique_ptr<soci::session> open_soci(const ConnectionConfig& config, const std::string& uri) {
  const auto start = Clock::now();
  try {
    return backends::open_soci_session(soci::postgresql, uri);
  } catch (const soci::soci_error& error) {
    std::string_view said = error.what();
    said.remove_prefix(std::min(said.find('\n') + 1, said.size()));  // SOCI's own first line says nothing
    const auto limit = connect_timeout(config);
    ErrorInfo info;
    if (limit.count() > 0 && Clock::now() - start >= limit) {  // nobody answered: asking again would only take as long again
      info = error_info(ErrorCode::connection_refused, {});
      info.safe_to_retry = true;
    } else {
      info = diagnose(uri);
    }
    throw_connect_error(config, std::move(info), said);
  }
}

}  // namespace

std::string connection_uri(const ConnectionConfig& config) {
  std::map<std::string, std::string> parameters{{"application_name", "millrace"}, {"connect_timeout", "10"}, {"keepalives_idle", "60"},
                                                {"keepalives_interval", "10"}, {"keepalives_count", "6"}};
  for (const auto& [key, value] : config.parameters) parameters[key] = value;
  const auto set = [&](const char* key, const std::string& value) { if (!value.empty()) parameters[key] = value; };
  set("host", config.host);
  set("port", config.port);
  set("dbname", config.database);
  set("user", config.user);
  if (config.has_password) parameters["password"] = config.password.reveal();
  parameters["client_encoding"] = "UTF8";

  std::string uri = "postgresql://";
  char separator = '?';
  for (const auto& [key, value] : parameters) {
    uri.append(1, separator).append(percent_encode(key)).append("=").append(percent_encode(value));
    separator = '&';
  }
  return uri;
}

std::shared_ptr<Session> open_session(const ConnectionConfig& config) {
  const std::string uri = connection_uri(config);
  check_parameters(config, uri);
  auto session = std::make_shared<Session>();
  session->password = config.password;
  session->owner = open_soci(config, uri);
  session->handle = static_cast<soci::postgresql_session_backend*>(backends::native_backend(*session->owner, "postgresql"))->conn_;
  PQsetNoticeReceiver(session->handle, log_notice, nullptr);
  if (PQserverVersion(session->handle) < kOldestServer) {
    ErrorInfo info = error_info(ErrorCode::unsupported, {});
    throw_connect_error(config, std::move(info), std::string("the server is PostgreSQL ") + PQparameterStatus(session->handle, "server_version") +
                                                     ", and version 12 or later is needed");
  }
  run(*session, kPins);
  return session;
}

}  // namespace millrace::postgresql
