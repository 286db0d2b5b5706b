#include "commands/commands.hpp"
#include "connect.hpp"
#include "exit_status.hpp"
#include "millrace/load/runs.hpp"
#include "output.hpp"

namespace millrace::cli {

int run_command(const DdlCommand& command) {
  const auto connection = connect(command.connection);
  const Dialect& dialect = connection->dialect();
  std::string script;
  for (const std::string& statement : state_ddl(dialect, command.connection.state_schema)) script += statement + ";\n";
  for (const std::string& statement : state_grants(dialect, command.connection.state_schema, command.grantee)) script += statement + ";\n";
  return print(script) ? kOk : kFailed;
}

}  // namespace millrace::cli
