#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>

#include "load/report_sections.hpp"
#include "load/text_table.hpp"
#include "millrace/access/error.hpp"
#include "millrace/load/report.hpp"

namespace millrace {
namespace {

using Align = TextTable::Align;

constexpr std::array<std::pair<RunState, std::string_view>, 6> kStates = {{
    {RunState::loading, "loading"},
    {RunState::loaded, "loaded"},
    {RunState::publishing, "publishing"},
    {RunState::published, "published"},
    {RunState::failed, "failed"},
    {RunState::abandoned, "abandoned"},
}};

std::int64_t written_rows(const RunReport& report) {
  if (report.writers.empty()) return report.counts.accepted;
  return std::accumulate(report.writers.begin(), report.writers.end(), std::int64_t{0}, [](std::int64_t sum, const WriterStats& w) { return sum + w.rows; });
}

std::string headline(const RunReport& report) {
  const std::string run = report.run_id.empty() ? "Run" : "Run " + report.run_id;
  switch (report.outcome) {
    case Outcome::failed: return report.dry_run ? run + ": the dry run failed" : run + ": FAILED, the target is as it was";
    case Outcome::partly_committed: return run + ": FAILED after " + std::to_string(report.counts.accepted) + " rows were committed";
    case Outcome::unknown: return run + ": OUTCOME UNKNOWN, millrace show " + report.run_id + " settles it";
    case Outcome::loaded:
    case Outcome::loaded_with_rejects: break;
  }
  const std::string rejects = report.outcome == Outcome::loaded_with_rejects ? ", " + std::to_string(report.counts.rejected) + (report.counts.rejected == 1 ? " record rejected" : " records rejected") : "";
  if (report.dry_run) return run + ": dry run, nothing was written" + rejects;
  if (report.state == RunState::loaded) return run + ": staged" + rejects + "; millrace publish " + report.run_id + " publishes it";
  return run + ": loaded" + rejects;
}

std::string facts_section(const RunReport& report) {
  TextTable table({Align::left, Align::left}, "  ");
  table.add({"source", report.source});
  table.add({"target", report.target});
  table.add({"database", report.database});
  table.add({"mode", report.mode});
  if (!report.dry_run) table.add({"state", std::string(to_string(report.state)) + (report.resumed ? " (resumed)" : "")});
  table.add({"duration", seconds_text(report.duration) + " s"});
  char rate[32];
  std::snprintf(rate, sizeof rate, "%.0f", report.rows_per_second());
  table.add({"rows/s", rate});
  table.add({"units", std::to_string(report.units) + (report.units_skipped ? " (" + std::to_string(report.units_skipped) + " committed by an earlier attempt)" : "")});
  table.add({"replays", std::to_string(report.replays)});
  return table.text();
}

std::string totals_section(const RunReport& report) {
  if (report.control_totals.empty()) return {};
  TextTable table({Align::left, Align::right, Align::right, Align::left}, "  ");
  table.add({"column", "source", "server", ""});
  for (const auto& total : report.control_totals) table.add({total.column, total.source, total.server, total.server.empty() ? "not compared" : total.source == total.server ? "equal" : "DIFFERS"});
  return "\nControl totals\n" + table.text();
}

std::string verdict(const RunReport& report) {
  if (report.checks.empty()) return report.dry_run ? "" : "\nReconciliation: not done\n";
  return checks_section(report.checks);
}

std::string sql_section(const RunReport& report) {
  if (report.planned_sql.empty()) return {};
  std::string text = "\nSQL that would run\n";
  for (const std::string& sql : report.planned_sql) text += "  " + sql + ";\n";
  return text;
}

}  // namespace

std::string_view to_string(RunState state) {
  for (const auto& [known, word] : kStates) {
    if (known == state) return word;
  }
  return "failed";
}

RunState parse_run_state(std::string_view text) {
  for (const auto& [state, word] : kStates) {
    if (word == text) return state;
  }
  throw DataError("\"" + std::string(text) + "\" is not the state of a run; it may have been written by a newer version of Millrace");
}

bool RunReport::reconciled() const {
  return !checks.empty() && std::all_of(checks.begin(), checks.end(), [](const ReconciliationCheck& check) { return check.ok(); });
}

double RunReport::rows_per_second() const {
  const double seconds = std::chrono::duration<double>(duration).count();
  return seconds > 0 ? static_cast<double>(written_rows(*this)) / seconds : 0;
}

std::string seconds_text(std::chrono::nanoseconds duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", std::chrono::duration<double>(duration).count());
  return text;
}

std::string counts_section(const RunCounts& counts, const std::string& reject_file, std::optional<std::int64_t> target_rows) {
  TextTable table({Align::left, Align::right, Align::left}, "  ");
  const auto row = [&](const char* name, std::int64_t count, const std::string& remark = {}) { table.add({name, std::to_string(count), remark}); };
  row("read", counts.read);
  row("rejected", counts.rejected, reject_file.empty() || counts.rejected == 0 ? "" : "see " + reject_file);
  row("accepted", counts.accepted);
  row("staged", counts.staged);
  row("duplicates", counts.duplicates);
  row("inserted", counts.inserted);
  row("updated", counts.updated);
  row("unchanged", counts.unchanged);
  row("deleted", counts.deleted);
  if (target_rows) row("in the target now", *target_rows);
  return "\nRows\n" + table.text();
}

std::string writers_section(const RunReport& report) {
  if (report.writers.empty()) return {};
  TextTable table({Align::right, Align::right, Align::right, Align::right, Align::right, Align::right, Align::right}, "  ");
  table.add({"writer", "units", "rows", "rejects", "replays", "busy s", "wait s"});
  for (const WriterStats& w : report.writers) {
    table.add({std::to_string(w.worker), std::to_string(w.units), std::to_string(w.rows), std::to_string(w.rejects), std::to_string(w.replays),
               seconds_text(w.busy), seconds_text(w.wait)});
  }
  return std::string("\nWriters") + (report.decoding_only_writers ? " (they decode; one connection writes)" : "") + "\n" + table.text();
}

std::string checks_section(const std::vector<ReconciliationCheck>& checks) {
  if (checks.empty()) return "\nReconciliation: none recorded\n";
  const auto failed = std::count_if(checks.begin(), checks.end(), [](const ReconciliationCheck& check) { return !check.ok(); });
  const std::string all = std::to_string(checks.size()) + (checks.size() == 1 ? " check" : " checks");
  std::string text = "\nReconciliation: " + (failed == 0 ? "OK, " + all + (checks.size() == 1 ? " holds" : " hold") : "FAILED, " + std::to_string(failed) + " of " + all + " differ") + "\n";
  TextTable table({Align::left, Align::left, Align::right, Align::right}, "  ");
  table.add({"", "check", "expected", "actual"});
  for (const ReconciliationCheck& check : checks) table.add({check.ok() ? "ok" : "DIFFERS", check.name, check.expected, check.actual});
  return text + table.text();
}

std::string to_text(const RunReport& report) {
  std::string text = headline(report) + "\n" + facts_section(report) + counts_section(report.counts, report.reject_file, report.target_rows);
  text += totals_section(report) + writers_section(report) + verdict(report) + sql_section(report);
  for (const std::string& note : report.notes) text += "\nNote: " + note + "\n";
  if (!report.error.empty()) text += "\nError: " + report.error + (report.sqlstate.empty() ? "" : " (SQLSTATE " + report.sqlstate + ")") + "\n";
  return text;
}

}  // namespace millrace
