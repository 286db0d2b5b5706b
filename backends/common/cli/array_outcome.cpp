#include "common/cli/array_outcome.hpp"

#include <algorithm>

namespace millrace::MILLRACE_CLI {

ArrayOutcome judge(const ArrayRun& run) {
  using Kind = ArrayOutcome::Kind;
  const std::size_t rows = run.statuses.size();
  const bool success = succeeded(run.code) || run.code == SQL_NO_DATA;
  ArrayOutcome outcome;
  std::size_t unused = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    if (run.statuses[row] == SQL_PARAM_ERROR) outcome.rows.push_back(row);
    unused += run.statuses[row] == SQL_PARAM_UNUSED;
  }
  if (!outcome.rows.empty()) {
    outcome.kind = outcome.rows.size() < rows || rows == 1 ? Kind::refused : Kind::failed;
    if (outcome.kind == Kind::failed) outcome.rows.clear();
    return outcome;
  }
  if (!success) {
    // One row needs no status to be the one at fault.
    outcome.kind = rows == 1 ? Kind::refused : Kind::failed;
    if (rows == 1) outcome.rows.push_back(0);
    return outcome;
  }
  if (unused > 0) {
    outcome.kind = Kind::contradiction;
    outcome.problem = "the driver reports success, but did not use " + std::to_string(unused) + " of " + std::to_string(rows) + " rows";
  } else if (run.processed && *run.processed != rows) {
    outcome.kind = Kind::contradiction;
    outcome.problem = "the driver reports success, but that it processed " + std::to_string(*run.processed) + " of " + std::to_string(rows) + " rows";
  }
  return outcome;
}

}  // namespace millrace::MILLRACE_CLI
