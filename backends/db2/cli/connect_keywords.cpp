#include "db2/cli/connect_keywords.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "db2/cli/diagnostics.hpp"

namespace millrace::db2::cli {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

[[noreturn]] void refuse(const std::string& key, std::string_view value, const char* why, const char* sqlstate = "HY024") {
  throw CallError(sqlstate, "connection keyword " + key + "=" + std::string(value) + ": " + why);
}

std::uint32_t number(const std::string& key, std::string_view value, std::uint32_t most) {
  std::uint32_t found = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), found);
  if (error != std::errc{} || end != value.data() + value.size() || found > most) refuse(key, value, "it takes a whole number that is not too large");
  return found;
}

std::chrono::milliseconds seconds(const std::string& key, std::string_view value) { return std::chrono::seconds(number(key, value, 1'000'000)); }

void set_port(ConnectKeywords& out, const std::string& key, const std::string& value) {
  const auto port = static_cast<std::uint16_t>(number(key, value, 65535));
  if (port == 0) refuse(key, value, "it takes the number of a port");
  out.options.port = port;
}

void set_security(ConnectKeywords& out, const std::string& key, const std::string& value) {
  if (const std::string word = upper(value); word != "SSL" && !word.empty() && word != "NONE") refuse(key, value, "only SSL is known");
  else out.options.tls.enabled = word == "SSL";
}

void set_host_validation(ConnectKeywords& out, const std::string& key, const std::string& value) {
  const std::string word = upper(value);
  if (word != "BASIC" && word != "ON" && word != "OFF") refuse(key, value, "it takes Basic or Off");
  out.options.tls.verify_host = word != "OFF";
}

void set_isolation(ConnectKeywords& out, const std::string& key, const std::string& value) {
  const auto name = isolation_name(number(key, value, 8));
  if (!name) refuse(key, value, "it takes 1, 2, 4 or 8");
  out.isolation = *name;
}

void check_protocol(ConnectKeywords&, const std::string& key, const std::string& value) {
  if (upper(value) != "TCPIP") refuse(key, value, "only TCPIP is known", "HYC00");
}

void refuse_always(ConnectKeywords&, const std::string& key, const std::string&) { throw CallError("HYC00", "connection keyword " + key + ": this client has no such login"); }


struct Keyword {
  std::string_view name;
  void (*apply)(ConnectKeywords&, const std::string& key, const std::string& value);
};

constexpr Keyword kKeywords[] = {
    {"DATABASE", [](ConnectKeywords& out, const std::string&, const std::string& value) { out.options.database = value; }},
    {"HOSTNAME", [](ConnectKeywords& out, const std::string&, const std::string& value) { out.options.host = value; }},
    {"PORT", set_port},
    {"SERVICENAME", set_port},
    {"PROTOCOL", check_protocol},
    {"UID", [](ConnectKeywords& out, const std::string&, const std::string& value) { out.options.user = value; }},
    {"PWD", [](ConnectKeywords& out, const std::string&, const std::string& value) { out.options.password = value; }},
    {"SECURITY", set_security},
    {"SSLSERVERCERTIFICATE", [](ConnectKeywords& out, const std::string&, const std::string& value) { out.options.tls.ca_file = value; }},
    {"SSLCLIENTHOSTNAMEVALIDATION", set_host_validation},
    {"CONNECTTIMEOUT", [](ConnectKeywords& out, const std::string& key, const std::string& value) { if (const auto time = seconds(key, value); time.count() > 0) out.options.connect_timeout = time; }},
    {"ANSWERTIMEOUT", [](ConnectKeywords& out, const std::string& key, const std::string& value) { out.options.answer_timeout = seconds(key, value); }},
    {"RECEIVETIMEOUT", [](ConnectKeywords& out, const std::string& key, const std::string& value) { out.options.answer_timeout = seconds(key, value); }},
    {"QUERYTIMEOUT", [](ConnectKeywords& out, const std::string& key, const std::string& value) { out.options.answer_timeout = seconds(key, value); }},
    {"CURRENTSCHEMA", [](ConnectKeywords& out, const std::string&, const std::string& value) { out.schema = value; }},
    {"TXNISOLATION", set_isolation},
    {"ACCESSTOKEN", refuse_always},
    {"APIKEY", refuse_always},
    {"KRBPLUGIN", refuse_always},
    {"PWDPLUGIN", refuse_always},
};

