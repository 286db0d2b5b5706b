#include "millrace/access/query.hpp"

#include <cmath>
#include <limits>

#include "access/column_names.hpp"

namespace millrace::detail {
namespace {

std::vector<std::string> names_of(const ResultSet& result) {
  std::vector<std::string> names;
  for (const ResultColumn& column : result.columns()) names.push_back(column.name);
  return names;
}

}  // namespace

void require_columns(const ResultSet& result, std::size_t wanted) {
  const std::size_t columns = result.columns().size();
  if (columns == wanted) return;
  throw DataError("the query returns " + std::to_string(columns) + (columns == 1 ? " column (" : " columns (") + list_columns(names_of(result)) + ") where " +
                  std::to_string(wanted) + (wanted == 1 ? " is asked for" : " are asked for"));
}

std::vector<std::size_t> positions_of(const ResultSet& result, const std::vector<std::string>& names) {
  const std::vector<std::string> present = names_of(result);
  std::vector<std::size_t> positions;
  for (const std::string& name : names) {
    const std::size_t at = find_column(present, name, "the query");
    if (at == kNoColumn) {
      ErrorInfo info;
      info.code = ErrorCode::data;
      info.message = "the query returns no column \"" + name + "\"; it has " + list_columns(present);
      info.column = name;
      throw DataError(std::move(info));
    }
    positions.push_back(at);
  }
  return positions;
}

void rethrow_with_cell(const DataError& error, const ResultSet& result, std::size_t row, std::size_t column) {
  ErrorInfo info = error.info();
  info.column = result.columns()[column].name;
  info.row = static_cast<std::int64_t>(row);
  info.message = "column \"" + info.column + "\", row " + std::to_string(row + 1) + " of the result: " + info.message;
  throw DataError(std::move(info));
}

void throw_row_count(std::size_t rows, const char* wanted) {
  throw DataError("the query returned " + (rows == 0 ? std::string("no row") : std::to_string(rows) + " rows") + " where " + wanted + " was asked for");
}

float narrowed(double value) {
  if (std::isfinite(value) && std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())) throw DataError(Value(value).to_text() + " does not fit a float");
  return static_cast<float>(value);
}

}  // namespace millrace::detail
