#include <pthread.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <stop_token>

#include "commands/commands.hpp"
#include "commands/resume_hint.hpp"
#include "connect.hpp"
#include "exit_status.hpp"
#include "millrace/access/error.hpp"
#include "millrace/backends.hpp"
#include "millrace/load/loader.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "signals.hpp"

namespace millrace::cli {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UsageError("the job file " + path + " can not be read: " + std::strerror(errno));
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) throw UsageError("the job file " + path + " can not be read: " + std::strerror(errno));
  return text;
}

LoadJob make_job(const LoadCommand& command) {
  try {
    ConfigSources sources;
    sources.json_file = command.job_file;
    if (!command.job_file.empty()) sources.json = read_file(command.job_file);
    LoadJob job = read_job(sources, command.given);
    if (job.source.empty() && job.replay.empty() && job.resume.empty()) throw UsageError("nothing to load is given; name a file, or - for standard input");
    find_database(job, std::move(sources));
    job.validate();
    connection_config(job);
    return job;
  } catch (const ConfigError& error) {
    throw UsageError(error.what());
  }
}

/// @return false when the file could not be written, which is reported
bool write_report(const std::string& path, const RunReport& report) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << to_json(report) << "\n";
  file.close();
  if (file) return true;
  print_error("the report can not be written to " + path + (errno ? std::string(": ") + std::strerror(errno) : ""));
  return false;
}

void print_remarks(const RunReport& report, const LoadJob& job, int signal) {
  if (!report.error.empty()) print_error(report.error);
  else if (signal != 0 && report.outcome != Outcome::loaded && report.outcome != Outcome::loaded_with_rejects) print_error("the load was interrupted");
  if (report.outcome == Outcome::loaded_with_rejects && !report.dry_run) {
    print_error(std::to_string(report.counts.rejected) + (report.counts.rejected == 1 ? " record was rejected; it is in " : " records were rejected; they are in ") + report.reject_file + ": mend what is there and load it with --replay");
  }
  if (report.outcome == Outcome::unknown) print_error("millrace show " + report.run_id + " settles whether the run was committed");
  if (report.outcome == Outcome::partly_committed) print_error(std::to_string(report.counts.accepted) + " rows are committed");
  if (const auto hint = resume_hint(report, job)) print_error("to continue the run: " + *hint);
}

int exit_status(const RunReport& report, int signal) {
  // A run that ended well before it heard of the signal ended well; one with committed rows has to say so first of all.
  return signal != 0 && report.outcome == Outcome::failed ? kSignal + signal : report.exit_status();
}

}  // namespace

int run_command(const LoadCommand& command) {
  const LoadJob job = make_job(command);
  const DriverRegistry drivers = default_drivers();
  std::stop_source stop;
  SignalWatcher signals([&, reader = ::pthread_self()](int) {
    stop.request_stop();
    if (job.source == "-") break_standard_input(reader);
  });
  ProgressDisplay progress(ProgressDisplay::style_for(command.progress, ErrorScreen::is_terminal()));

  LoadEnvironment environment;
  environment.drivers = &drivers;
  environment.stop = stop.get_token();
  environment.on_progress = [&](const LoadProgress& now) { progress.update(now); };

  std::optional<RunReport> report;
  try {
    report = run_load(job, std::move(environment));
  } catch (const Error& error) {
    progress.finish();
    if (signals.received() == 0) throw;
    print_error(error.what());
    return kSignal + signals.received();
  }
  progress.finish();

  const bool printed = print(command.json ? to_json(*report) + "\n" : to_text(*report));
  const bool written = command.report_file.empty() || write_report(command.report_file, *report);
  print_remarks(*report, job, signals.received());
  const int status = exit_status(*report, signals.received());
  return status == kOk && !(printed && written) ? kFailed : status;
}

}  // namespace millrace::cli
