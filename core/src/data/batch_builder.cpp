#include "millrace/data/batch_builder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/calendar.hpp"
#include "data/column_value.hpp"
#include "data/decimal.hpp"
#include "millrace/data/data_error.hpp"

namespace millrace {
namespace {

std::vector<SqlType> types_of(const std::vector<BatchColumn>& columns) {
  std::vector<SqlType> types;
  types.reserve(columns.size());
  for (const BatchColumn& column : columns) types.push_back(column.type);
  return types;
}

template <class T> DecodeStatus append_integer(Column& column, std::int64_t value) {
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return DecodeStatus::out_of_range;
  column.append_fixed(static_cast<T>(value));
  return DecodeStatus::ok;
}

DecodeStatus append_micros(Column& column, std::int64_t micros, bool in_range) {
  if (!in_range) return DecodeStatus::out_of_range;
  column.append_fixed(micros);
  return DecodeStatus::ok;
}

DecodeStatus append_as_text(Column& column, const Value& value) { return append_text(column, value.to_text()); }

/// One overload for each alternative of a Value: true matches are stored as they are.
struct Appender {
  Column& column;
  const Value& value;

  TypeKind kind() const { return column.type().kind; }

  DecodeStatus operator()(std::monostate) const {
    column.append_null();
    return DecodeStatus::ok;
  }
  DecodeStatus operator()(bool v) const {
    if (kind() != TypeKind::boolean) return append_as_text(column, value);
    column.append_bit(v);
    return DecodeStatus::ok;
  }
  DecodeStatus operator()(std::int64_t v) const {
    switch (kind()) {
      case TypeKind::smallint: return append_integer<std::int16_t>(column, v);
      case TypeKind::integer: return append_integer<std::int32_t>(column, v);
      case TypeKind::bigint: return append_integer<std::int64_t>(column, v);
      default: return append_as_text(column, value);
    }
  }
  DecodeStatus operator()(double v) const {
    if (kind() != TypeKind::double_precision) return append_as_text(column, value);
    column.append_fixed(v);
    return DecodeStatus::ok;
  }
  DecodeStatus operator()(const Decimal& v) const {
    if (column.layout() != Layout::int128 || v.scale != column.type().scale) return append_as_text(column, value);
    if (magnitude_of(v.unscaled) >= kPowersOfTen[static_cast<std::size_t>(column.type().precision)]) return DecodeStatus::precision_exceeded;
    column.append_fixed(v.unscaled);
    return DecodeStatus::ok;
  }
  DecodeStatus operator()(const std::string& v) const { return append_text(column, v); }
  DecodeStatus operator()(const Bytes& v) const {
    if (kind() != TypeKind::binary) return append_as_text(column, value);
    column.append_bytes({reinterpret_cast<const char*>(v.data()), v.size()});
    return DecodeStatus::ok;
  }
  DecodeStatus operator()(Date v) const {
    if (v.days < kFirstDay || v.days > kLastDay) return DecodeStatus::out_of_range;
    if (kind() != TypeKind::date) return append_as_text(column, value);
    column.append_fixed(v.days);
    return DecodeStatus::ok;
  }
  DecodeStatus operator()(TimeOfDay v) const {
    const bool in_range = v.micros >= 0 && v.micros <= kMicrosPerDay;
    return in_range && kind() != TypeKind::time ? append_as_text(column, value) : append_micros(column, v.micros, in_range);
  }
  DecodeStatus operator()(Timestamp v) const {
    const bool in_range = in_calendar(v.micros);
    return in_range && kind() != TypeKind::timestamp ? append_as_text(column, value) : append_micros(column, v.micros, in_range);
  }
  DecodeStatus operator()(TimestampTz v) const {
    const bool in_range = in_calendar(v.micros);
    return in_range && kind() != TypeKind::timestamp_tz ? append_as_text(column, value) : append_micros(column, v.micros, in_range);
  }
  DecodeStatus operator()(const Uuid& v) const {
    if (kind() != TypeKind::uuid) return append_as_text(column, value);
    column.append_fixed(v);
    return DecodeStatus::ok;
  }
};

[[noreturn]] void throw_bad_value(DecodeStatus status, const BatchColumn& column, const Value& value, std::size_t row) {
  ErrorInfo info;
  info.code = ErrorCode::data;
  info.message = "column " + column.name + ", row " + std::to_string(row) + " of the batch: " + describe(status, column.type, value.to_text());
  info.column = column.name;
  info.row = static_cast<std::int64_t>(row);
  throw DataError(std::move(info));
}

}  // namespace

DecodeStatus append_value(Column& column, const Value& value) { return std::visit(Appender{column, value}, value.storage()); }

BatchBuilder::BatchBuilder(std::vector<BatchColumn> columns)
    : columns_(std::move(columns)), types_(types_of(columns_)), batch_(types_) {
  if (columns_.empty()) throw Error(ErrorCode::misuse, "a BatchBuilder needs at least one column");
}

void BatchBuilder::append_row(const std::vector<Value>& row) {
  if (row.size() != columns_.size()) {
    throw DataError("a row of " + std::to_string(row.size()) + " values for " + std::to_string(columns_.size()) + " columns");
  }
  const std::size_t rows = batch_.rows();
  try {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const DecodeStatus status = append_value(batch_.column(i), row[i]);
      if (status != DecodeStatus::ok) throw_bad_value(status, columns_[i], row[i], rows);
    }
  } catch (...) {
    for (Column& column : batch_.columns()) column.truncate(rows);
    throw;
  }
}

RecordBatch BatchBuilder::take() {
  RecordBatch next(types_);
  std::swap(next, batch_);
  return next;
}

std::size_t BatchBuilder::index_of(std::string_view name) const {
  const auto found = std::find_if(columns_.begin(), columns_.end(), [&](const BatchColumn& column) { return column.name == name; });
  if (found == columns_.end()) throw DataError("the mapping names the column " + std::string(name) + ", which the batch does not have");
  return static_cast<std::size_t>(found - columns_.begin());
}

}  // namespace millrace
