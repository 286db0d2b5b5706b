#pragma once
// What the commands do. Each returns the exit status; what they throw is reported by run().

#include "arguments.hpp"

namespace millrace::cli {

int run_command(const PrintCommand& command);
int run_command(const LoadCommand& command);
int run_command(const RunsCommand& command);
int run_command(const ShowCommand& command);
int run_command(const PublishCommand& command);
int run_command(const DiscardCommand& command);
int run_command(const PingCommand& command);
int run_command(const DdlCommand& command);

}  // namespace millrace::cli
