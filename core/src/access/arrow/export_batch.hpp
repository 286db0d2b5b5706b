#pragma once
// Batches as Arrow sees them.

#include <vector>

#include "millrace/access/arrow_c.hpp"
#include "millrace/access/batch_reader.hpp"

namespace millrace::arrow {

/// A struct of the columns.
OwnedArrowSchema export_schema(const std::vector<ResultColumn>& columns);
/// Moves a batch into a struct array. Its buffers stay where they are, but for uuids, which become text.
OwnedArrowArray export_batch(RecordBatch batch);

}  // namespace millrace::arrow
