#include "common/cli/array_buffer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "common/text_format.hpp"
#include "millrace/data/value.hpp"

namespace millrace::MILLRACE_CLI {
namespace {

constexpr std::size_t kDateWidth = 11;
constexpr std::size_t kTimeWidth = 16;
constexpr std::size_t kTimestampWidth = 34;
constexpr std::size_t kUuidWidth = 37;
constexpr std::size_t kDoubleWidth = 32;
constexpr std::size_t kDecimalWidth = 42;    // 38 digits, sign, point, a zero before it, the end

struct Travel { ParameterType type; std::size_t width; };

Travel travel_of(const SqlType& type, const Manners& manners) {
  const auto size = [](SQLULEN n) { return n; };
  switch (type.kind) {
    case TypeKind::boolean: return {{SQL_C_BIT, SQL_BIT, 1, 0}, 1};
    case TypeKind::smallint: return {{SQL_C_SSHORT, SQL_SMALLINT, 5, 0}, 2};
    case TypeKind::integer: return {{SQL_C_SLONG, SQL_INTEGER, 10, 0}, 4};
    case TypeKind::bigint: return {{SQL_C_SBIGINT, SQL_BIGINT, 19, 0}, 8};
    case TypeKind::real:
    case TypeKind::double_precision:
      if (!manners.exact_doubles) return {{SQL_C_CHAR, SQL_DOUBLE, 15, 0}, kDoubleWidth};
      if (type.kind == TypeKind::real) return {{SQL_C_FLOAT, SQL_REAL, 7, 0}, 4};
      return {{SQL_C_DOUBLE, SQL_DOUBLE, 15, 0}, 8};
    case TypeKind::decimal:
      if (type.is_fixed_decimal()) return {{SQL_C_CHAR, SQL_DECIMAL, size(static_cast<SQLULEN>(type.precision)), static_cast<SQLSMALLINT>(type.scale)}, kDecimalWidth};
      return {{SQL_C_CHAR, SQL_VARCHAR, 0, 0}, 0};
    case TypeKind::date: return {{SQL_C_CHAR, SQL_TYPE_DATE, 10, 0}, kDateWidth};
    case TypeKind::time: return {{SQL_C_CHAR, SQL_TYPE_TIME, 15, 6}, kTimeWidth};
    case TypeKind::timestamp: return {{SQL_C_CHAR, SQL_TYPE_TIMESTAMP, 26, 6}, kTimestampWidth};
    case TypeKind::timestamp_tz:
      if (!manners.zoned_timestamps) return {{SQL_C_CHAR, SQL_TYPE_TIMESTAMP, 26, 6}, kTimestampWidth};
      return {{SQL_C_CHAR, SQL_VARCHAR, 29, 0}, kTimestampWidth};
    case TypeKind::uuid: return {{SQL_C_CHAR, SQL_CHAR, 36, 0}, kUuidWidth};
    case TypeKind::binary: return {{SQL_C_BINARY, SQL_VARBINARY, 0, 0}, 0};
    default: return {{SQL_C_CHAR, SQL_VARCHAR, 0, 0}, 0};
  }
}

/// A value that travels as text without being one.
std::string_view formatted(const Column& column, TypeKind kind, std::size_t row, backends::TextBuffer& text) {
  switch (kind) {
    case TypeKind::decimal: return text.decimal(column.values<int128>()[row], column.type().scale);
    case TypeKind::date: return text.date(column.values<std::int32_t>()[row]);
    case TypeKind::time: return text.time(column.values<std::int64_t>()[row]);
    case TypeKind::timestamp: return text.timestamp(column.values<std::int64_t>()[row]);
    case TypeKind::timestamp_tz: return text.timestamp_tz(column.values<std::int64_t>()[row]);
    case TypeKind::uuid: return text.uuid(column.uuid(row));
    case TypeKind::real: return text.number(static_cast<double>(column.values<float>()[row]));
    default: return text.number(column.values<double>()[row]);
  }
}

}  // namespace

ArrayBuffer::ArrayBuffer(const ColumnInfo& column, const Manners& manners)
    : layout_(layout_of(column.type)), kind_(column.type.kind), scale_(column.type.scale), refuses_nan_(!manners.stores_nan) {
  if (kind_ == TypeKind::timestamp_tz && !manners.zoned_timestamps) kind_ = TypeKind::timestamp;
  const Travel travel = travel_of(column.type, manners);
  type_ = travel.type;
  fixed_width_ = travel.width;
}

std::size_t ArrayBuffer::width_of(const Column& column, std::size_t row) const {
  return fixed_width_ != 0 ? fixed_width_ : column.bytes(row).size() + 1;
}

void ArrayBuffer::look_through(const Column& column, std::size_t begin, std::size_t end) {
  refusals_.clear();
  const bool real = layout_ == Layout::float32 || layout_ == Layout::float64;
  if (real && !refuses_nan_) return;
  if (!real && (layout_ != Layout::bytes || kind_ == TypeKind::binary)) return;
  for (std::size_t row = begin; row < end; ++row) {
    if (column.is_null(row)) continue;
    if (layout_ == Layout::bytes) {
      if (column.bytes(row).find('\0') != std::string_view::npos) refusals_.push_back({row - begin, "22021", "holds a NUL byte, behind which drivers cut it off"});
    } else if (layout_ == Layout::float32 ? std::isnan(column.values<float>()[row]) : std::isnan(column.values<double>()[row])) {
      refusals_.push_back({row - begin, "22003", "is NaN, which this database would store as NULL"});
    }
  }
}

void ArrayBuffer::put(std::size_t at, std::string_view text) {
  text.copy(bytes_.data() + at * width_, text.size());
  bytes_[at * width_ + text.size()] = '\0';   // the longest value leaves room for it
  lengths_[at] = static_cast<SQLLEN>(text.size());
}

bool ArrayBuffer::fill(const Column& column, std::size_t begin, std::size_t end, std::size_t width) {
  look_through(column, begin, end);
  const std::size_t rows = end - begin;
  bool moved = false;
  // A width that shrinks a little stays while its memory does, so that equal batches are bound once; one that was a single long value goes.
  if (width > width_ || width * 4 < width_ || rows * width_ > bytes_.size()) width_ = width, moved = true;
  if (bytes_.size() < rows * width_ || bytes_.size() > 4 * rows * width_ + (1 << 20)) bytes_ = std::vector<char>(rows * width_), moved = true;
  if (lengths_.size() < rows) lengths_.resize(rows), moved = true;

  switch (layout_) {
    case Layout::bit:
      for (std::size_t i = 0; i < rows; ++i) bytes_[i] = column.bit(begin + i) ? 1 : 0;
      break;
    case Layout::int16: std::memcpy(bytes_.data(), column.values<std::int16_t>().data() + begin, rows * width_); break;
    case Layout::int32:
      if (is_text()) fill_texts(column, begin, end);
      else std::memcpy(bytes_.data(), column.values<std::int32_t>().data() + begin, rows * width_);
      break;
    case Layout::int64:
      if (is_text()) fill_texts(column, begin, end);
      else std::memcpy(bytes_.data(), column.values<std::int64_t>().data() + begin, rows * width_);
      break;
    case Layout::float32:
    case Layout::float64:
      if (is_text()) fill_texts(column, begin, end);
      else if (layout_ == Layout::float32) std::memcpy(bytes_.data(), column.values<float>().data() + begin, rows * width_);
      else std::memcpy(bytes_.data(), column.values<double>().data() + begin, rows * width_);
      break;
    case Layout::int128:
    case Layout::fixed16:
    case Layout::bytes: fill_texts(column, begin, end); break;
  }
  if (!is_text() && layout_ != Layout::bytes) std::fill_n(lengths_.begin(), rows, static_cast<SQLLEN>(width_));
  for (std::size_t i = 0; column.null_count() != 0 && i < rows; ++i) {
    if (column.is_null(begin + i)) lengths_[i] = SQL_NULL_DATA;
  }
  return moved;
}

void ArrayBuffer::fill_texts(const Column& column, std::size_t begin, std::size_t end) {
  backends::TextBuffer text;
  for (std::size_t row = begin; row < end; ++row) {
    const std::size_t at = row - begin;
    if (column.is_null(row)) {
      put(at, {});
    } else if (layout_ == Layout::bytes) {
      put(at, column.bytes(row));
    } else {
      put(at, formatted(column, kind_, row, text));
    }
  }
}

SQLRETURN ArrayBuffer::bind(SQLHSTMT statement, SQLUSMALLINT number, std::size_t first) {
  ParameterType type = type_;
  if (fixed_width_ == 0) {
    type.size = static_cast<SQLULEN>(std::max<std::size_t>(width_ - 1, 1));
    if (type.size > kLongFrom) type.sql_type = static_cast<SQLSMALLINT>(type.c_type == SQL_C_BINARY ? SQL_LONGVARBINARY : SQL_LONGVARCHAR);
  }
  return SQLBindParameter(statement, number, SQL_PARAM_INPUT, type.c_type, type.sql_type, type.size, type.scale, bytes_.data() + first * width_, static_cast<SQLLEN>(width_), lengths_.data() + first);
}

}  // namespace millrace::MILLRACE_CLI
