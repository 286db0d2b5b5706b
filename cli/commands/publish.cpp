#include "commands/commands.hpp"
#include "connect.hpp"
#include "exit_status.hpp"
#include "millrace/load/runs.hpp"
#include "output.hpp"

namespace millrace::cli {

int run_command(const PublishCommand& command) {
  const auto connection = connect(command.connection);
  const RunReport report = publish_run(*connection, command.connection.state_schema, command.run_id);
  const bool printed = print(command.json ? to_json(report) + "\n" : to_text(report));
  if (!report.error.empty()) print_error(report.error);
  return report.exit_status() == kOk && !printed ? kFailed : report.exit_status();
}

}  // namespace millrace::cli
