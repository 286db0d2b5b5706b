#include "load/publisher.hpp"

#include <algorithm>

#include "millrace/access/log.hpp"
#include "millrace/load/reconciliation.hpp"
#include "millrace/load/staging.hpp"

namespace millrace {
namespace {

std::string lost_message(const std::vector<LedgerEntry>& ranges) {
  return "staged rows of " + std::to_string(ranges.size()) + " units are missing or surplus (the first at record " + std::to_string(ranges.front().first_src_row) +
         "); a server crash empties an unlogged staging table: continue the run with --resume, which sends them again";
}

std::int64_t count_rows(Connection& connection, const TableName& table) {
  const Dialect& dialect = connection.dialect();
  return connection.query_value("SELECT " + dialect.count_rows() + " FROM " + dialect.quote(table)).as<std::int64_t>();
}

/// Staged rows whose key is not in the target. Behind a merge there is none, unless a trigger or a rule dropped it: the server's counts can not tell
/// such a row from an unchanged one.
std::int64_t count_absent_keys(Connection& connection, const LoadPlan& plan) {
  const Dialect& dialect = connection.dialect();
  std::string matches;
  for (const std::string& name : plan.key) matches += (matches.empty() ? "" : " AND ") + ("t." + dialect.quote(name) + " = s." + dialect.quote(name));
  const StagedRows& staged = plan.staged_rows;
  return connection.query_value("SELECT " + dialect.count_rows() + " FROM " + dialect.quote(staged.table) + " s WHERE " + (staged.filter.empty() ? "" : staged.filter + " AND ") +
                                "NOT EXISTS (SELECT 1 FROM " + dialect.quote(plan.target.name) + " t WHERE " + matches + ")").as<std::int64_t>();
}

/// Staged rows of every ledger range, against what its unit committed.
std::int64_t check_ranges(StagingRepository& staging, Ledger& ledger) {
  const auto counts = staging.count_by_range(ledger);
  std::vector<LedgerEntry> lost;
  std::int64_t staged = 0;
  for (LedgerEntry& entry : ledger.entries()) {
    const auto found = counts.find(entry.first_src_row);
    const std::int64_t rows = found == counts.end() ? 0 : found->second;
    staged += rows;
    if (rows != entry.accepted) lost.push_back(std::move(entry));
  }
  if (!lost.empty()) throw StagingLost(std::move(lost));
  return staged;
}

struct Changes { std::int64_t inserted = 0, updated = 0, merged = 0, removed = 0; };

Changes run_statements(Connection& connection, const PublishPlan& plan) {
  Changes changes;
  for (const PublishStatement& statement : plan.statements) {
    const std::int64_t rows = connection.execute(statement.sql);
    switch (statement.role) {
      case StatementRole::insert: changes.inserted += rows; break;
      case StatementRole::update: changes.updated += rows; break;
      case StatementRole::merge: changes.merged += rows; break;
      case StatementRole::remove: changes.removed += rows; break;
      case StatementRole::prepare: break;
    }
  }
  return changes;
}

std::pair<std::int64_t, std::int64_t> two_numbers(Connection& connection, const std::string& sql) {
  const ResultSet result = connection.query(sql);
  return {result[0][0].as<std::int64_t>(), result[0][1].as<std::int64_t>()};
}

/// A merge whose statements report one total: the two parts come from the transaction's tuple counters where there are any and they add up to the
/// total, else (partition moves, triggers, counters off) from a counting join before the merge, or before its second try, under the same lock.
Changes run_merge(Connection& connection, const PublishPlan& plan) {
  const bool one_total = std::any_of(plan.statements.begin(), plan.statements.end(), [](const PublishStatement& s) { return s.role == StatementRole::merge; });
  if (!one_total) return run_statements(connection, plan);
  if (plan.change_counters) {
    Savepoint savepoint(connection, "millrace_merge");
    const auto before = two_numbers(connection, *plan.change_counters);
    Changes changes = run_statements(connection, plan);
    const auto after = two_numbers(connection, *plan.change_counters);
    changes.inserted += after.first - before.first;
    changes.updated += after.second - before.second;
    if (changes.inserted + changes.updated == changes.merged) {
      savepoint.release();
      return changes;
    }
  }
  const auto expected = two_numbers(connection, plan.counting_join);
  Changes changes = run_statements(connection, plan);
  changes.inserted = expected.first;
  changes.updated = expected.second;
  return changes;
}

void check_sums(Reconciliation& checks, StagingRepository& staging, const LoadPlan& plan, const LoadTotals& totals, RunReport& report) {
  for (std::size_t i = 0; i < plan.summed.size(); ++i) {
    const ColumnInfo& column = plan.columns[plan.summed[i]];
    const std::string source = totals.sums[i].to_string(column.type.scale);
    // Both as the same number of decimals: databases drop trailing zeros in different ways.
    const std::string server = ExactSum::parse(staging.sum(column), column.type.scale).to_string(column.type.scale);
    checks.expect("sum of " + column.name + " in staging", source, server);
    report.control_totals.push_back({column.name, source, server});
  }
}

/// Takes the run from one state to the next. @throws ConfigError  it is in another one
void move_state(Connection& connection, const LoadPlan& plan, RunState from, RunState to) {
  RunRepository runs(connection, plan.state);
  if (runs.transition(plan.run_id, {from}, to)) return;
  const auto run = runs.find(plan.run_id);
  throw ConfigError("run " + plan.run_id + " is " + (run ? std::string(to_string(run->summary.state)) : "gone") + ", not " + std::string(to_string(from)) + "; another process has taken it");
}

}  // namespace

StagingLost::StagingLost(std::vector<LedgerEntry> ranges) : DatabaseError(ErrorCode::data, lost_message(ranges)), ranges_(std::move(ranges)) {}

LoadTotals totals_of(const std::vector<LedgerEntry>& entries, const LoadPlan& plan, std::int64_t read) {
  LoadTotals totals;
  totals.read = read;
  totals.sums.resize(plan.summed.size());
  for (const LedgerEntry& entry : entries) {
    totals.accepted += entry.accepted;
    totals.rejected += entry.rejected;
    ++totals.units;
    const ControlSums sums = sums_from_json(entry.control_sums, plan);
    for (std::size_t i = 0; i < sums.size(); ++i) totals.sums[i].add(sums[i]);
  }
  return totals;
}

void expect_records(Reconciliation& checks, const LoadTotals& totals) {
  checks.expect("records read = accepted + rejected", totals.read, totals.accepted + totals.rejected);
}

void judge(const Reconciliation& checks, RunReport& report) {
  report.checks = checks.checks();
  if (checks.ok()) return;
  throw DataError("the reconciliation failed and nothing was published: " + checks.failure());
}

void check_staging(Connection& connection, const LoadPlan& plan) {
  StagingRepository staging(connection, plan.staging, plan.staged_rows);
  Ledger ledger(connection, plan.state, plan.run_id);
  check_ranges(staging, ledger);
}

void publish(Connection& connection, const LoadPlan& plan, const LoadTotals& totals, const PublishOptions& options, RunReport& report) {
  if (plan.mode == LoadMode::reload && totals.accepted == 0 && !options.allow_empty) {
    throw ConfigError("no record was accepted, so the reload would empty table " + to_string(plan.target.name) + "; pass --allow-empty if that is meant");
  }
  report.checks.clear();
  report.control_totals.clear();
  const auto strategy = plan.strategy();
  const Dialect& dialect = connection.dialect();
  StagingRepository staging(connection, plan.staging, plan.staged_rows);
  Ledger ledger(connection, plan.state, plan.run_id);
  RunCounts counts = report.counts;
  Reconciliation checks;

  Transaction transaction(connection);
  move_state(connection, plan, RunState::loaded, RunState::publishing);
  if (!staging.exists()) throw DatabaseError(ErrorCode::undefined_object, "staging table " + to_string(plan.staging.name) + " of run " + plan.run_id + " is gone; continue the run with --resume, which sends its rows again");
  staging.analyze();
  for (const std::string& sql : strategy->plan(plan.publish_spec(true), dialect).locks) connection.execute(sql);
  expect_records(checks, totals);
  const std::int64_t staged_in_ranges = check_ranges(staging, ledger);
  bool duplicates = false;
  if (plan.mode == LoadMode::merge) {
    const auto [staged, keys] = staging.count_keys(plan.key);
    counts.staged = staged;
    counts.duplicates = staged - keys;
    duplicates = counts.duplicates > 0;
  } else {
    counts.staged = staging.count();
  }
  checks.expect("rows accepted = rows staged", totals.accepted, counts.staged);
  checks.expect("rows staged = rows staged within the ledger's ranges", counts.staged, staged_in_ranges);
  check_sums(checks, staging, plan, totals, report);

  const std::int64_t before = count_rows(connection, plan.target.name);
  const PublishPlan sql = strategy->plan(plan.publish_spec(duplicates), dialect);
  const Changes changes = plan.mode == LoadMode::merge ? run_merge(connection, sql) : run_statements(connection, sql);
  const std::int64_t after = count_rows(connection, plan.target.name);
  counts.inserted = changes.inserted;
  counts.updated = changes.updated;
  switch (plan.mode) {
    case LoadMode::merge:
      counts.unchanged = counts.staged - counts.duplicates - changes.inserted - changes.updated;
      checks.expect("rows of the target before + inserted = after", before + changes.inserted, after);
      if (counts.unchanged > 0) checks.expect("staged rows whose key the target lacks", 0, count_absent_keys(connection, plan));
      if (counts.unchanged < 0) checks.expect("distinct keys >= inserted + updated", counts.staged - counts.duplicates, changes.inserted + changes.updated);
      break;
    case LoadMode::reload:
      counts.deleted = before;
      checks.expect("rows staged = rows inserted", counts.staged, changes.inserted);
      checks.expect("rows staged = rows of the target", counts.staged, after);
      break;
    case LoadMode::append:
      checks.expect("rows staged = rows inserted", counts.staged, changes.inserted);  // others may insert meanwhile: the table's count proves nothing
      break;
  }
  judge(checks, report);
  if (!options.keep_staging) staging.dispose();

  RunReport done = report;
  done.counts = counts;
  done.target_rows = after;
  done.state = RunState::published;
  done.error.clear();
  done.error_code.clear();
  done.sqlstate.clear();
  ReconciliationRepository(connection, plan.state).save(plan.run_id, done.checks);
  move_state(connection, plan, RunState::publishing, RunState::published);
  RunRepository(connection, plan.state).save_report(done);
  transaction.commit();
  report = std::move(done);
}

void log_published(const RunReport& report, std::chrono::nanoseconds took) {
  const RunCounts& counts = report.counts;
  log(LogLevel::info, "run.published", "run " + report.run_id + " is published",
      {{"run_id", report.run_id}, {"target", report.target}, {"inserted", std::to_string(counts.inserted)}, {"updated", std::to_string(counts.updated)},
       {"unchanged", std::to_string(counts.unchanged)}, {"deleted", std::to_string(counts.deleted)}, {"ms", milliseconds_text(took)}});
}

void finish_append(Connection& connection, const LoadPlan& plan, const LoadTotals& totals, RunReport& report) {
  Reconciliation checks;
  Transaction transaction(connection);
  expect_records(checks, totals);
  RunReport done = report;
  done.counts.inserted = totals.accepted;
  judge(checks, done);
  done.target_rows = count_rows(connection, plan.target.name);
  for (std::size_t i = 0; i < plan.summed.size(); ++i) {
    const ColumnInfo& column = plan.columns[plan.summed[i]];
    done.control_totals.push_back({column.name, totals.sums[i].to_string(column.type.scale), ""});
  }
  done.state = RunState::published;
  ReconciliationRepository(connection, plan.state).save(plan.run_id, done.checks);
  move_state(connection, plan, RunState::loaded, RunState::published);
  RunRepository(connection, plan.state).save_report(done);
  transaction.commit();
  report = std::move(done);
}

void forget_ranges(Connection& connection, const LoadPlan& plan, const std::vector<LedgerEntry>& ranges) {
  Transaction transaction(connection);
  StagingRepository staging(connection, plan.staging, plan.staged_rows);
  Ledger ledger(connection, plan.state, plan.run_id);
  for (const LedgerEntry& range : ranges) {
    staging.clear_range(range.first_src_row, range.last_src_row);
    ledger.remove(range.first_src_row);
  }
  RunRepository(connection, plan.state).transition(plan.run_id, {RunState::loaded, RunState::failed}, RunState::loading);
  transaction.commit();
}

}  // namespace millrace
