#pragma once
// From the command line to one struct per command.

#include <string>
#include <variant>
#include <vector>

namespace millrace::cli {

/// What commands other than load need to reach a database.
struct ConnectionOptions {
  std::string url;  ///< empty: DATABASE_URL
  std::string password_file;
  std::string state_schema;
};

struct LoggingOptions {
  std::string level = "warning";
  bool json = false;
};

struct LoadCommand {
  std::string job_file;
  std::string given;      ///< the options given, as a JSON object of job keys
  std::string progress = "auto";
  std::string report_file;
  bool json = false;
};
struct RunsCommand { ConnectionOptions connection; bool json = false; };
struct ShowCommand { ConnectionOptions connection; std::string run_id; bool json = false; };
struct PublishCommand { ConnectionOptions connection; std::string run_id; bool json = false; };
struct DiscardCommand { ConnectionOptions connection; std::string run_id; };
struct PingCommand { ConnectionOptions connection; };
struct DdlCommand { ConnectionOptions connection; std::string grantee; };
/// --help and --version: there is nothing to do but to print.
struct PrintCommand { std::string text; };

struct Arguments {
  std::variant<PrintCommand, LoadCommand, RunsCommand, ShowCommand, PublishCommand, DiscardCommand, PingCommand, DdlCommand> command;
  LoggingOptions logging;
};

/// @throws UsageError  one sentence that names the option and what to do; never a password
Arguments parse_arguments(const std::vector<std::string>& arguments);

}  // namespace millrace::cli
