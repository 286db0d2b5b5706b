#include "millrace/load/metrics.hpp"

#include <algorithm>
#include <mutex>

#include "access/histogram.hpp"
#include "access/metrics_text.hpp"
#include "load/load_counters.hpp"

namespace millrace {
namespace {

std::uint64_t to_count(std::int64_t number) { return static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0)); }

void add_rows(LoadStatistics& to, std::int64_t accepted, std::int64_t rejected) {
  to.rows_accepted += to_count(accepted);
  to.rows_rejected += to_count(rejected);
}

void add_histogram(DurationHistogram& to, const DurationHistogram& from) {
  for (std::size_t i = 0; i < to.counts.size(); ++i) to.counts[i] += from.counts[i];
  to.count += from.count;
  to.sum += from.sum;
}

void add_counters(PoolStatistics& to, const PoolStatistics& from) {
  to.opened += from.opened;
  to.closed += from.closed;
  to.open_failures += from.open_failures;
  to.acquired += from.acquired;
  to.timed_out += from.timed_out;
  to.leaks_reported += from.leaks_reported;
  add_histogram(to.create_time, from.create_time);
  add_histogram(to.wait_time, from.wait_time);
  add_histogram(to.use_time, from.use_time);
}

void add_gauges(PoolStatistics& to, const PoolStatistics& from) {
  to.min += from.min;
  to.size += from.size;
  to.max += from.max;
  to.open += from.open;
  to.idle += from.idle;
  to.in_use += from.in_use;
  to.waiting += from.waiting;
}

}  // namespace

struct LoadMetrics::State {
  mutable std::mutex mutex;
  LoadStatistics statistics;         // its connections: counters of the pools that are gone
  Histogram unit_time, publish_time;
  std::vector<const Pool*> pools;
};

LoadMetrics::LoadMetrics(std::string name) : state_(std::make_unique<State>()) {
  state_->statistics.name = name;
  state_->statistics.connections.name = std::move(name) + "-loads";
}

LoadMetrics::~LoadMetrics() = default;

LoadStatistics LoadMetrics::statistics() const {
  const std::lock_guard lock(state_->mutex);
  LoadStatistics now = state_->statistics;
  now.unit_time = state_->unit_time.read();
  now.publish_time = state_->publish_time.read();
  for (const Pool* pool : state_->pools) {
    const PoolStatistics statistics = pool->statistics();
    add_counters(now.connections, statistics);
    add_gauges(now.connections, statistics);
  }
  return now;
}

template <class F> void LoadCounters::change(F&& fn) const {
  if (!state_) return;
  const std::lock_guard lock(state_->mutex);
  fn(state_->statistics);
}

void LoadCounters::run_started() const {
  change([](LoadStatistics& s) { ++s.runs_started; ++s.running; });
}

void LoadCounters::run_ended(Outcome outcome) const {
  const bool succeeded = outcome == Outcome::loaded || outcome == Outcome::loaded_with_rejects;
  change([&](LoadStatistics& s) { --s.running; ++(succeeded ? s.runs_succeeded : s.runs_failed); });
}

void LoadCounters::unit_read(const Unit& unit) const {
  change([&](LoadStatistics& s) { s.rows_read += to_count(unit.rows); s.bytes_read += to_count(unit.byte_length); });
}

void LoadCounters::unit_committed(const UnitOutcome& outcome, std::chrono::nanoseconds took, bool into_target) const {
  change([&](LoadStatistics& s) {
    ++s.units_committed;
    add_rows(s, outcome.rows, outcome.rejects);
    if (into_target) s.rows_inserted += to_count(outcome.rows);
    state_->unit_time.add(took);
  });
}

void LoadCounters::units_committed(std::int64_t units, const RunCounts& counts) const {
  change([&](LoadStatistics& s) {
    s.units_committed += to_count(units);
    add_rows(s, counts.accepted, counts.rejected);
  });
}

void LoadCounters::replayed() const {
  change([](LoadStatistics& s) { ++s.replays; });
}

