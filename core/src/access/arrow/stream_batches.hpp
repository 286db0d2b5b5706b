#pragma once
// The rows of an Arrow stream as batches of given types.

#include <cstdint>
#include <string>
#include <vector>

#include "access/arrow/cells.hpp"
#include "millrace/access/arrow_c.hpp"
#include "millrace/data/record_batch.hpp"
#include "millrace/data/types.hpp"

namespace millrace::arrow {

class StreamBatches {
 public:
  /// Reads the schema. @throws DataError  the stream fails, or is none of record batches
  explicit StreamBatches(OwnedArrowStream stream);

  /// Names of the stream's columns, in its order.
  std::vector<std::string> column_names() const;

  struct Choice {
    std::int64_t child;   ///< index among the stream's columns
    ColumnInfo target;    ///< its values' future column
  };
  /// What next() reads. To be called once, before it. @throws DataError  a type that Millrace does not read, or that can not become the target's
  void choose(const std::vector<Choice>& columns);

  RecordBatch make_batch() const;
  /// Replaces the batch's rows with the next ones, a few thousand at most. @return false at the end
  /// @throws DataError  the stream fails or is broken, or a value does not fit its column
  bool next(RecordBatch& batch);

 private:
  struct Source {
    std::int64_t child;
    std::string name;
    ArrowType type;
    SqlType target;
    ColumnView view{};
    Cells cells{};
  };

  bool next_array();
  void read_rows(RecordBatch& batch);
  [[noreturn]] void fail(const char* what, int status);

  OwnedArrowStream stream_;
  OwnedArrowSchema schema_;
  OwnedArrowArray array_;
  std::vector<Source> sources_;
  std::int64_t at_ = 0;         ///< rows of the array that are done
  std::int64_t rows_read_ = 0;  ///< of the whole stream
};

}  // namespace millrace::arrow
