#include "load/direct_reload.hpp"

#include "load/unit_rows.hpp"
#include "load/unit_sink.hpp"

namespace millrace {

void reload_directly(Connection& connection, RunContext& run, Source& source, bool allow_empty, RunReport& report, const std::function<void()>& on_tick) {
  const LoadPlan& plan = run.plan;
  const Dialect& dialect = connection.dialect();
  const auto count = [&] { return connection.query_value("SELECT " + dialect.count_rows() + " FROM " + dialect.quote(plan.target.name)).as<std::int64_t>(); };
  std::int64_t units = 0;
  LoadTotals totals;
  totals.sums.resize(plan.summed.size());
  BatchComposer composer(plan, 0);
  const auto rows = streaming_rows(source.make_decoder(plan.decode));
  const auto started = std::chrono::steady_clock::now();
  const std::stop_callback on_stop(run.stop, [&connection] { connection.cancel(); });

  // A TRUNCATE that has to be the transaction's first statement leaves no room for a lock: what it removes is counted as good as can be.
  const auto irrevocable = plan.cascade ? std::nullopt : dialect.irrevocable_truncate(plan.target.name);
  std::int64_t before = irrevocable ? count() : 0;
  Transaction transaction(connection);
  if (irrevocable) {
    run.target_emptied = true;
    connection.execute(*irrevocable);
  } else {
    for (const std::string& sql : dialect.lock_for_publish(plan.target)) connection.execute(sql);
    before = count();
    connection.truncate(plan.target.name, plan.cascade);
  }
  const auto writer = connection.open_writer(plan.target.name, plan.written_columns());
  while (const auto unit = source.next_unit()) {
    if (run.stop.stop_requested()) throw stopped_error();
    run.counters.unit_read(*unit);
    std::vector<Reject> rejects;
    rows->start(*unit);
    while (RecordBatch* batch = rows->next(rejects)) {
      const RecordBatch& composed = composer.compose(*batch);
      for (std::size_t i = 0; i < totals.sums.size(); ++i) add_column(totals.sums[i], composed.column(plan.summed[i]));
      totals.accepted += static_cast<std::int64_t>(composed.rows());
      if (composed.rows() > 0) writer->write(composed);
      composer.give_back(*batch);
    }
    run.reject_file.write(*unit, rejects);
    run.limiter.add(static_cast<std::int64_t>(rejects.size()));
    if (run.limiter.exceeded_now()) throw reject_limit_error(run.limiter, rejects.front(), run.reject_file.path());
    totals.read += unit->rows;
    totals.rejected += static_cast<std::int64_t>(rejects.size());
    ++units;
    on_tick();
  }
  const std::int64_t written = writer->finish().rows;
  report.counts.read = totals.read;
  report.counts.accepted = totals.accepted;
  report.counts.rejected = totals.rejected;
  if (run.limiter.exceeded_at_end(totals.read)) throw DataError(std::to_string(totals.rejected) + " of " + std::to_string(totals.read) + " records were rejected and --max-rejects allows " + run.limiter.limit_text() + "; see " + run.reject_file.path());
  if (totals.accepted == 0 && !allow_empty) throw ConfigError("no record was accepted, so the reload would empty table " + to_string(plan.target.name) + "; pass --allow-empty if that is meant");

  RunReport done = report;
  done.counts.inserted = written;
  done.counts.deleted = before;
  done.target_rows = count();
  Reconciliation checks;
  expect_records(checks, totals);
  checks.expect("rows accepted = rows the server took", totals.accepted, written);
  checks.expect("rows accepted = rows of the target", totals.accepted, *done.target_rows);
  for (std::size_t i = 0; i < plan.summed.size(); ++i) {
    const ColumnInfo& column = plan.columns[plan.summed[i]];
    const std::string expected = totals.sums[i].to_string(column.type.scale);
    const Value sum = connection.query_value("SELECT " + dialect.sum_expression(column.name, column.type) + " FROM " + dialect.quote(plan.target.name));
    const std::string actual = ExactSum::parse(sum.is_null() ? "0" : sum.as<std::string>(), column.type.scale).to_string(column.type.scale);
    checks.expect("sum of " + column.name + " in the target", expected, actual);
    done.control_totals.push_back({column.name, expected, actual});
  }
  judge(checks, done);
  done.state = RunState::published;
  RunRepository runs(connection, plan.state);
  ReconciliationRepository(connection, plan.state).save(plan.run_id, done.checks);
  if (!runs.transition(plan.run_id, {RunState::loading}, RunState::published)) throw ConfigError("run " + plan.run_id + " was taken by another process");
  done.writers = {{0, units, totals.accepted, totals.rejected, 0, std::chrono::steady_clock::now() - started, std::chrono::nanoseconds(0)}};
  done.units = units;
  runs.save_report(done);
  transaction.commit();
  report = std::move(done);
  run.counters.units_committed(report.units, report.counts);
  const auto took = std::chrono::steady_clock::now() - started;
  run.counters.published(report.counts, took);
  log_published(report, took);
}

}  // namespace millrace
