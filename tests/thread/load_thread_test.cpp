#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <stdlib.h>

#include <catch2/catch_test_macros.hpp>

#include "millrace/backends.hpp"
#include "millrace/load/loader.hpp"
#include "support/postgres_cluster.hpp"

using namespace millrace;

namespace {

struct Folder {
  std::string path;
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

std::string write_csv(const Folder& folder, int rows) {
  const std::string path = folder.path + "/rows.csv";
  std::ofstream out(path);
  out << "id,name,amount\n";
  for (int i = 1; i <= rows; ++i) out << i << ",\"name " << i << "\"," << i << ".25\n";
  return path;
}

LoadJob job_for(const std::string& url, const std::string& csv, LoadMode mode) {
  LoadJob job;
  job.source = csv;
  job.to = url;
  job.table = "thread_rows";
  job.mode = mode;
  if (mode == LoadMode::merge) job.key = {"id"};
  job.create = true;
  job.writers = 4;
  job.unit_bytes = 4096;
  job.batch_rows = 50;
  return job;
}

void load_everything(const std::string& url) {
  const Folder folder;
  const DriverRegistry drivers = default_drivers();
  const std::string csv = write_csv(folder, 5000);
  // Somebody scrapes all the while.
  LoadMetrics metrics;
  std::atomic<bool> plausible = true;
  std::jthread scraper([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const LoadStatistics now = metrics.statistics();
      if (now.rows_accepted > now.rows_read || now.connections.in_use > now.connections.max) plausible = false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  for (const LoadMode mode : {LoadMode::merge, LoadMode::reload}) {
    std::atomic<int> ticks{0};
    LoadEnvironment environment;
    environment.drivers = &drivers;
    environment.on_progress = [&](const LoadProgress&) { ++ticks; };
    environment.metrics = &metrics;
    LoadJob job = job_for(url, csv, mode);
    if (mode == LoadMode::reload) job.key.clear();
    const RunReport report = run_load(job, std::move(environment));
    INFO(report.error);
    CHECK(report.outcome == Outcome::loaded);
    CHECK(report.target_rows == 5000);
    CHECK(ticks > 0);
  }
  // A stop from another thread, whenever it comes: the run ends, nothing hangs, nothing is half published.
  for (int round = 0; round < 5; ++round) {
    std::stop_source stop;
    LoadEnvironment environment;
    environment.drivers = &drivers;
    environment.stop = stop.get_token();
    environment.metrics = &metrics;
    std::thread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20 * round));
      stop.request_stop();
    });
    const RunReport report = run_load(job_for(url, csv, LoadMode::merge), std::move(environment));
    stopper.join();
    CHECK((report.outcome == Outcome::loaded || report.error_code == "cancelled"));
  }
  scraper.request_stop();
  scraper.join();
  CHECK(plausible);
  const LoadStatistics counted = metrics.statistics();
  CHECK(counted.running == 0);
  CHECK(counted.runs_succeeded + counted.runs_failed == counted.runs_started);
  CHECK(counted.connections.opened == counted.connections.closed);
}

}  // namespace

TEST_CASE("whole loads with decoding threads into SQLite") {
  const Folder folder;
  load_everything("sqlite:" + folder.path + "/t.db");
}

TEST_CASE("whole loads with several writers into PostgreSQL") {
  if (!test::PostgresCluster::available()) SKIP("no PostgreSQL server is installed (Debian, Ubuntu: postgresql)");
  test::PostgresCluster cluster;
  load_everything(cluster.url());
}
