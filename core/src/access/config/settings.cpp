#include "access/config/settings.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "millrace/access/error.hpp"

namespace millrace {
namespace {

using std::chrono::milliseconds;

// ---- Values

template <class T> bool parse_all(const std::string& text, T& out) {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), out);
  return status == std::errc() && end == text.data() + text.size();
}

// 32 bits are enough for every count, so that sums of two can not overflow.
template <std::integral T> bool read(const RawValue& value, T& out) {
  std::int64_t number = 0;
  if (value.text) {
    if (!parse_all(*value.text, number)) return false;
  } else if (!value.json->is_number_integer() || (value.json->is_number_unsigned() && value.json->get<std::uint64_t>() > std::numeric_limits<std::int32_t>::max())) {
    return false;
  } else {
    number = value.json->get<std::int64_t>();
  }
  const std::int64_t least = std::is_signed_v<T> ? std::numeric_limits<std::int32_t>::min() : 0;
  if (number < least || number > std::numeric_limits<std::int32_t>::max()) return false;
  out = static_cast<T>(number);
  return true;
}

bool read(const RawValue& value, double& out) {
  if (value.json && !value.json->is_number()) return false;
  if (value.json) out = value.json->get<double>();
  return (value.json || parse_all(*value.text, out)) && std::isfinite(out);
}

bool read(const RawValue& value, bool& out) {
  if (value.text) {
    out = *value.text == "true";
    return out || *value.text == "false";
  }
  if (!value.json->is_boolean()) return false;
  out = value.json->get<bool>();
  return true;
}

bool read(const RawValue& value, milliseconds& out) {
  std::optional<milliseconds> duration;
  if (value.text) duration = parse_duration(*value.text, DurationUnit::optional);
  else if (value.json->is_number()) duration = duration_of_seconds(value.json->get<double>());
  else if (value.json->is_string()) duration = parse_duration(value.json->get_ref<const std::string&>(), DurationUnit::required);
  if (duration) out = *duration;
  return duration.has_value();
}

bool read(const RawValue& value, std::string& out) { return read_text(value, out); }

bool read(const RawValue& value, TlsMode& out) {
  std::string word;
  const auto mode = read_text(value, word) ? parse_tls_mode(word) : std::nullopt;
  if (mode) out = *mode;
  return mode.has_value();
}

template <class T> bool read(const RawValue& value, std::optional<T>& out) { return read(value, out.emplace()); }

// ---- The table

constexpr const char* kCount = "a whole number of at least 0";
constexpr const char* kPositive = "a whole number of at least 1";
constexpr const char* kDuration = "a number of seconds or a text such as \"500ms\", \"30s\", \"5m\" or \"1h\", up to 24 days";
constexpr const char* kFlag = "true or false";
constexpr const char* kPath = "the path of a file";

template <class Member> Setting row(std::string_view section, std::string_view key, std::string_view variable, std::string_view wanted, Member member) {
  return {section, key, variable, wanted,
          [=](DatabaseConfig& config, const RawValue& value) { return read(value, member(config)); },
          [=](DatabaseConfig& config) { DatabaseConfig defaults; member(config) = member(defaults); }};
}

