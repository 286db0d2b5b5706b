// URLs to configurations.

#include <algorithm>

#include "access/config/url_parts.hpp"
#include "millrace/access/config.hpp"
#include "millrace/access/error.hpp"

namespace millrace {
namespace {

constexpr const char* kHint = "; characters such as @ : / ? # % in a user name or password must be percent-encoded (%40 %3A %2F %3F %23 %25)";

// Whatever is wrong may be a piece of a password, so messages name places and quote nothing, not even a scheme that is not known.
[[noreturn]] void fail(const std::string& scheme, const std::string& what) {
  const bool known = is_postgresql(scheme) || is_sqlite(scheme) || is_odbc(scheme) || is_db2(scheme);
  throw ConfigError("the " + (known ? scheme : "connection") + " URL " + what);
}

/// Takes the scheme and its colon off the front.
std::string take_scheme(std::string_view& url) {
  const std::size_t colon = url.find(':');
  const std::string_view scheme = url.substr(0, colon == std::string_view::npos ? 0 : colon);
  if (!is_scheme(scheme)) throw ConfigError(std::string("the connection URL does not begin with a scheme: ") + kUrlExample);
  url.remove_prefix(colon + 1);
  return lowered(scheme);
}

void parse_sqlite(std::string_view path, ConnectionConfig& config) {
  if (path.substr(0, 2) == "//") {
    path.remove_prefix(2);
    if (path.substr(0, 1) != "/") fail(config.scheme, "names a host, but a SQLite database is a file: write sqlite:PATH or sqlite:///ABSOLUTE/PATH");
  }
  if (path.empty()) fail(config.scheme, "names no file: write sqlite:PATH");
  config.database = path;
}

std::string decode(std::string_view text, const ConnectionConfig& config, const char* where) {
  try {
    return percent_decode(text);
  } catch (const ConfigError& error) {
    fail(config.scheme, std::string("is malformed in its ") + where + ": " + error.what());
  }
}

/// A list of nothing but commas says nothing.
std::string port_list(std::string ports, const ConnectionConfig& config) {
  if (ports.find_first_not_of(',') == std::string::npos) return {};
  if (!are_ports(ports)) fail(config.scheme, std::string("has a port that is no number from 1 to 65535") + kHint);
  return ports;
}

// ---- Keyword strings: KEY=value;KEY={value with ; and }} in it};...

std::string keyword_value(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos || text[begin] != '{') return std::string(text);
  std::string value;
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '}' && (i + 1 >= text.size() || text[++i] != '}')) break;
    value += text[i];
  }
  return value;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

/// Calls take(name, value, attribute as it is written) for each attribute.
template <class F> void for_each_attribute(std::string_view text, const std::string& scheme, F&& take) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = odbc_attribute_length(text.substr(at));
    if (length == std::string_view::npos) fail(scheme, "has an opening brace without a closing one");
    const std::string_view attribute = text.substr(at, length);
    at += attribute.size() + 1;
    const std::size_t equals = attribute.find('=');
    if (equals == std::string_view::npos) {
      if (attribute.find_first_not_of(' ') == std::string_view::npos) continue;
      fail(scheme, "has an attribute without '=': write KEY=value;KEY=value, and a value with a semicolon in braces");
    }
    take(lowered(trimmed(attribute.substr(0, equals))), attribute.substr(equals + 1), attribute);
  }
}

void parse_odbc(std::string_view text, ConnectionConfig& config) {
  std::string kept;
  for_each_attribute(text, "odbc", [&](const std::string& name, std::string_view value, std::string_view attribute) {
    if (name == "pwd" || name == "password") {
      config.password = Secret(keyword_value(value));
      config.has_password = true;
    } else {
      if (!kept.empty()) kept += ';';
      kept += attribute;
    }
  });
  if (kept.empty()) fail("odbc", "names no data source: write for example odbc:DSN=warehouse or odbc:Driver={...};Server=...");
  config.parameters["connection"] = std::move(kept);
}

/// The keywords that a configuration has a place for go there; all others are parameters, under their names in lower case.
void parse_db2(std::string_view text, ConnectionConfig& config) {
  for_each_attribute(text, "db2", [&](const std::string& name, std::string_view written, std::string_view) {
    std::string value = keyword_value(written);
    if (trimmed(written).substr(0, 1) != "{") value = trimmed(written);
    if (name == "database") config.database = std::move(value);
    else if (name == "hostname") config.host = std::move(value);
    else if (name == "port" || name == "servicename") config.port = port_list(std::move(value), config);
    else if (name == "uid") config.user = std::move(value);
    else if (name == "pwd") config.password = Secret(std::move(value)), config.has_password = true;
    else if (name != "protocol" && !config.parameters.emplace(name, std::move(value)).second) fail("db2", "has a keyword twice");
  });
  if (config.host.empty() || config.database.empty()) fail("db2", "lacks HOSTNAME or DATABASE: write db2://user@host:50000/database, or db2:DATABASE=...;HOSTNAME=...;PORT=50000;UID=...;PWD=...");
}

