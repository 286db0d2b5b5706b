#include "commands/commands.hpp"
#include "connect.hpp"
#include "exit_status.hpp"
#include "millrace/load/runs.hpp"
#include "output.hpp"

namespace millrace::cli {

int run_command(const DiscardCommand& command) {
  const auto connection = connect(command.connection);
  const std::int64_t rows = discard_run(*connection, command.connection.state_schema, command.run_id);
  print("Run " + command.run_id + ": staged rows removed: " + std::to_string(rows) + "\n");
  return kOk;
}

}  // namespace millrace::cli
