#include "millrace/access/database_config.hpp"

#include <array>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "access/config/json_sections.hpp"
#include "access/config/location.hpp"
#include "access/config/settings.hpp"
#include "access/config/text_file.hpp"
#include "millrace/access/error.hpp"

namespace millrace {
namespace {

constexpr const char* kUrlVariable = "DATABASE_URL";

enum class Scope : bool { connection, everything };

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

std::string absolute(const std::string& path) {
  std::error_code error;
  const std::filesystem::path full = std::filesystem::absolute(path, error);
  return error ? path : full.string();
}

std::string cannot_read(const std::string& file, int error) {
  return file + " can not be read: " + std::generic_category().message(error) + "; check its path and permissions";
}

/// Where was looked, and what was there.
struct Places {
  FoundUrl given;
  Lookup environment;
  std::string env_file_name;  ///< "the file .env"; empty: there was no looking for one
  std::string env_file_path;
  std::optional<std::map<std::string, std::string>> env_file;
  std::string json_name;      ///< "the file config.json"
  std::optional<std::string> json;
  std::string missing;        ///< of the message when there is no database at all

  Lookup in_env_file() const {
    return [this](const std::string& name) -> std::optional<std::string> {
      if (!env_file) return std::nullopt;
      const auto found = env_file->find(name);
      return found == env_file->end() ? std::nullopt : std::optional(found->second);
    };
  }
};

void look_for_env_file(const ConfigSources& sources, Places& places) {
  const std::string path = sources.env_file.value_or(".env");
  if (path.empty()) return;
  places.env_file_name = "the file " + path;
  places.env_file_path = absolute(path);
  const TextFile file = read_text_file(path);
  if (file.error == ENOENT && !sources.env_file) return;
  if (file.error != 0) throw ConfigError(cannot_read(places.env_file_name, file.error));
  places.env_file = parse_env_file(file.text, places.env_file_name);
}

void look_for_json(const ConfigSources& sources, Places& places) {
  places.json_name = sources.json_file.empty() ? "the JSON configuration" : "the file " + sources.json_file;
  places.json = sources.json;
  if (places.json || sources.json_file.empty()) return;
  TextFile file = read_text_file(sources.json_file);
  if (file.error != 0) throw ConfigError(cannot_read(places.json_name, file.error));
  places.json = std::move(file.text);
}

/// "--to is not given, the environment has no DATABASE_URL ..., the file /srv/app/.env does not exist".
std::string places_looked_at(const ConfigSources& sources, const Places& places) {
  std::string text = sources.url_name.empty() ? "" : sources.url_name + " is not given, ";
  text += "the environment has neither DATABASE_URL nor one of PGHOST, PGDATABASE and PGSERVICE";
  if (!places.env_file_name.empty()) text += ", the file " + places.env_file_path + (places.env_file ? " has none of them either" : " does not exist");
  if (places.json) text += ", and " + places.json_name + " has neither connection.url nor connection.scheme";
  return text + "; " + (sources.url_name.empty() ? "" : "add " + sources.url_name + " URL or ") + "set DATABASE_URL, for example to postgresql://user@host:5432/database";
}

Places look(const ConfigSources& sources) {
  Places places;
  places.given = {sources.url, sources.url_name, Layer::url};
  places.environment = sources.environment ? sources.environment : &process_environment;
  look_for_env_file(sources, places);
  look_for_json(sources, places);
  places.missing = places_looked_at(sources, places);
  return places;
}

/// The JSON text alone.
Places only_json(std::string_view text, std::string_view origin) {
  Places places;
  places.environment = [](const std::string&) { return std::nullopt; };
  places.json_name = origin;
  places.json = std::string(text);
  places.missing = std::string(origin) + " has neither connection.url nor connection.scheme";
  return places;
}

// ---- From the places to a configuration

void apply_variables(const Lookup& lookup, Layer layer, const std::string& place, Scope scope, Draft& draft) {
  for (const Setting& setting : settings()) {
    if (setting.variable.empty() || (scope == Scope::connection && !setting.section.starts_with("connection"))) continue;
    const std::string name(setting.variable);
    if (const auto value = lookup(name)) apply(setting, {&*value, nullptr}, {layer, name + " in " + place}, draft);
  }
}

/// Without the white space around it: a value that was read from a file often ends in a line feed.
std::string trimmed(const std::string& text) {
  constexpr const char* kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  return begin == std::string::npos ? std::string() : text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// The strongest URL but a JSON file's. An empty variable is none.
std::optional<FoundUrl> find_url(const Places& places) {
  if (!places.given.text.empty()) return places.given;
  if (const auto url = places.environment(kUrlVariable); url && !url->empty()) return FoundUrl{trimmed(*url), std::string(kUrlVariable) + " in the environment", Layer::environment};
  if (const auto url = places.in_env_file()(kUrlVariable); url && !url->empty()) return FoundUrl{trimmed(*url), kUrlVariable + (" in " + places.env_file_name), Layer::env_file};
  return std::nullopt;
}

// ---- Whose password is it?

bool names_server(const Draft& draft) {
  constexpr std::array<const char*, 3> kPaths = {"connection.host", "connection.parameters.service", "connection.parameters.hostaddr"};
  return std::any_of(kPaths.begin(), kPaths.end(), [&](const char* path) { return draft.origins.contains(path); });
}

bool names_server(const Lookup& variables) {
  constexpr std::array<const char*, 4> kNames = {kUrlVariable, "PGHOST", "PGHOSTADDR", "PGSERVICE"};
  return std::any_of(kNames.begin(), kNames.end(), [&](const char* name) { const auto value = variables(name); return value && !value->empty(); });
}

/// Takes back a user and a password of a place that names a server of its own, when a stronger place has named another one.
void forget_foreign_credentials(Draft& draft, Layer url_layer, bool json_names_server, bool env_file_names_server) {
  const auto layer_of = [&](const char* path) { const Layer layer = draft.layer_of(path); return layer == Layer::url ? url_layer : layer; };
  const Layer server = std::max({layer_of("connection.host"), layer_of("connection.parameters.service"), layer_of("connection.parameters.hostaddr")});
  const auto is_foreign = [&](const char* path) {
    const Layer layer = layer_of(path);
    return layer < server && ((layer == Layer::json_file && json_names_server) || (layer == Layer::env_file && env_file_names_server));
  };
  ConnectionConfig& connection = draft.config.connection;
  if (is_foreign("connection.user")) connection.user.clear(), draft.origins.erase("connection.user");
  if (is_foreign("connection.parameters.passfile")) connection.parameters.erase("passfile");
  if (!is_foreign("connection.password")) return;
  connection.password = Secret();
  connection.has_password = false;
  draft.password_file.clear();
  draft.origins.erase("connection.password");
}

void refuse_without_database(const Places& places, const Draft& draft) {
  if (!draft.config.connection.scheme.empty()) return;
  for (const char* path : {"connection.host", "connection.port", "connection.database"}) {
    if (draft.origins.contains(path) && places.json) {
      throw ConfigError("connection.scheme is missing in " + places.json_name + ", which has a " + path + "; write for example \"scheme\": \"postgresql\"");
    }
  }
  throw ConfigError("no database is configured: " + places.missing);
}

DatabaseConfig resolve(const Places& places, Scope scope) {
  Draft draft;
  if (places.json) read_json_sections(*places.json, places.json_name, draft);
  const bool json_names_server = names_server(draft);
  const Lookup env_file = places.in_env_file();
  apply_variables(env_file, Layer::env_file, places.env_file_name, scope, draft);
  apply_variables(places.environment, Layer::environment, "the environment", scope, draft);
  const auto url = find_url(places);
  if (url) use_url(*url, parse(*url), draft);
  use_libpq_variables(places.environment, env_file, places.env_file_name, draft);
  forget_foreign_credentials(draft, url ? url->layer : Layer::json_file, json_names_server, names_server(env_file));
  refuse_without_database(places, draft);
  use_password_file(draft);
  try {
    if (scope == Scope::everything) draft.config.validate();
    else draft.config.connection.validate();
  } catch (const ConfigError& error) {
    throw ConfigError(with_origins(error.what(), draft));
  }
  return std::move(draft.config);
}

}  // namespace

DatabaseConfig DatabaseConfig::from(const ConfigSources& sources) { return resolve(look(sources), Scope::everything); }

ConnectionConfig ConnectionConfig::from(const ConfigSources& sources) { return resolve(look(sources), Scope::connection).connection; }

DatabaseConfig DatabaseConfig::from_url(std::string_view url) {
  DatabaseConfig config;
  config.connection = ConnectionConfig::from_url(url);
  config.validate();
  return config;
}

DatabaseConfig DatabaseConfig::from_json(std::string_view text, std::string_view origin) { return resolve(only_json(text, origin), Scope::everything); }

void DatabaseConfig::validate() const {
  connection.validate();
  pool.validate();
  retry.validate();
}

}  // namespace millrace
