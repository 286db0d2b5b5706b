#include "commands/commands.hpp"
#include "connect.hpp"
#include "exit_status.hpp"
#include "millrace/load/runs.hpp"
#include "output.hpp"

namespace millrace::cli {

int run_command(const ShowCommand& command) {
  const auto connection = connect(command.connection);
  const RunDetails run = show_run(*connection, command.connection.state_schema, command.run_id);
  return print(command.json ? to_json(run) + "\n" : to_text(run)) ? kOk : kFailed;
}

}  // namespace millrace::cli
