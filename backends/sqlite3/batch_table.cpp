#include "sqlite3/batch_table.hpp"

#include <cmath>
#include <new>
#include <string>

#include "sqlite3/errors.hpp"
#include "common/text_format.hpp"

namespace millrace::sqlite {
namespace {

constexpr int kMaxRealScale = 3;
constexpr double kPowersOfTen[kMaxRealScale + 1] = {1, 10, 100, 1000};

struct BatchVtab : ::sqlite3_vtab { BatchTable* table; };

std::string declaration(std::size_t columns) {
  std::string sql = "CREATE TABLE batch(";
  for (std::size_t i = 0; i < columns; ++i) sql += (i == 0 ? "c" : ", c") + std::to_string(i);
  return sql + ")";
}

// A null pointer would be NULL instead of an empty text.
void put_static_text(::sqlite3_context* context, std::string_view text) {
  sqlite3_result_text64(context, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}
void put_copied_text(::sqlite3_context* context, std::string_view text) {
  sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

CellEncoding decimal_encoding(const SqlType& type, Affinity affinity) {
  if (!type.is_fixed_decimal()) return is_numeric(affinity) ? CellEncoding::number_text : CellEncoding::text;
  if (!is_numeric(affinity) || type.precision > kExactDigits || type.scale > kMaxRealScale) return CellEncoding::decimal_text;
  return type.scale == 0 ? CellEncoding::decimal_integer : CellEncoding::decimal_real;
}

}  // namespace

CellEncoding cell_encoding(const SqlType& type, Affinity affinity) {
  switch (type.kind) {
    case TypeKind::boolean: return CellEncoding::bit;
    case TypeKind::smallint: return CellEncoding::int16;
    case TypeKind::integer: return CellEncoding::int32;
    case TypeKind::bigint: return CellEncoding::int64;
    case TypeKind::real: return affinity == Affinity::text ? CellEncoding::float32_text : CellEncoding::float32;
    case TypeKind::double_precision: return affinity == Affinity::text ? CellEncoding::float64_text : CellEncoding::float64;
    case TypeKind::decimal: return decimal_encoding(type, affinity);
    case TypeKind::binary: return CellEncoding::blob;
    case TypeKind::date: return CellEncoding::date;
    case TypeKind::time: return CellEncoding::time;
    case TypeKind::timestamp: return CellEncoding::timestamp;
    case TypeKind::timestamp_tz: return CellEncoding::timestamp_tz;
    case TypeKind::uuid: return CellEncoding::uuid;
    case TypeKind::json: return is_numeric(affinity) ? CellEncoding::json_text : CellEncoding::text;
    case TypeKind::character:
    case TypeKind::varchar:
    case TypeKind::text:
    case TypeKind::other: break;
  }
  return CellEncoding::text;
}

/// The callbacks of https://www.sqlite.org/vtab.html. Nothing here may throw: the callers are C.
struct BatchModule {
  static int connect(::sqlite3* db, void* table, int, const char* const*, ::sqlite3_vtab** out, char**) noexcept {
    auto* const owner = static_cast<BatchTable*>(table);
    try {
      const int code = sqlite3_declare_vtab(db, declaration(owner->columns_.size()).c_str());
      if (code != SQLITE_OK) return code;
    } catch (const std::bad_alloc&) {
      return SQLITE_NOMEM;
    }
    sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);  // no view or trigger of the file may read it
    auto* const vtab = new (std::nothrow) BatchVtab{};
    if (!vtab) return SQLITE_NOMEM;
    vtab->table = owner;
    *out = vtab;
    return SQLITE_OK;
  }
  static int disconnect(::sqlite3_vtab* vtab) noexcept {
    delete static_cast<BatchVtab*>(vtab);
    return SQLITE_OK;
  }
  static int best_index(::sqlite3_vtab* vtab, ::sqlite3_index_info* info) noexcept {
    info->estimatedRows = static_cast<::sqlite3_int64>(table_of(vtab).rows_);
    info->estimatedCost = static_cast<double>(info->estimatedRows);
    return SQLITE_OK;
  }
  static int open(::sqlite3_vtab*, ::sqlite3_vtab_cursor** out) noexcept {
    *out = new (std::nothrow) ::sqlite3_vtab_cursor{};
    return *out ? SQLITE_OK : SQLITE_NOMEM;
  }
  static int close(::sqlite3_vtab_cursor* cursor) noexcept {
    delete cursor;
    return SQLITE_OK;
  }
  // The position lives in the table, where it outlasts a failed statement's cursor; a statement has one cursor only.
  static int filter(::sqlite3_vtab_cursor* cursor, int, const char*, int, ::sqlite3_value**) noexcept {
    table_of(cursor->pVtab).row_ = 0;
    return SQLITE_OK;
  }
  static int next(::sqlite3_vtab_cursor* cursor) noexcept {
    ++table_of(cursor->pVtab).row_;
    return SQLITE_OK;
  }
  static int eof(::sqlite3_vtab_cursor* cursor) noexcept {
    const BatchTable& table = table_of(cursor->pVtab);
    return table.row_ >= table.rows_;
  }
  static int column(::sqlite3_vtab_cursor* cursor, ::sqlite3_context* context, int index) noexcept {
    table_of(cursor->pVtab).put_cell(context, static_cast<std::size_t>(index));
    return SQLITE_OK;
  }
  static int rowid(::sqlite3_vtab_cursor* cursor, ::sqlite3_int64* out) noexcept {
    *out = static_cast<::sqlite3_int64>(table_of(cursor->pVtab).row_);
    return SQLITE_OK;
  }
  static BatchTable& table_of(::sqlite3_vtab* vtab) noexcept { return *static_cast<BatchVtab*>(vtab)->table; }

  // Without xCreate it is eponymous: there without a CREATE, so that no schema ever changes.
  static const ::sqlite3_module* module() {
    static const ::sqlite3_module instance = [] {
      ::sqlite3_module m{};
      m.iVersion = 1;
      m.xConnect = connect;
      m.xBestIndex = best_index;
      m.xDisconnect = disconnect;
      m.xOpen = open;
      m.xClose = close;
      m.xFilter = filter;
      m.xNext = next;
      m.xEof = eof;
      m.xColumn = column;
      m.xRowid = rowid;
      return m;
    }();
    return &instance;
  }
};

BatchTable::BatchTable(::sqlite3* db, std::vector<Column> columns) : db_(db), columns_(std::move(columns)) {
  const int code = sqlite3_create_module_v2(db_, kName, BatchModule::module(), this, nullptr);
  if (code != SQLITE_OK) throw_failure(db_, code);
}

BatchTable::~BatchTable() { sqlite3_create_module_v2(db_, kName, nullptr, nullptr, nullptr); }

void BatchTable::attach(const RecordBatch& batch) {
  batch_ = &batch;
  rows_ = batch.rows();
  row_ = 0;
  problem_ = CellProblem::none;
}

void BatchTable::fail(::sqlite3_context* context, std::size_t column, CellProblem problem) noexcept {
  problem_ = problem;
  problem_column_ = column;
  sqlite3_result_error(context, "a value can not be stored without change", -1);
}

void BatchTable::put_cell(::sqlite3_context* context, std::size_t column) noexcept {
  if (batch_->column(column).is_null(row_)) return;  // a result that is not set is NULL
  put_value(context, column);
}

void BatchTable::put_value(::sqlite3_context* context, std::size_t index) noexcept {
  const millrace::Column& column = batch_->column(index);
  const Column& plan = columns_[index];
  backends::TextBuffer text;
  switch (plan.encoding) {
    case CellEncoding::text: return put_static_text(context, column.bytes(row_));
    case CellEncoding::blob: {
      const std::string_view bytes = column.bytes(row_);
      return bytes.empty() ? sqlite3_result_zeroblob(context, 0) : sqlite3_result_blob64(context, bytes.data(), bytes.size(), SQLITE_STATIC);
    }
    case CellEncoding::bit: return sqlite3_result_int(context, column.bit(row_));
    case CellEncoding::int16: return sqlite3_result_int(context, column.values<std::int16_t>()[row_]);
    case CellEncoding::int32: return sqlite3_result_int(context, column.values<std::int32_t>()[row_]);
    case CellEncoding::int64: return sqlite3_result_int64(context, column.values<std::int64_t>()[row_]);
    case CellEncoding::float32:
    case CellEncoding::float32_text:
    case CellEncoding::float64:
    case CellEncoding::float64_text: {
      const bool narrow = column.layout() == Layout::float32;
      const double value = narrow ? static_cast<double>(column.values<float>()[row_]) : column.values<double>()[row_];
      if (std::isnan(value)) return fail(context, index, CellProblem::not_a_number);
      const bool as_text = plan.encoding == CellEncoding::float32_text || plan.encoding == CellEncoding::float64_text;
      return as_text ? put_copied_text(context, text.number(value)) : sqlite3_result_double(context, value);
    }
    case CellEncoding::decimal_integer: return sqlite3_result_int64(context, static_cast<std::int64_t>(column.values<int128>()[row_]));
    case CellEncoding::decimal_real:
      return sqlite3_result_double(context, static_cast<double>(static_cast<std::int64_t>(column.values<int128>()[row_])) / kPowersOfTen[plan.scale]);
    case CellEncoding::decimal_text: return put_copied_text(context, text.decimal(column.values<int128>()[row_], plan.scale));
    case CellEncoding::date: return put_copied_text(context, text.date(column.values<std::int32_t>()[row_]));
    case CellEncoding::time: return put_copied_text(context, text.time(column.values<std::int64_t>()[row_]));
    case CellEncoding::timestamp: return put_copied_text(context, text.timestamp(column.values<std::int64_t>()[row_]));
    case CellEncoding::timestamp_tz: return put_copied_text(context, text.timestamp_tz(column.values<std::int64_t>()[row_]));
    case CellEncoding::uuid: return put_copied_text(context, text.uuid(column.uuid(row_)));
    case CellEncoding::number_text: {
      const std::string_view number = column.bytes(row_);
      return is_exact_number(number) ? put_static_text(context, number) : fail(context, index, CellProblem::inexact_number);
    }
    case CellEncoding::json_text: {
      const std::string_view json = column.bytes(row_);
      return looks_numeric(json) ? fail(context, index, CellProblem::json_number) : put_static_text(context, json);
    }
  }
}

}  // namespace millrace::sqlite
