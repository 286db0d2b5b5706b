// Runs for people and as JSON.

#include <nlohmann/json.hpp>

#include "load/report_sections.hpp"
#include "load/text_table.hpp"
#include "millrace/load/runs.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;
using Align = TextTable::Align;

Json summary_to_json(const RunSummary& run) {
  return {{"run_id", run.run_id}, {"state", std::string(to_string(run.state))}, {"mode", run.mode}, {"source", run.source}, {"target", run.target},
          {"started_at", run.started_at}, {"updated_at", run.updated_at}, {"counts", counts_to_json(run.counts)}, {"error", run.error}};
}

/// A unit's control sums are kept as JSON already; what can not be read is shown as it is.
Json sums_to_json(const std::string& text) {
  Json sums = Json::parse(text, nullptr, false);
  return sums.is_discarded() ? Json(text) : sums;
}

Json entry_to_json(const LedgerEntry& entry) {
  return {{"first_src_row", entry.first_src_row}, {"last_src_row", entry.last_src_row}, {"byte_offset", entry.byte_offset}, {"byte_length", entry.byte_length},
          {"first_line", entry.first_line}, {"accepted", entry.accepted}, {"rejected", entry.rejected}, {"worker", entry.worker}, {"hash", entry.hash},
          {"control_sums", sums_to_json(entry.control_sums)}, {"committed_at", entry.committed_at}};
}

std::string ledger_section(const std::vector<LedgerEntry>& ledger) {
  if (ledger.empty()) return "\nLedger: no unit is committed\n";
  TextTable table({Align::right, Align::right, Align::right, Align::right, Align::right, Align::right, Align::right, Align::right, Align::left}, "  ");
  table.add({"first row", "last row", "line", "byte", "bytes", "accepted", "rejected", "writer", "committed at"});
  for (const LedgerEntry& e : ledger) {
    table.add({std::to_string(e.first_src_row), std::to_string(e.last_src_row), std::to_string(e.first_line), std::to_string(e.byte_offset),
               std::to_string(e.byte_length), std::to_string(e.accepted), std::to_string(e.rejected), std::to_string(e.worker), e.committed_at});
  }
  return "\nLedger: " + std::to_string(ledger.size()) + (ledger.size() == 1 ? " committed unit\n" : " committed units\n") + table.text();
}

}  // namespace

std::string to_text(const std::vector<RunSummary>& runs) {
  if (runs.empty()) return "No runs.\n";
  TextTable table({Align::left, Align::left, Align::left, Align::left, Align::right, Align::right, Align::left, Align::left});
  table.add({"RUN", "STATE", "MODE", "TARGET", "READ", "REJECTED", "STARTED (UTC)", "SOURCE"});
  for (const RunSummary& run : runs) {
    table.add({run.run_id, std::string(to_string(run.state)), run.mode, run.target, std::to_string(run.counts.read), std::to_string(run.counts.rejected),
               run.started_at, run.source});
  }
  return table.text();
}

std::string to_json(const std::vector<RunSummary>& runs) {
  Json json = Json::array();
  for (const RunSummary& run : runs) json.push_back(summary_to_json(run));
  return dump(json);
}

std::string to_text(const RunDetails& run) {
  const RunSummary& summary = run.summary;
  TextTable facts({Align::left, Align::left}, "  ");
  facts.add({"source", summary.source});
  facts.add({"target", summary.target});
  facts.add({"mode", summary.mode});
  facts.add({"state", std::string(to_string(summary.state))});
  facts.add({"started", summary.started_at + " UTC"});
  facts.add({"updated", summary.updated_at + " UTC"});
  if (run.report) facts.add({"duration", seconds_text(run.report->duration) + " s"});
  std::string text = "Run " + summary.run_id + "\n" + facts.text() + counts_section(summary.counts, run.report ? run.report->reject_file : "",
                                                                                             run.report ? run.report->target_rows : std::nullopt);
  if (run.report) text += writers_section(*run.report);
  text += ledger_section(run.ledger) + checks_section(run.checks);
  if (!summary.error.empty()) text += "\nError: " + summary.error + "\n";
  return text;
}

std::string to_json(const RunDetails& run) {
  Json json = summary_to_json(run.summary);
  json["ledger"] = Json::array();
  for (const LedgerEntry& entry : run.ledger) json["ledger"].push_back(entry_to_json(entry));
  json["checks"] = checks_to_json(run.checks);
  json["report"] = run.report ? report_to_json(*run.report) : Json();
  return dump(json);
}

}  // namespace millrace
