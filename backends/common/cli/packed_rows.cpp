#include "common/cli/packed_rows.hpp"

#include <charconv>

#include "common/text_format.hpp"

namespace millrace::MILLRACE_CLI {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void put_quoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void put_binary(std::string_view bytes, std::string& out) {
  out += "\"\\\\x";
  for (const char c : bytes) {
    out += kHex[static_cast<unsigned char>(c) >> 4];
    out += kHex[static_cast<unsigned char>(c) & 15];
  }
  out += '"';
}

template <class T> void put_number(T number, std::string& out) {
  char digits[64];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);   // infinities and NaN as PostgreSQL reads them, too
}

void put_value(const Column& column, std::size_t row, std::string& out) {
  backends::TextBuffer text;
  switch (column.layout()) {
    case Layout::bit: out += column.bit(row) ? 't' : 'f'; return;
    case Layout::int16: return put_number(column.values<std::int16_t>()[row], out);
    case Layout::float32: return put_number(column.values<float>()[row], out);
    case Layout::float64: return put_number(column.values<double>()[row], out);
    case Layout::int128: out += text.decimal(column.values<int128>()[row], column.type().scale); return;
    case Layout::fixed16: out += text.uuid(column.uuid(row)); return;
    case Layout::int32:
      if (column.type().kind == TypeKind::date) out += text.date(column.values<std::int32_t>()[row]);
      else put_number(column.values<std::int32_t>()[row], out);
      return;
    case Layout::int64: {
      const std::int64_t value = column.values<std::int64_t>()[row];
      if (column.type().kind == TypeKind::time) out += text.time(value);
      else if (column.type().kind == TypeKind::timestamp) put_quoted(text.timestamp(value), out);
      else if (column.type().kind == TypeKind::timestamp_tz) put_quoted(text.timestamp_tz(value), out);
      else put_number(value, out);
      return;
    }
    case Layout::bytes:
      if (column.type().kind == TypeKind::binary) put_binary(column.bytes(row), out);
      else put_quoted(column.bytes(row), out);
      return;
  }
}

}  // namespace

void pack_column(const Column& column, std::size_t begin, std::size_t end, std::string& out) {
  out = "{";
  for (std::size_t row = begin; row < end; ++row) {
    if (row != begin) out += ',';
    if (column.is_null(row)) out += "NULL";
    else put_value(column, row, out);
  }
  out += '}';
}

void PackedRows::fill(const RecordBatch& batch, std::size_t begin, std::size_t end) {
  for (std::size_t c = 0; c < texts_.size(); ++c) pack_column(batch.column(c), begin, end, texts_[c]);
}

SQLRETURN PackedRows::bind(SQLHSTMT statement) {
  for (std::size_t c = 0; c < texts_.size(); ++c) {
    lengths_[c] = static_cast<SQLLEN>(texts_[c].size());
    const SQLRETURN code = SQLBindParameter(statement, static_cast<SQLUSMALLINT>(c + 1), SQL_PARAM_INPUT, SQL_C_CHAR, SQL_LONGVARCHAR, static_cast<SQLULEN>(texts_[c].size()), 0,
                                            texts_[c].data(), lengths_[c], &lengths_[c]);
    if (!succeeded(code)) return code;
  }
  return SQL_SUCCESS;
}

}  // namespace millrace::MILLRACE_CLI
