#pragma once
// Where rows come from. A source hands out units one after the other; writers decode them in parallel.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/data/decode.hpp"
#include "millrace/data/record_batch.hpp"
#include "millrace/data/types.hpp"

namespace millrace {

/// The raw bytes of a unit, recycled through the source when the last owner lets go.
using UnitBytes = std::shared_ptr<const std::string>;

/// A run of consecutive whole records: what is committed, replayed and resumed as one.
///
/// Where units are cut depends on the input and the unit size alone, never on writers, batches or time.
struct Unit {
  std::int64_t number = 0;          ///< 0, 1, 2, ...
  std::int64_t first_src_row = 1;   ///< 1-based number of its first record (the header is no record)
  std::int64_t rows = 0;            ///< records in the unit, good or bad
  std::int64_t first_line = 1;      ///< physical line on which its first record starts, the header counted
  std::int64_t byte_offset = 0;     ///< of decompressed input
  std::int64_t byte_length = 0;
  std::string hash;                 ///< XXH3-128 of the raw bytes, 32 hex digits
  UnitBytes bytes;                  ///< the raw bytes; kept until the unit's COMMIT is acknowledged
  std::shared_ptr<const RecordBatch> batch;  ///< instead of bytes, where the source is columnar already
  std::int64_t last_src_row() const { return first_src_row + rows - 1; }
};

/// A record that could not become a row.
struct Reject {
  std::int64_t src_row = 0;
  std::int64_t line = 0;         ///< physical line on which the record starts
  std::int64_t byte_offset = 0;  ///< of decompressed input
  std::string column;            ///< the target column at fault; empty = the record as a whole
  std::string code;              ///< stable: "invalid_syntax", "wrong_column_count", "unique_violation", ...
  std::string sqlstate;          ///< from the server, or the SQLSTATE that it would have given
  std::string reason;            ///< one sentence
  std::string raw;               ///< the record as it was, without its line end
};

/// How a source's fields become the columns of a batch: made once per load by the planner.
struct DecodePlan {
  struct Target {
    std::string name;        ///< target column
    SqlType type;
    int source = 0;          ///< index of the source column
    bool not_null = false;   ///< NULL is a reject (null_not_allowed): the column is NOT NULL
    bool key = false;        ///< NULL is a reject (null_in_key)
  };
  std::vector<Target> targets;      ///< in the order of the batch's columns
  int source_columns = 0;           ///< fields that every record has
  DecodeOptions options;
  std::int64_t batch_rows = 5000;   ///< most rows in a batch
};

/// Decodes units of one source; each thread has its own.
/// @thread_safety  One thread at a time; distinct decoders of one source are independent.
class UnitDecoder {
 public:
  virtual ~UnitDecoder() = default;
  /// Begins a unit (again, if asked to). The unit must outlive the decoding.
  virtual void start(const Unit& unit) = 0;
  /// Fills `batch` (cleared first; its columns follow the plan's targets, src_rows() is set) with the next rows. Rejected records are appended
  /// to `rejects`, in order. A batch may be empty although more follows.
  /// @return false when the unit had ended before the call
  virtual bool next(RecordBatch& batch, std::vector<Reject>& rejects) = 0;
  /// The record with this SRC_ROW of the started unit as a Reject with position and raw text: for rows that the server refused.
  virtual Reject locate(std::int64_t src_row) = 0;
};

/// @thread_safety  next_unit: one thread at a time. make_decoder and the decoders: any thread, at any time after open().
class Source {
 public:
  virtual ~Source() = default;

  /// For messages and the report: the path, "standard input", ...
  virtual std::string name() const = 0;
  /// Opens the input and reads its header. @throws DataError  missing, unreadable, a directory, damaged, no header
  virtual void open() = 0;
  /// Names of the source's columns, after open(). Empty when the source does not know them (no header, no --columns).
  virtual const std::vector<std::string>& columns() const = 0;
  /// The next unit, or nothing at the end. @throws DataError  fatal damage: unterminated quote, truncated gzip, record too long
  virtual std::optional<Unit> next_unit() = 0;
  /// The units of about the first `bytes` of input, which next_unit() hands out again afterwards (they stay in memory until then).
  virtual std::vector<Unit> peek(std::int64_t bytes) = 0;
  virtual std::unique_ptr<UnitDecoder> make_decoder(const DecodePlan& plan) const = 0;

  /// Starts over from the first record. @return false where that is impossible (a pipe)
  virtual bool rewind() = 0;
  /// Bytes of the input as it lies on disk: taken so far, and in all (nothing when unknown). Any thread.
  struct Progress { std::int64_t done = 0; std::optional<std::int64_t> total; };
  virtual Progress progress() const { return {}; }
};

}  // namespace millrace
