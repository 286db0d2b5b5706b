#include "millrace/load/metrics.hpp"

#include <atomic>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "load/load_counters.hpp"
#include "millrace/testing/fake_connection.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

Unit unit_of(std::int64_t rows, std::int64_t bytes) {
  Unit unit;
  unit.rows = rows;
  unit.byte_length = bytes;
  return unit;
}

RunCounts counts_of(std::int64_t inserted, std::int64_t updated, std::int64_t unchanged, std::int64_t deleted) {
  RunCounts counts;
  counts.inserted = inserted;
  counts.updated = updated;
  counts.unchanged = unchanged;
  counts.deleted = deleted;
  return counts;
}

}  // namespace

TEST_CASE("counters without metrics do nothing") {
  const LoadCounters counters;
  counters.run_started();
  counters.unit_read(unit_of(1, 1));
  counters.unit_committed({1, 0, 0}, 1ms, true);
  counters.published({}, 1ms);
  counters.run_ended(Outcome::loaded);
}

TEST_CASE("a run that ends is a success or a failure by its outcome") {
  LoadMetrics metrics;
  const LoadCounters counters(&metrics);
  for (int i = 0; i < 6; ++i) counters.run_started();
  CHECK(metrics.statistics().running == 6);
  for (const Outcome outcome : {Outcome::loaded, Outcome::loaded_with_rejects, Outcome::failed, Outcome::partly_committed, Outcome::unknown}) {
    counters.run_ended(outcome);
  }
  const LoadStatistics now = metrics.statistics();
  CHECK(now.runs_started == 6);
  CHECK(now.runs_succeeded == 2);
  CHECK(now.runs_failed == 3);
  CHECK(now.running == 1);
}

TEST_CASE("a unit's rows are the target's at once when they are not staged") {
  LoadMetrics metrics;
  const LoadCounters counters(&metrics);
  counters.unit_read(unit_of(10, 100));
  counters.unit_read(unit_of(5, 50));
  counters.unit_committed({9, 1, 0}, 20ms, false);
  CHECK(metrics.statistics().rows_inserted == 0);
  counters.unit_committed({5, 0, 0}, 30s, true);
  const LoadStatistics now = metrics.statistics();
  CHECK(now.rows_read == 15);
  CHECK(now.bytes_read == 150);
  CHECK(now.units_committed == 2);
  CHECK(now.rows_accepted == 14);
  CHECK(now.rows_rejected == 1);
  CHECK(now.rows_inserted == 5);
  CHECK(now.unit_time.count == 2);
  CHECK(now.unit_time.sum > 30.0);
  CHECK(now.unit_time.counts.back() == 1);  // longer than every bound
  CHECK(now.publish_time.count == 0);
}

TEST_CASE("a publish counts what it changed") {
  LoadMetrics metrics;
  const LoadCounters counters(&metrics);
  counters.published(counts_of(1, 2, 3, 4), 1s);
  counters.published(counts_of(10, 0, 0, 0), 1s);
  const LoadStatistics now = metrics.statistics();
  CHECK(now.rows_inserted == 11);
  CHECK(now.rows_updated == 2);
  CHECK(now.rows_unchanged == 3);
  CHECK(now.rows_deleted == 4);
  CHECK(now.publish_time.count == 2);
}

TEST_CASE("a load's pool is seen while it lives, and its counters are kept behind it") {
  testing::FakeDatabase database;
  LoadMetrics metrics("m");
  PoolOptions options;
  options.size = 2;
  options.overflow = 0;
  {
    Pool pool([&] { return database.connect(); }, options);
    const CountedPool counted(LoadCounters(&metrics), pool);
    const Pool::Lease lease = pool.acquire();
    const PoolStatistics now = metrics.statistics().connections;
    CHECK(now.in_use == 1);
    CHECK(now.max == 2);
    CHECK(now.acquired == 1);
  }
  const PoolStatistics after = metrics.statistics().connections;
  CHECK(after.name == "m-loads");
  CHECK(after.in_use == 0);
  CHECK(after.max == 0);
  CHECK(after.acquired == 1);
  CHECK(after.opened == 1);
  CHECK(after.closed == 1);
  CHECK(after.use_time.count == 1);
}

