// Millrace's Arrow functions with a C interface, for the tests that call them from Python.

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "millrace/access/arrow.hpp"
#include "millrace/backends.hpp"

namespace {

using namespace millrace;

struct Bridge {
  DriverRegistry drivers = default_drivers();
  std::unique_ptr<Connection> connection;
};

// Of the last call that failed on this thread.
thread_local std::string last_message;
thread_local std::string last_column;
thread_local std::int64_t last_row = -1;

/// What `call` returns, or `failed` when it throws.
template <class T, class F> T guarded(T failed, F&& call) {
  try {
    return call();
  } catch (const Error& error) {
    last_message = error.what();
    last_column = error.info().column;
    last_row = error.info().row;
  } catch (const std::exception& error) {
    last_message = error.what();
    last_column.clear();
    last_row = -1;
  }
  return failed;
}

std::vector<std::string> lines(const char* text) {
  std::vector<std::string> out;
  std::string line;
  for (; *text; ++text) {
    if (*text != '\n') line += *text;
    else out.push_back(std::exchange(line, {}));
  }
  if (!line.empty()) out.push_back(line);
  return out;
}

Connection& connection_of(void* bridge) { return *static_cast<Bridge*>(bridge)->connection; }

}  // namespace

#define BRIDGE extern "C" __attribute__((visibility("default")))

BRIDGE void* millrace_open(const char* url) {
  return guarded<void*>(nullptr, [&] {
    auto bridge = std::make_unique<Bridge>();
    bridge->connection = bridge->drivers.connect(ConnectionConfig::from_url(url));
    return bridge.release();
  });
}

BRIDGE void millrace_close(void* bridge) { delete static_cast<Bridge*>(bridge); }

BRIDGE int millrace_execute(void* bridge, const char* sql) {
  return guarded(-1, [&] { return connection_of(bridge).execute(sql), 0; });
}

/// @param columns  one a line; empty: all
/// @return rows, or -1
BRIDGE std::int64_t millrace_copy_in(void* bridge, const char* table, ArrowArrayStream* stream, const char* columns) {
  return guarded<std::int64_t>(-1, [&] { return copy_from_arrow(connection_of(bridge), table, stream, lines(columns)); });
}

BRIDGE int millrace_copy_out(void* bridge, const char* sql, ArrowArrayStream* stream) {
  return guarded(-1, [&] { return copy_to_arrow(connection_of(bridge), sql, stream), 0; });
}

BRIDGE const char* millrace_message() { return last_message.c_str(); }
BRIDGE const char* millrace_column() { return last_column.c_str(); }
BRIDGE std::int64_t millrace_row() { return last_row; }
