#pragma once
// One parameter's values of many rows, column-wise, in memory that is bound once and filled again and again.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/cli/parameters.hpp"
#include "millrace/data/record_batch.hpp"
#include "millrace/data/types.hpp"

namespace millrace::MILLRACE_CLI {

/// Integers travel as they are. Decimals, dates, times and UUIDs travel as text, which is exact where the C types are not (doubles of 53 bits,
/// timestamps of nine digits at most, drivers that round); so do doubles where the manners say so.
class ArrayBuffer {
 public:
  ArrayBuffer(const ColumnInfo& column, const Manners& manners);

  /// Bytes that the longest value of these rows takes: an array has as many for each of its rows.
  std::size_t width_of(const Column& column, std::size_t row) const;

  /// Looks for values in rows [begin, end) that must not be sent; fill() does it as well.
  void look_through(const Column& column, std::size_t begin, std::size_t end);

  /// Takes rows [begin, end) of a column. @return true when the memory or its width has changed, so that it must be bound again
  bool fill(const Column& column, std::size_t begin, std::size_t end, std::size_t width);

  /// @param first  the first row of the array that is run, counted from the first one that fill() took
  SQLRETURN bind(SQLHSTMT statement, SQLUSMALLINT number, std::size_t first);

  /// Rows of the last look_through() or fill() with a value that must not be sent, and why.
  struct Refusal { std::size_t row; const char* sqlstate; const char* reason; };
  const std::vector<Refusal>& refusals() const { return refusals_; }

 private:
  bool is_text() const { return type_.c_type == SQL_C_CHAR; }
  void fill_texts(const Column& column, std::size_t begin, std::size_t end);
  void put(std::size_t at, std::string_view text);
  Layout layout_;
  TypeKind kind_;
  int scale_ = 0;
  bool refuses_nan_ = false;
  ParameterType type_;
  std::size_t fixed_width_ = 0;       // 0: as wide as its longest value
  std::size_t width_ = 0;             // of the memory that is bound
  std::vector<char> bytes_;
  std::vector<SQLLEN> lengths_;
  std::vector<Refusal> refusals_;
};

}  // namespace millrace::MILLRACE_CLI
