#pragma once
// The target: found, or made by `--create`.

#include "millrace/access/connection.hpp"
#include "millrace/load/job.hpp"
#include "millrace/load/source.hpp"

namespace millrace {

/// Describes the job's table. Where it is missing and the job says so, it is created from what the source's first rows look like.
/// @param dry_run  nothing is created: the DDL goes to `planned_sql` and the table is described as it would be
/// @throws ConfigError  no such table
TableInfo find_or_create_target(Connection& connection, const LoadJob& job, Source& source, bool dry_run, std::vector<std::string>& planned_sql);

}  // namespace millrace
