#include "millrace/load/runs.hpp"

#include "commands/commands.hpp"
#include "connect.hpp"
#include "exit_status.hpp"
#include "output.hpp"

namespace millrace::cli {

int run_command(const RunsCommand& command) {
  const auto connection = connect(command.connection);
  const auto runs = list_runs(*connection, command.connection.state_schema);
  return print(command.json ? to_json(runs) + "\n" : to_text(runs)) ? kOk : kFailed;
}

}  // namespace millrace::cli
