#include "db2/drda/row_decoder.hpp"

#include <algorithm>

#include "db2/drda/packed_decimal.hpp"

namespace millrace::drda {
namespace {

constexpr std::size_t kIncomplete = static_cast<std::size_t>(-1);

/// Bytes of the SQLCAGRP at the front, kIncomplete if its end is not there yet.
std::size_t sqlca_size(Bytes bytes) {
  std::size_t at = 0;
  const auto has = [&](std::size_t count) { return bytes.size() - at >= count; };
  const auto is_null = [&] { return (bytes[at++] & 0x80) != 0; };
  const auto skip_counted = [&] {
    if (!has(2)) return false;
    const std::size_t size = load<std::uint16_t>(bytes.data() + at);
    at += 2;
    if (!has(size)) return false;
    at += size;
    return true;
  };
  if (!has(1)) return kIncomplete;
  if (is_null()) return at;
  constexpr std::size_t kFixed = 4 + 5 + 8, kExtension = 6 * 4 + 11;
  if (!has(kFixed + 1)) return kIncomplete;
  at += kFixed;
  if (!is_null()) {
    if (!has(kExtension)) return kIncomplete;
    at += kExtension;
    if (!skip_counted() || !skip_counted() || !skip_counted()) return kIncomplete;
  }
  return has(1) ? at + 1 : kIncomplete;  // SQLDIAGGRP
}

/// Bytes of values that have all the same size, 0 of others.
std::size_t fixed_size(const fdoca::Value& value) {
  switch (value.base()) {
    case fdoca::kTiny: return 1;
    case fdoca::kSmall: return 2;
    case fdoca::kInteger: case fdoca::kFloat4: return 4;
    case fdoca::kBigint: case fdoca::kFloat8: return 8;
    case fdoca::kDecimal: return packed_size(value.length >> 8);
    case fdoca::kDate: return 10;
    case fdoca::kTime: return 8;
    case fdoca::kBoolean: case fdoca::kDecfloat: case fdoca::kTimestamp: case fdoca::kCharacter: case fdoca::kMixed: return value.length;
    case fdoca::kFixedBytes: case fdoca::kBinary: return value.length & 0x7FFF;   // Db2 LUW sets the highest bit for binary data
    case fdoca::kGraphic: return std::size_t{2} * value.length;
    default: return 0;
  }
}

void check_type(const fdoca::Value& value, std::size_t column) {
  switch (value.base()) {
    case fdoca::kTiny: case fdoca::kSmall: case fdoca::kInteger: case fdoca::kFloat4: case fdoca::kBigint: case fdoca::kFloat8:
    case fdoca::kDate: case fdoca::kTime: case fdoca::kTimestamp: case fdoca::kFixedBytes: case fdoca::kBinary: case fdoca::kCharacter: case fdoca::kMixed: case fdoca::kGraphic:
    case fdoca::kVaryingBytes: case fdoca::kVaryingBinary: case fdoca::kLongVaryingBytes: case fdoca::kVarying: case fdoca::kLongVarying: case fdoca::kVaryingMixed: case fdoca::kLongMixed:
    case fdoca::kVaryingGraphic: case fdoca::kLongGraphic:
      return;
    case fdoca::kDecfloat:
      if (value.length != 8 && value.length != 16) fail_protocol("a DECFLOAT has an impossible length");
      return;
    case fdoca::kBoolean:
      if (value.length != 1 && value.length != 2) fail_protocol("a BOOLEAN has an impossible length");
      return;
    case fdoca::kDecimal:
      if ((value.length & 0xFF) > value.length >> 8 || value.length >> 8 == 0) fail_protocol("a decimal has an impossible precision");
      return;
    case fdoca::kLobBytes: case fdoca::kLobSingle: case fdoca::kLobGraphic: case fdoca::kLobMixed: {
      const int length_bytes = value.length & ~fdoca::kOutside;
      if (length_bytes != 2 && length_bytes != 4 && length_bytes != 6 && length_bytes != 8 && length_bytes != fdoca::kLengthBehindMode) fail_protocol("a LOB has an impossible length");
      return;
    }
    default: fail("HY000", "column " + std::to_string(column + 1) + " is of a type that the client can not read (FD:OCA type " + std::to_string(value.type) + ")");
  }
}

bool is_outside(const fdoca::Value& value) { return value.base() >= fdoca::kLobBytes && value.base() <= fdoca::kLobMixed; }

}  // namespace

RowDecoder::RowDecoder(const std::vector<fdoca::Value>& layout, ByteOrder order, bool lob_indicator_stays)
    : order_(order), lob_indicator_stays_(lob_indicator_stays), layout_(layout) {
  cells_.reserve(layout.size());
  for (std::size_t i = 0; i < layout.size(); ++i) {
    check_type(layout[i], i);
    cells_.emplace_back(layout[i], order);
  }
}

bool RowDecoder::take_value(Bytes bytes, std::size_t& at, std::size_t column) {
  const fdoca::Value& value = layout_[column];
  ResultCell& cell = cells_[column];
  const auto has = [&](std::size_t count) { return bytes.size() - at >= count; };
  if (value.nullable()) {
    if (!has(1)) return false;
    if ((bytes[at++] & 0x80) != 0) {
      cell.set_null();
      return true;
    }
  }
  std::size_t size = fixed_size(value);
  if (is_outside(value)) {
    const std::size_t length_bytes = value.length & ~fdoca::kOutside;
    if (!has(length_bytes)) return false;
    const Bytes length = bytes.subspan(at, length_bytes).subspan(length_bytes == fdoca::kLengthBehindMode ? 1 : 0);
    const bool empty = std::all_of(length.begin(), length.end(), [](std::uint8_t byte) { return byte == 0; });
    at += length_bytes;
    cell.set_value({});
    if (!empty) outside_columns_.push_back(column);
    return true;
  }
  switch (value.base()) {
    case fdoca::kVaryingBytes: case fdoca::kVaryingBinary: case fdoca::kLongVaryingBytes: case fdoca::kVarying: case fdoca::kLongVarying: case fdoca::kVaryingMixed: case fdoca::kLongMixed:
    case fdoca::kVaryingGraphic: case fdoca::kLongGraphic:
      if (!has(2)) return false;
      size = load<std::uint16_t>(bytes.data() + at);  // a length, so big-endian always
      if (value.base() == fdoca::kVaryingGraphic || value.base() == fdoca::kLongGraphic) size *= 2;
      at += 2;
      break;
    default: break;
  }
  if (!has(size)) return false;
  cell.set_value(bytes.subspan(at, size));
  at += size;
  return true;
}

RowDecoder::Outcome RowDecoder::next(Bytes bytes, std::deque<std::vector<std::uint8_t>>& outside) {
  const std::size_t head = sqlca_size(bytes);
  if (head == kIncomplete || bytes.size() == head) return Outcome::more_bytes;
  Reader reader(bytes.first(head));
  sqlca_ = read_sqlca_in_front(reader, order_);
  std::size_t at = head;
  if ((bytes[at++] & 0x80) != 0) {
    consumed_ = at;
    return Outcome::sqlca;
  }
  outside_columns_.clear();
  for (std::size_t column = 0; column < layout_.size(); ++column) {
    if (!take_value(bytes, at, column)) return Outcome::more_bytes;
  }
  if (outside.size() < outside_columns_.size()) return Outcome::more_outside;
  bool indicator = false;
  for (const std::size_t column : outside_columns_) {
    indicator = layout_[column].nullable() || (indicator && lob_indicator_stays_);
    cells_[column].set_outside(std::move(outside.front()), indicator);
    outside.pop_front();
  }
  consumed_ = at;
  return Outcome::row;
}

}  // namespace millrace::drda
