#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <nlohmann/json.hpp>

#include "pool_fixture.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

TEST_CASE_METHOD(PoolFixture, "statistics count what a pool has done and holds now") {
  PoolOptions options = plain(2, 1);
  options.name = "orders";
  make(options);
  {
    const auto a = pool->acquire();
    advance(20ms);
    const auto b = pool->acquire();
    advance(2000ms);
    CHECK(statistics().in_use == 2);
  }
  { const auto c = pool->acquire(); }
  auto d = pool->acquire();
  d.discard();
  const PoolStatistics s = statistics();
  CHECK(s.name == "orders");
  CHECK(s.size == 2);
  CHECK(s.max == 3);
  CHECK(s.open == 1);
  CHECK(s.idle == 1);
  CHECK(s.in_use == 0);
  CHECK(s.opened == 2);
  CHECK(s.closed == 1);
  CHECK(s.acquired == 4);
  CHECK(s.create_time.count == 2);
  CHECK(s.wait_time.count == 4);
  CHECK(s.wait_time.counts[0] == 4);
  CHECK(s.use_time.count == 4);
  CHECK(s.use_time.counts[0] == 2);
  CHECK(s.use_time.counts[10] == 2);  // 2 and 2.02 s: above 1, up to 5
  CHECK(s.use_time.sum == 4.02);
}

TEST_CASE_METHOD(PoolFixture, "the wait histogram shows who waited how long") {
  make(plain(1));
  auto lease = pool->acquire();
  Acquirer waiter(*pool);
  REQUIRE(waiting(1));
  advance(30ms);
  lease = {};
  waiter.take();
  const PoolStatistics s = statistics();
  CHECK(s.wait_time.count == 2);
  CHECK(s.wait_time.counts[5] == 1);  // above 25, up to 50 ms
  CHECK(s.wait_time.sum == 0.03);
}

namespace {

PoolStatistics sample() {
  PoolStatistics s;
  s.name = "a \"b\" \\ c\nd";
  s.min = 1;
  s.size = 5;
  s.max = 15;
  s.open = 4;
  s.idle = 2;
  s.in_use = 1;
  s.waiting = 7;
  s.opened = 9;
  s.closed = 5;
  s.open_failures = 3;
  s.acquired = 100;
  s.timed_out = 2;
  s.leaks_reported = 1;
  s.use_time.counts[0] = 3;
  s.use_time.counts[11] = 1;
  s.use_time.counts[12] = 2;
  s.use_time.count = 6;
  s.use_time.sum = 25.5;
  return s;
}

}  // namespace

TEST_CASE("statistics as JSON have OpenTelemetry's names") {
  const auto json = nlohmann::json::parse(to_json(sample()));
  CHECK(json["db.client.connection.pool.name"] == "a \"b\" \\ c\nd");
  CHECK(json["db.client.connection.count"]["idle"] == 2);
  CHECK(json["db.client.connection.count"]["used"] == 1);
  CHECK(json["db.client.connection.idle.min"] == 1);
  CHECK(json["db.client.connection.idle.max"] == 5);
  CHECK(json["db.client.connection.max"] == 15);
  CHECK(json["db.client.connection.pending_requests"] == 7);
  CHECK(json["db.client.connection.timeouts"] == 2);
  CHECK(json["db.client.connection.use_time"]["count"] == 6);
  CHECK(json["db.client.connection.use_time"]["sum"] == 25.5);
  CHECK(json["db.client.connection.use_time"]["counts"][12] == 2);
  CHECK(json["millrace.pool.opened"] == 9);
  PoolStatistics broken = sample();
  broken.name = "\xff";
  CHECK_NOTHROW(nlohmann::json::parse(to_json(broken)));
}

TEST_CASE("statistics as Prometheus text: a family a metric, labels escaped, buckets cumulative") {
  PoolStatistics other;
  other.name = "other";
  const std::string text = to_prometheus({sample(), other});
  const std::string label = R"(pool_name="a \"b\" \\ c\nd")";
  CHECK_THAT(text, ContainsSubstring("# TYPE db_client_connection_count gauge\n"
                                     "db_client_connection_count{" + label + ",state=\"idle\"} 2\n"
                                     "db_client_connection_count{" + label + ",state=\"used\"} 1\n"
                                     "db_client_connection_count{pool_name=\"other\",state=\"idle\"} 0\n"));
  CHECK_THAT(text, ContainsSubstring("# TYPE db_client_connection_timeouts_total counter\ndb_client_connection_timeouts_total{" + label + "} 2\n"));
  CHECK_THAT(text, ContainsSubstring("# TYPE db_client_connection_use_time_seconds histogram\n"
                                     "db_client_connection_use_time_seconds_bucket{" + label + ",le=\"0.0001\"} 3\n"));
  CHECK_THAT(text, ContainsSubstring("db_client_connection_use_time_seconds_bucket{" + label + ",le=\"5\"} 3\n"
                                     "db_client_connection_use_time_seconds_bucket{" + label + ",le=\"10\"} 4\n"
                                     "db_client_connection_use_time_seconds_bucket{" + label + ",le=\"+Inf\"} 6\n"
                                     "db_client_connection_use_time_seconds_sum{" + label + "} 25.5\n"
                                     "db_client_connection_use_time_seconds_count{" + label + "} 6\n"));
  for (std::size_t at = 0, families = 0; (at = text.find("# TYPE db_client_connection_max ", at)) != std::string::npos; ++at) CHECK(++families == 1);
  CHECK(text.back() == '\n');
}
