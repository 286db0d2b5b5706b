#include "logging.hpp"

#include <memory>

#include <nlohmann/json.hpp>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include "exit_status.hpp"
#include "millrace/access/log.hpp"
#include "output.hpp"

namespace millrace::cli {
namespace {

class ScreenSink final : public spdlog::sinks::base_sink<std::mutex> {
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    ErrorScreen::instance().write({line.data(), line.size()});
  }
  void flush_() override {}
};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

spdlog::level::level_enum parse_level(std::string_view word) {
  if (word == "off") return spdlog::level::off;
  for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
    if (to_string(level) == word) return to_spdlog(level);
  }
  throw UsageError("--log-level " + std::string(word) + " is not known; give debug, info, warning, error or off");
}

std::string as_text(const LogRecord& record) {
  std::string text = std::string(record.event) + ": " + record.message;
  for (const auto& [name, value] : record.fields) text += " " + name + "=" + value;
  for (char& c : text) if (c == '\n' || c == '\r') c = ' ';
  return text;
}

/// What the command tells in its own way: an error that ends it is printed, and what a load's pool notices is logged by the load when it retries.
bool told_otherwise(std::string_view event) { return event.starts_with("connection.") || event.starts_with("pool.") || event.ends_with(".given_up"); }

/// The inside of a JSON object; the formatter's pattern adds time, level and braces.
std::string as_json(const LogRecord& record) {
  nlohmann::ordered_json json;
  json["event"] = std::string(record.event);
  json["message"] = record.message;
  for (const auto& [name, value] : record.fields) json["fields"][name] = value;
  const std::string text = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return text.substr(1, text.size() - 2);
}

}  // namespace

void set_up_logging(std::string_view level, bool json) {
  const auto threshold = parse_level(level);
  if (threshold == spdlog::level::off) return set_log_sink({});
  auto logger = std::make_shared<spdlog::logger>("millrace", std::make_shared<ScreenSink>());
  logger->set_level(threshold);
  logger->set_pattern(json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  const bool everything = threshold <= spdlog::level::info;
  set_log_sink([logger, json, everything](const LogRecord& record) {
    if (!everything && told_otherwise(record.event)) return;
    const auto record_level = to_spdlog(record.level);
    if (logger->should_log(record_level)) logger->log(record_level, "{}", json ? as_json(record) : as_text(record));
  });
}

}  // namespace millrace::cli
