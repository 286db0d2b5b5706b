#include <chrono>
#include <cstdio>

#include "commands/commands.hpp"
#include "connect.hpp"
#include "exit_status.hpp"
#include "millrace/backends.hpp"
#include "output.hpp"

namespace millrace::cli {
namespace {

/// The fastest of a few: the first one pays for caches and lazy work.
double round_trip_ms(Connection& connection) {
  constexpr int kPings = 3;
  auto fastest = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < kPings; ++i) {
    const auto start = std::chrono::steady_clock::now();
    connection.ping();
    fastest = std::min(fastest, std::chrono::steady_clock::now() - start);
  }
  return std::chrono::duration<double, std::milli>(fastest).count();
}

}  // namespace

int run_command(const PingCommand& command) {
  const ConnectionConfig config = connection_config(command.connection);
  const auto start = std::chrono::steady_clock::now();
  const auto connection = default_drivers().connect(config);
  const double connected = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  const double round_trip = round_trip_ms(*connection);
  const ServerInfo server = connection->server();
  char times[96];
  std::snprintf(times, sizeof times, "connected in %.1f ms, round trip %.2f ms", connected, round_trip);
  return print(server.product + " " + server.version + " at " + config.display() + ": " + times + "\n") ? kOk : kFailed;
}

}  // namespace millrace::cli
