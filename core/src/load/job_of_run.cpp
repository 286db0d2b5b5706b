#include "load/job_of_run.hpp"

#include "load/plan.hpp"

namespace millrace {

std::optional<RunRecord> find_run(Connection& connection, const std::string& state_schema, const std::string& run_id) {
  const Dialect& dialect = connection.dialect();
  const StateTables tables = StateTables::in(dialect, state_schema.empty() ? state_schema : dialect.parse_identifier(state_schema));
  require_state_tables(connection, tables);
  return RunRepository(connection, tables).find(run_id);
}

LoadJob job_of_resume(const LoadJob& asked, const RunRecord& run) {
  if (run.summary.state == RunState::abandoned) throw ConfigError("run " + asked.resume + " was discarded and can not be resumed; load as a new run");
  LoadJob job = job_of_plan(run.plan);
  check_resume(asked, job);
  override_job(job, given_to_json(asked), "the command line");
  job.to = asked.to;
  job.database = asked.database;
  job.password_file = asked.password_file;
  if (!asked.state_schema.empty()) job.state_schema = asked.state_schema;
  job.resume = asked.resume;
  job.run_id = asked.resume;
  job.create = false;
  return job;
}

LoadJob job_of_replay(const LoadJob& asked, const std::optional<RunRecord>& run, const std::string& run_id, const Dialect& dialect) {
  LoadJob job = asked;
  if (run) {
    job = job_of_plan(run->plan);
    job.columns = source_columns_of_plan(run->plan);
    job.table = dialect.quote(target_of_plan(run->plan));
    job.source.clear();
    job.run_id.clear();
    job.reject_file.clear();
    job.given = {};
    // Mended rows join what a reload has put there; to replace those with the few would lose them.
    if (job.mode == LoadMode::reload) {
      job.mode = LoadMode::append;
      job.reload = ReloadKind::swap;
      job.cascade = false;
      job.allow_empty = false;
    }
    override_job(job, given_to_json(asked), "the command line");
    job.to = asked.to;
    job.database = asked.database;
    job.password_file = asked.password_file;
  } else if (asked.table.empty()) {
    throw ConfigError("run " + run_id + ", whose rejects " + asked.replay + " holds, is not in this database; name the table with --table and the columns with --columns");
  }
  job.replay = asked.replay;
  job.header = false;
  job.encoding = "UTF-8";  // of reject files, whatever the input's was
  job.create = false;
  job.resume.clear();
  return job;
}

}  // namespace millrace
