#include "db2/keywords.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include "db2/cli/connect_keywords.hpp"
#include "millrace/access/error.hpp"

namespace millrace::cli_db2 {
namespace {

using db2::cli::Provider;

constexpr const char* kPort = "50000";
constexpr std::chrono::milliseconds kConnectTimeout = std::chrono::seconds(10);

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

class KeywordString {
 public:
  explicit KeywordString(Provider provider) : provider_(provider) {}

  /// @param place  what messages call the value, which they never quote
  void add(std::string_view key, std::string_view value, const std::string& place) {
    const bool braces = value.find_first_of(";{}") != std::string_view::npos || value != trimmed(value);
    if (braces && provider_ == Provider::ibm) {
      throw ConfigError("the " + place + " holds a semicolon, a brace or blanks at an end, which IBM's driver takes for a part of its connection string: change it, or use driver=drda");
    }
    text_.append(key) += braces ? "={" : "=";
    for (const char c : value) text_.append(braces && c == '}' ? 2 : 1, c);
    text_ += braces ? "};" : ";";
  }
  std::string text() && { return std::move(text_); }

 private:
  static std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    return begin == std::string_view::npos ? std::string_view() : text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
  }
  Provider provider_;
  std::string text_;
};

/// The configuration's, and where it says nothing what the URL does, in libpq's words.
TlsConfig tls_of(const ConnectionConfig& config) {
  TlsConfig tls = config.tls;
  const auto mode = config.parameters.find("sslmode"), root = config.parameters.find("sslrootcert");
  if (mode != config.parameters.end() && tls.mode == TlsMode::driver_default) {
    const auto parsed = parse_tls_mode(mode->second);
    if (!parsed) throw ConfigError("the parameter sslmode of a db2 URL is require, verify-ca, verify-full or disable");
    tls.mode = *parsed;
  }
  if (root != config.parameters.end() && tls.root_certificate.empty()) tls.root_certificate = root->second;
  return tls;
}

void add_tls(KeywordString& keywords, const ConnectionConfig& config, const TlsConfig& tls) {
  if (!tls.certificate.empty() || !tls.key.empty()) throw ConfigError("Db2 clients have no certificate of their own: leave tls.certificate and tls.key out");
  switch (tls.mode) {
    case TlsMode::driver_default: break;
    case TlsMode::disable: return;
    case TlsMode::prefer: throw ConfigError("a Db2 port either speaks TLS or it does not, so that tls mode 'prefer' means nothing: write require, verify-ca, verify-full or disable");
    case TlsMode::require:
    case TlsMode::verify_ca:
    case TlsMode::verify_full: keywords.add("SECURITY", "SSL", "TLS mode"); break;
  }
  if (!tls.root_certificate.empty()) keywords.add("SSLSERVERCERTIFICATE", tls.root_certificate, "path of the root certificate");
  if (!config.parameters.contains("sslclienthostnamevalidation")) keywords.add("SSLCLIENTHOSTNAMEVALIDATION", tls.mode == TlsMode::verify_ca ? "Off" : "Basic", "TLS mode");
}

/// A word that is passed over would send a load into another schema than was meant.
void check_known(const std::string& key, const std::string& name, Provider provider) {
  if (key == "TXNISOLATION") throw ConfigError("an isolation level belongs to a transaction (TransactionOptions): leave txnisolation out of the db2 URL");
  if (provider != Provider::drda) return;
  const std::vector<std::string_view> known = db2::cli::known_keywords();
  if (std::find(known.begin(), known.end(), key) == known.end()) throw ConfigError("the open client knows no parameter '" + name + "' of a db2 URL: docs/backends/db2.md lists them; leave it out, or use driver=ibm");
}

}  // namespace

Provider provider_of(const ConnectionConfig& config) {
  const auto found = config.parameters.find("driver");
  if (found == config.parameters.end() || found->second == "drda") return Provider::drda;
  if (found->second == "ibm") return Provider::ibm;
  throw ConfigError("the parameter driver of a db2 URL is drda (the open client, which is built in) or ibm (IBM's library)");
}

std::string connect_string(const ConnectionConfig& config, Provider provider) {
  if (config.host.empty()) throw ConfigError("the db2 URL names no host: write db2://user@host:50000/database");
  if (config.host.find(',') != std::string::npos) throw ConfigError("a db2 URL names one host");
  if (config.database.empty()) throw ConfigError("the db2 URL names no database: write db2://user@host:50000/database");
  KeywordString keywords(provider);
  keywords.add("DATABASE", config.database, "name of the database");
  keywords.add("HOSTNAME", config.host, "host");
  keywords.add("PORT", config.port.empty() ? kPort : config.port, "port");
  keywords.add("PROTOCOL", "TCPIP", "protocol");
  if (!config.user.empty()) keywords.add("UID", config.user, "user name");
  if (config.has_password) keywords.add("PWD", config.password.reveal(), "password");
  if (config.connect_timeout || !config.parameters.contains("connecttimeout")) {   // of a keyword that is given twice the first one counts
    const auto timeout = std::chrono::ceil<std::chrono::seconds>(config.connect_timeout.value_or(kConnectTimeout));
    keywords.add("CONNECTTIMEOUT", std::to_string(std::max<long long>(1, timeout.count())), "connect time-out");
  }
  const TlsConfig tls = tls_of(config);
  add_tls(keywords, config, tls);
  for (const auto& [name, value] : config.parameters) {
    const std::string key = upper(name);
    const bool said = key == "DRIVER" || key == "SSLMODE" || key == "SSLROOTCERT" || (key == "CONNECTTIMEOUT" && config.connect_timeout) || (key == "SECURITY" && tls.mode != TlsMode::driver_default);
    if (said) continue;
    check_known(key, name, provider);
    keywords.add(key, value, "parameter " + name);
  }
  return std::move(keywords).text();
}

}  // namespace millrace::cli_db2
