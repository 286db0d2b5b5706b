#pragma once
// The buffers of an ArrowArray, checked as far as that is cheap, and read by position.

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "access/arrow/arrow_type.hpp"

namespace millrace::arrow {

/// A value of a buffer, which need not be aligned.
template <class T> T load_at(const std::uint8_t* buffer, std::int64_t index) {
  T value;
  std::memcpy(&value, buffer + index * static_cast<std::int64_t>(sizeof(T)), sizeof value);
  return value;
}

inline bool bit_at(const std::uint8_t* bits, std::int64_t index) { return bits[index >> 3] >> (index & 7) & 1; }

/// The values of one array, without its dictionary. Positions count from the array's own offset.
struct ArrayView {
  Storage storage = Storage::none;
  int width = 0;                             ///< bytes of a `fixed` value
  std::int64_t offset = 0;
  std::int64_t length = 0;
  const std::uint8_t* validity = nullptr;    ///< nullptr: nothing is NULL
  const std::uint8_t* values = nullptr;      ///< bytes32 and bytes64: the bytes
  const std::uint8_t* offsets = nullptr;
  std::int64_t byte_count = 0;               ///< of bytes32 and bytes64: the end of the last value
  const void* const* parts = nullptr;        ///< of views: the buffers that long values lie in
  const std::uint8_t* part_sizes = nullptr;
  std::int64_t part_count = 0;

  bool is_null(std::int64_t at) const { return storage == Storage::none || (validity && !bit_at(validity, offset + at)); }
  template <class T> T value(std::int64_t at) const { return load_at<T>(values, offset + at); }
  bool bit(std::int64_t at) const { return bit_at(values, offset + at); }
  /// The bytes of a value that is not NULL; never at nullptr. @throws DataError  they lie outside the buffers
  std::string_view bytes(std::int64_t at, std::string_view column) const;

 private:
  std::string_view viewed_bytes(std::int64_t at, std::string_view column) const;
};

/// A column of a batch.
struct ColumnView {
  ArrayView rows;                          ///< of a dictionary: its indexes
  std::optional<ArrayView> dictionary;
  const std::uint8_t* row_validity = nullptr;  ///< of the batch's rows as a whole: a NULL row has nothing but NULLs
  std::int64_t row_offset = 0;
};

/// Reads the children of a batch (a struct array).
/// @param column  for messages
/// @throws DataError  the array is not what the schema says, or breaks Arrow's rules
void check_batch(const ArrowArray& batch, std::int64_t columns);
ColumnView view_column(const ArrowArray& batch, std::int64_t child, const ArrowType& type, std::string_view column);

}  // namespace millrace::arrow
