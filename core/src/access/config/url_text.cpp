// Configurations to URLs.

#include <algorithm>

#include "access/config/url_parts.hpp"
#include "millrace/access/config.hpp"

namespace millrace {
namespace {

enum class Show : bool { without_secrets, everything };

std::string host_text(std::string_view host) {
  if (host.substr(0, 1) == "/" || host.find(':') == std::string_view::npos) return percent_encode(host);
  std::string out;
  for (const std::string_view group : split(host, ':')) out += (out.empty() ? "[" : ":") + percent_encode(group);
  return out + "]";
}

std::string hosts_text(const ConnectionConfig& config, bool with_ports) {
  const auto hosts = split(config.host, ',');
  const auto ports = split(config.port, ',');
  std::string out;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (i > 0) out += ',';
    out += host_text(hosts[i]);
    if (with_ports && !ports[i].empty()) out += ":" + std::string(ports[i]);
  }
  return out;
}

std::string server_url(const ConnectionConfig& config, Show show) {
  // Ports pair up with hosts, or one port holds for all of them and can only be said in the parameters.
  const bool paired = std::count(config.port.begin(), config.port.end(), ',') == std::count(config.host.begin(), config.host.end(), ',');
  const bool with_password = show == Show::everything && config.has_password;
  std::string out = config.scheme + "://" + percent_encode(config.user);
  if (with_password) out += ":" + percent_encode(config.password.reveal());
  if (!config.user.empty() || with_password) out += "@";
  out += hosts_text(config, paired);
  if (!config.database.empty()) out += "/" + percent_encode(config.database);
  char separator = '?';
  const auto add = [&](const std::string& key, const std::string& value) {
    out += separator + percent_encode(key) + "=" + percent_encode(value);
    separator = '&';
  };
  if (!paired && !config.port.empty()) add("port", config.port);
  for (const auto& [key, value] : config.parameters) {
    if (show == Show::everything || !is_secret_name(key)) add(key, value);
  }
  return out;
}

std::string odbc_url(const ConnectionConfig& config, Show show) {
  const auto found = config.parameters.find("connection");
  const std::string_view kept = found == config.parameters.end() ? std::string_view() : found->second;
  std::string out;
  for (std::size_t at = 0; at < kept.size();) {
    const std::string_view attribute = kept.substr(at, odbc_attribute_length(kept.substr(at)));
    at += attribute.size() + 1;
    if (show == Show::without_secrets && is_secret_name(attribute.substr(0, attribute.find('=')))) continue;
    out.append(out.empty() ? "" : ";").append(attribute);
  }
  if (show == Show::everything && config.has_password) {
    out += out.empty() ? "PWD={" : ";PWD={";
    for (const char c : config.password.reveal()) out.append(c == '}' ? 2 : 1, c);
    out += '}';
  }
  return config.scheme + ":" + out;
}

std::string url_text(const ConnectionConfig& config, Show show) {
  // A path that begins with two slashes would be read as a host.
  if (is_sqlite(config.scheme)) return config.scheme + (config.database.compare(0, 2, "//") == 0 ? "://" : ":") + config.database;
  return is_odbc(config.scheme) ? odbc_url(config, show) : server_url(config, show);
}

}  // namespace

std::string ConnectionConfig::display() const { return url_text(*this, Show::without_secrets); }

std::string ConnectionConfig::url_with_password() const { return url_text(*this, Show::everything); }

}  // namespace millrace
