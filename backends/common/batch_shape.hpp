#pragma once
// Whether a batch is one for the columns that its writer was opened with.

#include <string_view>
#include <vector>

#include "millrace/data/record_batch.hpp"
#include "millrace/data/types.hpp"

namespace millrace::backends {

/// @throws Error{misuse}  another number of columns, another layout or scale, or columns of different lengths; names the column
void check_shape(const RecordBatch& batch, const std::vector<ColumnInfo>& columns, std::string_view backend);

}  // namespace millrace::backends
