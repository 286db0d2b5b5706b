#pragma once
// What the binary and the text encoder share: a batch's columns as pointers, resolved once per call.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "postgresql/copy_encoder.hpp"

namespace millrace::postgresql {

/// One column of a batch, ready to be read row by row.
struct CellSource {
  Cell cell;
  std::int16_t scale;            ///< decimal
  const Column* column;
  const CopyColumn* planned;
  const std::uint8_t* values;    ///< fixed-width values, or the bytes that offsets cut
  const std::int32_t* offsets;   ///< nullptr for fixed-width layouts

  bool is_null(std::size_t row) const { return column->is_null(row); }
  template <class T> T value(std::size_t row) const { T v; std::memcpy(&v, values + row * sizeof(T), sizeof(T)); return v; }
  std::string_view bytes(std::size_t row) const {
    return {reinterpret_cast<const char*>(values) + offsets[row], static_cast<std::size_t>(offsets[row + 1] - offsets[row])};
  }
};
using CellSources = std::vector<CellSource>;

/// Appends rows at `out`, which has room for row_bound() bytes a row and byte_bound() bytes for each byte of variable
/// length, and returns the end of what was written.
std::uint8_t* encode_binary_rows(const CellSources& sources, std::size_t begin, std::size_t end, std::uint8_t* out);
std::uint8_t* encode_text_rows(const CellSources& sources, std::size_t begin, std::size_t end, std::uint8_t* out);

inline constexpr std::size_t kRowBound = 2;     ///< field count, or line end
inline constexpr std::size_t kCellBound = 64;   ///< any fixed-width cell and the overhead of any other, in both formats
inline constexpr std::size_t kByteBound = 2;    ///< a byte of text becomes two at most: an escape, or two hex digits

/// @throws DataError  "column x: ..." for a row of the batch
[[noreturn]] void throw_unfit(const CellSource& source, std::size_t row, const std::string& why);

}  // namespace millrace::postgresql
