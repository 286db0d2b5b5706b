#include "access/arrow/array_view.hpp"

#include <limits>
#include <string>

#include "millrace/data/data_error.hpp"

namespace millrace::arrow {
namespace {

constexpr std::int64_t kInlineBytes = 12;  // a shorter view holds its bytes itself
constexpr std::int64_t kViewBytes = 16;

/// Buffers of an array: validity, values; for bytes also offsets; for views also the parts and their sizes.
std::int64_t least_buffers(Storage storage) {
  switch (storage) {
    case Storage::none: return 0;
    case Storage::bytes32:
    case Storage::bytes64:
    case Storage::view: return 3;
    default: return 2;
  }
}

const std::uint8_t* buffer(const ArrowArray& array, std::int64_t index) { return static_cast<const std::uint8_t*>(array.buffers[index]); }

bool sizes_are_sane(const ArrowArray& array) {
  // Positions are multiplied by the width of a value, so this keeps them from wrapping around.
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 64;
  return array.length >= 0 && array.offset >= 0 && array.length <= kMost && array.offset <= kMost;
}

void view_bytes(const ArrowArray& array, ArrayView& view, std::string_view column) {
  view.offsets = buffer(array, 1);
  view.values = buffer(array, 2);
  if (view.length == 0) return;
  if (!view.offsets) throw_broken(column, "its offsets are missing");
  const std::int64_t last = view.offset + view.length;
  view.byte_count = view.storage == Storage::bytes32 ? load_at<std::int32_t>(view.offsets, last) : load_at<std::int64_t>(view.offsets, last);
}

void view_parts(const ArrowArray& array, ArrayView& view, std::string_view column) {
  view.values = buffer(array, 1);
  if (view.length > 0 && !view.values) throw_broken(column, "its views are missing");
  view.part_count = array.n_buffers - 3;
  view.parts = array.buffers + 2;
  view.part_sizes = buffer(array, array.n_buffers - 1);
  if (view.part_count > 0 && !view.part_sizes) throw_broken(column, "the sizes of its buffers are missing");
}

ArrayView view_array(const ArrowArray& array, Storage storage, int width, std::string_view column) {
  if (!sizes_are_sane(array)) {
    throw_broken(column, "its length is " + std::to_string(array.length) + " and its offset " + std::to_string(array.offset));
  }
  ArrayView view;
  view.storage = storage;
  view.width = width;
  view.offset = array.offset;
  view.length = array.length;
  if (storage == Storage::none) return view;
  const bool variadic = storage == Storage::view;
  if (variadic ? array.n_buffers < least_buffers(storage) : array.n_buffers != least_buffers(storage)) {
    throw_broken(column, "it has " + std::to_string(array.n_buffers) + " buffers where its type needs " + std::to_string(least_buffers(storage)));
  }
  if (!array.buffers) throw_broken(column, "its buffers are missing");
  if (array.null_count != 0) view.validity = buffer(array, 0);
  if (array.null_count > 0 && !view.validity) throw_broken(column, "it has NULLs but no validity bitmap");
  if (storage == Storage::bytes32 || storage == Storage::bytes64) {
    view_bytes(array, view, column);
  } else if (variadic) {
    view_parts(array, view, column);
  } else {
    view.values = buffer(array, 1);
    const bool needed = view.length > 0 && (storage != Storage::fixed || width > 0);
    if (needed && !view.values) throw_broken(column, "its values are missing");
  }
  return view;
}

}  // namespace

std::string_view ArrayView::bytes(std::int64_t at, std::string_view column) const {
  if (storage == Storage::view) return viewed_bytes(at, column);
  if (storage == Storage::fixed) {
    return width == 0 ? std::string_view("") : std::string_view(reinterpret_cast<const char*>(values) + (offset + at) * width, static_cast<std::size_t>(width));
  }
  const bool narrow = storage == Storage::bytes32;
  const std::int64_t begin = narrow ? load_at<std::int32_t>(offsets, offset + at) : load_at<std::int64_t>(offsets, offset + at);
  const std::int64_t end = narrow ? load_at<std::int32_t>(offsets, offset + at + 1) : load_at<std::int64_t>(offsets, offset + at + 1);
  if (begin < 0 || begin > end || end > byte_count) throw_broken(column, "its offsets do not rise");
  if (begin == end) return "";
  if (!values) throw_broken(column, "its bytes are missing");
  return {reinterpret_cast<const char*>(values) + begin, static_cast<std::size_t>(end - begin)};
}

std::string_view ArrayView::viewed_bytes(std::int64_t at, std::string_view column) const {
  const std::uint8_t* const view = values + (offset + at) * kViewBytes;
  const std::int64_t size = load_at<std::int32_t>(view, 0);
  if (size < 0) throw_broken(column, "a view has a negative length");
  if (size <= kInlineBytes) return {reinterpret_cast<const char*>(view) + 4, static_cast<std::size_t>(size)};
  const std::int64_t part = load_at<std::int32_t>(view, 2);
  const std::int64_t begin = load_at<std::int32_t>(view, 3);
  if (part < 0 || part >= part_count || begin < 0 || begin + size > load_at<std::int64_t>(part_sizes, part) || !parts[part]) {
    throw_broken(column, "a view points outside its buffers");
  }
  return {static_cast<const char*>(parts[part]) + begin, static_cast<std::size_t>(size)};
}

void check_batch(const ArrowArray& batch, std::int64_t columns) {
  const auto broken = [](const std::string& what) { throw DataError("a batch of the Arrow stream is broken: " + what + "; mend whatever made the stream"); };
  if (!sizes_are_sane(batch)) broken("its length is " + std::to_string(batch.length) + " and its offset " + std::to_string(batch.offset));
  if (batch.n_children != columns) broken("it has " + std::to_string(batch.n_children) + " columns where the schema has " + std::to_string(columns));
  if (columns > 0 && !batch.children) broken("its columns are missing");
  if (batch.n_buffers < 0 || batch.n_buffers > 1 || (batch.n_buffers == 1 && !batch.buffers)) broken("a struct has one buffer, its validity bitmap");
  if (batch.null_count > 0 && (batch.n_buffers == 0 || !batch.buffers[0])) broken("it has NULL rows but no validity bitmap");
}

ColumnView view_column(const ArrowArray& batch, std::int64_t child, const ArrowType& type, std::string_view column) {
  const ArrowArray* const array = batch.children[child];
  if (!array) throw_broken(column, "a batch comes without it");
  ColumnView view;
  view.rows = view_array(*array, type.index.value_or(type.storage), type.width, column);
  if (view.rows.length < batch.offset + batch.length) {
    throw_broken(column, "it has " + std::to_string(view.rows.length) + " values in a batch of " + std::to_string(batch.offset + batch.length) + " rows");
  }
  view.rows.offset += batch.offset;
  view.rows.length = batch.length;
  if (type.index) {
    if (!array->dictionary) throw_broken(column, "its dictionary is missing");
    view.dictionary = view_array(*array->dictionary, type.storage, type.width, column);
  }
  if (batch.n_buffers == 1 && batch.null_count != 0) view.row_validity = static_cast<const std::uint8_t*>(batch.buffers[0]);
  view.row_offset = batch.offset;
  return view;
}

}  // namespace millrace::arrow
