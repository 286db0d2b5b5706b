#include "millrace/load/loader.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "load/direct_reload.hpp"
#include "load/dry_run.hpp"
#include "load/job_of_run.hpp"
#include "load/load_pass.hpp"
#include "load/publisher.hpp"
#include "load/target_table.hpp"
#include "millrace/access/log.hpp"
#include "millrace/load/reconciliation.hpp"

namespace millrace {

namespace {

constexpr int kMostPasses = 3;
// Only a pool of one (SQLite) ever waits, for the writer that holds the connection.
constexpr std::chrono::hours kLeaseTimeout{24};

std::set<std::int64_t> units_of(const std::vector<LedgerEntry>& entries) {
  std::set<std::int64_t> units;
  for (const LedgerEntry& entry : entries) units.insert(entry.first_src_row);
  return units;
}

RetryPolicy retry_policy(const LoadJob& job) {
  RetryPolicy policy;
  policy.attempts = job.max_attempts;
  policy.initial_delay = job.retry_delay;
  policy.max_delay = std::max<std::chrono::milliseconds>(policy.max_delay, job.retry_delay);
  policy.jitter = false;  // the delays that --retry-delay promises
  return policy;
}

// A connection each for the writers and the control connection, which stay theirs for the whole load.
PoolOptions pool_options(const DriverTraits& traits, int writers) {
  PoolOptions options;
  options.name = "load";
  options.size = traits.concurrent_writers ? static_cast<std::size_t>(writers) + 1 : 1;
  options.overflow = 0;
  options.acquire_timeout = kLeaseTimeout;
  options.acquire_attempts = 1;   // the load counts its attempts itself
  options.reset_session = false;  // prepare_for_load() holds for the connection's life
  options.max_idle = options.max_lifetime = std::chrono::milliseconds(0);
  return options;
}

class LoadRun {
 public:
  LoadRun(LoadJob job, LoadEnvironment environment)
      : job_(std::move(job)), environment_(std::move(environment)), config_(job_.connection()), driver_(environment_.drivers->find(config_.scheme)), traits_(driver_.traits()),
        pool_([this] { return connect(); }, pool_options(traits_, job_.writers)), counters_(environment_.metrics), counted_pool_(counters_, pool_) {}

  RunReport run();

 private:
  std::unique_ptr<Connection> connect() const {
    auto connection = driver_.connect(config_);
    connection->prepare_for_load({});
    return connection;
  }
  void take_job_of_run();
  void open_source();
  /// A published run has nothing left to do but to show its report.
  void take_report(const RunRecord& run);
  void begin_run();
  /// Writes the run down, or takes it over. @return false when a predecessor has published it in the meantime
  bool register_run(Connection& connection, const std::string& plan_json);
  void load();
  void forget_lost_ranges(Connection& connection);
  void load_units(std::vector<LedgerEntry> committed);
  void read_units(const std::map<std::int64_t, LedgerEntry>& committed);
  void verify_limit(std::int64_t read);
  void fail(const Error& error) noexcept;
  void tick(bool force = false);
  void fill_counts(const LoadTotals& totals);
  /// Runs fn on the control connection, again after a transient error, on a new connection where the old one is gone.
  template <class F> auto on_control(F&& fn);