TEST_CASE("many loads count into one object at the same time") {
  LoadMetrics metrics;
  std::atomic<bool> plausible = true;
  std::vector<std::jthread> loads;
  for (int t = 0; t < 4; ++t) {
    loads.emplace_back([&] {
      const LoadCounters counters(&metrics);
      for (int i = 0; i < 500; ++i) {
        counters.run_started();
        counters.unit_committed({2, 1, 0}, 1ms, true);
        counters.run_ended(Outcome::loaded);
        if (i % 100 == 0 && metrics.statistics().running > 4) plausible = false;
      }
    });
  }
  loads.clear();
  CHECK(plausible);
  const LoadStatistics now = metrics.statistics();
  CHECK(now.runs_succeeded == 2000);
  CHECK(now.rows_inserted == 4000);
  CHECK(now.unit_time.count == 2000);
  CHECK(now.running == 0);
}

TEST_CASE("load metrics as JSON hold every number under its name") {
  LoadMetrics metrics("nightly \"1\"");
  const LoadCounters counters(&metrics);
  counters.run_started();
  counters.unit_read(unit_of(7, 70));
  counters.unit_committed({6, 1, 0}, 2ms, false);
  counters.replayed();
  counters.published(counts_of(1, 2, 3, 4), 1s);
  const auto json = nlohmann::json::parse(to_json(metrics.statistics()));
  CHECK(json["name"] == "nightly \"1\"");
  CHECK(json["running"] == 1);
  CHECK(json["rows_read"] == 7);
  CHECK(json["bytes_read"] == 70);
  CHECK(json["rows_accepted"] == 6);
  CHECK(json["rows_rejected"] == 1);
  CHECK(json["rows_inserted"] == 1);
  CHECK(json["rows_updated"] == 2);
  CHECK(json["rows_unchanged"] == 3);
  CHECK(json["rows_deleted"] == 4);
  CHECK(json["replays"] == 1);
  CHECK(json["unit_time"]["count"] == 1);
  CHECK(json["unit_time"]["counts"][2] == 1);  // over 1 ms, up to 5 ms
  CHECK(json["publish_time"]["sum"] == 1.0);
  CHECK(json["connections"]["db.client.connection.pool.name"] == "nightly \"1\"-loads");
}

TEST_CASE("load metrics as Prometheus text have one family a metric and one sample an object") {
  LoadMetrics one("one"), two("two");
  LoadCounters(&one).unit_committed({6, 1, 0}, 20ms, false);
  LoadCounters(&two).published(counts_of(5, 0, 0, 0), 1s);
  const std::string text = to_prometheus({one.statistics(), two.statistics()});

  // Line by line what the format allows: https://prometheus.io/docs/instrumenting/exposition_formats/
  const std::regex comment("# (HELP [a-z_]+ [^\\n]+|TYPE [a-z_]+ (counter|gauge|histogram))");
  const std::regex sample("[a-z_]+\\{load_name=\"(one|two)\"(,le=\"([0-9.]+|\\+Inf)\")?\\} [0-9.]+");
  std::set<std::string> seen;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK((std::regex_match(line, comment) || std::regex_match(line, sample)));
    CHECK(seen.insert(line[0] == '#' ? line : line.substr(0, line.rfind(' '))).second);
  }
  CHECK(text.ends_with("\n"));
  CHECK(seen.contains("millrace_load_rows_accepted_total{load_name=\"one\"}"));
  CHECK(text.find("millrace_load_rows_accepted_total{load_name=\"one\"} 6\n") != std::string::npos);
  CHECK(text.find("millrace_load_rows_inserted_total{load_name=\"two\"} 5\n") != std::string::npos);
  CHECK(text.find("millrace_load_unit_time_seconds_bucket{load_name=\"one\",le=\"0.01\"} 0\n") != std::string::npos);
  CHECK(text.find("millrace_load_unit_time_seconds_bucket{load_name=\"one\",le=\"0.025\"} 1\n") != std::string::npos);
  CHECK(text.find("millrace_load_unit_time_seconds_bucket{load_name=\"one\",le=\"+Inf\"} 1\n") != std::string::npos);
}
