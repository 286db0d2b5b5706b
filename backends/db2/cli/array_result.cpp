#include "db2/cli/array_result.hpp"

#include <algorithm>

namespace millrace::db2::cli {
namespace {

constexpr std::int32_t kNoRow = 100;

SQLUSMALLINT status_of(const drda::Sqlca& sqlca) {
  if (sqlca.failed()) return SQL_PARAM_ERROR;
  return sqlca.code > 0 && sqlca.code != kNoRow ? SQL_PARAM_SUCCESS_WITH_INFO : SQL_PARAM_SUCCESS;
}

}  // namespace

ArrayResult result_of(const std::vector<drda::Sqlca>& rows, bool atomic, const std::function<bool(const drda::Sqlca&)>& ends_transaction) {
  ArrayResult result;
  std::size_t failed = 0, warned = 0, empty = 0;
  result.statuses.reserve(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const SQLUSMALLINT status = status_of(rows[row]);
    result.statuses.push_back(status);
    failed += status == SQL_PARAM_ERROR;
    warned += status == SQL_PARAM_SUCCESS_WITH_INFO;
    empty += rows[row].code == kNoRow;
    if (status != SQL_PARAM_ERROR) result.row_count += std::max<std::int64_t>(rows[row].rows, 0);
    else if (!result.ended_transaction && ends_transaction(rows[row])) result.ended_transaction = row;
  }
  if (result.ended_transaction) {
    std::fill(result.statuses.begin(), result.statuses.end(), static_cast<SQLUSMALLINT>(SQL_PARAM_UNUSED));
    result.statuses[*result.ended_transaction] = SQL_PARAM_ERROR;
  } else if (atomic && failed > 0) {
    for (SQLUSMALLINT& status : result.statuses) status = status == SQL_PARAM_ERROR ? status : static_cast<SQLUSMALLINT>(SQL_PARAM_UNUSED);
  }
  result.undo = result.ended_transaction.has_value() || (atomic && failed > 0);
  if (result.undo) result.row_count = 0;
  if (result.undo || (failed > 0 && failed == rows.size())) result.code = SQL_ERROR;
  else if (failed > 0 || warned > 0) result.code = SQL_SUCCESS_WITH_INFO;
  else if (!rows.empty() && empty == rows.size()) result.code = SQL_NO_DATA;
  return result;
}

void describe(const ArrayResult& result, const std::vector<drda::Sqlca>& rows, Diagnostics& out) {
  for (const int wanted : {SQL_PARAM_ERROR, SQL_PARAM_SUCCESS_WITH_INFO}) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (result.statuses[row] == wanted) out.add(rows[row], static_cast<std::int64_t>(row) + 1);
    }
  }
}

}  // namespace millrace::db2::cli
