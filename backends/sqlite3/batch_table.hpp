#pragma once
// A record batch as a table that SQLite can select from.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sqlite3.h>

#include "millrace/data/record_batch.hpp"
#include "products/sqlite3/affinity.hpp"

namespace millrace::sqlite {

/// How the values of a batch's column become values of SQLite.
///
/// The aim is that the stored value is the one that the shell's .import stores for the same text. Decimals of up to 15 digits in a column of numeric affinity
/// go in as integers or doubles: with at most 3 decimals the nearest double is what SQLite's own conversion yields as well. With more, SQLite converts the text.
enum class CellEncoding : std::uint8_t {
  text, blob, bit, int16, int32, int64, float32, float64, float32_text, float64_text, decimal_integer, decimal_real, decimal_text,
  date, time, timestamp, timestamp_tz, uuid,
  number_text,  ///< a number as text that numeric affinity must not round
  json_text     ///< JSON that numeric affinity must not take for a number
};
CellEncoding cell_encoding(const SqlType& type, Affinity affinity);

/// Why a value can not be stored without change.
enum class CellProblem : std::uint8_t { none, not_a_number, inexact_number, json_number };

/// An eponymous virtual table over the batch that attach() names; it exists on one connection as long as this object.
///
/// Values of the batch are handed out where they lie (SQLITE_STATIC), so the batch stays as it is until the statement that reads it has ended.
class BatchTable {
 public:
  /// Users can not create tables of this name: sqlite_ is reserved.
  static constexpr const char* kName = "sqlite_millrace_batch";

  struct Column { CellEncoding encoding; int scale; };

  BatchTable(::sqlite3* db, std::vector<Column> columns);
  ~BatchTable();
  BatchTable(const BatchTable&) = delete;
  BatchTable& operator=(const BatchTable&) = delete;

  void attach(const RecordBatch& batch);

  // Where a statement stopped.
  std::size_t row() const { return row_; }            ///< the row being read; the batch's rows() when all were read
  CellProblem problem() const { return problem_; }
  std::size_t problem_column() const { return problem_column_; }

 private:
  friend struct BatchModule;
  void put_cell(::sqlite3_context* context, std::size_t column) noexcept;
  void put_value(::sqlite3_context* context, std::size_t column) noexcept;
  void fail(::sqlite3_context* context, std::size_t column, CellProblem problem) noexcept;

  ::sqlite3* db_;
  std::vector<Column> columns_;
  const RecordBatch* batch_ = nullptr;
  std::size_t rows_ = 0;
  std::size_t row_ = 0;
  CellProblem problem_ = CellProblem::none;
  std::size_t problem_column_ = 0;
};

}  // namespace millrace::sqlite
