#pragma once
// Runs a load from its source to its published rows.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "millrace/access/driver.hpp"
#include "millrace/load/job.hpp"
#include "millrace/load/metrics.hpp"
#include "millrace/load/report.hpp"
#include "millrace/load/source.hpp"

namespace millrace {

/// What a load has done so far; handed to the progress callback about ten times a second.
struct LoadProgress {
  enum class Phase : unsigned char { loading, publishing, done } phase = Phase::loading;
  std::int64_t bytes_done = 0;                 ///< of the input as it lies on disk
  std::optional<std::int64_t> bytes_total;
  std::int64_t rows_committed = 0;             ///< accepted rows in committed units, skipped units of a resume counted
  std::int64_t rows_rejected = 0;
};

/// Everything that a load needs from its surroundings. Only `drivers` is required.
struct LoadEnvironment {
  const DriverRegistry* drivers = nullptr;
  std::unique_ptr<Source> source;              ///< instead of the job's file
  std::function<void(const LoadProgress&)> on_progress;  ///< called from one thread at a time
  std::function<void(const std::string& run_id)> on_started;  ///< once the run exists
  std::stop_token stop;                        ///< a requested stop cancels the servers' work and fails the run
  LoadMetrics* metrics = nullptr;              ///< counts this load with others; must live until the load has ended
};

/// Runs the job: a new load, a resume, a replay or a dry run.
///
/// From the moment that the run exists in the database, everything that goes wrong is in the report (outcome, error) and in
/// millrace_run; before that it is thrown.
/// @throws ConfigError, DataError, ConnectionError, DatabaseError  before the run exists
/// @thread_safety  Distinct loads are independent.
RunReport run_load(LoadJob job, LoadEnvironment environment);

}  // namespace millrace