/// A password goes as it is, or inside of TLS: who asked for anything stronger is not to get less.
void check_authentication(const std::string& value, bool tls) {
  const std::string word = upper(value);
  if (word.empty() || word == "SERVER" || (tls && word == "SERVER_ENCRYPT")) return;
  refuse("AUTHENTICATION", value, tls ? "only SERVER is known" : "only SERVER is known; SECURITY=SSL protects the password", "HYC00");
}

}  // namespace

std::optional<std::string> isolation_name(unsigned level) {
  switch (level) {
    case SQL_TXN_READ_UNCOMMITTED: return "UR";
    case SQL_TXN_READ_COMMITTED: return "CS";
    case SQL_TXN_REPEATABLE_READ: return "RS";
    case SQL_TXN_SERIALIZABLE: return "RR";
    default: return std::nullopt;
  }
}

std::vector<std::pair<std::string, std::string>> split_keywords(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> found;
  while (!(text = trimmed(text)).empty()) {
    if (text.front() == ';') {
      text.remove_prefix(1);
      continue;
    }
    const std::size_t equals = text.find_first_of("=;");
    if (equals == std::string_view::npos || text[equals] == ';') throw CallError("HY000", "the connection string has a keyword without a value: write KEYWORD=value;...");
    std::string key = upper(trimmed(text.substr(0, equals))), value;
    text.remove_prefix(equals + 1);
    if (const std::size_t first = text.find_first_not_of(" \t"); first != std::string_view::npos && text[first] == '{') {
      std::size_t at = first + 1;
      for (;; ++at) {
        if (at >= text.size()) throw CallError("HY000", "connection keyword " + key + ": its value begins with { and has no closing }");
        if (text[at] == '}' && (at + 1 >= text.size() || text[at + 1] != '}')) break;
        if (text[at] == '}') ++at;
        value += text[at];
      }
      text = trimmed(text.substr(at + 1));
      if (!text.empty() && text.front() != ';') throw CallError("HY000", "connection keyword " + key + ": there is text between the closing } of its value and the next ;");
    } else {
      const std::size_t end = std::min(text.find(';'), text.size());
      value = trimmed(text.substr(0, end));
      text.remove_prefix(end);
    }
    found.emplace_back(std::move(key), std::move(value));
  }
  return found;
}

std::vector<std::string_view> known_keywords() {
  std::vector<std::string_view> names{"AUTHENTICATION"};
  for (const Keyword& keyword : kKeywords) names.push_back(keyword.name);
  return names;
}

ConnectKeywords read_keywords(std::string_view text) {
  ConnectKeywords out;
  const auto keywords = split_keywords(text);
  std::string authentication;
  bool data_source = false;
  for (auto found = keywords.begin(); found != keywords.end(); ++found) {
    const auto& [key, value] = *found;
    if (std::any_of(keywords.begin(), found, [&](const auto& earlier) { return earlier.first == key; })) continue;
    if (key == "AUTHENTICATION") authentication = value;
    data_source = data_source || key == "DSN" || key == "DBALIAS";
    const auto* const known = std::find_if(std::begin(kKeywords), std::end(kKeywords), [&](const Keyword& k) { return k.name == key; });
    if (known != std::end(kKeywords)) known->apply(out, key, value);
  }
  check_authentication(authentication, out.options.tls.enabled);
  if (out.options.database.empty() || out.options.host.empty()) {
    throw CallError("08001", std::string("the connection string lacks ") + (out.options.database.empty() ? "DATABASE" : "HOSTNAME") +
                                 (data_source ? ": data sources are known to IBM's client only, this one needs DATABASE, HOSTNAME and PORT" : ""));
  }
  return out;
}

std::string shown(const ConnectKeywords& keywords) {
  std::string out;
  const auto add = [&](std::string_view key, std::string_view value) {
    if (value.empty()) return;
    const bool braces = value.find_first_of(";{}") != std::string_view::npos;
    out.append(key) += braces ? "={" : "=";
    for (const char c : value) out.append(braces && c == '}' ? 2 : 1, c);
    out += braces ? "};" : ";";
  };
  const drda::ConnectOptions& options = keywords.options;
  add("DATABASE", options.database);
  add("HOSTNAME", options.host);
  add("PORT", std::to_string(options.port));
  add("PROTOCOL", "TCPIP");
  add("UID", options.user);
  if (options.tls.enabled) add("SECURITY", "SSL");
  add("SSLSERVERCERTIFICATE", options.tls.ca_file);
  add("CURRENTSCHEMA", keywords.schema);
  return out;
}

}  // namespace millrace::db2::cli
