#include "postgresql/connect.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include <soci/postgresql/soci-postgresql.h>

#include "millrace/access/log.hpp"
#include "postgresql/connect_errors.hpp"
#include "postgresql/errors.hpp"
#include "products/postgresql/session_state.hpp"

namespace millrace::postgresql {
namespace {

constexpr int kOldestServer = 120000;  // pg_partition_tree, generated columns

void log_notice(void*, const PGresult* result) {
  try {
    log(LogLevel::debug, "postgresql.notice", std::string(diagnostic(result, PG_DIAG_MESSAGE_PRIMARY)),
        {{"severity", std::string(diagnostic(result, PG_DIAG_SEVERITY_NONLOCALIZED))}, {"sqlstate", std::string(diagnostic(result, PG_DIAG_SQLSTATE))}});
  } catch (...) {  // called from C
  }
}

void check_parameters(const ConnectionConfig& config, const std::string& uri) {
  char* message = nullptr;
  PQconninfoOption* const options = PQconninfoParse(uri.c_str(), &message);
  const std::string said = message ? message : "";
  PQfreemem(message);
  if (options) PQconninfoFree(options);
  else throw_connect_error(config, error_info(ErrorCode::config, {}), said);
}

std::chrono::milliseconds connect_timeout(const ConnectionConfig& config) {
  if (config.connect_timeout) return *config.connect_timeout;
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
    if (limit.count() <= 0 || Clock::now() - start < limit) throw_diagnosed(config, uri, said);
    ErrorInfo info = error_info(ErrorCode::connection_refused, {});  // nobody answered: asking again would only take as long again
    info.safe_to_retry = true;
    throw_connect_error(config, std::move(info), said);
  }
}

// libpq counts seconds, and takes less than two for two.
std::string timeout_seconds(std::chrono::milliseconds timeout) {
  return std::to_string(std::max<std::int64_t>(2, std::chrono::ceil<std::chrono::seconds>(timeout).count()));
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
  if (config.connect_timeout) parameters["connect_timeout"] = timeout_seconds(*config.connect_timeout);
  if (config.tls.mode != TlsMode::driver_default) parameters["sslmode"] = to_string(config.tls.mode);
  set("sslrootcert", config.tls.root_certificate);
  set("sslcert", config.tls.certificate);
  set("sslkey", config.tls.key);
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
  session->canceller.reset(PQgetCancel(session->handle));
  session->baseline = baseline_settings(config);
  session->unlimited = session->unlimited_at_first = config.statement_timeout && config.statement_timeout->count() == 0;
  run(*session, session->baseline);
  return session;
}

}  // namespace millrace::postgresql
