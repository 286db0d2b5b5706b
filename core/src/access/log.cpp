#include "millrace/access/log.hpp"

#include <atomic>
#include <mutex>

namespace millrace {
namespace {

struct Sink {
  std::mutex mutex;
  LogSink function;
};

// Never destroyed: threads may log while statics are taken down.
Sink& sink() {
  static Sink* const instance = new Sink;
  return *instance;
}

std::atomic<bool> g_enabled = false;
thread_local bool t_inside_sink = false;

}  // namespace

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  return "unknown";
}

void set_log_sink(LogSink function) {
  const std::lock_guard lock(sink().mutex);
  sink().function = std::move(function);
  g_enabled.store(static_cast<bool>(sink().function), std::memory_order_relaxed);
}

bool log_enabled() noexcept { return g_enabled.load(std::memory_order_relaxed); }

void log(LogLevel level, std::string_view event, std::string message, std::vector<std::pair<std::string, std::string>> fields) {
  if (t_inside_sink) return;  // a sink that uses the library must not call itself
  const std::lock_guard lock(sink().mutex);
  if (!sink().function) return;
  t_inside_sink = true;
  try {
    sink().function(LogRecord{level, event, std::move(message), std::move(fields)});
  } catch (...) {
    // A broken sink must not break a load.
  }
  t_inside_sink = false;
}

}  // namespace millrace
