#include "postgresql/copy_encoder.hpp"

#include <algorithm>

#include "millrace/access/error.hpp"
#include "postgresql/copy_cells.hpp"
#include "postgresql/errors.hpp"

namespace millrace::postgresql {
namespace {

constexpr std::size_t kRowsAtOnce = 64;  // rows between two looks at the buffer's size

Cell cell_of(const SqlType& type) {
  switch (type.kind) {
    case TypeKind::boolean: return Cell::boolean;
    case TypeKind::smallint: return Cell::int16;
    case TypeKind::integer: return Cell::int32;
    case TypeKind::bigint: return Cell::int64;
    case TypeKind::real: return Cell::float32;
    case TypeKind::double_precision: return Cell::float64;
    case TypeKind::decimal: return type.is_fixed_decimal() ? Cell::decimal : Cell::numeric_text;
    case TypeKind::character:
    case TypeKind::varchar:
    case TypeKind::text: return Cell::text;
    case TypeKind::binary: return Cell::bytea;
    case TypeKind::date: return Cell::date;
    case TypeKind::time: return Cell::time;
    case TypeKind::timestamp: return Cell::timestamp;
    case TypeKind::timestamp_tz: return Cell::timestamp_tz;
    case TypeKind::uuid: return Cell::uuid;
    case TypeKind::json:
      if (type.native == "json") return Cell::text;
      // A domain over one of the two does not show which, and their binary forms differ.
      return type.native == "jsonb" || type.native.empty() ? Cell::jsonb : Cell::foreign;
    case TypeKind::other: break;
  }
  return Cell::foreign;
}

bool holds_text(TypeKind kind) {
  switch (kind) {
    case TypeKind::character:
    case TypeKind::varchar:
    case TypeKind::text:
    case TypeKind::json:
    case TypeKind::other: return true;
    default: return false;
  }
}

// The batch's own type may be narrower in its parameters, but must have the same meaning in memory.
bool fits(const SqlType& batch, const SqlType& table) {
  if (batch.kind == table.kind) return true;
  return holds_text(batch.kind) && holds_text(table.kind);
}

[[noreturn]] void throw_misuse(std::string message) { throw_error(error_info(ErrorCode::misuse, std::move(message))); }

constexpr std::uint8_t kNothing[1] = {0};

CellSource source_of(const CopyColumn& planned, const Column& column, std::size_t rows) {
  if (!fits(column.type(), planned.type)) {
    throw_misuse("column " + planned.name + " of the batch holds " + to_string(column.type()) + ", but the table's is " + to_string(planned.type));
  }
  if (column.rows() != rows) {
    throw_misuse("column " + planned.name + " of the batch has " + std::to_string(column.rows()) + " rows instead of " + std::to_string(rows));
  }
  Cell cell = planned.cell;
  if (planned.type.kind == TypeKind::decimal) cell = column.layout() == Layout::int128 ? Cell::decimal : Cell::numeric_text;
  const bool variable = column.layout() == Layout::bytes;
  const auto* values = variable && rows > 0 ? reinterpret_cast<const std::uint8_t*>(column.bytes(0).data()) - column.offsets()[0]
                                            : column.values<std::uint8_t>().data();
  if (!values) values = kNothing;  // a column of empty texts has no bytes; memcpy wants a pointer all the same
  return {cell, static_cast<std::int16_t>(column.type().scale), &column, &planned, values, variable ? column.offsets() : nullptr};
}

CellSources sources_of(const CopyPlan& plan, const RecordBatch& batch) {
  const auto& planned = plan.columns();
  if (batch.column_count() != planned.size()) {
    throw_misuse("the batch has " + std::to_string(batch.column_count()) + " columns, but the writer was opened for " + std::to_string(planned.size()));
  }
  CellSources sources;
  sources.reserve(planned.size());
  for (std::size_t c = 0; c < planned.size(); ++c) sources.push_back(source_of(planned[c], batch.column(c), batch.rows()));
  return sources;
}

std::size_t bound(const CellSources& sources, std::size_t begin, std::size_t end) {
  std::size_t bytes = (end - begin) * (kRowBound + sources.size() * kCellBound);
  for (const CellSource& source : sources) {
    if (source.offsets) bytes += kByteBound * static_cast<std::size_t>(source.offsets[end] - source.offsets[begin]);
  }
  return bytes;
}

}  // namespace

CopyPlan::CopyPlan(const std::vector<ColumnInfo>& columns) {
  columns_.reserve(columns.size());
  for (const ColumnInfo& column : columns) {
    columns_.push_back({column.name, column.type, cell_of(column.type)});
    if (columns_.back().cell == Cell::foreign) format_ = CopyFormat::text;
  }
}

void begin_copy(const CopyPlan& plan, Buffer& out) {
  // Signature, flags, length of the header's extension.
  static constexpr char kHeader[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
  if (plan.format() == CopyFormat::binary) out.append(kHeader, sizeof kHeader);
}

void end_copy(const CopyPlan& plan, Buffer& out) {
  if (plan.format() == CopyFormat::binary) out.append_value<std::int16_t>(-1);
}

std::size_t encode_copy(const CopyPlan& plan, const RecordBatch& batch, std::size_t begin, std::size_t full, Buffer& out) {
  const CellSources sources = sources_of(plan, batch);
  const auto encode_rows = plan.format() == CopyFormat::binary ? encode_binary_rows : encode_text_rows;
  while (begin < batch.rows() && out.size() < full) {
    std::size_t count = std::min(kRowsAtOnce, batch.rows() - begin);
    while (count > 1 && bound(sources, begin, begin + count) > 2 * full) count /= 2;  // long rows: no more than the buffer needs
    const std::size_t size = out.size();
    out.extend(bound(sources, begin, begin + count));
    out.resize(size);
    const std::uint8_t* const end = encode_rows(sources, begin, begin + count, out.data() + size);
    out.resize(static_cast<std::size_t>(end - out.data()));
    begin += count;
  }
  return begin;
}

void throw_unfit(const CellSource& source, std::size_t row, const std::string& why) {
  ErrorInfo info = error_info(ErrorCode::data, "row " + std::to_string(row) + " of the batch, column " + source.planned->name + ": " + why);
  info.column = source.planned->name;
  info.row = static_cast<std::int64_t>(row);
  throw DataError(std::move(info));
}

}  // namespace millrace::postgresql
