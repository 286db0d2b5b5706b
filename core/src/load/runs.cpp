#include "millrace/load/runs.hpp"

#include "load/publisher.hpp"
#include "millrace/load/reconciliation.hpp"
#include "millrace/load/staging.hpp"

namespace millrace {
namespace {

StateTables find_tables(Connection& connection, std::string_view state_schema) {
  const Dialect& dialect = connection.dialect();
  const StateTables tables = StateTables::in(dialect, state_schema.empty() ? std::string() : dialect.parse_identifier(state_schema));
  require_state_tables(connection, tables);
  return tables;
}

RunRecord require_run(Connection& connection, const StateTables& tables, std::string_view run_id) {
  if (auto run = RunRepository(connection, tables).find(run_id)) return *std::move(run);
  throw ConfigError("there is no run " + std::string(run_id) + " in " + to_string(tables.run) + "; `millrace runs` lists them");
}

LoadPlan plan_of(Connection& connection, const RunRecord& run, const StateTables& tables) {
  LoadPlan plan = plan_from_json(run.plan, connection.describe(target_of_plan(run.plan)), connection.dialect(), run.summary.run_id);
  plan.state = tables;  // where they were found
  return plan;
}

RunReport kept_report(const RunRecord& run) {
  if (!run.report.empty()) return parse_report(run.report);
  RunReport report;
  report.run_id = run.summary.run_id;
  report.source = run.summary.source;
  report.target = run.summary.target;
  report.mode = run.summary.mode;
  report.state = run.summary.state;
  report.counts = run.summary.counts;
  return report;
}

Outcome outcome_of(const RunReport& report) { return report.counts.rejected > 0 ? Outcome::loaded_with_rejects : Outcome::loaded; }

}  // namespace

std::vector<RunSummary> list_runs(Connection& connection, std::string_view state_schema) {
  const StateTables tables = find_tables(connection, state_schema);
  return RunRepository(connection, tables).list();
}

RunDetails show_run(Connection& connection, std::string_view state_schema, std::string_view run_id) {
  const StateTables tables = find_tables(connection, state_schema);
  const RunRecord run = require_run(connection, tables, run_id);
  RunDetails details;
  details.summary = run.summary;
  if (!run.report.empty()) details.report = parse_report(run.report);
  details.ledger = Ledger(connection, tables, std::string(run_id)).entries();
  details.checks = ReconciliationRepository(connection, tables).of_run(run_id);
  return details;
}

RunReport publish_run(Connection& connection, std::string_view state_schema, std::string_view run_id, LoadMetrics* metrics) {
  const StateTables tables = find_tables(connection, state_schema);
  const RunRecord run = require_run(connection, tables, run_id);
  RunReport report = kept_report(run);
  if (run.summary.state == RunState::published) {
    report.outcome = Outcome::loaded;  // nothing was left to do
    return report;
  }
  if (run.summary.state != RunState::loaded) {
    throw ConfigError("run " + std::string(run_id) + " is " + std::string(to_string(run.summary.state)) + ", only a loaded run can be published; continue it with `millrace load --resume " + std::string(run_id) + "`");
  }
  const LoadPlan plan = plan_of(connection, run, tables);
  if (!plan.staged) throw ConfigError("run " + std::string(run_id) + " appends straight into its target; there is nothing to publish");
  const LoadJob job = job_of_plan(run.plan);
  const LoadTotals totals = totals_of(Ledger(connection, tables, plan.run_id).entries(), plan, run.summary.counts.read);
  const auto started = std::chrono::steady_clock::now();
  connection.prepare_for_load({});
  report.state = RunState::loaded;
  try {
    publish(connection, plan, totals, {job.keep_staging, job.allow_empty}, report);
    report.outcome = outcome_of(report);
    const auto took = std::chrono::steady_clock::now() - started;
    LoadCounters(metrics).published(report.counts, took);
    log_published(report, took);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::config || !connection.usable()) throw;
    report.outcome = Outcome::failed;
    report.error = error.what();
    report.error_code = std::string(to_string(error.code()));
    report.sqlstate = error.sqlstate();
    if (report.sqlstate.starts_with("23")) report.error += find_refused_row(connection, plan, error);
    if (!report.checks.empty()) ReconciliationRepository(connection, tables).save(run_id, report.checks);
    RunRepository(connection, tables).save_report(report);
  }
  report.duration = std::chrono::steady_clock::now() - started;
  return report;
}

std::int64_t discard_run(Connection& connection, std::string_view state_schema, std::string_view run_id) {
  const StateTables tables = find_tables(connection, state_schema);
  const RunRecord run = require_run(connection, tables, run_id);
  const LoadPlan plan = plan_of(connection, run, tables);
  Transaction transaction(connection);
  if (run.summary.state == RunState::published) {  // what --keep-staging kept
    const std::int64_t kept = plan.staged ? StagingRepository(connection, plan.staging, plan.staged_rows).dispose() : 0;
    transaction.commit();
    return kept;
  }
  const bool mine = RunRepository(connection, tables).transition(run_id, {RunState::loading, RunState::loaded, RunState::failed, RunState::abandoned}, RunState::abandoned);
  if (!mine) throw ConfigError("run " + std::string(run_id) + " is being published by another process and can not be discarded");
  const std::int64_t rows = plan.staged ? StagingRepository(connection, plan.staging, plan.staged_rows).dispose() : 0;
  transaction.commit();
  return rows;
}

}  // namespace millrace
