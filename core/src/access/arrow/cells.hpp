#pragma once
// Some rows of a column in one form for all widths, offsets and dictionaries: what conversions start from.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "access/arrow/array_view.hpp"
#include "millrace/data/decode.hpp"
#include "millrace/data/value.hpp"

namespace millrace::arrow {

/// Where cells come from, for messages.
struct Place {
  std::string_view column;
  std::int64_t first_row = 0;  ///< of the cells, counted over the whole stream from 0
};

/// One of the vectors is filled, by the type's family; a NULL's cell is zero.
struct Cells {
  std::vector<std::uint8_t> nulls;      ///< 1 = NULL; one a row
  bool any_null = false;
  std::vector<std::int64_t> integers;   ///< boolean, integer, date, time and timestamp (as they are in the array)
  std::vector<double> doubles;          ///< floating
  std::vector<int128> decimals;         ///< unscaled
  std::vector<Field> fields;            ///< text, binary: they point into the array

  bool is_null(std::size_t row) const { return any_null && nulls[row] != 0; }
};

/// Reads `count` rows from `first` on. The cells' former contents are replaced, their memory is kept.
/// @throws DataError  the array is broken, or a value has more than 2 GiB
void gather(const ArrowType& type, const ColumnView& view, std::int64_t first, std::size_t count, const Place& place, Cells& cells);

/// How many of the cells' first `count` rows hold no more than `max_bytes` together; at least one.
std::size_t rows_within(const Cells& cells, std::size_t count, std::size_t max_bytes);

/// Appends the first `count` cells to a column, converted to its type. @pre can_become(type, out.type())
/// @throws DataError  the first value that does not fit, with its column and row
void append_cells(const ArrowType& type, const Cells& cells, std::size_t count, const Place& place, Column& out);

double half_to_double(std::uint16_t half);

}  // namespace millrace::arrow
