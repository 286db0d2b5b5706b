#include "commands/resume_hint.hpp"

namespace millrace::cli {

std::string shell_word(const std::string& text) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') word += "'\\''";
    else word += c;
  }
  return word + "'";
}

std::optional<std::string> resume_hint(const RunReport& report, const LoadJob& job) {
  const bool ended_badly = report.outcome == Outcome::failed || report.outcome == Outcome::partly_committed;
  if (!ended_badly || report.dry_run || report.run_id.empty() || report.state == RunState::abandoned || report.state == RunState::published) return std::nullopt;
  std::string command = "millrace load";
  // A replay's input is in the plan of its run.
  if (!job.source.empty()) command += " " + shell_word(job.source);
  command += " --resume " + shell_word(report.run_id) + " --to " + shell_word(job.display_database());
  if (!job.password_file.empty()) command += " --password-file " + shell_word(job.password_file);
  if (!job.state_schema.empty()) command += " --state-schema " + shell_word(job.state_schema);
  return command;
}

}  // namespace millrace::cli
