#pragma once
// The library logs to a sink that its user sets; silent by default. docs/logging.md lists the events.

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

enum class LogLevel : unsigned char { debug, info, warning, error };
std::string_view to_string(LogLevel level);

struct LogRecord {
  LogLevel level;
  std::string_view event;    ///< stable: "unit.replayed", "run.published", ...
  std::string message;       ///< one sentence for people
  std::vector<std::pair<std::string, std::string>> fields;
};
using LogSink = std::function<void(const LogRecord&)>;

/// Sets the process's sink; an empty one silences the library. The sink may be called from any thread, one call at a time.
void set_log_sink(LogSink sink);
/// Somebody listens. For callers who would build messages for nothing.
bool log_enabled() noexcept;
void log(LogLevel level, std::string_view event, std::string message, std::vector<std::pair<std::string, std::string>> fields = {});

}  // namespace millrace
