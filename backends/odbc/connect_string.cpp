#include "odbc/connect_string.hpp"

#include <algorithm>
#include <chrono>

#include "common/statement_words.hpp"
#include "millrace/access/error.hpp"

namespace millrace::cli_odbc {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

// A value in braces may hold everything; its closing braces are doubled.
std::string braced(std::string_view value) {
  std::string out = "{";
  for (const char c : value) out.append(c == '}' ? 2 : 1, c);
  return out + "}";
}

// A value of libpq's connection strings.
std::string libpq_quoted(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

class Attributes {
 public:
  explicit Attributes(std::string connection) : text_(std::move(connection)) {
    for (const Keyword& keyword : keywords_of(text_)) given_.push_back(backends::lowered(keyword.key));
  }
  void add(std::string_view key, std::string_view value) { text_.append(";").append(key).append("=").append(value); }
  /// What the user says goes before what we would.
  void add_default(std::string_view key, std::string_view value) {
    if (!gives(key)) add(key, value);
  }
  bool gives(std::string_view key) const { return std::find(given_.begin(), given_.end(), backends::lowered(key)) != given_.end(); }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
  std::vector<std::string> given_;
};

void refuse_tls(const TlsConfig& tls) {
  if (tls != TlsConfig{}) throw ConfigError("TLS settings of an ODBC connection stand in its connection string, in the driver's own words: take them out of the TLS settings");
}

void add_psqlodbc(Attributes& attributes, const ConnectionConfig& config) {
  if (attributes.gives("Protocol")) {
    throw ConfigError("psqlODBC's Protocol says what an error does to its transaction, and Millrace needs to know that: leave Protocol out of the connection string");
  }
  const TlsConfig& tls = config.tls;
  if (!tls.certificate.empty() || !tls.key.empty()) throw ConfigError("psqlODBC takes a client's certificate from ~/.postgresql only: leave the certificate and its key out, or use a postgresql:// URL");
  if (tls.mode != TlsMode::driver_default) attributes.add("SSLmode", to_string(tls.mode));
  std::string options;
  if (config.connect_timeout) options += "connect_timeout=" + std::to_string(std::max<long long>(1, std::chrono::ceil<std::chrono::seconds>(*config.connect_timeout).count()));
  if (!tls.root_certificate.empty()) {
    if (attributes.gives("pqopt")) throw ConfigError("the connection string's pqopt leaves no room for the TLS root certificate: write it into pqopt as sslrootcert, and take it out of the TLS settings");
    options += (options.empty() ? "" : " ") + ("sslrootcert=" + libpq_quoted(tls.root_certificate));
  }
  if (!options.empty()) attributes.add_default("pqopt", braced(options));
  attributes.add("Protocol", "7.4-0");               // otherwise some errors roll the transaction back and go on in a new one, without a word
  attributes.add_default("LFConversion", "0");       // or line ends would change
  attributes.add_default("BoolsAsChar", "1");
  attributes.add_default("UnknownsAsLongVarchar", "1");
  attributes.add_default("UseServerSidePrepare", "1");
}

void add_sqliteodbc(Attributes& attributes, const ConnectionConfig& config) {
  refuse_tls(config.tls);
  attributes.add_default("NoCreat", config.create_database ? "0" : "1");  // SQLite would make an empty file for a mistyped path
  attributes.add_default("FKSupport", "1");
  attributes.add_default("BigInt", "1");
  attributes.add_default("StepAPI", "0");
  attributes.add_default("Timeout", "1");            // the driver's own waiting; ours is PRAGMA busy_timeout
}

}  // namespace

std::vector<Keyword> keywords_of(std::string_view connection) {
  std::vector<Keyword> keywords;
  for (std::size_t at = 0; at < connection.size();) {
    const std::size_t equals = connection.find_first_of("=;", at);
    if (equals == std::string_view::npos) break;
    if (connection[equals] == ';') {   // nothing, or a word without a value: drivers pass it over
      at = equals + 1;
      continue;
    }
    std::string value;
    std::size_t end = equals + 1;
    while (end < connection.size() && connection[end] == ' ') ++end;
    if (end < connection.size() && connection[end] == '{') {
      for (++end; end < connection.size(); ++end) {
        if (connection[end] == '}' && (++end >= connection.size() || connection[end] != '}')) break;
        value += connection[end];
      }
      end = std::min(connection.find(';', end), connection.size());
    } else {
      end = std::min(connection.find(';', end), connection.size());
      value = trimmed(connection.substr(equals + 1, end - equals - 1));
    }
    keywords.push_back({std::string(trimmed(connection.substr(at, equals - at))), std::move(value)});
    at = end + 1;
  }
  return keywords;
}

KnownDriver known_driver(std::string_view driver) {
  const std::string name = backends::lowered(driver.substr(driver.rfind('/') + 1));   // of a path the file: the folders are anybody's
  if (name.find("psqlodbc") != std::string::npos || name.find("postgresql") != std::string::npos) return KnownDriver::psqlodbc;
  if (name.find("sqlite") != std::string::npos) return KnownDriver::sqliteodbc;
  return KnownDriver::other;
}

std::string connect_string(const ConnectionConfig& config, KnownDriver driver) {
  const auto found = config.parameters.find("connection");
  Attributes attributes(found == config.parameters.end() ? std::string() : found->second);
  switch (driver) {
    case KnownDriver::psqlodbc: add_psqlodbc(attributes, config); break;
    case KnownDriver::sqliteodbc: add_sqliteodbc(attributes, config); break;
    case KnownDriver::other: refuse_tls(config.tls); break;
  }
  if (config.has_password) attributes.add("PWD", braced(config.password.reveal()));   // last: sqliteodbc knows no braces, and loses what follows a semicolon
  return std::move(attributes).text();
}

}  // namespace millrace::cli_odbc
