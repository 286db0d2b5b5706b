#include "millrace/load/loader.hpp"

#include <algorithm>
#include <fstream>
#include <map>

#include "load/direct_reload.hpp"
#include "load/dry_run.hpp"
#include "load/load_pass.hpp"
#include "load/publisher.hpp"
#include "load/target_table.hpp"
#include "millrace/access/log.hpp"
#include "millrace/load/reconciliation.hpp"

namespace millrace {

ConnectionConfig connection_config(const LoadJob& job) {
  if (job.to.empty()) throw ConfigError("there is no database to load into: pass --to URL or set DATABASE_URL");
  ConnectionConfig config = ConnectionConfig::from_url(job.to);
  config.create_database = job.create && !job.dry_run;
  if (job.password_file.empty()) return config;
  std::ifstream in(job.password_file);
  std::string password;
  if (!in || !std::getline(in, password)) throw ConfigError("cannot read a password from the first line of --password-file " + job.password_file);
  if (!password.empty() && password.back() == '\r') password.pop_back();
  config.password = Secret(password);
  config.has_password = true;
  return config;
}

namespace {

constexpr int kMostPasses = 3;
// Only a pool of one (SQLite) ever waits, for the writer that holds the connection.
constexpr std::chrono::hours kLeaseTimeout{24};

class LoadRun {
 public:
  LoadRun(LoadJob job, LoadEnvironment environment)
      : job_(std::move(job)), environment_(std::move(environment)), config_(connection_config(job_)), driver_(environment_.drivers->find(config_.scheme)), traits_(driver_.traits()),
        pool_([this] { return connect(); }, PoolOptions{traits_.concurrent_writers ? static_cast<std::size_t>(job_.writers) + 1 : 1, kLeaseTimeout}) {}

  RunReport run();

