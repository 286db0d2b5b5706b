// Prints what a pool and the loads of a program have done, as Prometheus reads it.
//
//   metrics [URL]                    default: a SQLite database metrics.db in the current directory
//
// The idea: metrics are objects that you own, not globals. A Pool counts for itself; a LoadMetrics counts every load that it is given to. Each has
// a snapshot (statistics()), and to_prometheus() turns snapshots into text: serve it where your program answers HTTP anyway, or write it to a file
// for the node exporter's textfile collector. to_json() is there for everything else.

#include <fstream>
#include <iostream>
#include <string>

#include "millrace/access/database.hpp"
#include "millrace/backends.hpp"
#include "millrace/load/loader.hpp"
#include "schema.hpp"

namespace {

constexpr int kRows = 1'000;

/// What a scrape gets. Pools go into one call: a family of metrics may stand in the text only once.
std::string metrics_page(const millrace::Database& database, const millrace::LoadMetrics& loads) {
  const millrace::LoadStatistics loaded = loads.statistics();
  return millrace::to_prometheus(std::vector{database.pool().statistics(), loaded.connections}) + millrace::to_prometheus(std::vector{loaded});
}

std::string write_csv() {
  const std::string path = "metrics.csv";
  std::ofstream file(path);
  file << "acct_id,prod_cd,tran_amt,tran_dt\n";
  for (int i = 0; i < kRows; ++i) file << "MX" << i << ",P001," << i << ".25,2024-03-01\n";
  file << "MX" << kRows << ",P001,none,2024-03-01\n";  // no decimal: rejected
  return path;
}

void load_twice(const std::string& url, const millrace::DriverRegistry& drivers, millrace::LoadMetrics& metrics) {
  millrace::LoadJob job;
  job.source = write_csv();
  job.to = url;
  job.table = "transactions";
  job.key = {"acct_id", "prod_cd"};
  job.max_rejects.count = 10;
  for (int i = 0; i < 2; ++i) {  // the second one finds every row unchanged
    millrace::LoadEnvironment environment;
    environment.drivers = &drivers;
    environment.metrics = &metrics;
    const millrace::RunReport report = millrace::run_load(job, std::move(environment));
    if (!report.error.empty()) throw millrace::Error(millrace::ErrorCode::unknown, report.error);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string url = argc > 1 ? argv[1] : "sqlite:metrics.db";
  try {
    const millrace::DriverRegistry drivers = millrace::default_drivers();
    auto config = millrace::DatabaseConfig::from_url(url);
    config.connection.create_database = true;
    config.pool.name = "example";
    millrace::Database database = millrace::Database::open(config, drivers);
    millrace::LoadMetrics loads("example");

    database.with_session([](millrace::Session& session) { examples::make_table(*session, "transactions"); });
    load_twice(url, drivers, loads);
    const auto count = database.with_session([](millrace::Session& session) { return session->query_value("SELECT count(*) FROM transactions").as<int>(); });
    std::cerr << count << " rows are in the table\n";

    std::cout << metrics_page(database, loads);
    return 0;
  } catch (const millrace::Error& error) {
    std::cerr << "metrics: " << error.what() << '\n';
    return 1;
  }
}
