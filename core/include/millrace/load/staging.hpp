#pragma once
// Staging tables: created from the target, filled by writers, counted by run, cleared.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "millrace/access/connection.hpp"
#include "millrace/load/ledger.hpp"

namespace millrace {

/// Names of the columns that a permanent staging table has besides the data (as written in DDL; databases fold them).
struct StagingColumns {
  static constexpr const char* stg_id = "STG_ID";
  static constexpr const char* run_id = "RUN_ID";
  static constexpr const char* worker_id = "WORKER_ID";
  static constexpr const char* src_row = "SRC_ROW";
  static constexpr const char* insert_ts = "INSERT_TS";
};
/// SRC_ROW's name in a table per run: one that no table has by chance.
inline constexpr const char* kRunSrcRow = "millrace_src_row";

/// The one definition of staging tables, for loads and for `ddl --staging`.
/// @param permanent_name  empty: a table per run, named after target and run within the dialect's limit, in `schema`
/// @throws ConfigError  a target column has one of the staging columns' names
StagingTable plan_staging(const TableInfo& target, const std::vector<ColumnInfo>& loaded, const std::vector<std::string>& key,
                          const TableName& permanent_name, std::string_view schema, std::string_view run_id, const Dialect& dialect);
/// The rows of one run in it.
StagedRows staged_rows(const StagingTable& table, std::string_view run_id, const Dialect& dialect);

/// Works on the connection's current transaction.
class StagingRepository {
 public:
  StagingRepository(Connection& connection, StagingTable table, StagedRows rows)
      : connection_(connection), table_(std::move(table)), rows_(std::move(rows)) {}

  /// Creates the table unless it is there. @throws ConfigError  a permanent table of another shape (prints the ALTER that mends it)
  void ensure();
  bool exists() { return connection_.table_exists(table_.name); }
  std::int64_t count();
  /// Rows per ledger range, keyed by first_src_row; ranges without rows are absent.
  std::map<std::int64_t, std::int64_t> count_by_range(const Ledger& ledger);
  /// Rows and distinct keys.
  std::pair<std::int64_t, std::int64_t> count_keys(const std::vector<std::string>& key);
  std::int64_t clear_range(std::int64_t first_src_row, std::int64_t last_src_row);
  std::int64_t clear();   ///< the run's rows; the table stays
  /// Removes the run's rows the cheapest way: a table per run is dropped. @return rows removed
  std::int64_t dispose();
  void analyze();
  /// The exact sum of a column over the run's rows, as text; "0" over no rows.
  std::string sum(const ColumnInfo& column);

 private:
  std::string where() const { return rows_.filter.empty() ? "" : " WHERE " + rows_.filter; }
  Connection& connection_;
  StagingTable table_;
  StagedRows rows_;
};

}  // namespace millrace