 private:
  std::unique_ptr<Connection> connect() const {
    auto connection = driver_.connect(config_);
    connection->prepare_for_load({});
    return connection;
  }
  void take_job_of_run();
  void take_job_of_replay();
  void open_source();
  void begin_run();
  void load();
  void load_units(std::vector<LedgerEntry> committed);
  void publish_loaded();
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
  Pool::Lease control_;
  std::unique_ptr<Source> source_;
  LoadPlan plan_;
  std::optional<RejectFile> reject_file_;
  std::unique_ptr<RunContext> context_;
  RunReport report_;
  bool began_ = false;
  std::int64_t read_ = 0;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_tick_{};
  LoadProgress::Phase phase_ = LoadProgress::Phase::loading;
};

template <class F> auto LoadRun::on_control(F&& fn) {
  const RetryPolicy policy{job_.max_attempts, job_.retry_delay, 2.0, std::chrono::seconds(30)};
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
      if (!again || attempt >= policy.attempts) throw;
      const auto delay = delay_after(policy, attempt);
      log_retry(error, attempt, delay);
      ++report_.replays;
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

/// A resume takes its job from the run it continues.
void LoadRun::take_job_of_run() {
  const std::string schema = job_.state_schema;
  const auto found = on_control([&](Connection& connection) {
    const StateTables tables = StateTables::in(connection.dialect(), schema.empty() ? schema : connection.dialect().parse_identifier(schema));
    require_state_tables(connection, tables);
    return RunRepository(connection, tables).find(job_.resume);
  });
  if (!found) throw ConfigError("there is no run " + job_.resume + " in this database; `millrace runs` lists them");
  LoadJob kept = job_of_plan(found->plan);
  check_resume(job_, kept);
  if (found->summary.state == RunState::abandoned) throw ConfigError("run " + job_.resume + " was discarded and can not be resumed; load as a new run");
  kept.to = job_.to;
  kept.password_file = job_.password_file;
  kept.resume = job_.resume;
  kept.state_schema = schema;
  kept.run_id = job_.resume;
  kept.dry_run = job_.dry_run;
  kept.create = false;
  const auto given = [&](const char* key) { return job_.given.contains(key); };
  if (!job_.source.empty()) kept.source = job_.source;
  if (given("writers")) kept.writers = job_.writers;
  if (given("max_attempts")) kept.max_attempts = job_.max_attempts;
  if (given("retry_delay")) kept.retry_delay = job_.retry_delay;
  if (given("reject_file")) kept.reject_file = job_.reject_file;
  if (given("max_rejects")) kept.max_rejects = job_.max_rejects;
  if (given("keep_staging")) kept.keep_staging = job_.keep_staging;
  if (given("allow_empty")) kept.allow_empty = job_.allow_empty;
  kept.stage_only = given("stage_only") ? job_.stage_only : kept.stage_only;
  job_ = std::move(kept);
  if (found->summary.state == RunState::published) report_ = parse_report(found->report);
  report_.resumed = true;
}

/// A replay takes what it is not told from the run whose rejects it loads.
void LoadRun::take_job_of_replay() {
  const std::string run_id = run_of_reject_file(job_.replay);
  std::optional<RunRecord> found;
  try {
    found = on_control([&](Connection& connection) {
      const StateTables tables = StateTables::in(connection.dialect(), job_.state_schema.empty() ? job_.state_schema : connection.dialect().parse_identifier(job_.state_schema));
      require_state_tables(connection, tables);
      return RunRepository(connection, tables).find(run_id);
    });
  } catch (const ConfigError&) {
  }
  if (found) {
    LoadJob kept = job_of_plan(found->plan);
    const LoadJob asked = job_;
    const TableName target = target_of_plan(found->plan);
    // The records have no header: their columns are those of the run's source, in its order.
    kept.columns = source_columns_of_plan(found->plan);
    kept.header = false;
    kept.given = {};
    override_job(kept, given_to_json(asked), "the command line");
    kept.to = asked.to;
    if (asked.table.empty()) kept.table = on_control([&](Connection& c) { return c.dialect().quote(target); });
    kept.source.clear();
    kept.replay = asked.replay;
    kept.run_id = asked.run_id;
    kept.resume.clear();
    kept.create = false;
    kept.reject_file = asked.reject_file;
    kept.dry_run = asked.dry_run;
    kept.encoding = "UTF-8";
    job_ = std::move(kept);
  } else if (job_.table.empty()) {
    throw ConfigError("run " + run_id + ", whose rejects " + job_.replay + " holds, is not in this database; name the table with --table and the columns with --columns");
  } else {
    job_.header = false;
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

void LoadRun::load_units(std::vector<LedgerEntry> committed) {
  for (int pass = 1;; ++pass) {
    std::map<std::int64_t, LedgerEntry> by_row;
    for (LedgerEntry& entry : committed) by_row.emplace(entry.first_src_row, std::move(entry));
    if (!traits_.concurrent_writers) control_ = Pool::Lease();  // the writers need the one connection
    PassResult result;
    const std::int64_t counted = context_->limiter.total();
    context_->limiter.take_back(counted);
    context_->rows_committed = 0;
    context_->rows_rejected = 0;
    result = run_pass(*context_, *source_, by_row, job_.writers, [this] { tick(); });
    read_ = result.read;
    report_.units = result.units;
    report_.units_skipped = result.units_skipped;
    report_.writers = std::move(result.writers);
    for (const WriterStats& writer : report_.writers) report_.replays += writer.replays;
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
    if (job_.stage_only) return;
    phase_ = LoadProgress::Phase::publishing;
    tick(true);
    try {
      on_control([&](Connection& connection) {
        // An earlier attempt whose COMMIT got no answer may have done it.
        const auto run = RunRepository(connection, plan_.state).find(plan_.run_id);
        if (run && run->summary.state == RunState::published) { report_ = parse_report(run->report); return; }
        if (!plan_.staged) finish_append(connection, plan_, totals, report_);
        else publish(connection, plan_, totals, {job_.keep_staging, job_.allow_empty}, report_);
      });
      return;
    } catch (const StagingLost& lost) {
      on_control([&](Connection& connection) { forget_ranges(connection, plan_, lost.ranges()); });
      if (pass == kMostPasses || !source_->rewind()) throw;
      log(LogLevel::warning, "staging.lost", lost.what(), {{"run_id", plan_.run_id}});
      committed = on_control([&](Connection& connection) { return Ledger(connection, plan_.state, plan_.run_id).entries(); });
      phase_ = LoadProgress::Phase::loading;
    }
  }
}

void LoadRun::load() {
  std::vector<LedgerEntry> committed;
  on_control([&](Connection& connection) {
    if (!plan_.direct_reload()) committed = Ledger(connection, plan_.state, plan_.run_id).entries();
    if (plan_.staged) StagingRepository(connection, plan_.staging, plan_.staged_rows).ensure();
  });
  std::set<std::int64_t> units;
  for (const LedgerEntry& entry : committed) units.insert(entry.first_src_row);
  if (report_.resumed) reject_file_->keep_only(units);
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
      report_.counts.rejected = std::max(report_.counts.rejected, context_->rows_rejected.load());
      report_.counts.accepted = std::max(report_.counts.accepted, context_->rows_committed.load());
      if (plan_.mode == LoadMode::append && !plan_.staged && context_->rows_committed > 0) report_.outcome = Outcome::partly_committed;
    }
    const bool loaded = report_.state == RunState::loaded;
    if (loaded && plan_.staged && error.sqlstate().starts_with("23")) {
      report_.error += on_control([&](Connection& connection) { return find_refused_row(connection, plan_, error); });
    }
    if (error.code() == ErrorCode::in_doubt) report_.outcome = Outcome::unknown;
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

RunReport LoadRun::run() {
  if (!job_.resume.empty()) {
    take_job_of_run();
    if (report_.state == RunState::published) {
      report_.resumed = true;
      report_.outcome = report_.counts.rejected > 0 ? Outcome::loaded_with_rejects : Outcome::loaded;
      return report_;
    }
  } else if (!job_.replay.empty()) {
    take_job_of_replay();
  }
  job_.validate();
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

  on_control([&](Connection& connection) {
    ensure_state_tables(connection, plan_.state);
    RunRepository runs(connection, plan_.state);
    if (report_.resumed) {
      if (!runs.transition(plan_.run_id, {RunState::loading, RunState::loaded, RunState::failed}, RunState::loading)) throw ConfigError("run " + plan_.run_id + " can not be resumed: another process is publishing it");
      return;
    }
    RunSummary summary;
    summary.run_id = plan_.run_id;
    summary.mode = report_.mode;
    summary.source = report_.source;
    summary.target = report_.target;
    try {
      runs.insert({summary, plan_json, {}});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unique_violation) throw;
      throw ConfigError("there is a run " + plan_.run_id + " already; continue it with --resume, or choose another --run-id");
    }
  });
  report_.state = RunState::loading;
  report_.error.clear();
  report_.error_code.clear();
  report_.sqlstate.clear();
  began_ = true;
  if (environment_.on_started) environment_.on_started(plan_.run_id);
  context_.reset(new RunContext{plan_, *source_, pool_, *reject_file_, traits_, RetryPolicy{job_.max_attempts, job_.retry_delay, 2.0, std::chrono::seconds(30)}, RejectLimiter(job_.max_rejects), environment_.stop});
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
  tick(true);
  report_.duration = std::chrono::steady_clock::now() - started_;
  return report_;
}

}  // namespace

RunReport run_load(LoadJob job, LoadEnvironment environment) {
  if (!environment.drivers) throw Error(ErrorCode::misuse, "run_load needs a driver registry");
  if (job.resume.empty() && job.replay.empty()) {
    if (!environment.source || job.table.empty()) job.validate();
  }
  return LoadRun(std::move(job), std::move(environment)).run();
}

}  // namespace millrace
