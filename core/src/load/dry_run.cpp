#include "load/dry_run.hpp"

#include "load/unit_sink.hpp"

namespace millrace {

std::vector<std::string> explain(const LoadPlan& plan, const Dialect& dialect) {
  std::vector<std::string> sql;
  std::vector<std::string> names;
  for (const ColumnInfo& column : plan.written_columns()) names.push_back(column.name);
  if (plan.staged) {
    for (std::string& statement : dialect.create_staging(plan.staging)) sql.push_back(std::move(statement));
  } else if (plan.direct_reload()) {
    if (const auto irrevocable = dialect.irrevocable_truncate(plan.target.name); irrevocable && !plan.cascade) sql.push_back(*irrevocable + "  -- can not be rolled back");
    sql.push_back("-- TRUNCATE " + dialect.quote(plan.target.name) + " and all units in one transaction");
  }
  sql.push_back("-- each unit, in one transaction with its row of " + dialect.quote(plan.state.ledger) + ": bulk write into " + dialect.quote(plan.written_table()) + " (" + dialect.quote_list(names) + ")");
  if (!plan.staged) return sql;
  const PublishPlan publish = plan.strategy()->plan(plan.publish_spec(true), dialect);
  for (const std::string& statement : dialect.analyze(plan.staging.name)) sql.push_back(statement);
  sql.insert(sql.end(), publish.locks.begin(), publish.locks.end());
  for (const PublishStatement& statement : publish.statements) sql.push_back(statement.sql);
  return sql;
}

void dry_run(const LoadPlan& plan, Source& source, const Dialect& dialect, int writers, RejectLimit limit, std::stop_token stop, RunReport& report, const std::function<void()>& on_tick) {
  DryRunTotals totals;
  WriterGroup group(writers, 0, [&](int) { return make_dry_run_sink(source, plan.decode, totals); });
  const std::stop_callback on_stop(stop, [&group] { group.request_stop(); });
  while (auto unit = source.next_unit()) {
    if (stop.stop_requested()) throw stopped_error();
    report.counts.read += unit->rows;
    ++report.units;
    group.push(std::move(*unit));
    on_tick();
  }
  group.close();
  if (stop.stop_requested()) throw stopped_error();
  report.writers = group.results();
  report.counts.accepted = totals.accepted;
  report.counts.rejected = totals.rejected;
  report.planned_sql = explain(plan, dialect);
  for (const Reject& reject : totals.samples) report.notes.push_back("would be rejected: " + describe(reject));
  RejectLimiter judged(limit);
  judged.add(totals.rejected);
  const bool passed = judged.exceeded_now() || judged.exceeded_at_end(report.counts.read);
  report.outcome = passed ? Outcome::failed : totals.rejected > 0 ? Outcome::loaded_with_rejects : Outcome::loaded;
  if (passed) {
    report.error = std::to_string(totals.rejected) + " of " + std::to_string(report.counts.read) + " records would be rejected and --max-rejects allows " + judged.limit_text();
    report.error_code = "data";
  }
}

}  // namespace millrace
