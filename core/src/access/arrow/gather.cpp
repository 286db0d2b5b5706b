#include <bit>
#include <limits>

#include "access/arrow/cells.hpp"
#include "millrace/data/data_error.hpp"

namespace millrace::arrow {
namespace {

std::int64_t index_value(const ArrayView& rows, std::int64_t at, std::string_view column) {
  switch (rows.storage) {
    case Storage::int8: return rows.value<std::int8_t>(at);
    case Storage::uint8: return rows.value<std::uint8_t>(at);
    case Storage::int16: return rows.value<std::int16_t>(at);
    case Storage::uint16: return rows.value<std::uint16_t>(at);
    case Storage::int32: return rows.value<std::int32_t>(at);
    case Storage::uint32: return rows.value<std::uint32_t>(at);
    case Storage::int64: return rows.value<std::int64_t>(at);
    case Storage::uint64: {
      const auto index = rows.value<std::uint64_t>(at);
      return index <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) ? static_cast<std::int64_t>(index) : -1;
    }
    default: break;
  }
  throw_broken(column, "its dictionary is not indexed by integers");
}

/// Where rows find their values: in the array itself, or in its dictionary by the row's index.
class Rows {
 public:
  Rows(const ColumnView& view, std::int64_t first, std::size_t count, const Place& place, Cells& cells)
      : view_(view), first_(first), count_(count), column_(place.column), cells_(cells) {
    cells.nulls.assign(count, 0);
    cells.any_null = false;
  }

  /// Calls read(array, position) for each row that is not NULL and puts its result, else T{}, into `out`.
  template <class T, class Read> void fill(std::vector<T>& out, Read read) const {
    out.resize(count_);
    if (!view_.dictionary) {
      for (std::size_t i = 0; i < count_; ++i) {
        const std::int64_t at = first_ + static_cast<std::int64_t>(i);
        out[i] = row_is_null(at) ? set_null<T>(i) : read(view_.rows, at);
      }
      return;
    }
    for (std::size_t i = 0; i < count_; ++i) {
      const std::int64_t at = first_ + static_cast<std::int64_t>(i);
      if (row_is_null(at)) {
        out[i] = set_null<T>(i);
        continue;
      }
      const std::int64_t index = index_value(view_.rows, at, column_);
      if (index < 0 || index >= view_.dictionary->length) throw_broken(column_, "an index points outside the dictionary");
      out[i] = view_.dictionary->is_null(index) ? set_null<T>(i) : read(*view_.dictionary, index);
    }
  }
  template <class T> void fill_values(std::vector<std::int64_t>& out) const {
    fill(out, [](const ArrayView& array, std::int64_t at) { return static_cast<std::int64_t>(array.value<T>(at)); });
  }
  template <class T> void fill_decimals(std::vector<int128>& out) const {
    fill(out, [](const ArrayView& array, std::int64_t at) { return static_cast<int128>(array.value<T>(at)); });
  }
  std::string_view column() const { return column_; }

 private:
  bool row_is_null(std::int64_t at) const {
    return view_.rows.is_null(at) || (view_.row_validity && !bit_at(view_.row_validity, view_.row_offset + at));
  }
  template <class T> T set_null(std::size_t row) const {
    cells_.nulls[row] = 1;
    cells_.any_null = true;
    return T{};
  }

  const ColumnView& view_;
  std::int64_t first_;
  std::size_t count_;
  std::string_view column_;
  Cells& cells_;
};

void gather_integers(Storage storage, const Rows& rows, std::vector<std::int64_t>& out) {
  switch (storage) {
    case Storage::int8: return rows.fill_values<std::int8_t>(out);
    case Storage::uint8: return rows.fill_values<std::uint8_t>(out);
    case Storage::int16: return rows.fill_values<std::int16_t>(out);
    case Storage::uint16: return rows.fill_values<std::uint16_t>(out);
    case Storage::int32: return rows.fill_values<std::int32_t>(out);
    case Storage::uint32: return rows.fill_values<std::uint32_t>(out);
    default: return rows.fill_values<std::int64_t>(out);
  }
}

void gather_doubles(Storage storage, const Rows& rows, std::vector<double>& out) {
  switch (storage) {
    case Storage::float16: return rows.fill(out, [](const ArrayView& array, std::int64_t at) { return half_to_double(array.value<std::uint16_t>(at)); });
    case Storage::float32: return rows.fill(out, [](const ArrayView& array, std::int64_t at) { return static_cast<double>(array.value<float>(at)); });
    default: return rows.fill(out, [](const ArrayView& array, std::int64_t at) { return array.value<double>(at); });
  }
}

void gather_decimals(Storage storage, const Rows& rows, std::vector<int128>& out) {
  switch (storage) {
    case Storage::int32: return rows.fill_decimals<std::int32_t>(out);
    case Storage::int64: return rows.fill_decimals<std::int64_t>(out);
    case Storage::uint64: return rows.fill_decimals<std::uint64_t>(out);
    default: return rows.fill_decimals<int128>(out);
  }
}

void gather_fields(const Rows& rows, std::vector<Field>& out) {
  rows.fill(out, [column = rows.column()](const ArrayView& array, std::int64_t at) {
    const std::string_view bytes = array.bytes(at, column);
    if (bytes.size() > std::numeric_limits<std::int32_t>::max()) throw_about(column, "has a value of more than 2 GiB, which no batch can carry");
    return Field{bytes.data(), static_cast<std::uint32_t>(bytes.size())};
  });
}

}  // namespace

double half_to_double(std::uint16_t half) {
  constexpr double kSubnormalUnit = 0x1p-24;
  const int exponent = half >> 10 & 31;
  const std::uint64_t fraction = half & 1023;
  const double sign = half & 0x8000 ? -1.0 : 1.0;
  if (exponent == 0) return sign * static_cast<double>(fraction) * kSubnormalUnit;
  if (exponent == 31) return fraction != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  return sign * std::bit_cast<double>(static_cast<std::uint64_t>(exponent - 15 + 1023) << 52 | fraction << 42);
}

void gather(const ArrowType& type, const ColumnView& view, std::int64_t first, std::size_t count, const Place& place, Cells& cells) {
  const Rows rows(view, first, count, place, cells);
  switch (type.family) {
    case Family::null: return rows.fill(cells.integers, [](const ArrayView&, std::int64_t) { return std::int64_t{0}; });
    case Family::boolean: return rows.fill(cells.integers, [](const ArrayView& array, std::int64_t at) { return static_cast<std::int64_t>(array.bit(at)); });
    case Family::floating: return gather_doubles(type.storage, rows, cells.doubles);
    case Family::decimal: return gather_decimals(type.storage, rows, cells.decimals);
    case Family::text:
    case Family::binary: return gather_fields(rows, cells.fields);
    case Family::integer:
    case Family::date:
    case Family::time:
    case Family::timestamp:
    case Family::timestamp_tz: return gather_integers(type.storage, rows, cells.integers);
  }
}

std::size_t rows_within(const Cells& cells, std::size_t count, std::size_t max_bytes) {
  std::size_t bytes = 0;
  for (std::size_t row = 0; row < count && row < cells.fields.size(); ++row) {
    bytes += cells.fields[row].size;
    if (bytes > max_bytes) return row == 0 ? 1 : row;
  }
  return count;
}

}  // namespace millrace::arrow
