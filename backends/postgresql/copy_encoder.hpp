#pragma once
// Batches to the bytes of a COPY. Pure: no connection in sight.
// Formats: PostgreSQL's manual, COPY, "File Formats"; the binary form of a field is what its type's receive function reads.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "millrace/data/record_batch.hpp"
#include "millrace/data/types.hpp"

namespace millrace::postgresql {

enum class CopyFormat : std::uint8_t { binary, text };

/// How a cell is encoded.
enum class Cell : std::uint8_t {
  boolean, int16, int32, int64, float32, float64,
  decimal,       ///< int128 with the column's scale
  numeric_text,  ///< a decimal of any length, as validated text
  text, bytea, jsonb, date, time, timestamp, timestamp_tz, uuid,
  foreign        ///< a type that only the server knows: text format only
};

struct CopyColumn {
  std::string name;
  SqlType type;
  Cell cell;     ///< for `decimal` columns the batch's layout decides between decimal and numeric_text
};

/// What a COPY into these columns looks like; made once for a writer. One column of a foreign type makes the whole COPY text.
class CopyPlan {
 public:
  explicit CopyPlan(const std::vector<ColumnInfo>& columns);
  CopyFormat format() const { return format_; }
  const std::vector<CopyColumn>& columns() const { return columns_; }

 private:
  std::vector<CopyColumn> columns_;
  CopyFormat format_ = CopyFormat::binary;
};

void begin_copy(const CopyPlan& plan, Buffer& out);   ///< what stands before the first row
void end_copy(const CopyPlan& plan, Buffer& out);     ///< what stands behind the last row

/// Appends the rows from `begin` on, until `out` holds at least `full` bytes or the batch ends.
/// @return  the first row that was not encoded
/// @throws Error{misuse}  the batch's columns are not the plan's
/// @throws DataError      a value does not fit its column; info().row counts from the batch's first row
std::size_t encode_copy(const CopyPlan& plan, const RecordBatch& batch, std::size_t begin, std::size_t full, Buffer& out);

}  // namespace millrace::postgresql
