#include "millrace/data/record_batch.hpp"

#include <algorithm>
#include <string>

#include "millrace/data/data_error.hpp"

namespace millrace {
namespace {

constexpr std::size_t bytes_for_bits(std::size_t bits) { return (bits + 7) / 8; }

bool get_bit(const std::uint8_t* bits, std::size_t at) { return bits[at >> 3] >> (at & 7) & 1; }

void put_bit(std::uint8_t* bits, std::size_t at, bool value) {
  const auto mask = static_cast<std::uint8_t>(1u << (at & 7));
  bits[at >> 3] = static_cast<std::uint8_t>(value ? bits[at >> 3] | mask : bits[at >> 3] & ~mask);
}

/// Grows a bitmap from `from` bits to `to` bits, the new ones all `value`.
void extend_bitmap(Buffer& bitmap, std::size_t from, std::size_t to, bool value) {
  const std::size_t whole = bytes_for_bits(from);
  bitmap.resize(bytes_for_bits(to));
  if (bitmap.size() > whole) std::memset(bitmap.data() + whole, value ? 0xff : 0, bitmap.size() - whole);
  for (std::size_t at = from; at < std::min(whole * 8, to); ++at) put_bit(bitmap.data(), at, value);
}

/// Closes the gaps that the flagged elements leave in an array of elements of `width` bytes.
void compact(std::uint8_t* values, std::size_t width, const std::vector<bool>& flags) {
  std::size_t to = 0;
  for (std::size_t from = 0; from < flags.size(); ++from) {
    if (flags[from]) continue;
    if (to != from) std::memcpy(values + to * width, values + from * width, width);
    ++to;
  }
}

void compact_bits(std::uint8_t* bits, const std::vector<bool>& flags) {
  std::size_t to = 0;
  for (std::size_t from = 0; from < flags.size(); ++from) {
    if (!flags[from]) put_bit(bits, to++, get_bit(bits, from));
  }
}

/// Bytes of one value of a fixed-width layout; 0 for bit and bytes.
std::size_t width_of(Layout layout) {
  switch (layout) {
    case Layout::int16: return 2;
    case Layout::int32:
    case Layout::float32: return 4;
    case Layout::int64:
    case Layout::float64: return 8;
    case Layout::int128:
    case Layout::fixed16: return 16;
    case Layout::bit:
    case Layout::bytes: break;
  }
  return 0;
}

std::size_t count_zeros(const std::uint8_t* bits, std::size_t begin, std::size_t end) {
  std::size_t zeros = 0;
  for (; begin < end; ++begin) zeros += !get_bit(bits, begin);
  return zeros;
}

}  // namespace

void Buffer::grow(std::size_t at_least) {
  const std::size_t capacity = std::max({at_least, capacity_ * 2, std::size_t{64}});
  std::unique_ptr<std::uint8_t[]> data(new std::uint8_t[capacity]);  // not value-initialized, unlike make_unique
  if (size_) std::memcpy(data.get(), data_.get(), size_);
  data_ = std::move(data);
  capacity_ = capacity;
}

void Column::clear() {
  rows_ = nulls_ = 0;
  validity_.clear();
  values_.clear();
  offsets_.clear();
}

void Column::reserve(std::size_t rows) {
  if (layout_ == Layout::bit) values_.reserve(bytes_for_bits(rows));
  else if (layout_ == Layout::bytes) offsets_.reserve((rows + 1) * sizeof(std::int32_t));
  else values_.reserve(rows * width_of(layout_));
}

void Column::append_null() {
  if (layout_ == Layout::bytes) {
    append_bytes({});
  } else if (layout_ == Layout::bit) {
    append_bit(false);
  } else {
    const std::size_t width = width_of(layout_);
    std::memset(values_.extend(width), 0, width);
    mark_valid();
  }
  set_null(rows_ - 1);
}

void Column::append_bit(bool value) {
  extend_bits(1);
  if (value) set_bit(rows_ - 1);
}

void Column::extend_bits(std::size_t count) {
  extend_bitmap(values_, rows_, rows_ + count, false);
  mark_valid(count);
}

Column::BytesTail Column::extend_bytes(std::size_t count, std::size_t max_bytes) {
  if (max_bytes > kMaxBytes - values_.size()) throw_too_large();
  if (offsets_.size() == 0) offsets_.append_value<std::int32_t>(0);
  const std::size_t used = values_.size();
  values_.extend(max_bytes);
  auto* ends = reinterpret_cast<std::int32_t*>(offsets_.extend(count * sizeof(std::int32_t)));
  mark_valid(count);
  char* base = reinterpret_cast<char*>(values_.data());
  return {ends, base, base + used};
}

void Column::mark_valid(std::size_t count) {
  if (nulls_ != 0) extend_bitmap(validity_, rows_, rows_ + count, true);
  rows_ += count;
}

void Column::begin_validity() {
  validity_.resize(bytes_for_bits(rows_));
  std::memset(validity_.data(), 0xff, validity_.size());
}

void Column::append_range(const Column& other, std::size_t begin, std::size_t end) {
  assert(layout_ == other.layout_ && begin <= end && end <= other.rows_);
  if (begin == end) return;
  const std::size_t first = rows_;
  const std::size_t count = end - begin;
  if (layout_ == Layout::bit) {
    extend_bits(count);
    for (std::size_t row = begin; row < end; ++row) put_bit(values_.data(), first + row - begin, other.bit(row));
  } else if (layout_ == Layout::bytes) {
    const std::int32_t* from = other.offsets();
    const auto size = static_cast<std::size_t>(from[end] - from[begin]);
    const BytesTail tail = extend_bytes(count, size);
    if (size) std::memcpy(tail.bytes, other.values_.data() + from[begin], size);
    const auto shift = static_cast<std::int32_t>(tail.bytes - tail.base) - from[begin];
    for (std::size_t row = 0; row < count; ++row) tail.ends[row] = from[begin + row + 1] + shift;
  } else {
    const std::size_t width = width_of(layout_);
    values_.append(other.values_.data() + begin * width, count * width);
    mark_valid(count);
  }
  if (other.nulls_ == 0) return;
  for (std::size_t row = begin; row < end; ++row) {
    if (other.is_null(row)) set_null(first + row - begin);
  }
}

void Column::truncate(std::size_t rows) {
  // Also mends a column whose last append ran out of memory halfway, so sizes are derived from `rows` alone.
  if (rows > rows_) return;
  if (nulls_ != 0) {
    nulls_ -= count_zeros(validity_.data(), rows, rows_);
    validity_.resize(nulls_ == 0 ? 0 : bytes_for_bits(rows));
  }
  if (layout_ == Layout::bit) {
    values_.resize(bytes_for_bits(rows));
  } else if (layout_ == Layout::bytes) {
    values_.resize(rows == 0 ? 0 : static_cast<std::size_t>(offsets()[rows]));
    offsets_.resize(rows == 0 ? 0 : (rows + 1) * sizeof(std::int32_t));
  } else {
    values_.resize(rows * width_of(layout_));
  }
  rows_ = rows;
}

void Column::remove_rows(const std::vector<bool>& flags) {
  assert(flags.size() == rows_);
  const auto removed = static_cast<std::size_t>(std::count(flags.begin(), flags.end(), true));
  if (removed == 0) return;
  if (nulls_ != 0) compact_bits(validity_.data(), flags);
  if (layout_ == Layout::bit) compact_bits(values_.data(), flags);
  else if (layout_ == Layout::bytes) drop_bytes(flags);
  else compact(values_.data(), width_of(layout_), flags);
  const std::size_t kept = rows_ - removed;
  if (nulls_ != 0) nulls_ = count_zeros(validity_.data(), 0, kept);
  rows_ = kept;
  if (layout_ == Layout::bytes) offsets_.resize(kept == 0 ? 0 : (kept + 1) * sizeof(std::int32_t));
  else values_.resize(layout_ == Layout::bit ? bytes_for_bits(kept) : kept * width_of(layout_));
  validity_.resize(nulls_ == 0 ? 0 : bytes_for_bits(kept));
}

void Column::drop_bytes(const std::vector<bool>& flags) {
  auto* offsets = reinterpret_cast<std::int32_t*>(offsets_.data());
  std::int32_t end = 0;
  std::size_t to = 0;
  std::int32_t begin = 0;  // of the row looked at; read before its slot is written over
  for (std::size_t row = 0; row < flags.size(); ++row) {
    const std::int32_t next = offsets[row + 1];
    if (!flags[row]) {
      const auto size = static_cast<std::size_t>(next - begin);
      if (size) std::memmove(values_.data() + end, values_.data() + begin, size);
      end += next - begin;
      offsets[++to] = end;
    }
    begin = next;
  }
  values_.resize(static_cast<std::size_t>(end));
}

Value Column::value(std::size_t row) const {
  if (is_null(row)) return {};
  switch (type_.kind) {
    case TypeKind::boolean: return Value(bit(row));
    case TypeKind::smallint: return Value(values<std::int16_t>()[row]);
    case TypeKind::integer: return Value(values<std::int32_t>()[row]);
    case TypeKind::bigint: return Value(values<std::int64_t>()[row]);
    case TypeKind::real: return Value(static_cast<double>(values<float>()[row]));
    case TypeKind::double_precision: return Value(values<double>()[row]);
    case TypeKind::date: return Value(Date{values<std::int32_t>()[row]});
    case TypeKind::time: return Value(TimeOfDay{values<std::int64_t>()[row]});
    case TypeKind::timestamp: return Value(Timestamp{values<std::int64_t>()[row]});
    case TypeKind::timestamp_tz: return Value(TimestampTz{values<std::int64_t>()[row]});
    case TypeKind::uuid: {
      Uuid id;
      std::copy_n(uuid(row), id.bytes.size(), id.bytes.begin());
      return Value(id);
    }
    case TypeKind::binary: {
      const std::string_view raw = bytes(row);
      const auto* first = reinterpret_cast<const std::byte*>(raw.data());
      return Value(Bytes(first, first + raw.size()));
    }
    case TypeKind::decimal:
      if (layout_ == Layout::int128) return Value(Decimal{values<int128>()[row], type_.scale});
      break;
    default: break;
  }
  return Value(bytes(row));
}

void Column::throw_too_large() {
  throw DataError("a column of one batch would hold more than 2 GiB of text; use smaller batches");
}

RecordBatch::RecordBatch(const std::vector<SqlType>& types) {
  columns_.reserve(types.size());
  for (const SqlType& type : types) columns_.emplace_back(type);
}

void RecordBatch::clear() {
  for (Column& column : columns_) column.clear();
  src_rows_.clear();
}

std::size_t RecordBatch::byte_size() const {
  std::size_t bytes = src_rows_.size() * sizeof(std::int64_t);
  for (const Column& column : columns_) bytes += column.byte_size();
  return bytes;
}

void RecordBatch::remove_rows(const std::vector<bool>& flags) {
  for (Column& column : columns_) column.remove_rows(flags);
  std::size_t row = 0;
  std::erase_if(src_rows_, [&](std::int64_t) { return static_cast<bool>(flags[row++]); });
}

RecordBatch RecordBatch::slice(std::size_t begin, std::size_t end) const {
  RecordBatch part;
  part.columns_.reserve(columns_.size());
  for (const Column& column : columns_) part.columns_.emplace_back(column.type()).append_range(column, begin, end);
  if (!src_rows_.empty()) {
    part.src_rows_.assign(src_rows_.begin() + static_cast<std::ptrdiff_t>(begin), src_rows_.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return part;
}

}  // namespace millrace
