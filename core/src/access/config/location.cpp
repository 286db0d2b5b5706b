#include "access/config/location.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "access/config/settings.hpp"
#include "access/config/text_file.hpp"
#include "access/config/url_parts.hpp"
#include "millrace/access/error.hpp"

namespace millrace {
namespace {

// What a URL's parameters can say as well as a key of its own.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kAliases = {{
    {"connect_timeout", "connection.connect_timeout"}, {"sslmode", "connection.tls.mode"}, {"sslrootcert", "connection.tls.root_certificate"},
    {"sslcert", "connection.tls.certificate"}, {"sslkey", "connection.tls.key"},
}};

std::string parameter_path(const std::string& name) { return "connection.parameters." + name; }

/// @return false  the setting that means the same as this parameter has been made, by a place that is as strong
bool supersede_setting(std::string_view parameter, Layer layer, Draft& draft) {
  for (const auto& [name, path] : kAliases) {
    if (name != parameter) continue;
    if (draft.layer_of(path) != Layer::defaults && draft.layer_of(path) >= layer) return false;
    find_setting(path).reset(draft.config);
    draft.origins.erase(std::string(path));
  }
  return true;
}

bool names_place(const Draft& draft) {
  constexpr std::array<std::string_view, 5> kPlace = {"connection.url", "connection.scheme", "connection.host", "connection.port", "connection.database"};
  for (const std::string_view path : kPlace) {
    if (draft.origins.contains(path)) return true;
  }
  return false;
}

void forget_weaker(Draft& draft) {
  draft.password_file.clear();
  std::erase_if(draft.origins, [](const auto& entry) {
    const bool is_setting = std::any_of(settings().begin(), settings().end(), [&](const Setting& setting) { return setting.path() == entry.first; });
    return entry.first.starts_with("connection.") && !is_setting;
  });
}

void fill_gaps(ConnectionConfig& parsed, const ConnectionConfig& weaker, Draft& draft) {
  if (parsed.has_password) draft.password_file.clear();
  else parsed.password = weaker.password, parsed.has_password = weaker.has_password;
  if (is_odbc(parsed.scheme)) return;  // it says everything else in its own words
  if (parsed.user.empty()) parsed.user = weaker.user;
  for (const auto& [key, value] : weaker.parameters) parsed.parameters.emplace(key, value);
}

void remember_parts(const ConnectionConfig& parsed, const std::string& url_name, Draft& draft) {
  const auto remember = [&](const std::string& path, const std::string& part, bool said) {
    if (said) draft.origins[path] = {Layer::url, "the " + part + " of " + (url_name.empty() ? "the URL" : url_name)};
  };
  remember("connection.scheme", "scheme", true);
  remember("connection.host", "host", !parsed.host.empty());
  remember("connection.port", "port", !parsed.port.empty());
  remember("connection.database", "database", !parsed.database.empty());
  remember("connection.user", "user", !parsed.user.empty());
  remember("connection.password", "password", parsed.has_password);
  for (const auto& [key, value] : parsed.parameters) remember(parameter_path(key), "parameter " + key, true);
}

// ---- libpq's variables: https://www.postgresql.org/docs/current/libpq-envars.html

struct LibpqVariable {
  const char* name;
  const char* part;       ///< a member of ConnectionConfig, or else:
  const char* parameter;  ///< as a URL calls it
  const char* wanted = nullptr;
  bool (*valid)(const std::string& value) = nullptr;
};

bool is_ports(const std::string& value) { return are_ports(value) && value.find_first_not_of(',') != std::string::npos; }
bool is_whole_number(const std::string& value) {
  return value.size() < 10 && value.find_first_not_of("0123456789", value[0] == '-' ? 1 : 0) == std::string::npos && value != "-";
}
bool is_sslmode(const std::string& value) { return value == "allow" || (value != to_string(TlsMode::driver_default) && parse_tls_mode(value)); }