std::vector<Setting> make_settings() {
  const auto connection = [](const char* key, const char* variable, const char* wanted, auto member) {
    return row("connection", key, variable, wanted, [=](DatabaseConfig& config) -> auto& { return config.connection.*member; });
  };
  const auto tls = [](const char* key, const char* wanted, auto member) {
    return row("connection.tls", key, "", wanted, [=](DatabaseConfig& config) -> auto& { return config.connection.tls.*member; });
  };
  const auto pool = [](const char* key, const char* variable, const char* wanted, auto member) {
    return row("pool", key, variable, wanted, [=](DatabaseConfig& config) -> auto& { return config.pool.*member; });
  };
  const auto retry = [](const char* key, const char* variable, const char* wanted, auto member) {
    return row("retry", key, variable, wanted, [=](DatabaseConfig& config) -> auto& { return config.retry.*member; });
  };
  return {
      connection("connect_timeout", "DB_CONNECT_TIMEOUT", kDuration, &ConnectionConfig::connect_timeout),
      connection("statement_timeout", "DB_STATEMENT_TIMEOUT", kDuration, &ConnectionConfig::statement_timeout),

      tls("mode", "disable, prefer, require, verify-ca or verify-full", &TlsConfig::mode),
      tls("root_certificate", kPath, &TlsConfig::root_certificate),
      tls("certificate", kPath, &TlsConfig::certificate),
      tls("key", kPath, &TlsConfig::key),

      pool("name", "", "a text that is not empty", &PoolOptions::name),
      pool("min", "DB_POOL_MIN", kCount, &PoolOptions::min),
      pool("size", "DB_POOL_SIZE", kPositive, &PoolOptions::size),
      pool("overflow", "DB_MAX_OVERFLOW", kCount, &PoolOptions::overflow),
      pool("max_waiting", "", kPositive, &PoolOptions::max_waiting),
      pool("acquire_timeout", "DB_POOL_TIMEOUT", kDuration, &PoolOptions::acquire_timeout),
      pool("acquire_attempts", "", kCount, &PoolOptions::acquire_attempts),
      pool("eager", "", kFlag, &PoolOptions::eager),
      pool("check_after_idle", "", kDuration, &PoolOptions::check_after_idle),
      pool("check_timeout", "", kDuration, &PoolOptions::check_timeout),
      pool("max_idle", "", kDuration, &PoolOptions::max_idle),
      pool("max_lifetime", "", kDuration, &PoolOptions::max_lifetime),
      pool("jitter", "", "a number of at least 0 and less than 1", &PoolOptions::jitter),
      pool("keepalive", "", kDuration, &PoolOptions::keepalive),
      pool("reset_session", "", kFlag, &PoolOptions::reset_session),
      pool("leak_report_after", "", kDuration, &PoolOptions::leak_report_after),
      pool("reconnect_delay", "", kDuration, &PoolOptions::reconnect_delay),
      pool("reconnect_max", "", kDuration, &PoolOptions::reconnect_max),
      pool("handoff_after", "", kDuration, &PoolOptions::handoff_after),
      pool("close_timeout", "", kDuration, &PoolOptions::close_timeout),

      retry("attempts", "DB_MAX_RETRIES", kPositive, &RetryPolicy::attempts),
      retry("initial_delay", "DB_RETRY_DELAY", kDuration, &RetryPolicy::initial_delay),
      retry("factor", "", "a number of at least 1", &RetryPolicy::factor),
      retry("max_delay", "", kDuration, &RetryPolicy::max_delay),
      retry("jitter", "", kFlag, &RetryPolicy::jitter),
      retry("deadline", "", kDuration, &RetryPolicy::deadline),
  };
}

bool is_key_character(char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '.'; }

}  // namespace

const std::vector<Setting>& settings() {
  static const std::vector<Setting> all = make_settings();
  return all;
}

const Setting& find_setting(std::string_view path) {
  return *std::find_if(settings().begin(), settings().end(), [&](const Setting& setting) { return setting.path() == path; });
}

std::vector<std::string> keys_of_section(std::string_view section) {
  std::vector<std::string> keys;
  for (const Setting& setting : settings()) {
    if (setting.section == section) keys.emplace_back(setting.key);
  }
  return keys;
}

bool read_text(const RawValue& value, std::string& out) {
  if (value.json && !value.json->is_string()) return false;
  out = value.text ? *value.text : value.json->get<std::string>();
  return !out.empty() && out.find('\0') == std::string::npos;
}

void apply(const Setting& setting, const RawValue& value, Origin origin, Draft& draft) {
  if (!setting.set(draft.config, value)) {
    const std::string found = value.json ? ", not " + json_input::kind_of(*value.json) : value.text->empty() ? ", but it is empty" : "";
    throw ConfigError(origin.name + " must be " + std::string(setting.wanted) + found);
  }
  draft.origins[setting.path()] = std::move(origin);
}

std::string with_origins(const std::string& message, const Draft& draft) {
  std::string out;
  for (std::size_t at = 0; at < message.size();) {
    if (!is_key_character(message[at])) {
      out += message[at++];
      continue;
    }
    std::size_t end = at;
    while (end < message.size() && is_key_character(message[end])) ++end;
    while (message[end - 1] == '.' && end - 1 > at) --end;
    const std::string word = message.substr(at, end - at);
    const auto origin = draft.origins.find(word);
    const bool is_setting = std::any_of(settings().begin(), settings().end(), [&](const Setting& setting) { return setting.path() == word; });
    out += origin != draft.origins.end() ? origin->second.name : is_setting ? word + " (by default)" : word;
    at = end;
  }
  return out;
}

}  // namespace millrace
