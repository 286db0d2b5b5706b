#include "millrace/access/config.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "millrace/access/error.hpp"

namespace millrace {
namespace {

constexpr const char* kExample = "write for example postgresql://user@host:5432/database or sqlite:path/to/file.db";
constexpr const char* kHint = "; characters such as @ : / ? # % in a user name or password must be percent-encoded (%40 %3A %2F %3F %23 %25)";

// Whatever is wrong may be a piece of a password, so messages name places and quote nothing.
[[noreturn]] void fail(const std::string& scheme, const std::string& what) { throw ConfigError("the " + scheme + " URL " + what); }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

bool is_sqlite(std::string_view scheme) { return scheme == "sqlite" || scheme == "sqlite3"; }

/// Takes the scheme and its colon off the front.
std::string take_scheme(std::string_view& url) {
  const std::size_t colon = url.find(':');
  const std::string_view scheme = url.substr(0, colon == std::string_view::npos ? 0 : colon);
  const bool valid = !scheme.empty() && is_letter(scheme.front()) && std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
  if (!valid) throw ConfigError(std::string("the connection URL does not begin with a scheme: ") + kExample);
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

// ---- ODBC: KEY=value;KEY={value with ; and }} in it};...

/// Length of the attribute at the front of `text`, without its semicolon. Braces protect semicolons; `}}` is a brace.
std::size_t odbc_attribute_length(std::string_view text) {
  const std::size_t equals = text.find_first_of("=;");
  if (equals == std::string_view::npos || text[equals] == ';') return std::min(equals, text.size());
  std::size_t i = text.find_first_not_of(' ', equals + 1);
  if (i != std::string_view::npos && text[i] == '{') {
    for (++i; i < text.size(); ++i) {
      if (text[i] != '}') continue;
      if (i + 1 >= text.size() || text[i + 1] != '}') break;
      ++i;
    }
    if (i >= text.size()) fail("odbc", "has an opening brace without a closing one");
  }
  return std::min(text.find(';', std::min(i, text.size())), text.size());
}

std::string odbc_value(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos || text[begin] != '{') return std::string(text);
  std::string value;
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '}' && (i + 1 >= text.size() || text[++i] != '}')) break;
    value += text[i];
  }
  return value;
}

bool is_odbc_password(std::string_view key) {
  const std::size_t begin = key.find_first_not_of(' ');
  if (begin == std::string_view::npos) return false;
  const std::string name = lowered(key.substr(begin, key.find_last_not_of(' ') + 1 - begin));
  return name == "pwd" || name == "password";
}

void parse_odbc(std::string_view text, ConnectionConfig& config) {
  std::string kept;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view attribute = text.substr(at, odbc_attribute_length(text.substr(at)));
    at += attribute.size() + 1;
    const std::size_t equals = attribute.find('=');
    if (equals == std::string_view::npos) {
      if (attribute.find_first_not_of(' ') == std::string_view::npos) continue;
      fail("odbc", "has an attribute without '=': write KEY=value;KEY=value, and a value with a semicolon in braces");
    }
    if (is_odbc_password(attribute.substr(0, equals))) {
      config.password = Secret(odbc_value(attribute.substr(equals + 1)));
      config.has_password = true;
    } else {
      if (!kept.empty()) kept += ';';
      kept += attribute;
    }
  }
  if (kept.empty()) fail("odbc", "names no data source: write for example odbc:DSN=warehouse or odbc:Driver={...};Server=...");
  config.parameters["connection"] = std::move(kept);
}

// ---- Servers: //user:password@host:port,host:port/database?key=value&key=value

std::string decode(std::string_view text, const ConnectionConfig& config, const char* where) {
  try {
    return percent_decode(text);
  } catch (const ConfigError& error) {
    fail(config.scheme, std::string("is malformed in its ") + where + ": " + error.what());
  }
}

void check_port(std::string_view port, const ConnectionConfig& config) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error == std::errc() && end == port.data() + port.size() && number >= 1 && number <= 65535) return;
  fail(config.scheme, std::string("has a port that is no number from 1 to 65535") + kHint);
}

/// A list of nothing but commas says nothing.
std::string port_list(std::string ports, const ConnectionConfig& config) {
  if (ports.find_first_not_of(',') == std::string::npos) return {};
  for (const std::string_view port : split(ports, ',')) {
    if (!port.empty()) check_port(port, config);
  }
  return ports;
}

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
  if (text.substr(0, 2) != "//") fail(config.scheme, "must go on with // behind its scheme: write " + config.scheme + "://user@host:port/database");
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

// ---- And back

std::string display_host(std::string_view host) {
  if (host.substr(0, 1) == "/" || host.find(':') == std::string_view::npos) return percent_encode(host);
  std::string out;
  for (const std::string_view group : split(host, ':')) out += (out.empty() ? "[" : ":") + percent_encode(group);
  return out + "]";
}

std::string display_hosts(const ConnectionConfig& config, bool with_ports) {
  const auto hosts = split(config.host, ',');
  const auto ports = split(config.port, ',');
  std::string out;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (i > 0) out += ',';
    out += display_host(hosts[i]);
    if (with_ports && !ports[i].empty()) out += ":" + std::string(ports[i]);
  }
  return out;
}

bool is_secret(const std::string& key) {
  const std::string name = lowered(key);
  return name.find("password") != std::string::npos || name.find("secret") != std::string::npos || name.find("token") != std::string::npos;
}

std::string display_server(const ConnectionConfig& config) {
  // Ports pair up with hosts, or one port holds for all of them and can only be said in the parameters.
  const bool paired = std::count(config.port.begin(), config.port.end(), ',') == std::count(config.host.begin(), config.host.end(), ',');
  std::string out = config.scheme + "://";
  if (!config.user.empty()) out += percent_encode(config.user) + "@";
  out += display_hosts(config, paired);
  if (!config.database.empty()) out += "/" + percent_encode(config.database);
  char separator = '?';
  const auto add = [&](const std::string& key, const std::string& value) {
    out += separator + percent_encode(key) + "=" + percent_encode(value);
    separator = '&';
  };
  if (!paired && !config.port.empty()) add("port", config.port);
  for (const auto& [key, value] : config.parameters) {
    if (!is_secret(key)) add(key, value);
  }
  return out;
}

}  // namespace

ConnectionConfig ConnectionConfig::from_url(std::string_view url) {
  if (url.find('\0') != std::string_view::npos) throw ConfigError("the connection URL contains a NUL byte");
  ConnectionConfig config;
  config.scheme = take_scheme(url);
  if (is_sqlite(config.scheme)) parse_sqlite(url, config);
  else if (config.scheme == "odbc") parse_odbc(url, config);
  else parse_server(url, config);
  return config;
}

std::string ConnectionConfig::display() const {
  // A path that begins with two slashes would be read as a host.
  if (is_sqlite(scheme)) return scheme + (database.compare(0, 2, "//") == 0 ? "://" : ":") + database;
  if (scheme == "odbc") {
    const auto found = parameters.find("connection");
    return scheme + ":" + (found == parameters.end() ? std::string() : found->second);
  }
  return display_server(*this);
}

}  // namespace millrace