// ---- Servers: //user:password@host:port,host:port/database?key=value&key=value

void parse_user_info(std::string_view text, ConnectionConfig& config) {
  const std::size_t colon = text.find(':');
  config.user = decode(text.substr(0, colon), config, "user name");
  if (colon == std::string_view::npos) return;
  config.password = Secret(decode(text.substr(colon + 1), config, "password"));
  config.has_password = true;
}

/// One `host`, `host:port` or `[IPv6]:port`; returns the host and what follows it.
std::pair<std::string_view, std::string_view> split_host(std::string_view text, const ConnectionConfig& config) {
  if (text.substr(0, 1) != "[") {
    const std::size_t colon = text.find(':');
    return {text.substr(0, colon), colon == std::string_view::npos ? std::string_view() : text.substr(colon)};
  }
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos) fail(config.scheme, std::string("has a host with '[' but no ']'") + kHint);
  if (close == 1) fail(config.scheme, "has an empty IPv6 address in brackets");
  return {text.substr(1, close - 1), text.substr(close + 1)};
}

void parse_hosts(std::string_view text, ConnectionConfig& config) {
  std::string ports;
  bool first = true;
  for (const std::string_view item : split(text, ',')) {
    const auto [host, rest] = split_host(item, config);
    if (!rest.empty() && rest.front() != ':') fail(config.scheme, std::string("has something between ']' and the port") + kHint);
    if (!first) config.host += ',', ports += ',';
    first = false;
    config.host += decode(host, config, "host");
    ports += rest.substr(std::min<std::size_t>(1, rest.size()));
  }
  config.port = port_list(std::move(ports), config);
}

void set_parameter(const std::string& key, std::string value, ConnectionConfig& config) {
  if (key == "host") config.host = std::move(value);
  else if (key == "port") config.port = port_list(std::move(value), config);
  else if (key == "user") config.user = std::move(value);
  else if (key == "dbname") config.database = std::move(value);
  else if (key == "password") config.password = Secret(std::move(value)), config.has_password = true;
  else if (!config.parameters.emplace(key, std::move(value)).second) fail(config.scheme, "has a parameter twice");
}

void parse_parameters(std::string_view text, ConnectionConfig& config) {
  for (const std::string_view pair : split(text, '&')) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) fail(config.scheme, std::string("has a parameter that is not key=value") + kHint);
    const std::string key = decode(pair.substr(0, equals), config, "parameters");
    set_parameter(key, decode(pair.substr(equals + 1), config, "parameters"), config);
  }
}

void parse_server(std::string_view text, ConnectionConfig& config) {
  // What stands before the colon may be a user or a password as well as a scheme: it is not quoted.
  if (text.substr(0, 2) != "//") throw ConfigError(std::string("the connection URL must go on with // behind its scheme: ") + kUrlExample);
  text.remove_prefix(2);
  // Before anything else: where these stand raw, the URL was not cut where its writer thinks.
  const std::size_t at = text.find('@');
  if (at != std::string_view::npos && text.find('@', at + 1) != std::string_view::npos) fail(config.scheme, std::string("has more than one '@'") + kHint);
  if (text.find('#') != std::string_view::npos) fail(config.scheme, std::string("has a '#'") + kHint);
  if (at != std::string_view::npos) {
    if (text.substr(0, at).find_first_of("/?") != std::string_view::npos) fail(config.scheme, std::string("has a '/' or '?' before its '@'") + kHint);
    parse_user_info(text.substr(0, at), config);
    text.remove_prefix(at + 1);
  }
  const std::size_t question = text.find('?');
  const std::string_view path = text.substr(0, question);
  const std::size_t slash = path.find('/');
  parse_hosts(path.substr(0, slash), config);
  if (slash != std::string_view::npos) config.database = decode(path.substr(slash + 1), config, "database name");
  if (question != std::string_view::npos && question + 1 < text.size()) parse_parameters(text.substr(question + 1), config);
}

}  // namespace

ConnectionConfig ConnectionConfig::from_url(std::string_view url) {
  if (url.find('\0') != std::string_view::npos) throw ConfigError("the connection URL contains a NUL byte");
  ConnectionConfig config;
  config.scheme = take_scheme(url);
  if (is_sqlite(config.scheme)) parse_sqlite(url, config);
  else if (is_odbc(config.scheme)) parse_odbc(url, config);
  else if (is_db2(config.scheme) && !url.starts_with("//")) parse_db2(url, config);
  else parse_server(url, config);
  return config;
}

}  // namespace millrace
