#pragma once
// `--dry-run`: decode and validate everything, show the SQL, write nothing.

#include "load/load_context.hpp"
#include "millrace/load/report.hpp"

namespace millrace {

/// The SQL of a load in the order in which it would run.
std::vector<std::string> explain(const LoadPlan& plan, const Dialect& dialect);
/// Decodes the whole source with `writers` threads and fills counts, planned SQL and notes.
void dry_run(const LoadPlan& plan, Source& source, const Dialect& dialect, int writers, RejectLimit limit, std::stop_token stop, RunReport& report, const std::function<void()>& on_tick);

}  // namespace millrace
