// Metrics: https://opentelemetry.io/docs/specs/semconv/database/database-metrics/
#include "access/metrics_text.hpp"
#include "access/pool/core.hpp"

namespace millrace {
namespace pooling {

PoolStatistics Core::read_statistics() const {
  PoolStatistics out;
  out.name = options_.name;
  out.min = options_.min;
  out.size = options_.size;
  out.max = options_.max();
  out.open = slots_.size();
  out.idle = idle_.size();
  out.in_use = in_use_;
  out.waiting = waiters_.size();
  out.opened = opened_;
  out.closed = closed_count_;
  out.open_failures = open_failures_;
  out.acquired = acquired_at_once_ + acquired_after_wait_;
  out.timed_out = timed_out_;
  out.leaks_reported = leaks_;
  out.create_time = create_time_.read();
  out.wait_time = wait_time_.read();
  out.wait_time.counts[0] += acquired_at_once_;
  out.wait_time.count += acquired_at_once_;
  out.use_time = use_time_.read();
  return out;
}

PoolStatistics Core::statistics() const {
  const std::lock_guard lock(mutex_);
  return read_statistics();
}

}  // namespace pooling

namespace {

using Json = nlohmann::ordered_json;
using metrics_text::to_json_value;

}  // namespace

std::string to_json(const PoolStatistics& s) {
  const Json json = {
      {"db.client.connection.pool.name", s.name},
      {"db.client.connection.count", {{"idle", s.idle}, {"used", s.in_use}}},
      {"db.client.connection.idle.min", s.min},
      {"db.client.connection.idle.max", s.size},
      {"db.client.connection.max", s.max},
      {"db.client.connection.pending_requests", s.waiting},
      {"db.client.connection.timeouts", s.timed_out},
      {"db.client.connection.create_time", to_json_value(s.create_time)},
      {"db.client.connection.wait_time", to_json_value(s.wait_time)},
      {"db.client.connection.use_time", to_json_value(s.use_time)},
      {"millrace.pool.open", s.open},
      {"millrace.pool.opened", s.opened},
      {"millrace.pool.closed", s.closed},
      {"millrace.pool.open_failures", s.open_failures},
      {"millrace.pool.acquired", s.acquired},
      {"millrace.pool.leaks", s.leaks_reported},
  };
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_prometheus(const std::vector<PoolStatistics>& pools) {
  metrics_text::Exposition<PoolStatistics> out(pools, "pool_name");
  out.family("db_client_connection_count", "gauge", "Connections that are open, by state");
  for (const PoolStatistics& pool : pools) {
    out.sample(pool, "", "state=\"idle\"", std::to_string(pool.idle));
    out.sample(pool, "", "state=\"used\"", std::to_string(pool.in_use));
  }
  using S = PoolStatistics;
  out.metric("db_client_connection_idle_min", "gauge", "Connections kept open, needed or not", [](const S& s) { return s.min; });
  out.metric("db_client_connection_idle_max", "gauge", "Most connections kept for reuse", [](const S& s) { return s.size; });
  out.metric("db_client_connection_max", "gauge", "Most connections open at once", [](const S& s) { return s.max; });
  out.metric("db_client_connection_pending_requests", "gauge", "Acquires that wait", [](const S& s) { return s.waiting; });
  out.metric("db_client_connection_timeouts_total", "counter", "Acquires that ended at their deadline", [](const S& s) { return s.timed_out; });
  out.histogram("db_client_connection_create_time_seconds", "Time to open a connection", &S::create_time);
  out.histogram("db_client_connection_wait_time_seconds", "Time to get a connection from the pool", &S::wait_time);
  out.histogram("db_client_connection_use_time_seconds", "Time between getting a connection and its return", &S::use_time);
  out.metric("millrace_pool_open", "gauge", "Connections that exist, also those being opened, checked or closed", [](const S& s) { return s.open; });
  out.metric("millrace_pool_opened_total", "counter", "Connections opened", [](const S& s) { return s.opened; });
  out.metric("millrace_pool_closed_total", "counter", "Connections closed", [](const S& s) { return s.closed; });
  out.metric("millrace_pool_open_failures_total", "counter", "Attempts to connect that failed", [](const S& s) { return s.open_failures; });
  out.metric("millrace_pool_acquired_total", "counter", "Connections lent", [](const S& s) { return s.acquired; });
  out.metric("millrace_pool_leaks_total", "counter", "Leases reported as leaks", [](const S& s) { return s.leaks_reported; });
  return out.take();
}

}  // namespace millrace
