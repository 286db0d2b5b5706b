#include "sqlite3/statement.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "millrace/data/data_error.hpp"
#include "sqlite3/errors.hpp"
#include "common/text_format.hpp"

namespace millrace::sqlite {
namespace {

::sqlite3_stmt* prepare(::sqlite3* db, std::string_view sql, std::string_view& rest) {
  if (sql.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) throw_error(error_info(ErrorCode::misuse, "the statement is longer than 2 GiB"));
  ::sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &statement, &tail);
  if (code != SQLITE_OK) throw_failure(db, sqlite3_extended_errcode(db));
  rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  return statement;
}

/// The integer that a decimal is, where it is one of 64 bits: then affinity can not change it.
std::optional<std::int64_t> whole(const Decimal& decimal) {
  if (decimal.scale != 0 || decimal.unscaled < std::numeric_limits<std::int64_t>::min() || decimal.unscaled > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return static_cast<std::int64_t>(decimal.unscaled);
}

/// Binds one value; texts that the value does not hold itself are copied.
struct Binder {
  ::sqlite3_stmt* statement;
  int index;

  int copied(std::string_view text) const { return sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8); }

  int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
  int operator()(bool v) const { return sqlite3_bind_int(statement, index, v); }
  int operator()(std::int64_t v) const { return sqlite3_bind_int64(statement, index, v); }
  int operator()(double v) const {
    if (std::isnan(v)) throw DataError("parameter " + std::to_string(index) + " is NaN, which SQLite would store as NULL");
    return sqlite3_bind_double(statement, index, v);
  }
  int operator()(const Decimal& v) const {
    if (const auto integer = whole(v)) return sqlite3_bind_int64(statement, index, *integer);
    return v.scale >= 0 && v.scale <= kMaxDecimalDigits ? copied(backends::TextBuffer().decimal(v.unscaled, v.scale)) : copied(to_string(v));
  }
  int operator()(const std::string& v) const { return sqlite3_bind_text64(statement, index, v.data(), v.size(), SQLITE_STATIC, SQLITE_UTF8); }
  int operator()(const Bytes& v) const {
    if (v.empty()) return sqlite3_bind_zeroblob(statement, index, 0);  // a null pointer would bind NULL
    return sqlite3_bind_blob64(statement, index, v.data(), v.size(), SQLITE_STATIC);
  }
  int operator()(const Date& v) const { return copied(backends::TextBuffer().date(v.days)); }
  int operator()(const TimeOfDay& v) const { return copied(backends::TextBuffer().time(v.micros)); }
  int operator()(const Timestamp& v) const { return copied(backends::TextBuffer().timestamp(v.micros)); }
  int operator()(const TimestampTz& v) const { return copied(backends::TextBuffer().timestamp_tz(v.micros)); }
  int operator()(const Uuid& v) const { return copied(backends::TextBuffer().uuid(v.bytes.data())); }
};

}  // namespace

Statement::Statement(::sqlite3* db, std::string_view sql) : db_(db) {
  std::string_view rest;
  statement_.reset(prepare(db, sql, rest));
  // SQLite compiles the first statement only, and the rest would silently not run.
  while (!rest.empty()) {
    const std::unique_ptr<::sqlite3_stmt, Finalize> next(prepare(db, rest, rest));
    if (!next) continue;
    ErrorInfo info = error_info(ErrorCode::syntax, "the text holds more than one SQL statement; execute them one by one");
    info.sqlstate = "42601";
    throw_error(std::move(info));
  }
}

void Statement::bind(const std::vector<Value>& values) {
  const int wanted = sqlite3_bind_parameter_count(statement_.get());
  if (static_cast<std::size_t>(wanted) != values.size()) {
    throw_error(error_info(ErrorCode::misuse, "the statement has " + std::to_string(wanted) + " parameters, " + std::to_string(values.size()) + " values were given"));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::visit(Binder{statement_.get(), static_cast<int>(i) + 1}, values[i].storage()) != SQLITE_OK) throw_failure(db_, sqlite3_extended_errcode(db_));
  }
}

bool Statement::step() {
  if (!statement_) return false;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  const ErrorInfo info = failure(db_, sqlite3_extended_errcode(db_));
  reset();  // lets go of its locks, and forgets the message
  throw_error(info);
}

std::string_view Statement::text(int column) const {
  const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return bytes ? std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))) : std::string_view();
}

void run(::sqlite3* db, std::string_view sql) { Statement(db, sql).run(); }

}  // namespace millrace::sqlite
