// The calls that describe results and fetch their rows.

#include <limits>

#include "db2/cli/c_types.hpp"
#include "db2/cli/columns.hpp"
#include "db2/cli/functions.hpp"
#include "db2/cli/handles.hpp"

namespace millrace::db2::cli::drda_calls {
namespace {

SQLULEN as_size(std::int64_t size) { return static_cast<SQLULEN>(std::clamp<std::int64_t>(size, 0, std::numeric_limits<SQLLEN>::max())); }

SQLRETURN put_text_or_warn(Handle& handle, std::string_view text, SQLPOINTER out, SQLSMALLINT room, SQLSMALLINT* length) {
  if (length != nullptr) *length = static_cast<SQLSMALLINT>(std::min<std::size_t>(text.size(), std::numeric_limits<SQLSMALLINT>::max()));
  if (put_text(text, out, room) || out == nullptr) return SQL_SUCCESS;
  handle.diagnostics.add("01004", 0, "the text was cut off");
  return SQL_SUCCESS_WITH_INFO;
}

bool is_derby(const StatementHandle& s) { return s.connection().client().server().is_derby; }

/// A column's place in row `row` of the rowset.
Target place_of(const Target& bound, SQLUINTEGER row) {
  Target target = bound;
  const std::size_t size = size_of_c_type(bound.c_type);
  if (target.value != nullptr) target.value += row * (size != 0 ? size : static_cast<std::size_t>(bound.room));
  if (target.length != nullptr) target.length += row;
  return target;
}

/// Callers that give a column as much room as SQLDescribeCol asked for read as many bytes as they are told of: what is longer than that must not get there.
void check_promise(const StatementHandle& s, std::size_t index, const Target& target, Fit fit) {
  if (fit != Fit::cut) return;
  const drda::Column& column = s.columns()[index];
  const std::int64_t promised = describe(column, is_derby(s)).size * (target.c_type == SQL_C_CHAR && (column.kind == drda::Kind::bytes || column.kind == drda::Kind::blob) ? 2 : 1);
  if (target.room > promised) throw CallError("22001", "the server sent a value of column \"" + column.name + "\" that is longer than it said");
}

SQLRETURN copy_row(StatementHandle& s, SQLUINTEGER row) {
  SQLRETURN code = SQL_SUCCESS;
  for (std::size_t i = 0; i < s.bound_columns.size() && i < s.columns().size(); ++i) {
    if (s.bound_columns[i].c_type == 0) continue;
    const Target target = place_of(s.bound_columns[i], row);
    const Fit fit = convert(s.prepared().cell(i), s.columns()[i].kind, target, nullptr);
    check_promise(s, i, target, fit);
    if (fit == Fit::whole) continue;
    s.diagnostics.add(fit == Fit::cut ? "01004" : "01S07", 0, "a value of column \"" + s.columns()[i].name + "\" was cut off", static_cast<std::int64_t>(row) + 1);
    code = SQL_SUCCESS_WITH_INFO;
  }
  return code;
}

bool fetch_row(StatementHandle& s) {
  const Waiting waiting(s.connection(), s.timeout);
  if (s.cancelled.exchange(false)) {   // the rows that have arrived would hide it
    waiting.client().abort();
    throw drda::Failure({kNoNativeCode, "57014", "the query was cancelled, and its connection closed", 0}, true);
  }
  return s.prepared().fetch();
}

void set_status(const StatementHandle& s, SQLUINTEGER row, SQLUSMALLINT status) {
  if (s.row_statuses != nullptr) s.row_statuses[row] = status;
}

/// A value that can not be had fails the call, and not its row alone: callers look at the call's code, and rarely at the rows' statuses.
SQLRETURN fetch_rowset(StatementHandle& s) {
  if (s.rows_fetched != nullptr) *s.rows_fetched = 0;
  for (SQLUINTEGER row = 0; row < s.rowset; ++row) set_status(s, row, SQL_ROW_NOROW);
  s.piece_column = 0;
  SQLRETURN code = SQL_SUCCESS;
  for (SQLUINTEGER row = 0; row < s.rowset; ++row) {
    s.on_row = false;
    if (!fetch_row(s)) {
      s.close_cursor();   // outside of a transaction this is the query's end
      s.ended = true;
      return row > 0 ? code : static_cast<SQLRETURN>(SQL_NO_DATA);
    }
    s.on_row = true;
    set_status(s, row, SQL_ROW_ERROR);
    const SQLRETURN one = copy_row(s, row);
    set_status(s, row, one == SQL_SUCCESS ? SQL_ROW_SUCCESS : SQL_ROW_SUCCESS_WITH_INFO);
    if (one != SQL_SUCCESS) code = one;
    if (s.rows_fetched != nullptr) *s.rows_fetched = row + 1;
  }
  return code;
}

SQLRETURN fetch_next(StatementHandle& s) {
  using Cursor = StatementHandle::Cursor;
  s.prepared();
  if (s.cursor == Cursor::lost) throw CallError("24000", "the cursor was closed by the end of its transaction");
  if (s.cursor == Cursor::none && s.ended) {
    if (s.rows_fetched != nullptr) *s.rows_fetched = 0;
    return SQL_NO_DATA;
  }
  if (s.cursor == Cursor::none) throw CallError("24000", "the statement has no open cursor");
  try {
    return fetch_rowset(s);
  } catch (const drda::Failure& failure) {
    s.diagnostics.add(failure.sqlca());
    s.on_row = false;
    if (failure.connection_gone() || s.connection().ends_transaction(failure.sqlca())) s.lose_cursor();
    if (s.connection().ends_transaction(failure.sqlca())) s.connection().note_failure(failure.sqlca());
    return SQL_ERROR;
  }
}

struct Attribute {
  bool is_text;
  std::string_view text;
  std::int64_t number;
};

Attribute attribute_of(const drda::Column& column, const ColumnDescription& d, SQLUSMALLINT field) {
  switch (field) {
    case SQL_DESC_NAME:
    case SQL_DESC_LABEL: return {true, column.name, 0};
    case SQL_DESC_TYPE_NAME: return {true, d.type_name, 0};
    case SQL_DESC_CONCISE_TYPE:
    case SQL_DESC_TYPE: return {false, {}, d.type};
    case SQL_DESC_LENGTH:
    case SQL_DESC_PRECISION: return {false, {}, d.size};
    case SQL_DESC_OCTET_LENGTH:
    case SQL_DESC_DISPLAY_SIZE: return {false, {}, d.display_size};
    case SQL_DESC_SCALE: return {false, {}, d.scale};
    case SQL_DESC_NULLABLE: return {false, {}, column.nullable ? SQL_NULLABLE : SQL_NO_NULLS};
    case SQL_DESC_UNSIGNED: return {false, {}, column.kind > drda::Kind::decimal};
    default: throw CallError("HY091", "column attribute " + std::to_string(field) + " is not known");
  }
}

}  // namespace

SQLRETURN count_columns(SQLHSTMT statement, SQLSMALLINT* count) {
  return enter<StatementHandle>(statement, [&](const StatementHandle& s) {
    if (count != nullptr) *count = static_cast<SQLSMALLINT>(std::min<std::size_t>(s.columns().size(), std::numeric_limits<SQLSMALLINT>::max()));
    return SQL_SUCCESS;
  });
}

SQLRETURN describe_column(SQLHSTMT statement, SQLUSMALLINT column, SQLCHAR* name, SQLSMALLINT name_room, SQLSMALLINT* name_length, SQLSMALLINT* sql_type, SQLULEN* size, SQLSMALLINT* scale,
                          SQLSMALLINT* nullable) {
  return enter<StatementHandle>(statement, [&](StatementHandle& s) {
    const drda::Column& found = s.column(column);
    const ColumnDescription d = describe(found, is_derby(s));
    if (sql_type != nullptr) *sql_type = d.type;
    if (size != nullptr) *size = as_size(d.size);
    if (scale != nullptr) *scale = d.scale;
    if (nullable != nullptr) *nullable = found.nullable ? SQL_NULLABLE : SQL_NO_NULLS;
    return put_text_or_warn(s, found.name, name, name_room, name_length);
  });
}

SQLRETURN column_attribute(SQLHSTMT statement, SQLUSMALLINT column, SQLUSMALLINT field, SQLPOINTER text, SQLSMALLINT text_room, SQLSMALLINT* text_length, SQLPOINTER number) {
  return enter<StatementHandle>(statement, [&](StatementHandle& s) -> SQLRETURN {
    auto* const out = static_cast<SQLLEN*>(number);
    if (field == SQL_DESC_COUNT) {
      if (out != nullptr) *out = static_cast<SQLLEN>(s.columns().size());
      return SQL_SUCCESS;
    }
    const drda::Column& found = s.column(column);
    const Attribute attribute = attribute_of(found, describe(found, is_derby(s)), field);
    if (attribute.is_text) return put_text_or_warn(s, attribute.text, text, text_room, text_length);
    if (out != nullptr) *out = static_cast<SQLLEN>(as_size(attribute.number));
    if (out != nullptr && attribute.number < 0) *out = static_cast<SQLLEN>(attribute.number);   // types
    return SQL_SUCCESS;
  });
}

SQLRETURN bind_column(SQLHSTMT statement, SQLUSMALLINT column, SQLSMALLINT c_type, SQLPOINTER value, SQLLEN room, SQLLEN* length) {
  return enter<StatementHandle>(statement, [&](StatementHandle& s) {
    if (column < 1) throw CallError("07009", "columns are numbered from 1");
    if (room < 0) throw CallError("HY090", "the room of a column is negative");
    if (value == nullptr && length == nullptr) {
      if (column <= s.bound_columns.size()) s.bound_columns[column - 1] = {};
      return SQL_SUCCESS;
    }
    const SQLSMALLINT type = plain_c_type(c_type == SQL_C_DEFAULT ? default_c_type(s.column(column).kind) : c_type);
    if (type == 0) throw CallError("HY003", "the C type " + std::to_string(c_type) + " of a column is not known");
    if (s.bound_columns.size() < column) s.bound_columns.resize(column);
    s.bound_columns[column - 1] = {type, static_cast<char*>(value), room, length};
    return SQL_SUCCESS;
  });
}

SQLRETURN fetch(SQLHSTMT statement) {
  return enter<StatementHandle>(statement, [](StatementHandle& s) { return fetch_next(s); });
}

SQLRETURN get_data(SQLHSTMT statement, SQLUSMALLINT column, SQLSMALLINT c_type, SQLPOINTER value, SQLLEN room, SQLLEN* length) {
  return enter<StatementHandle>(statement, [&](StatementHandle& s) -> SQLRETURN {
    if (!s.on_row) throw CallError("24000", "there is no current row");
    const drda::Column& found = s.column(column);
    const SQLSMALLINT type = plain_c_type(c_type == SQL_C_DEFAULT ? default_c_type(found.kind) : c_type);
    if (type == 0) throw CallError("HY003", "the C type " + std::to_string(c_type) + " of a column is not known");
    if (room < 0) throw CallError("HY090", "the room of a value is negative");
    if (s.piece_column != column) s.piece_column = column, s.piece_offset = 0;
    switch (convert(s.prepared().cell(column - 1u), found.kind, {type, static_cast<char*>(value), room, length}, &s.piece_offset)) {
      case Fit::whole: return SQL_SUCCESS;
      case Fit::end: return SQL_NO_DATA;
      case Fit::cut: s.diagnostics.add("01004", 0, "there is more of this value"); return SQL_SUCCESS_WITH_INFO;
      case Fit::fraction_cut: s.diagnostics.add("01S07", 0, "a fraction was cut off"); return SQL_SUCCESS_WITH_INFO;
    }
    return SQL_ERROR;
  });
}

SQLRETURN more_results(SQLHSTMT statement) {
  return enter<StatementHandle>(statement, [](StatementHandle& s) {
    s.close_cursor();
    return SQL_NO_DATA;
  });
}

}  // namespace millrace::db2::cli::drda_calls
