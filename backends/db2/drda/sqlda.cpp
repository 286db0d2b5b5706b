#include "db2/drda/sqlda.hpp"

#include <algorithm>

namespace millrace::drda {
namespace {

constexpr std::size_t kShortestColumn = 17;  // two numbers, length, type, CCSID, one missing group
constexpr std::uint8_t kMissingGroup = 0xFF;
constexpr std::uint16_t kNoCcsid = 0xFFFF;   // as 0: bytes, no text

std::string_view either(Reader& reader) {
  const std::string_view mixed = as_characters(reader.counted());
  const std::string_view single = as_characters(reader.counted());
  return mixed.empty() ? single : mixed;
}

Kind text_or_bytes(std::uint16_t ccsid) { return ccsid == 0 || ccsid == kNoCcsid ? Kind::bytes : Kind::text; }

/// What Db2's SQLTYPE means (its lowest bit, "may be NULL", is not in it).
void set_kind(Column& column, std::uint16_t ccsid) {
  switch (column.sql_type) {
    case 384: column.kind = Kind::date; return;
    case 388: column.kind = Kind::time; return;
    case 392: column.kind = Kind::timestamp; return;
    case 404: column.kind = Kind::blob; return;
    case 408: case 412: column.kind = Kind::clob; return;
    case 448: case 456: column.kind = text_or_bytes(ccsid); return;
    case 452: column.kind = text_or_bytes(ccsid); column.fixed_length = true; return;
    case 464: case 472: column.kind = Kind::text; return;
    case 468: column.kind = Kind::text; column.fixed_length = true; return;
    case 480: column.kind = column.length == 4 ? Kind::real : Kind::double_precision; return;
    case 484: case 488: case 504: column.kind = Kind::decimal; return;
    case 492: column.kind = Kind::bigint; return;
    case 496: column.kind = Kind::integer; return;
    case 500: column.kind = Kind::smallint; return;
    case 908: column.kind = Kind::bytes; return;
    case 912: column.kind = Kind::bytes; column.fixed_length = true; return;
    case 2436: column.kind = Kind::boolean; return;
    default: column.kind = Kind::other; return;
  }
}

/// SQLDXGRP, the extended part: key, updatable, generated, mode, and where the column comes from.
void skip_extended(Reader& reader) {
  if (reader.is_null()) return;
  reader.skip(4 * 2);
  reader.counted();  // SQLXRDBNAM
  for (int i = 0; i < 4; ++i) either(reader);  // correlation, table, schema, column
}

/// SQLUDTGRP, of user-defined types.
void skip_user_defined(Reader& reader) {
  if (reader.is_null()) return;
  reader.skip(4);
  reader.counted();  // SQLUDTRDB
  either(reader);    // schema
  either(reader);    // name
}

/// Db2 LUW ends a column with one more group, which is missing: a byte. The standard's SQLAM level 7 and Derby do not know it, and a column that follows can
/// not be taken for it, as precisions end at 31.
void skip_last_group(Reader& reader) {
  Reader next = reader;
  if (!next.at_end() && next.u8() == kMissingGroup) reader = next;
}

Column read_column(Reader& reader, ByteOrder order) {
  Column column;
  column.precision = reader.number<std::uint16_t>(order);
  column.scale = reader.number<std::uint16_t>(order);
  column.length = reader.number<std::int64_t>(order);
  const auto type = reader.number<std::uint16_t>(order);
  const std::uint16_t ccsid = reader.u16();  // an array of two bytes, so big-endian always
  column.sql_type = type & ~1;
  column.nullable = (type & 1) != 0;
  if (column.length < 0) fail_protocol("a column has a negative length");
  set_kind(column, ccsid);
  if (column.kind == Kind::decimal) {
    if (column.precision > 255 || column.scale > column.precision) fail_protocol("a decimal has an impossible precision");
    column.length = 0;
  } else {
    column.precision = 0;
    if (column.kind != Kind::timestamp) column.scale = 0;
  }
  if (reader.is_null()) return column;  // SQLDOPTGRP: light descriptions have none
  reader.skip(2);                       // SQLUNNAMED
  column.name = readable_line(either(reader));
  either(reader);  // label
  either(reader);  // comment
  skip_user_defined(reader);
  skip_extended(reader);
  skip_last_group(reader);
  return column;
}

}  // namespace

Description read_sqldard(Reader reader, ByteOrder order) {
  Description description;
  description.sqlca = read_sqlca_in_front(reader, order);
  if (reader.at_end() && description.sqlca.code < 0) return description;
  if (!reader.is_null()) {  // SQLDHROW: holdability, scrolling, schema
    reader.skip(6 * 2);
    reader.counted();  // SQLRDBNAME
    either(reader);    // SQLDSCHEMA
  }
  const auto count = reader.number<std::uint16_t>(order);
  description.columns.reserve(std::min<std::size_t>(count, reader.remaining() / kShortestColumn));
  for (std::uint16_t i = 0; i < count; ++i) description.columns.push_back(read_column(reader, order));
  return description;
}

}  // namespace millrace::drda