constexpr const char* kService = "service";
constexpr std::array<LibpqVariable, 17> kLibpqVariables = {{
    {"PGSERVICE", nullptr, kService},  // first: it decides about the others
    {"PGHOST", "host", nullptr},
    {"PGPORT", "port", nullptr, "a port from 1 to 65535, or a list of these", &is_ports},
    {"PGDATABASE", "database", nullptr},
    {"PGUSER", "user", nullptr},
    {"PGPASSWORD", "password", nullptr},
    {"PGPASSFILE", nullptr, "passfile"},
    {"PGAPPNAME", nullptr, "application_name"},
    {"PGOPTIONS", nullptr, "options"},
    {"PGCONNECT_TIMEOUT", nullptr, "connect_timeout", "a whole number of seconds", &is_whole_number},
    {"PGSSLMODE", nullptr, "sslmode", "disable, allow, prefer, require, verify-ca or verify-full", &is_sslmode},
    {"PGSSLROOTCERT", nullptr, "sslrootcert"},
    {"PGSSLCERT", nullptr, "sslcert"},
    {"PGSSLKEY", nullptr, "sslkey"},
    {"PGSSLCRL", nullptr, "sslcrl"},
    {"PGCHANNELBINDING", nullptr, "channel_binding"},
    {"PGTARGETSESSIONATTRS", nullptr, "target_session_attrs"},
}};

std::optional<std::string> value_of(const char* name, const Lookup& lookup) {
  auto value = lookup(name);
  return value && !value->empty() ? value : std::nullopt;  // libpq takes an empty one for none, too
}

bool names_libpq_place(const Lookup& lookup) { return value_of("PGHOST", lookup) || value_of("PGDATABASE", lookup) || value_of(kLibpqVariables[0].name, lookup); }

void set_part(std::string_view part, const std::string& value, Draft& draft) {
  ConnectionConfig& connection = draft.config.connection;
  if (part == "host") connection.host = value;
  else if (part == "port") connection.port = value;
  else if (part == "database") connection.database = value;
  else if (part == "user") connection.user = value;
  else connection.password = Secret(value), connection.has_password = true, draft.password_file.clear();
}

void use_variable(const LibpqVariable& variable, const Lookup& lookup, Layer layer, const std::string& place, Draft& draft) {
  const auto value = value_of(variable.name, lookup);
  const std::string path = variable.part ? std::string("connection.") + variable.part : parameter_path(variable.parameter);
  if (!value || draft.layer_of(path) >= layer) return;
  const std::string name = std::string(variable.name) + " in " + place;
  if (variable.valid && !variable.valid(*value)) throw ConfigError(name + " must be " + variable.wanted);
  if (variable.part) set_part(variable.part, *value, draft);
  else if (supersede_setting(variable.parameter, layer, draft)) draft.config.connection.parameters[variable.parameter] = *value;
  else return;
  draft.origins[path] = {layer, name};
}

}  // namespace

ConnectionConfig parse(const FoundUrl& url) {
  try {
    return ConnectionConfig::from_url(url.text);
  } catch (const ConfigError& error) {
    if (url.name.empty()) throw;
    throw ConfigError(url.name + ": " + error.what());
  }
}

void use_url(const FoundUrl& url, ConnectionConfig parsed, Draft& draft) {
  ConnectionConfig& now = draft.config.connection;
  for (const auto& [key, value] : parsed.parameters) supersede_setting(key, url.layer, draft);
  const ConnectionConfig said = parsed;
  if (names_place(draft) || is_sqlite(parsed.scheme)) forget_weaker(draft);
  else fill_gaps(parsed, now, draft);
  parsed.tls = std::move(now.tls);
  parsed.connect_timeout = now.connect_timeout;
  parsed.statement_timeout = now.statement_timeout;
  now = std::move(parsed);
  remember_parts(said, url.name, draft);
}

void use_libpq_variables(const Lookup& environment, const Lookup& env_file, const std::string& env_file_name, Draft& draft) {
  ConnectionConfig& connection = draft.config.connection;
  if (connection.scheme.empty() && (names_libpq_place(environment) || names_libpq_place(env_file))) connection.scheme = "postgresql";
  if (!is_postgresql(connection.scheme)) return;
  for (const LibpqVariable& variable : kLibpqVariables) {
    // A service's own settings go before the environment's, which libpq looks at itself.
    const bool left_to_libpq = connection.parameters.contains(kService) && variable.parameter != kService;
    if (!left_to_libpq) use_variable(variable, environment, Layer::environment, "the environment", draft);
    use_variable(variable, env_file, Layer::env_file, env_file_name, draft);
  }
}

void use_password_file(Draft& draft) {
  if (draft.password_file.empty()) return;
  ConnectionConfig& connection = draft.config.connection;
  const auto origin = draft.origins.find("connection.password");
  const auto password = read_first_line(draft.password_file);
  if (!password) throw ConfigError(origin->second.name + " names a file that can not be read; check the path and its permissions");
  if (password->empty()) throw ConfigError(origin->second.name + " names a file whose first line is empty; write the password there");
  connection.password = Secret(*password);
  connection.has_password = true;
}

}  // namespace millrace
