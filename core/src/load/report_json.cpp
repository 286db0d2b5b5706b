#include <array>
#include <cmath>

#include <nlohmann/json.hpp>

#include "load/report_sections.hpp"
#include "millrace/access/error.hpp"
#include "millrace/load/report.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<Outcome, std::string_view>, 5> kOutcomes = {{
    {Outcome::loaded, "loaded"},
    {Outcome::failed, "failed"},
    {Outcome::loaded_with_rejects, "loaded_with_rejects"},
    {Outcome::partly_committed, "partly_committed"},
    {Outcome::unknown, "unknown"},
}};

Outcome parse_outcome(const std::string& text) {
  for (const auto& [outcome, word] : kOutcomes) {
    if (word == text) return outcome;
  }
  throw DataError("\"" + text + "\" is not the outcome of a run");
}

/// One table for both directions.
constexpr std::array<std::pair<const char*, std::int64_t RunCounts::*>, 9> kCounts = {{
    {"read", &RunCounts::read},
    {"accepted", &RunCounts::accepted},
    {"rejected", &RunCounts::rejected},
    {"staged", &RunCounts::staged},
    {"duplicates", &RunCounts::duplicates},
    {"inserted", &RunCounts::inserted},
    {"updated", &RunCounts::updated},
    {"unchanged", &RunCounts::unchanged},
    {"deleted", &RunCounts::deleted},
}};

// A double holds the nanoseconds of a hundred days exactly enough to be rounded back.
double to_seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }
std::chrono::nanoseconds from_seconds(const Json& seconds) { return std::chrono::nanoseconds(std::llround(seconds.get<double>() * 1e9)); }

Json to_json_value(const WriterStats& w) {
  return {{"worker", w.worker}, {"units", w.units}, {"rows", w.rows}, {"rejects", w.rejects}, {"replays", w.replays},
          {"busy_seconds", to_seconds(w.busy)}, {"wait_seconds", to_seconds(w.wait)}};
}

WriterStats writer_of(const Json& json) {
  WriterStats w;
  w.worker = json.at("worker").get<int>();
  json.at("units").get_to(w.units);
  json.at("rows").get_to(w.rows);
  json.at("rejects").get_to(w.rejects);
  json.at("replays").get_to(w.replays);
  w.busy = from_seconds(json.at("busy_seconds"));
  w.wait = from_seconds(json.at("wait_seconds"));
  return w;
}

void read_lists(const Json& json, RunReport& report) {
  for (const Json& total : json.at("control_totals")) {
    report.control_totals.push_back({total.at("column").get<std::string>(), total.at("source").get<std::string>(), total.at("server").is_null() ? std::string() : total.at("server").get<std::string>()});
  }
  for (const Json& writer : json.at("writers")) report.writers.push_back(writer_of(writer));
  for (const Json& check : json.at("checks")) {
    report.checks.push_back({check.at("name").get<std::string>(), check.at("expected").get<std::string>(), check.at("actual").get<std::string>()});
  }
  json.at("notes").get_to(report.notes);
  json.at("planned_sql").get_to(report.planned_sql);
}

RunReport report_of(const Json& json) {
  RunReport report;
  json.at("run_id").get_to(report.run_id);
  json.at("source").get_to(report.source);
  json.at("target").get_to(report.target);
  json.at("database").get_to(report.database);
  json.at("mode").get_to(report.mode);
  report.state = parse_run_state(json.at("state").get<std::string>());
  report.outcome = parse_outcome(json.at("outcome").get<std::string>());
  json.at("resumed").get_to(report.resumed);
  json.at("dry_run").get_to(report.dry_run);
  json.at("decoding_only_writers").get_to(report.decoding_only_writers);
  for (const auto& [name, member] : kCounts) json.at("counts").at(name).get_to(report.counts.*member);
  json.at("units").get_to(report.units);
  json.at("units_skipped").get_to(report.units_skipped);
  json.at("replays").get_to(report.replays);
  if (const Json& rows = json.at("target_rows"); !rows.is_null()) report.target_rows = rows.get<std::int64_t>();
  read_lists(json, report);
  json.at("reject_file").get_to(report.reject_file);
  report.duration = from_seconds(json.at("duration_seconds"));
  json.at("error").get_to(report.error);
  json.at("error_code").get_to(report.error_code);
  json.at("sqlstate").get_to(report.sqlstate);
  return report;
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  for (const auto& [known, word] : kOutcomes) {
    if (known == outcome) return word;
  }
  return "failed";
}

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

Json counts_to_json(const RunCounts& counts) {
  Json json;
  for (const auto& [name, member] : kCounts) json[name] = counts.*member;
  return json;
}

Json checks_to_json(const std::vector<ReconciliationCheck>& checks) {
  Json json = Json::array();
  for (const auto& check : checks) json.push_back({{"name", check.name}, {"expected", check.expected}, {"actual", check.actual}, {"ok", check.ok()}});
  return json;
}

Json report_to_json(const RunReport& report) {
  Json json;
  json["run_id"] = report.run_id;
  json["source"] = report.source;
  json["target"] = report.target;
  json["database"] = report.database;
  json["mode"] = report.mode;
  json["state"] = std::string(to_string(report.state));
  json["outcome"] = std::string(to_string(report.outcome));
  json["exit_status"] = report.exit_status();
  json["resumed"] = report.resumed;
  json["dry_run"] = report.dry_run;
  json["decoding_only_writers"] = report.decoding_only_writers;
  json["counts"] = counts_to_json(report.counts);
  json["units"] = report.units;
  json["units_skipped"] = report.units_skipped;
  json["replays"] = report.replays;
  json["target_rows"] = report.target_rows ? Json(*report.target_rows) : Json();
  json["control_totals"] = Json::array();
  for (const auto& total : report.control_totals) {
    const bool compared = !total.server.empty();  // a plain append has no server side
    json["control_totals"].push_back({{"column", total.column}, {"source", total.source}, {"server", compared ? Json(total.server) : Json()},
                                      {"equal", compared ? Json(total.source == total.server) : Json()}});
  }
  json["writers"] = Json::array();
  for (const WriterStats& writer : report.writers) json["writers"].push_back(to_json_value(writer));
  json["reconciled"] = report.reconciled();
  json["checks"] = checks_to_json(report.checks);
  json["notes"] = report.notes;
  json["planned_sql"] = report.planned_sql;
  json["reject_file"] = report.reject_file;
  json["duration_seconds"] = to_seconds(report.duration);
  json["rows_per_second"] = report.rows_per_second();
  json["error"] = report.error;
  json["error_code"] = report.error_code;
  json["sqlstate"] = report.sqlstate;
  return json;
}

std::string to_json(const RunReport& report) { return dump(report_to_json(report)); }

RunReport parse_report(std::string_view json) {
  try {
    return report_of(Json::parse(json));
  } catch (const nlohmann::json::exception& error) {
    throw DataError(std::string("the text is not the report of a run: ") + error.what());
  }
}

}  // namespace millrace
