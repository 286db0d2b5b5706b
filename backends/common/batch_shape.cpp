#include "common/batch_shape.hpp"

#include <string>

#include "millrace/access/error.hpp"

namespace millrace::backends {
namespace {

[[noreturn]] void misuse(std::string message, std::string_view backend) {
  ErrorInfo info;
  info.code = ErrorCode::misuse;
  info.message = std::move(message);
  info.backend = backend;
  throw_error(std::move(info));
}

}  // namespace

void check_shape(const RecordBatch& batch, const std::vector<ColumnInfo>& columns, std::string_view backend) {
  if (batch.column_count() != columns.size()) {
    misuse("a batch of " + std::to_string(batch.column_count()) + " columns was written to a writer of " + std::to_string(columns.size()), backend);
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const SqlType& type = batch.column(i).type();
    const bool fits = batch.column(i).layout() == layout_of(columns[i].type) && (!type.is_fixed_decimal() || type.scale == columns[i].type.scale);
    if (fits && batch.column(i).rows() == batch.rows()) continue;
    misuse("column \"" + columns[i].name + "\" of the batch is " + to_string(type) + " with " + std::to_string(batch.column(i).rows()) + " of " + std::to_string(batch.rows()) +
               " rows, the writer was opened with " + to_string(columns[i].type),
           backend);
  }
}

}  // namespace millrace::backends
