#pragma once
// What the run of an array came to: a decision without I/O, from what the server said of each row.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <sqlcli1.h>

#include "db2/cli/diagnostics.hpp"
#include "db2/drda/client.hpp"

namespace millrace::db2::cli {

struct ArrayResult {
  SQLRETURN code = SQL_SUCCESS;
  std::vector<SQLUSMALLINT> statuses;      ///< SQL_ATTR_PARAM_STATUS_PTR's
  std::int64_t row_count = 0;              ///< of the rows that are in
  bool undo = false;                       ///< what the array did is not to stay
  std::optional<std::size_t> ended_transaction;   ///< the row at which the server rolled everything back: those behind it ran in another transaction
};

/// @param atomic  one row that fails fails them all
ArrayResult result_of(const std::vector<drda::Sqlca>& rows, bool atomic, const std::function<bool(const drda::Sqlca&)>& ends_transaction);

/// A record for each row that failed, or for the one that ended the transaction; then those of warnings.
void describe(const ArrayResult& result, const std::vector<drda::Sqlca>& rows, Diagnostics& out);

}  // namespace millrace::db2::cli
