#pragma once
// The plan of a load: job + source columns + target table, resolved. Decisions without I/O.

#include <string>
#include <vector>

#include "millrace/access/driver.hpp"
#include "millrace/load/job.hpp"
#include "millrace/load/ledger.hpp"
#include "millrace/load/merge.hpp"
#include "millrace/load/source.hpp"
#include "millrace/load/staging.hpp"

namespace millrace {

struct LoadPlan {
  std::string run_id;
  LoadMode mode = LoadMode::append;
  TableInfo target;
  std::vector<std::string> source_columns;  ///< names, in the source's order
  std::vector<ColumnInfo> columns;       ///< loaded from the source, in the order of decode.targets
  std::vector<std::string> key;
  std::vector<SetClause> sets;           ///< filled by SQL at publish
  struct Constant { ColumnInfo column; std::string text; bool now = false; };
  std::vector<Constant> constants;       ///< filled by the writers: what `sets` is where no SQL runs over staging
  DecodePlan decode;
  bool staged = false;                   ///< units go to staging, then are published; else straight into the target
  StagingTable staging;
  StagedRows staged_rows;
  StateTables state;
  ReloadKind reload = ReloadKind::swap;
  bool cascade = false;
  std::vector<std::size_t> summed;       ///< indexes into `columns` that control totals are kept for

  bool direct_reload() const { return mode == LoadMode::reload && reload == ReloadKind::direct; }
  std::unique_ptr<MergeStrategy> strategy() const;
  PublishSpec publish_spec(bool duplicate_keys) const;
  /// Columns that a writer gets, in order: the loaded ones, then constants, then staging's own.
  std::vector<ColumnInfo> written_columns() const;
  const TableName& written_table() const { return staged ? staging.name : target.name; }
};

/// @throws ConfigError  one sentence: what does not fit, the table, the column, what to do
LoadPlan make_plan(const LoadJob& job, const std::vector<std::string>& source_columns, const TableInfo& target, const Dialect& dialect,
                   const DriverTraits& traits, const std::string& run_id);

/// What a resume compares: everything of the plan that must not have changed, as JSON. Kept in millrace_run with the job.
std::string plan_to_json(const LoadJob& job, const LoadPlan& plan);
/// The job of a kept plan.
LoadJob job_of_plan(const std::string& plan_json);
/// What a publish without the source needs: the plan rebuilt from JSON and the target as it is now.
LoadPlan plan_from_json(const std::string& plan_json, const TableInfo& target, const Dialect& dialect, const std::string& run_id);
/// The names of the source's columns, in its order.
std::vector<std::string> source_columns_of_plan(const std::string& plan_json);
/// Only the keys that were given, as override_job takes them.
std::string given_to_json(const LoadJob& job);
/// The resolved target of a kept plan.
TableName target_of_plan(const std::string& plan_json);
/// @throws ConfigError  the options explicitly given to a resume contradict the run's, or the resolved plan differs: names what
void check_resume(const LoadJob& asked, const LoadJob& kept);
void check_same_plan(const std::string& kept_json, const std::string& now_json);

/// A sortable unique id: UTC time to the millisecond and 40 random bits, e.g. 20230228-134500-123-9f86d081c2.
std::string make_run_id();

}  // namespace millrace