void LoadCounters::published(const RunCounts& counts, std::chrono::nanoseconds took) const {
  change([&](LoadStatistics& s) {
    s.rows_inserted += to_count(counts.inserted);
    s.rows_updated += to_count(counts.updated);
    s.rows_deleted += to_count(counts.deleted);
    s.rows_unchanged += to_count(counts.unchanged);
    state_->publish_time.add(took);
  });
}

CountedPool::CountedPool(LoadCounters counters, Pool& pool) : state_(counters.state_), pool_(pool) {
  if (!state_) return;
  const std::lock_guard lock(state_->mutex);
  state_->pools.push_back(&pool);
}

CountedPool::~CountedPool() {
  if (!state_) return;
  pool_.close(std::chrono::seconds(1));  // so that its connections count as closed
  const std::lock_guard lock(state_->mutex);
  std::erase(state_->pools, &pool_);
  add_counters(state_->statistics.connections, pool_.statistics());
}

std::string to_json(const LoadStatistics& s) {
  using Json = nlohmann::ordered_json;
  using metrics_text::to_json_value;
  const Json json = {
      {"name", s.name},
      {"running", s.running},
      {"runs_started", s.runs_started},
      {"runs_succeeded", s.runs_succeeded},
      {"runs_failed", s.runs_failed},
      {"rows_read", s.rows_read},
      {"bytes_read", s.bytes_read},
      {"units_committed", s.units_committed},
      {"rows_accepted", s.rows_accepted},
      {"rows_rejected", s.rows_rejected},
      {"rows_inserted", s.rows_inserted},
      {"rows_updated", s.rows_updated},
      {"rows_deleted", s.rows_deleted},
      {"rows_unchanged", s.rows_unchanged},
      {"replays", s.replays},
      {"unit_time", to_json_value(s.unit_time)},
      {"publish_time", to_json_value(s.publish_time)},
      {"connections", Json::parse(to_json(s.connections))},
  };
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_prometheus(const std::vector<LoadStatistics>& statistics) {
  using S = LoadStatistics;
  metrics_text::Exposition<S> out(statistics, "load_name");
  out.metric("millrace_load_running", "gauge", "Loads that run now", [](const S& s) { return s.running; });
  out.metric("millrace_load_runs_started_total", "counter", "Runs begun or resumed", [](const S& s) { return s.runs_started; });
  out.metric("millrace_load_runs_succeeded_total", "counter", "Runs that ended loaded, with or without rejects", [](const S& s) { return s.runs_succeeded; });
  out.metric("millrace_load_runs_failed_total", "counter", "Runs that ended otherwise", [](const S& s) { return s.runs_failed; });
  out.metric("millrace_load_rows_read_total", "counter", "Records taken from inputs", [](const S& s) { return s.rows_read; });
  out.metric("millrace_load_bytes_read_total", "counter", "Bytes taken from inputs, decompressed", [](const S& s) { return s.bytes_read; });
  out.metric("millrace_load_units_committed_total", "counter", "Units committed", [](const S& s) { return s.units_committed; });
  out.metric("millrace_load_rows_accepted_total", "counter", "Records of committed units that became rows", [](const S& s) { return s.rows_accepted; });
  out.metric("millrace_load_rows_rejected_total", "counter", "Records of committed units that were rejected", [](const S& s) { return s.rows_rejected; });
  out.metric("millrace_load_rows_inserted_total", "counter", "Rows inserted into targets", [](const S& s) { return s.rows_inserted; });
  out.metric("millrace_load_rows_updated_total", "counter", "Rows of targets updated", [](const S& s) { return s.rows_updated; });
  out.metric("millrace_load_rows_deleted_total", "counter", "Rows of targets deleted", [](const S& s) { return s.rows_deleted; });
  out.metric("millrace_load_rows_unchanged_total", "counter", "Merged rows that were equal already", [](const S& s) { return s.rows_unchanged; });
  out.metric("millrace_load_replays_total", "counter", "Transactions rolled back and sent again", [](const S& s) { return s.replays; });
  out.histogram("millrace_load_unit_time_seconds", "Time to decode, send and commit a unit, its replays included", &S::unit_time);
  out.histogram("millrace_load_publish_time_seconds", "Time to publish a run", &S::publish_time);
  return out.take();
}

}  // namespace millrace
