#pragma once
// The rows of one unit, batch by batch: decoded while they are written, or decoded beforehand.

#include <memory>
#include <vector>

#include "millrace/load/source.hpp"

namespace millrace {

/// @thread_safety  One thread at a time.
class UnitRows {
 public:
  virtual ~UnitRows() = default;
  virtual void start(const Unit& unit) = 0;
  /// The same unit from its first row again.
  virtual void restart() = 0;
  /// The next batch, valid until the next call; its columns may be swapped out and must be swapped back. nullptr at the end.
  /// The rejects found on the way are appended to `rejects`.
  virtual RecordBatch* next(std::vector<Reject>& rejects) = 0;
  virtual Reject locate(std::int64_t src_row) = 0;
};

/// Each batch is decoded when it is asked for: it is still in the cache when it is encoded, and a unit needs no memory but its bytes.
std::unique_ptr<UnitRows> streaming_rows(std::unique_ptr<UnitDecoder> decoder);
/// The whole unit is decoded by start(): for backends where one connection does every write, so that decoding runs beside it.
std::unique_ptr<UnitRows> decoded_rows(std::unique_ptr<UnitDecoder> decoder);

}  // namespace millrace
