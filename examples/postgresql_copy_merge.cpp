// Merges a CSV file into a PostgreSQL table: binary COPY into a staging table on several connections, then one MERGE.
//
//   postgresql_copy_merge FILE [--to URL]          default: the environment's DATABASE_URL
//
// The idea: the steps that an ETL program writes by hand (stage, deduplicate, merge, count, commit, remove the staging table) are
// one job. The merge, its counts and its checks commit together, so readers see the old rows or the new ones, nothing between.
// Audit columns are filled by the load: who changed a row last is a join with millrace_run away.

#include <cstdlib>
#include <iostream>
#include <string>

#include "millrace/backends.hpp"
#include "millrace/load/loader.hpp"
#include "schema.hpp"

int main(int argc, char** argv) {
  const char* environment_url = std::getenv("DATABASE_URL");
  const std::string url = argc == 4 && std::string(argv[2]) == "--to" ? argv[3] : environment_url ? environment_url : "";
  if ((argc != 2 && argc != 4) || url.empty()) {
    std::cerr << "usage: postgresql_copy_merge FILE [--to URL]   (or set DATABASE_URL)\n";
    return 64;
  }
  try {
    const millrace::DriverRegistry drivers = millrace::default_drivers();
    const auto connection = drivers.connect(millrace::ConnectionConfig::from_url(url));
    examples::make_table(*connection, "transactions_audited");

    millrace::LoadJob job;
    job.source = argv[1];
    job.to = url;
    job.table = "transactions_audited";
    job.mode = millrace::LoadMode::merge;
    job.key = {"acct_id", "prod_cd"};
    // Rows that the merge leaves unchanged keep the run and the time of their last real change.
    job.set = {{"last_run_id", ":run_id"}, {"update_ts", "now"}};
    job.writers = 2;

    millrace::LoadEnvironment environment;
    environment.drivers = &drivers;
    // Progress comes about ten times a second; here it becomes one line on the terminal.
    environment.on_progress = [](const millrace::LoadProgress& progress) {
      std::cerr << '\r' << progress.rows_committed << " rows staged";
      if (progress.phase == millrace::LoadProgress::Phase::done) std::cerr << '\n';
    };
    const millrace::RunReport report = millrace::run_load(job, std::move(environment));
    std::cout << millrace::to_text(report);
    return report.exit_status();
  } catch (const millrace::Error& error) {
    std::cerr << "postgresql_copy_merge: " << error.what() << '\n';
    return 1;
  }
}
