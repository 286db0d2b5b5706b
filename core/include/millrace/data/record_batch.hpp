#pragma once
// Columnar batches with Arrow's memory layout: the contract between sources and backends.

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "millrace/data/types.hpp"
#include "millrace/data/value.hpp"

namespace millrace {

/// A growable byte buffer that never initializes what it grows by and keeps its memory over clear().
class Buffer {
 public:
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  std::uint8_t* data() { return data_.get(); }
  const std::uint8_t* data() const { return data_.get(); }
  void clear() { size_ = 0; }
  void reserve(std::size_t bytes) { if (bytes > capacity_) grow(bytes); }
  void resize(std::size_t bytes) { reserve(bytes); size_ = bytes; }  ///< new bytes hold anything
  /// Room for `bytes` more at the end, which count as written.
  std::uint8_t* extend(std::size_t bytes) {
    if (bytes > capacity_ - size_) grow(size_ + bytes);
    std::uint8_t* at = data_.get() + size_;
    size_ += bytes;
    return at;
  }
  void append(const void* bytes, std::size_t count) { if (count) std::memcpy(extend(count), bytes, count); }
  template <class T> void append_value(T value) { std::memcpy(extend(sizeof value), &value, sizeof value); }

  Buffer() = default;
  Buffer(const Buffer& other) { append(other.data(), other.size()); }
  Buffer& operator=(const Buffer& other) { if (this != &other) { clear(); append(other.data(), other.size()); } return *this; }
  Buffer(Buffer&& other) noexcept : data_(std::move(other.data_)), size_(other.size_), capacity_(other.capacity_) { other.size_ = other.capacity_ = 0; }
  Buffer& operator=(Buffer&& other) noexcept { data_ = std::move(other.data_); size_ = other.size_; capacity_ = other.capacity_; other.size_ = other.capacity_ = 0; return *this; }

 private:
  void grow(std::size_t at_least);
  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// One column of a batch: a type, a validity bitmap (absent while nothing is NULL), values.
///
/// A NULL of a fixed-width layout still takes one (zero) value; of `bytes` an empty range.
/// @thread_safety  Reading from many threads is safe while nobody appends.
class Column {
 public:
  explicit Column(SqlType type) : type_(std::move(type)), layout_(layout_of(type_)) {}

  const SqlType& type() const { return type_; }
  Layout layout() const { return layout_; }
  std::size_t rows() const { return rows_; }
  std::size_t null_count() const { return nulls_; }

  bool is_null(std::size_t row) const { return nulls_ != 0 && !(validity_.data()[row >> 3] >> (row & 7) & 1); }
  /// The values of a fixed-width layout. T must have the layout's width (std::int32_t for int32, int128 for int128, ...).
  template <class T> std::span<const T> values() const { return {reinterpret_cast<const T*>(values_.data()), rows_}; }
  bool bit(std::size_t row) const { return values_.data()[row >> 3] >> (row & 7) & 1; }
  std::string_view bytes(std::size_t row) const {
    const std::int32_t* o = offsets();
    return {reinterpret_cast<const char*>(values_.data()) + o[row], static_cast<std::size_t>(o[row + 1] - o[row])};
  }
  const std::uint8_t* uuid(std::size_t row) const { return values_.data() + 16 * row; }
  /// rows() + 1 offsets of the `bytes` layout.
  const std::int32_t* offsets() const { static const std::int32_t zero = 0; return rows_ == 0 ? &zero : reinterpret_cast<const std::int32_t*>(offsets_.data()); }
  std::size_t byte_size() const { return values_.size() + offsets_.size() + validity_.size(); }

  /// One bit a row, least significant bit first, 1 = a value; nullptr while nothing is NULL.
  const std::uint8_t* validity() const { return nulls_ == 0 ? nullptr : validity_.data(); }