  LoadJob job_;
  LoadEnvironment environment_;
  ConnectionConfig config_;
  const Driver& driver_;
  const DriverTraits traits_;
  Pool pool_;
  LoadCounters counters_;
  CountedPool counted_pool_;   // behind every lease's end
  Pool::Lease control_;
  std::unique_ptr<Source> source_;
  LoadPlan plan_;
  std::optional<RejectFile> reject_file_;
  std::unique_ptr<RunContext> context_;
  RunReport report_;
  bool perhaps_registered_ = false;   ///< an attempt to write the run down got no answer
  std::int64_t read_ = 0;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_tick_{};
  LoadProgress::Phase phase_ = LoadProgress::Phase::loading;
};

template <class F> auto LoadRun::on_control(F&& fn) {
  const RetryPolicy policy = retry_policy(job_);
  for (int attempt = 1;; ++attempt) {
    try {
      if (!control_) control_ = pool_.acquire();
      return fn(*control_);
    } catch (const Error& error) {
      if (control_ && (error.poisons_connection() || !control_->usable())) {
        control_.discard();
        control_ = Pool::Lease();
      }
      // An unknown COMMIT is settled by running the step again: its first statement waits for a live predecessor and then sees what it did.
      const bool again = error.safe_to_retry() || error.code() == ErrorCode::in_doubt;
      if (!again) throw;
      if (attempt >= policy.attempts) {
        if (attempt > 1) log_given_up(error, attempt);
        throw;
      }
      const auto delay = delay_after(policy, attempt);
      log_retry(error, attempt, delay);
      ++report_.replays;
      counters_.replayed();
      if (!sleep_unless_stopped(delay, environment_.stop)) throw stopped_error();
    }
  }
}

void LoadRun::tick(bool force) {
  if (!environment_.on_progress) return;
  const auto now = std::chrono::steady_clock::now();
  if (!force && now - last_tick_ < std::chrono::milliseconds(100)) return;
  last_tick_ = now;
  const Source::Progress source = source_->progress();
  LoadProgress progress{phase_, source.done, source.total, 0, 0};
  if (context_) {
    progress.rows_committed = context_->rows_committed;
    progress.rows_rejected = context_->rows_rejected;
  }
  environment_.on_progress(progress);
}

/// A resume and a replay take their job from the run they refer to.
void LoadRun::take_job_of_run() {
  if (!job_.resume.empty()) {
    const auto run = on_control([&](Connection& connection) { return find_run(connection, job_.state_schema, job_.resume); });
    if (!run) throw ConfigError("there is no run " + job_.resume + " in this database; `millrace runs` lists them");
    job_ = job_of_resume(job_, *run);
    if (run->summary.state == RunState::published) take_report(*run);
    report_.resumed = true;
  } else if (!job_.replay.empty()) {
    const std::string run_id = run_of_reject_file(job_.replay);
    std::optional<RunRecord> run;
    try {
      run = on_control([&](Connection& connection) { return find_run(connection, job_.state_schema, run_id); });
    } catch (const ConfigError&) {
      // No tables of ours here: the options have to say everything.
    }
    job_ = job_of_replay(job_, run, run_id, control_->dialect());
  }
}

void LoadRun::open_source() {
  source_ = std::move(environment_.source);
  if (!source_) {
    CsvOptions options = job_.csv_options();
    if (traits_.max_unit_rows > 0) options.unit_rows = traits_.max_unit_rows;
    source_ = job_.replay.empty() ? make_csv_source(job_.source, options) : make_csv_source(open_reject_stream(job_.replay), job_.replay, options);
  }
  source_->open();
}

void LoadRun::begin_run() {
  report_.run_id = plan_.run_id;
  report_.source = source_->name();
  report_.target = to_string(plan_.target.name);
  report_.database = config_.display();
  report_.mode = std::string(to_string(plan_.mode));
  report_.decoding_only_writers = !traits_.concurrent_writers;
  if (plan_.mode == LoadMode::reload || plan_.staged) report_.notes.push_back(plan_.strategy()->what_readers_see());
  if (plan_.mode == LoadMode::reload && plan_.cascade) {
    for (const ReferencingKey& key : plan_.target.referenced_by) report_.notes.push_back("--cascade empties " + to_string(key.table) + " (" + key.name + ") and what refers to it");
  }
  if (plan_.direct_reload() && control_->dialect().irrevocable_truncate(plan_.target.name)) {
    report_.notes.push_back("this database's TRUNCATE can not be rolled back: until the load is committed " + to_string(plan_.target.name) + " is empty, and stays so if it fails (--reload swap keeps the old rows)");
  }
  if (plan_.mode == LoadMode::append && !plan_.staged) report_.notes.push_back("plain append: units are visible as they commit; the server's counts of each unit are compared, nothing else");
}

void LoadRun::fill_counts(const LoadTotals& totals) {
  report_.counts.read = totals.read;
  report_.counts.accepted = totals.accepted;
  report_.counts.rejected = totals.rejected;
}

void LoadRun::verify_limit(std::int64_t read) {
  if (!context_->limiter.exceeded_at_end(read)) return;
  throw DataError(std::to_string(context_->limiter.total()) + " of " + std::to_string(read) + " records were rejected and --max-rejects allows " + context_->limiter.limit_text() + "; see " +
                  reject_file_->path() + ", then mend the input or raise the limit");
}

/// One pass; what it did is in the report, whether it succeeds or not.
void LoadRun::read_units(const std::map<std::int64_t, LedgerEntry>& committed) {
  PassResult result;
  const auto keep = [&] {
    read_ = result.read;
    report_.units = result.units;
    report_.units_skipped = result.units_skipped;
    for (const WriterStats& writer : result.writers) report_.replays += writer.replays;
    report_.writers = std::move(result.writers);
  };
  try {
    run_pass(*context_, *source_, committed, job_.writers, [this] { tick(); }, result);
  } catch (...) {
    keep();
    throw;
  }
  keep();
}

void LoadRun::load_units(std::vector<LedgerEntry> committed) {
  for (int pass = 1;; ++pass) {
    std::map<std::int64_t, LedgerEntry> by_row;
    for (LedgerEntry& entry : committed) by_row.emplace(entry.first_src_row, std::move(entry));
    if (!traits_.concurrent_writers) control_ = Pool::Lease();  // the writers need the one connection
    context_->limiter.take_back(context_->limiter.total());
    context_->rows_committed = 0;
    context_->rows_rejected = 0;
    read_units(by_row);
    verify_limit(read_);

    const LoadTotals totals = on_control([&](Connection& connection) {
      return totals_of(Ledger(connection, plan_.state, plan_.run_id).entries(), plan_, read_);
    });
    fill_counts(totals);
    on_control([&](Connection& connection) {
      RunRepository runs(connection, plan_.state);
      Transaction transaction(connection);
      if (!runs.transition(plan_.run_id, {RunState::loading, RunState::loaded}, RunState::loaded)) throw ConfigError("run " + plan_.run_id + " was taken by another process");
      report_.state = RunState::loaded;
      runs.save_report(report_);
      transaction.commit();
    });
    try {
      if (job_.stage_only) {
        on_control([&](Connection& connection) { check_staging(connection, plan_); });
        log(LogLevel::info, "run.staged", "run " + plan_.run_id + " is staged and waits to be published", {{"run_id", plan_.run_id}, {"rows", std::to_string(totals.accepted)}});
        return;
      }
      const auto started = std::chrono::steady_clock::now();
      phase_ = LoadProgress::Phase::publishing;
      tick(true);
      on_control([&](Connection& connection) {
        if (environment_.stop.stop_requested()) throw stopped_error();
        const std::stop_callback on_stop(environment_.stop, [&connection] { connection.cancel(); });
        // An earlier attempt whose COMMIT got no answer may have done it.
        const auto run = RunRepository(connection, plan_.state).find(plan_.run_id);
        if (run && run->summary.state == RunState::published) { report_ = parse_report(run->report); return; }
        if (!plan_.staged) finish_append(connection, plan_, totals, report_);
        else publish(connection, plan_, totals, {job_.keep_staging, job_.allow_empty}, report_);
      });
      const auto took = std::chrono::steady_clock::now() - started;
      if (plan_.staged) counters_.published(report_.counts, took);  // an append's rows were counted with their units
      log_published(report_, took);
      return;
    } catch (const StagingLost& lost) {
      on_control([&](Connection& connection) { forget_ranges(connection, plan_, lost.ranges()); });
      if (pass == kMostPasses || !source_->rewind()) throw;
      log(LogLevel::warning, "staging.lost", lost.what(), {{"run_id", plan_.run_id}});
      committed = on_control([&](Connection& connection) { return Ledger(connection, plan_.state, plan_.run_id).entries(); });
      reject_file_->keep_only(units_of(committed));
      phase_ = LoadProgress::Phase::loading;
    }
  }
}

/// What a crash took from staging is sent again in this pass: a later one might find an input that can not be read twice.
void LoadRun::forget_lost_ranges(Connection& connection) {
  try {
    check_staging(connection, plan_);
  } catch (const StagingLost& lost) {
    log(LogLevel::warning, "staging.lost", lost.what(), {{"run_id", plan_.run_id}});
    forget_ranges(connection, plan_, lost.ranges());
  }
}

void LoadRun::load() {
  std::vector<LedgerEntry> committed;
  on_control([&](Connection& connection) {
    if (plan_.staged) StagingRepository(connection, plan_.staging, plan_.staged_rows).ensure();
    if (plan_.staged && report_.resumed) forget_lost_ranges(connection);
    if (!plan_.direct_reload()) committed = Ledger(connection, plan_.state, plan_.run_id).entries();
  });
  if (report_.resumed) reject_file_->keep_only(units_of(committed));
  if (plan_.direct_reload()) {
    reload_directly(*control_, *context_, *source_, job_.allow_empty, report_, [this] { tick(); });
  } else {
    load_units(std::move(committed));
  }
}

/// Keeps the failure with the run, as far as the database still answers.
void LoadRun::fail(const Error& error) noexcept {
  try {
    report_.error = config_.password.scrub(error.what());
    report_.error_code = std::string(to_string(error.code()));
    report_.sqlstate = error.sqlstate();
    report_.outcome = Outcome::failed;
    if (context_) {
      RunCounts& counts = report_.counts;
      counts.rejected = std::max(counts.rejected, context_->limiter.total());
      counts.accepted = std::max(counts.accepted, context_->rows_committed.load());
      counts.read = std::max(counts.read, counts.accepted + counts.rejected);
      if (plan_.mode == LoadMode::append && !plan_.staged && context_->rows_committed > 0) report_.outcome = Outcome::partly_committed;
      if (context_->target_emptied) {
        report_.outcome = Outcome::partly_committed;
        report_.error += "; " + to_string(plan_.target.name) + " may be empty now, for its TRUNCATE can not be rolled back: run the load again";
      }
    }
    const bool loaded = report_.state == RunState::loaded;
    if (loaded && plan_.staged && error.sqlstate().starts_with("23")) {
      report_.error += on_control([&](Connection& connection) { return find_refused_row(connection, plan_, error); });
    }
    // Before the publish of a staged run no COMMIT can have touched the target.
    if (error.code() == ErrorCode::in_doubt && (loaded || !plan_.staged)) report_.outcome = Outcome::unknown;
    if (control_ && (error.poisons_connection() || !control_->usable())) {
      control_.discard();
      control_ = Pool::Lease();
    }
    if (!control_) control_ = pool_.acquire();
    RunRepository runs(*control_, plan_.state);
    // A loaded run stays loaded: what is staged can be published once the cause is gone.
    if (!loaded && runs.transition(plan_.run_id, {RunState::loading, RunState::failed}, RunState::failed)) report_.state = RunState::failed;
    if (!report_.checks.empty() && !std::all_of(report_.checks.begin(), report_.checks.end(), [](const auto& c) { return c.ok(); })) {
      ReconciliationRepository(*control_, plan_.state).save(plan_.run_id, report_.checks);
    }
    report_.duration = std::chrono::steady_clock::now() - started_;
    runs.save_report(report_);
  } catch (const std::exception& also) {
    log(LogLevel::warning, "run.not_recorded", std::string("the failure could not be written to millrace_run: ") + also.what(), {{"run_id", plan_.run_id}});
  }
}

void LoadRun::take_report(const RunRecord& run) {
  report_ = parse_report(run.report);
  report_.resumed = true;
  report_.outcome = Outcome::loaded;  // nothing was left to do
}

bool LoadRun::register_run(Connection& connection, const std::string& plan_json) {
  ensure_state_tables(connection, plan_.state);
  RunRepository runs(connection, plan_.state);
  if (report_.resumed) {
    if (runs.transition(plan_.run_id, {RunState::loading, RunState::loaded, RunState::failed}, RunState::loading)) return true;
    // The run changed since its job was read: a predecessor that was publishing has held the UPDATE up and committed.
    const auto run = runs.find(plan_.run_id);
    if (!run || run->summary.state != RunState::published) {
      throw ConfigError("run " + plan_.run_id + " is " + (run ? std::string(to_string(run->summary.state)) : "gone") + " by now and can not be resumed: another process has taken it");
    }
    take_report(*run);
    return false;
  }
  RunSummary summary;
  summary.run_id = plan_.run_id;
  summary.mode = report_.mode;
  summary.source = report_.source;
  summary.target = report_.target;
  try {
    runs.insert({summary, plan_json, {}});
  } catch (const InDoubtError&) {
    perhaps_registered_ = true;
    throw;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unique_violation) throw;
    if (!perhaps_registered_) throw ConfigError("there is a run " + plan_.run_id + " already; continue it with --resume, or choose another --run-id");
  }
  return true;
}

RunReport LoadRun::run() {
  take_job_of_run();
  if (report_.state == RunState::published) return report_;
  if (!job_.replay.empty()) job_.validate();
  open_source();
  std::vector<std::string> planned;
  std::string plan_json, run_id = job_.run_id.empty() ? make_run_id() : job_.run_id;
  const std::string kept_plan = on_control([&](Connection& connection) {
    planned.clear();
    const TableInfo target = find_or_create_target(connection, job_, *source_, job_.dry_run, planned);
    plan_ = make_plan(job_, source_->columns(), target, connection.dialect(), traits_, run_id);
    plan_json = plan_to_json(job_, plan_);
    if (!report_.resumed) return std::string();
    const auto run = RunRepository(connection, plan_.state).find(run_id);
    return run ? run->plan : std::string();
  });
  if (report_.resumed) check_same_plan(kept_plan, plan_json);
  begin_run();
  reject_file_.emplace(job_.reject_path(), plan_.run_id);

  if (job_.dry_run) {
    report_.dry_run = true;
    const std::vector<std::string> ddl = planned;
    dry_run(plan_, *source_, control_->dialect(), job_.writers, job_.max_rejects, environment_.stop, report_, [this] { tick(); });
    report_.planned_sql.insert(report_.planned_sql.begin(), ddl.begin(), ddl.end());
    report_.duration = std::chrono::steady_clock::now() - started_;
    return report_;
  }

  if (!on_control([&](Connection& connection) { return register_run(connection, plan_json); })) return report_;
  report_.state = RunState::loading;
  report_.error.clear();
  report_.error_code.clear();
  report_.sqlstate.clear();
  if (environment_.on_started) environment_.on_started(plan_.run_id);
  counters_.run_started();
  log(LogLevel::info, "run.started", "run " + plan_.run_id + (report_.resumed ? " goes on" : " starts"),
      {{"run_id", plan_.run_id}, {"source", report_.source}, {"target", report_.target}, {"mode", report_.mode}, {"resumed", report_.resumed ? "true" : "false"}});
  context_.reset(new RunContext{plan_, *source_, pool_, *reject_file_, traits_, retry_policy(job_), RejectLimiter(job_.max_rejects), environment_.stop});
  context_->counters = counters_;
  try {
    load();
    report_.outcome = report_.counts.rejected > 0 ? Outcome::loaded_with_rejects : Outcome::loaded;
  } catch (const Error& error) {
    fail(error);
  } catch (const std::exception& error) {
    fail(Error(ErrorCode::internal, error.what()));
  }
  if (report_.counts.rejected > 0 || context_->limiter.total() > 0) report_.reject_file = reject_file_->path();
  phase_ = LoadProgress::Phase::done;
  try {
    tick(true);
  } catch (const std::exception& error) {  // the rows are where the report says, whatever the caller's callback thinks
    log(LogLevel::warning, "run.progress_failed", std::string("the progress callback failed after the load's end: ") + error.what(), {{"run_id", plan_.run_id}});
  }
  report_.duration = std::chrono::steady_clock::now() - started_;
  counters_.run_ended(report_.outcome);
  log(LogLevel::info, "run.ended", "run " + plan_.run_id + " ended: " + std::string(to_string(report_.outcome)),
      {{"run_id", plan_.run_id}, {"outcome", std::string(to_string(report_.outcome))}, {"error", report_.error}, {"code", report_.error_code}, {"ms", milliseconds_text(report_.duration)}});
  return report_;
}

}  // namespace

RunReport run_load(LoadJob job, LoadEnvironment environment) {
  if (!environment.drivers) throw Error(ErrorCode::misuse, "run_load needs a driver registry");
  if (environment.source && job.source.empty()) job.source = environment.source->name();
  // A replay is checked when it has taken over what its run knows.
  if (job.replay.empty()) job.validate();
  return LoadRun(std::move(job), std::move(environment)).run();
}

}  // namespace millrace
