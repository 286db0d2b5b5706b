// What whole loads count and log.

#include <fstream>
#include <map>

#include <catch2/catch_test_macros.hpp>

#include "integration/sqlite3/support.hpp"
#include "millrace/access/log.hpp"
#include "millrace/backends.hpp"
#include "millrace/load/loader.hpp"
#include "millrace/load/runs.hpp"

using namespace millrace;

namespace {

struct Event { LogLevel level; std::string name; std::map<std::string, std::string> fields; };

/// The library's log, for as long as this lives.
struct Log {
  std::vector<Event> events;
  Log() {
    set_log_sink([this](const LogRecord& record) { events.push_back({record.level, std::string(record.event), {record.fields.begin(), record.fields.end()}}); });
  }
  ~Log() { set_log_sink({}); }
  std::vector<Event> named(std::string_view name) const {
    std::vector<Event> found;
    for (const Event& event : events) if (event.name == name) found.push_back(event);
    return found;
  }
};

/// A directory with a database and a CSV file of one record a line; units of about four records.
struct Place {
  test::TempDir dir;
  DriverRegistry drivers = default_drivers();
  LoadMetrics metrics{"nightly"};

  LoadJob job(LoadMode mode, const std::vector<std::string>& records) {
    const std::string path = (dir / "rows.csv").string();
    std::ofstream file(path, std::ios::trunc);
    file << "id,amount\n";
    for (const std::string& record : records) file << record << '\n';
    LoadJob job;
    job.source = path;
    job.to = "sqlite:" + (dir / "t.db").string();
    job.table = "t";
    job.mode = mode;
    if (mode == LoadMode::merge) job.key = {"id"};
    job.create = true;
    job.unit_bytes = 40;
    job.reject_file = (dir / "rejects.jsonl").string();
    return job;
  }
  RunReport run(const LoadJob& job) {
    LoadEnvironment environment;
    environment.drivers = &drivers;
    environment.metrics = &metrics;
    return run_load(job, std::move(environment));
  }
};

std::vector<std::string> records(int count) {
  std::vector<std::string> made;
  for (int i = 1; i <= count; ++i) made.push_back(std::to_string(1000 + i) + ",1.25");
  return made;
}

}  // namespace

TEST_CASE("loads are counted as their reports say, over all of them") {
  Place place;
  const LoadStatistics none = place.metrics.statistics();
  CHECK(none.runs_started == 0);

  auto rows = records(20);
  const RunReport first = place.run(place.job(LoadMode::merge, rows));
  REQUIRE(first.outcome == Outcome::loaded);
  REQUIRE(first.units > 2);
  rows[3] = "1004,9.99";
  rows.push_back("1021,none");
  LoadJob again = place.job(LoadMode::merge, rows);
  again.max_rejects.count = 1;
  const RunReport second = place.run(again);
  REQUIRE(second.outcome == Outcome::loaded_with_rejects);

  const LoadStatistics counted = place.metrics.statistics();
  CHECK(counted.runs_started == 2);
  CHECK(counted.runs_succeeded == 2);
  CHECK(counted.runs_failed == 0);
  CHECK(counted.running == 0);
  CHECK(counted.rows_read == 41);
  CHECK(counted.rows_accepted == 40);
  CHECK(counted.rows_rejected == 1);
  CHECK(counted.rows_inserted == 20);
  CHECK(counted.rows_updated == 1);
  CHECK(counted.rows_unchanged == 19);
  CHECK(counted.rows_deleted == 0);
  CHECK(counted.units_committed == static_cast<std::uint64_t>(first.units + second.units));
  CHECK(counted.unit_time.count == counted.units_committed);
  CHECK(counted.publish_time.count == 2);
  CHECK(counted.publish_time.sum > 0);
  CHECK(counted.bytes_read == 2 * std::string("1001,1.25\n").size() * 20 + std::string("1021,none\n").size());
  CHECK(counted.replays == 0);
}

TEST_CASE("a reload counts what it deletes, a direct one too") {
  for (const ReloadKind kind : {ReloadKind::swap, ReloadKind::direct}) {
    Place place;
    place.run(place.job(LoadMode::append, records(8)));
    LoadJob job = place.job(LoadMode::reload, records(5));
    job.reload = kind;
    REQUIRE(place.run(job).outcome == Outcome::loaded);
    const LoadStatistics counted = place.metrics.statistics();
    CHECK(counted.rows_inserted == 13);
    CHECK(counted.rows_deleted == 8);
    CHECK(counted.rows_accepted == 13);
    CHECK(counted.publish_time.count == 1);  // the append's rows came with its units
  }
}