  void clear();                     ///< keeps the memory
  void reserve(std::size_t rows);
  void append_null();
  /// @pre sizeof(T) is the width of the layout; not for bit and bytes.
  template <class T> void append_fixed(T value) { values_.append_value(value); mark_valid(); }
  void append_bit(bool value);
  /// @throws DataError  the column's bytes would pass 2 GiB; the column is as it was
  void append_bytes(std::string_view value) {
    if (value.size() > kMaxBytes - values_.size()) throw_too_large();
    if (offsets_.size() == 0) offsets_.append_value<std::int32_t>(0);
    values_.append(value.data(), value.size());
    offsets_.append_value(static_cast<std::int32_t>(values_.size()));
    mark_valid();
  }
  void append_from(const Column& other, std::size_t row) { append_range(other, row, row + 1); }  ///< same layout
  void append_range(const Column& other, std::size_t begin, std::size_t end);                    ///< same layout
  void truncate(std::size_t rows);                    ///< drops the rows behind the first `rows`
  void remove_rows(const std::vector<bool>& flags);   ///< drops the rows whose flag is set

  // For decoders: rows are added in bulk, filled in place, and made NULL one by one afterwards.

  /// Adds `count` valid values for the caller to fill in. T as for append_fixed().
  template <class T> T* extend_fixed(std::size_t count) {
    T* at = reinterpret_cast<T*>(values_.extend(count * sizeof(T)));
    mark_valid(count);
    return at;
  }
  void extend_bits(std::size_t count);  ///< adds `count` valid values, all false
  void set_bit(std::size_t row) { values_.data()[row >> 3] |= static_cast<std::uint8_t>(1u << (row & 7)); }
  /// The caller writes bytes from `bytes` on, and the end of each row, counted from `base`, into `ends`.
  struct BytesTail { std::int32_t* ends; char* base; char* bytes; };
  /// Adds `count` rows of at most `max_bytes` together; finish_bytes() must follow. @throws DataError as append_bytes()
  BytesTail extend_bytes(std::size_t count, std::size_t max_bytes);
  void finish_bytes(const char* end) { values_.resize(static_cast<std::size_t>(end - reinterpret_cast<const char*>(values_.data()))); }
  /// Makes a row NULL. @pre its value is zero or an empty range, and it is not NULL yet
  void set_null(std::size_t row) {
    if (nulls_ == 0) begin_validity();
    validity_.data()[row >> 3] &= static_cast<std::uint8_t>(~(1u << (row & 7)));
    ++nulls_;
  }

  /// The value of a row as a Value of the column's type (for messages, tests and slow paths).
  Value value(std::size_t row) const;

 private:
  static constexpr std::size_t kMaxBytes = 0x7fffffff;

  void mark_valid() {
    if (nulls_ != 0) return mark_valid(1);
    ++rows_;
  }
  void mark_valid(std::size_t count);
  void begin_validity();
  void drop_bytes(const std::vector<bool>& flags);
  [[noreturn]] static void throw_too_large();

  SqlType type_;
  Layout layout_;
  std::size_t rows_ = 0;
  std::size_t nulls_ = 0;
  Buffer validity_;
  Buffer values_;
  Buffer offsets_;
};

/// Rows as columns of equal length, with each row's position in its source.
class RecordBatch {
 public:
  RecordBatch() = default;
  explicit RecordBatch(const std::vector<SqlType>& types);

  std::size_t rows() const { return columns_.empty() ? src_rows_.size() : columns_.front().rows(); }
  std::size_t column_count() const { return columns_.size(); }
  const Column& column(std::size_t index) const { return columns_[index]; }
  Column& column(std::size_t index) { return columns_[index]; }
  std::vector<Column>& columns() { return columns_; }
  const std::vector<Column>& columns() const { return columns_; }

  /// SRC_ROW of each row: its 1-based record number in the source. Empty when the batch was not read from one.
  std::vector<std::int64_t>& src_rows() { return src_rows_; }
  const std::vector<std::int64_t>& src_rows() const { return src_rows_; }

  void clear();                      ///< keeps types and memory
  std::size_t byte_size() const;
  /// Drops the rows whose flag is set; flags.size() == rows().
  void remove_rows(const std::vector<bool>& flags);
  /// A copy of rows [begin, end).
  RecordBatch slice(std::size_t begin, std::size_t end) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::int64_t> src_rows_;
};

}  // namespace millrace
