#include "application.hpp"

#include <exception>
#include <variant>

#include "arguments.hpp"
#include "commands/commands.hpp"
#include "exit_status.hpp"
#include "logging.hpp"
#include "millrace/access/error.hpp"
#include "output.hpp"
#include "signals.hpp"

namespace millrace::cli {

int run_command(const PrintCommand& command) { return print(command.text) ? kOk : kFailed; }

int run(const std::vector<std::string>& arguments) {
  constexpr int kUnknown = 4;
  ignore_broken_pipes();
  try {
    const Arguments parsed = parse_arguments(arguments);
    set_up_logging(parsed.logging.level, parsed.logging.json);
    return std::visit([](const auto& command) { return run_command(command); }, parsed.command);
  } catch (const UsageError& error) {
    print_error(error.what());
    return kUsage;
  } catch (const InDoubtError& error) {
    print_error(error.what());
    return kUnknown;
  } catch (const std::exception& error) {
    print_error(error.what());
    return kFailed;
  }
}

}  // namespace millrace::cli