TEST_CASE("a load that fails counts what it committed") {
  Place place;
  auto rows = records(12);
  rows.back() = "last,1.25";
  place.run(place.job(LoadMode::append, records(1)));  // makes the table
  LoadJob job = place.job(LoadMode::append, rows);
  job.writers = 1;
  const RunReport report = place.run(job);
  REQUIRE(report.outcome == Outcome::partly_committed);
  const LoadStatistics counted = place.metrics.statistics();
  CHECK(counted.runs_failed == 1);
  CHECK(counted.running == 0);
  CHECK(counted.rows_inserted == static_cast<std::uint64_t>(report.counts.accepted + 1));
  const auto connection = test::open_sqlite((place.dir / "t.db").string(), false);
  CHECK(connection->query_value("SELECT count(*) FROM t").as<std::int64_t>() == report.counts.accepted + 1);
}

TEST_CASE("the connections of ended loads are counted, and none of them is open") {
  Place place;
  place.run(place.job(LoadMode::append, records(4)));
  place.run(place.job(LoadMode::append, records(4)));
  const PoolStatistics connections = place.metrics.statistics().connections;
  CHECK(connections.name == "nightly-loads");
  CHECK(connections.opened == 2);
  CHECK(connections.closed == 2);
  CHECK(connections.acquired >= 2);
  CHECK(connections.open == 0);
  CHECK(connections.max == 0);
}

TEST_CASE("a dry run and a load that throws are not counted") {
  Place place;
  LoadJob job = place.job(LoadMode::append, records(4));
  test::open_sqlite((place.dir / "t.db").string())->execute("CREATE TABLE t (id INTEGER, amount REAL)");
  job.dry_run = true;
  CHECK(place.run(job).dry_run);
  job.source = "missing.csv";
  CHECK_THROWS_AS(place.run(job), DataError);
  const LoadStatistics counted = place.metrics.statistics();
  CHECK(counted.runs_started == 0);
  CHECK(counted.units_committed == 0);
}

TEST_CASE("a staged run counts its rows as inserted when it is published") {
  Place place;
  LoadJob job = place.job(LoadMode::merge, records(6));
  job.stage_only = true;
  const Log log;
  const RunReport staged = place.run(job);
  CHECK(log.named("run.staged").size() == 1);
  CHECK(log.named("run.published").empty());
  CHECK(place.metrics.statistics().rows_inserted == 0);
  const auto connection = test::open_sqlite((place.dir / "t.db").string(), false);
  publish_run(*connection, "", staged.run_id, &place.metrics);
  CHECK(place.metrics.statistics().rows_inserted == 6);
  CHECK(place.metrics.statistics().publish_time.count == 1);
  REQUIRE(log.named("run.published").size() == 1);
  CHECK(log.named("run.published")[0].fields.at("inserted") == "6");
}

TEST_CASE("units and publishes are logged with their run") {
  Place place;
  const Log log;
  const RunReport report = place.run(place.job(LoadMode::merge, records(20)));
  REQUIRE(report.outcome == Outcome::loaded);
  for (const Event& event : log.events) {
    INFO(event.name);
    CHECK((event.level == LogLevel::info || event.level == LogLevel::debug));
    if (event.name.starts_with("run.") || event.name.starts_with("unit.")) CHECK(event.fields.at("run_id") == report.run_id);
  }
  const auto units = log.named("unit.committed");
  CHECK(static_cast<std::int64_t>(units.size()) == report.units);
  std::int64_t rows = 0;
  for (const Event& unit : units) rows += std::stoll(unit.fields.at("rows"));
  CHECK(rows == 20);
  REQUIRE(log.named("run.started").size() == 1);
  CHECK(log.named("run.started")[0].fields.at("mode") == "merge");
  REQUIRE(log.named("run.published").size() == 1);
  CHECK(log.named("run.published")[0].fields.at("inserted") == "20");
  REQUIRE(log.named("run.ended").size() == 1);
  CHECK(log.named("run.ended")[0].fields.at("outcome") == "loaded");
}

TEST_CASE("a failed run is logged with its outcome and its reason") {
  Place place;
  const Log log;
  REQUIRE(place.run(place.job(LoadMode::merge, records(2))).outcome == Outcome::loaded);
  const RunReport refused = place.run(place.job(LoadMode::append, records(2)));  // the same keys
  REQUIRE(refused.outcome == Outcome::failed);
  const auto ended = log.named("run.ended");
  REQUIRE(ended.size() == 2);
  CHECK(ended[1].fields.at("outcome") == "failed");
  CHECK(ended[1].fields.at("error") == refused.error);
  CHECK(ended[1].fields.at("code") == refused.error_code);
}
