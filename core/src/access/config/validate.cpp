// What a connection's configuration must be, however it was made.

#include <algorithm>

#include "access/config/duration.hpp"
#include "access/config/url_parts.hpp"
#include "millrace/access/config.hpp"
#include "millrace/access/error.hpp"

namespace millrace {
namespace {

void require(bool condition, const char* key, const std::string& what) {
  if (!condition) throw ConfigError(std::string("connection.") + key + " " + what);
}

void check_texts(const ConnectionConfig& config) {
  const std::pair<const char*, const std::string&> texts[] = {
      {"host", config.host}, {"port", config.port}, {"database", config.database}, {"user", config.user}, {"password", config.password.reveal()},
      {"tls.root_certificate", config.tls.root_certificate}, {"tls.certificate", config.tls.certificate}, {"tls.key", config.tls.key}};
  for (const auto& [key, text] : texts) require(text.find('\0') == std::string::npos, key, "contains a NUL byte");
  for (const auto& [name, value] : config.parameters) {
    require(!name.empty() && name.find('\0') == std::string::npos && value.find('\0') == std::string::npos, "parameters", "has an empty name or a NUL byte");
  }
}

void check_ports(const ConnectionConfig& config) {
  if (config.port.empty()) return;
  require(are_ports(config.port), "port", "must be a port from 1 to 65535, or a list of these");
  const auto ports = std::count(config.port.begin(), config.port.end(), ',') + 1, hosts = std::count(config.host.begin(), config.host.end(), ',') + 1;
  require(ports == 1 || ports == hosts, "port", "lists " + std::to_string(ports) + " ports for " + std::to_string(hosts) + (hosts == 1 ? " host" : " hosts") + " in connection.host; write one port, or one for each host");
}

/// What a database that is no server has no use for, and its user would think to have said.
void check_no_server(const ConnectionConfig& config) {
  const auto refuse = [&](bool given, const char* key) { require(!given, key, "means nothing to a database of scheme " + config.scheme + "; leave it out"); };
  refuse(!config.host.empty(), "host");
  refuse(!config.port.empty(), "port");
  refuse(!config.user.empty(), "user");
  if (!is_sqlite(config.scheme)) return;
  refuse(config.has_password, "password");
  require(!config.database.empty(), "database", "is missing: name the file of the SQLite database");
}

void check_timeout(const std::optional<std::chrono::milliseconds>& timeout, const char* key) {
  require(!timeout || (timeout->count() > 0 && *timeout <= kLongestDuration), key, "must be greater than 0 and at most 24 days");
}

}  // namespace

void ConnectionConfig::validate() const {
  require(!scheme.empty(), "scheme", "is missing: write for example postgresql or sqlite");
  require(is_scheme(scheme), "scheme", "must be what a URL begins with, for example postgresql or sqlite");
  check_texts(*this);
  check_ports(*this);
  require(password.empty() || has_password, "password", "is set, but has_password is not: set it, too");
  if (is_sqlite(scheme) || is_odbc(scheme)) check_no_server(*this);
  check_timeout(connect_timeout, "connect_timeout");
  check_timeout(statement_timeout, "statement_timeout");
}

}  // namespace millrace
