// Binary COPY: a field count, then each field as its length and the bytes of its type's receive function.

#include "millrace/data/value.hpp"
#include "postgresql/big_endian.hpp"
#include "postgresql/copy_cells.hpp"
#include "postgresql/numeric.hpp"

namespace millrace::postgresql {
namespace {

constexpr std::uint32_t kNull = 0xFFFFFFFF;
constexpr std::uint8_t kJsonbVersion = 1;
// PostgreSQL counts from 2000-01-01, Millrace from 1970-01-01.
constexpr std::int32_t kEpochDays = 10957;
constexpr std::int64_t kEpochMicros = std::int64_t{kEpochDays} * 86'400'000'000;

std::uint8_t* put_field16(std::uint8_t* out, std::uint16_t value) { return put16(put32(out, 2), value); }
std::uint8_t* put_field32(std::uint8_t* out, std::uint32_t value) { return put32(put32(out, 4), value); }
std::uint8_t* put_field64(std::uint8_t* out, std::uint64_t value) { return put64(put32(out, 8), value); }

std::uint8_t* put_bytes(std::uint8_t* out, const void* bytes, std::size_t size) {
  std::memcpy(out, bytes, size);
  return out + size;
}

std::uint8_t* put_field(std::uint8_t* out, std::string_view bytes) {
  return put_bytes(put32(out, static_cast<std::uint32_t>(bytes.size())), bytes.data(), bytes.size());
}

std::uint8_t* put_jsonb(std::uint8_t* out, std::string_view text) {
  out = put32(out, static_cast<std::uint32_t>(text.size() + 1));
  *out++ = kJsonbVersion;
  return put_bytes(out, text.data(), text.size());
}

std::uint8_t* put_boolean(std::uint8_t* out, bool value) {
  out = put32(out, 1);
  *out++ = value;
  return out;
}

std::uint8_t* put_numeric_text(std::uint8_t* out, const CellSource& source, std::size_t row) {
  std::uint8_t* const end = put_numeric(out, source.bytes(row));
  if (!end) throw_unfit(source, row, "the value is no number that PostgreSQL's numeric can hold");
  return end;
}

std::uint8_t* put_cell(std::uint8_t* out, const CellSource& source, std::size_t row) {
  switch (source.cell) {
    case Cell::boolean: return put_boolean(out, source.column->bit(row));
    case Cell::int16: return put_field16(out, source.value<std::uint16_t>(row));
    case Cell::int32:
    case Cell::float32: return put_field32(out, source.value<std::uint32_t>(row));
    case Cell::int64:
    case Cell::float64:
    case Cell::time: return put_field64(out, source.value<std::uint64_t>(row));
    case Cell::date: return put_field32(out, static_cast<std::uint32_t>(source.value<std::int32_t>(row) - kEpochDays));
    case Cell::timestamp:
    case Cell::timestamp_tz: return put_field64(out, static_cast<std::uint64_t>(source.value<std::int64_t>(row) - kEpochMicros));
    case Cell::decimal: return put_numeric(out, source.value<int128>(row), source.scale);
    case Cell::numeric_text: return put_numeric_text(out, source, row);
    case Cell::text:
    case Cell::bytea: return put_field(out, source.bytes(row));
    case Cell::jsonb: return put_jsonb(out, source.bytes(row));
    case Cell::uuid: return put_bytes(put32(out, 16), source.values + 16 * row, 16);
    case Cell::foreign: break;
  }
  throw_unfit(source, row, "its type has no binary form");
}

}  // namespace

std::uint8_t* encode_binary_rows(const CellSources& sources, std::size_t begin, std::size_t end, std::uint8_t* out) {
  const auto field_count = static_cast<std::uint16_t>(sources.size());
  for (std::size_t row = begin; row < end; ++row) {
    out = put16(out, field_count);
    for (const CellSource& source : sources) out = source.is_null(row) ? put32(out, kNull) : put_cell(out, source, row);
  }
  return out;
}

}  // namespace millrace::postgresql
