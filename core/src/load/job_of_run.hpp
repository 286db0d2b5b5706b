#pragma once
// Jobs that continue earlier runs: a resume and a replay take what they are not told from the run they refer to.

#include <optional>
#include <string>

#include "millrace/access/connection.hpp"
#include "millrace/load/job.hpp"
#include "millrace/load/ledger.hpp"

namespace millrace {

/// The run with this id, from the tables that the session (or `state_schema`) finds. @throws ConfigError  there are no such tables
std::optional<RunRecord> find_run(Connection& connection, const std::string& state_schema, const std::string& run_id);

/// The job that a resume runs: the kept one, with what may be said anew taken from `asked`.
/// @throws ConfigError  the run was discarded, or an option contradicts it (named)
LoadJob job_of_resume(const LoadJob& asked, const RunRecord& run);

/// The job that a replay runs: the kept one of the run whose rejects it loads (nothing when that run is not known here), with what `asked` gives
/// on top. The records have no header: their columns are those of the run's source.
/// @throws ConfigError  the run is unknown and `asked` names no table
LoadJob job_of_replay(const LoadJob& asked, const std::optional<RunRecord>& run, const std::string& run_id, const Dialect& dialect);

}  // namespace millrace
