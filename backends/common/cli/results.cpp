#include "common/cli/results.hpp"

#include <algorithm>
#include <array>

#include "millrace/data/decode.hpp"

namespace millrace::MILLRACE_CLI {
namespace {

std::string column_text(SQLHSTMT statement, SQLUSMALLINT column, SQLUSMALLINT attribute) {
  std::array<char, 512> text{};
  SQLSMALLINT length = 0;
  if (!succeeded(SQLColAttribute(statement, column, attribute, text.data(), static_cast<SQLSMALLINT>(text.size()), &length, nullptr))) return {};
  return text.data();
}

// A decimal of any precision keeps the digits that it came with.
Value decimal_value(std::string_view text) {
  auto digits = std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (text.starts_with("0.") || text.starts_with("-0.")) --digits;
  if (digits == 0 || digits > kMaxDecimalDigits) return text;
  try {
    return Decimal::parse(text);
  } catch (const DataError&) {
    return text;
  }
}

}  // namespace

std::vector<ResultColumn> result_columns(const Session& session, const Statement& statement) {
  std::vector<ResultColumn> columns;
  const int count = statement.columns();
  for (int i = 1; i <= count; ++i) {
    std::array<SQLCHAR, 1024> name{};
    SQLSMALLINT length = 0, sql_type = 0, scale = 0, nullable = 0;
    SQLULEN size = 0;
    statement.check(SQLDescribeCol(statement.handle(), static_cast<SQLUSMALLINT>(i), name.data(), static_cast<SQLSMALLINT>(name.size()), &length, &sql_type, &size, &scale, &nullable));
    ResultDescription found{reinterpret_cast<const char*>(name.data()), sql_type, size, scale, column_text(statement.handle(), static_cast<SQLUSMALLINT>(i), SQL_DESC_TYPE_NAME)};
    SqlType type = session.result_type(found);
    columns.push_back({std::move(found.name), std::move(type)});
  }
  return columns;
}

SQLSMALLINT c_type_of(const SqlType& type) { return type.kind == TypeKind::binary ? SQL_C_BINARY : SQL_C_CHAR; }

Value read_value(Statement& statement, int column, const SqlType& type) {
  const auto text = statement.read(column, c_type_of(type));
  if (!text) return {};
  switch (type.kind) {
    case TypeKind::binary: {
      const auto* const first = reinterpret_cast<const std::byte*>(text->data());
      return Bytes(first, first + text->size());
    }
    case TypeKind::decimal: return decimal_value(*text);
    case TypeKind::character:
    case TypeKind::varchar:
    case TypeKind::text:
    case TypeKind::json:
    case TypeKind::other: return *text;
    default: break;
  }
  Column decoded(type);
  return append_text(decoded, *text) == DecodeStatus::ok ? decoded.value(0) : Value(*text);
}

}  // namespace millrace::MILLRACE_CLI
