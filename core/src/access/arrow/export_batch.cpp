#include "access/arrow/export_batch.hpp"

#include <array>
#include <memory>
#include <string>

namespace millrace::arrow {
namespace {

std::string format_of(const SqlType& type) {
  switch (type.kind) {
    case TypeKind::boolean: return "b";
    case TypeKind::smallint: return "s";
    case TypeKind::integer: return "i";
    case TypeKind::bigint: return "l";
    case TypeKind::real: return "f";
    case TypeKind::double_precision: return "g";
    case TypeKind::decimal:
      if (type.is_fixed_decimal()) return "d:" + std::to_string(type.precision) + "," + std::to_string(type.scale);
      break;
    case TypeKind::binary: return "z";
    case TypeKind::date: return "tdD";
    case TypeKind::time: return "ttu";
    case TypeKind::timestamp: return "tsu:";
    case TypeKind::timestamp_tz: return "tsu:UTC";
    default: break;
  }
  return "u";
}

// Each struct owns its private data alone, since a consumer may move children out of their parent and release them later.

/// The children of a struct, their release included.
template <class T> struct Children {
  explicit Children(std::size_t count) : storage(count) {
    for (T& child : storage) pointers.push_back(&child);
  }
  ~Children() {
    for (T& child : storage) {
      if (child.release) child.release(&child);
    }
  }
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  std::vector<T> storage;
  std::vector<T*> pointers;
};

struct SchemaData {
  explicit SchemaData(std::size_t child_count) : children(child_count) {}
  std::string format;
  std::string name;
  Children<ArrowSchema> children;
};

template <class T, class Data> void release(T* object) {
  const std::unique_ptr<Data> data(static_cast<Data*>(object->private_data));
  object->release = nullptr;
}

void fill_schema(std::unique_ptr<SchemaData> data, ArrowSchema& out) {
  out = {};
  out.format = data->format.c_str();
  out.name = data->name.c_str();
  out.n_children = static_cast<std::int64_t>(data->children.pointers.size());
  out.children = data->children.pointers.data();
  out.release = release<ArrowSchema, SchemaData>;
  out.private_data = data.release();
}

/// A column and its buffers. Where Arrow's layout is another one, `values` replaces the column's.
struct ColumnData {
  ColumnData(std::shared_ptr<const RecordBatch> rows, std::size_t index) : batch(std::move(rows)), column(batch->column(index)), text(SqlType::of(TypeKind::text)) {}
  std::shared_ptr<const RecordBatch> batch;
  const Column& column;
  Column text;
  std::array<const void*, 3> buffers{};
};

struct BatchData {
  explicit BatchData(std::size_t child_count) : children(child_count) {}
  std::array<const void*, 1> buffers{};
  Children<ArrowArray> children;
};

Column uuids_as_text(const Column& from) {
  Column to(SqlType::of(TypeKind::text));
  to.reserve(from.rows());
  for (std::size_t row = 0; row < from.rows(); ++row) {
    if (from.is_null(row)) to.append_null();
    else to.append_bytes(from.value(row).to_text());
  }
  return to;
}

const void* values_of(const Column& column) {
  if (column.rows() == 0) return nullptr;
  switch (column.layout()) {
    case Layout::bytes: return column.bytes(0).data();  // the first offset is 0
    case Layout::bit: return column.values<std::uint8_t>().data();
    case Layout::int16: return column.values<std::int16_t>().data();
    case Layout::int32: return column.values<std::int32_t>().data();
    case Layout::float32: return column.values<float>().data();
    case Layout::float64: return column.values<double>().data();
    case Layout::int128: return column.values<int128>().data();
    case Layout::int64: return column.values<std::int64_t>().data();
    case Layout::fixed16: break;
  }
  return column.uuid(0);
}

void export_column(const std::shared_ptr<const RecordBatch>& batch, std::size_t index, ArrowArray& out) {
  auto data = std::make_unique<ColumnData>(batch, index);
  const bool converted = data->column.layout() == Layout::fixed16;
  if (converted) data->text = uuids_as_text(data->column);
  const Column& column = converted ? data->text : data->column;
  const bool bytes = column.layout() == Layout::bytes;
  data->buffers[0] = column.validity();
  data->buffers[1] = bytes ? static_cast<const void*>(column.offsets()) : values_of(column);
  if (bytes) data->buffers[2] = values_of(column);
  out = {};
  out.length = static_cast<std::int64_t>(column.rows());
  out.null_count = static_cast<std::int64_t>(column.null_count());
  out.n_buffers = bytes ? 3 : 2;
  out.buffers = data->buffers.data();
  out.release = release<ArrowArray, ColumnData>;
  out.private_data = data.release();
}

}  // namespace

OwnedArrowSchema export_schema(const std::vector<ResultColumn>& columns) {
  auto root = std::make_unique<SchemaData>(columns.size());
  root->format = "+s";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    auto child = std::make_unique<SchemaData>(0);
    child->format = format_of(columns[i].type);
    child->name = columns[i].name;
    ArrowSchema& out = root->children.storage[i];
    fill_schema(std::move(child), out);
    out.flags = ARROW_FLAG_NULLABLE;  // a query's column tells nothing about NULLs
  }
  OwnedArrowSchema schema;
  fill_schema(std::move(root), *schema);
  return schema;
}

OwnedArrowArray export_batch(RecordBatch batch) {
  const auto shared = std::make_shared<const RecordBatch>(std::move(batch));
  auto root = std::make_unique<BatchData>(shared->column_count());
  for (std::size_t i = 0; i < shared->column_count(); ++i) export_column(shared, i, root->children.storage[i]);
  OwnedArrowArray array;
  array->length = static_cast<std::int64_t>(shared->rows());
  array->n_buffers = 1;
  array->buffers = root->buffers.data();
  array->n_children = static_cast<std::int64_t>(root->children.pointers.size());
  array->children = root->children.pointers.data();
  array->release = release<ArrowArray, BatchData>;
  array->private_data = root.release();
  return array;
}

}  // namespace millrace::arrow
