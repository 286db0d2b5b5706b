// Text COPY: tabs between fields, a line each row, \N for NULL, backslash escapes. The form of every type is one that
// its input function reads whatever the session's settings are.

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "millrace/data/value.hpp"
#include "postgresql/copy_cells.hpp"

namespace millrace::postgresql {
namespace {

constexpr std::size_t kLongestNumber = 48;  // within kCellBound

std::uint8_t* put(std::uint8_t* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

/// The letter behind the backslash for each byte that needs one, else 0.
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> escapes{};
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['\v'] = 'v';
  escapes['\\'] = '\\';
  return escapes;
}
constexpr std::array<char, 256> kEscapes = make_escapes();

std::uint8_t* put_escaped(std::uint8_t* out, std::string_view text) {
  for (const char c : text) {
    const char escape = kEscapes[static_cast<unsigned char>(c)];
    if (escape) *out++ = '\\';
    *out++ = static_cast<std::uint8_t>(escape ? escape : c);
  }
  return out;
}

template <class T> std::uint8_t* put_number(std::uint8_t* out, T value) {
  char* const begin = reinterpret_cast<char*>(out);
  return reinterpret_cast<std::uint8_t*>(std::to_chars(begin, begin + kLongestNumber, value).ptr);
}

template <class T> std::uint8_t* put_floating(std::uint8_t* out, T value) {
  if (std::isnan(value)) return put(out, "NaN");
  if (std::isinf(value)) return put(out, value < 0 ? "-Infinity" : "Infinity");
  return put_number(out, value);
}

std::uint8_t* put_bytea(std::uint8_t* out, std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  out = put(out, "\\\\x");
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    *out++ = static_cast<std::uint8_t>(kHex[byte >> 4]);
    *out++ = static_cast<std::uint8_t>(kHex[byte & 15]);
  }
  return out;
}

Uuid uuid_at(const CellSource& source, std::size_t row) {
  Uuid uuid;
  std::memcpy(uuid.bytes.data(), source.values + 16 * row, 16);
  return uuid;
}

std::uint8_t* put_cell(std::uint8_t* out, const CellSource& source, std::size_t row) {
  switch (source.cell) {
    case Cell::boolean: *out = source.column->bit(row) ? 't' : 'f'; return out + 1;
    case Cell::int16: return put_number(out, source.value<std::int16_t>(row));
    case Cell::int32: return put_number(out, source.value<std::int32_t>(row));
    case Cell::int64: return put_number(out, source.value<std::int64_t>(row));
    case Cell::float32: return put_floating(out, source.value<float>(row));
    case Cell::float64: return put_floating(out, source.value<double>(row));
    case Cell::decimal: return put(out, to_string(Decimal{source.value<int128>(row), source.scale}));
    case Cell::date: return put(out, to_string(Date{source.value<std::int32_t>(row)}));
    case Cell::time: return put(out, to_string(TimeOfDay{source.value<std::int64_t>(row)}));
    case Cell::timestamp: return put(out, to_string(Timestamp{source.value<std::int64_t>(row)}));
    case Cell::timestamp_tz: return put(out, to_string(TimestampTz{source.value<std::int64_t>(row)}));
    case Cell::uuid: return put(out, to_string(uuid_at(source, row)));
    case Cell::bytea: return put_bytea(out, source.bytes(row));
    case Cell::numeric_text:
    case Cell::text:
    case Cell::jsonb:
    case Cell::foreign: return put_escaped(out, source.bytes(row));
  }
  return out;
}

}  // namespace

std::uint8_t* encode_text_rows(const CellSources& sources, std::size_t begin, std::size_t end, std::uint8_t* out) {
  for (std::size_t row = begin; row < end; ++row) {
    for (const CellSource& source : sources) {
      out = source.is_null(row) ? put(out, "\\N") : put_cell(out, source, row);
      *out++ = '\t';
    }
    out[-1] = '\n';
  }
  return out;
}

}  // namespace millrace::postgresql
