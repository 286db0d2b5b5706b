#include "common/cli/parameters.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "common/text_format.hpp"
#include "millrace/data/data_error.hpp"

namespace millrace::MILLRACE_CLI {
namespace {

template <class T> std::string bytes_of(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

struct Encoded { ParameterType type; std::string bytes; };

Encoded text(SQLSMALLINT sql_type, std::string value, SQLSMALLINT scale = 0) {
  const auto size = static_cast<SQLULEN>(std::max<std::size_t>(value.size(), 1));
  return {{SQL_C_CHAR, sql_type, size, scale}, std::move(value)};
}

struct Encoder {
  const Session& session;
  std::size_t index;

  Encoded operator()(std::monostate) const { return text(SQL_VARCHAR, {}); }
  Encoded operator()(bool v) const { return {{SQL_C_BIT, SQL_BIT, 1, 0}, bytes_of(static_cast<unsigned char>(v))}; }
  Encoded operator()(std::int64_t v) const { return {{SQL_C_SBIGINT, SQL_BIGINT, 19, 0}, bytes_of(v)}; }
  Encoded operator()(double v) const {
    if (std::isnan(v) && !session.manners().stores_nan) throw DataError("parameter " + std::to_string(index + 1) + " is NaN, which this database would store as NULL");
    if (session.manners().exact_doubles) return {{SQL_C_DOUBLE, SQL_DOUBLE, 15, 0}, bytes_of(v)};
    return text(SQL_DOUBLE, Value(v).to_text());
  }
  Encoded operator()(const Decimal& v) const {
    Encoded encoded = text(SQL_DECIMAL, to_string(v), static_cast<SQLSMALLINT>(std::max(v.scale, 0)));
    encoded.type.size = kMaxDecimalDigits;
    return encoded;
  }
  Encoded operator()(const std::string& v) const {
    if (v.find('\0') != std::string::npos) throw DataError("the text of parameter " + std::to_string(index + 1) + " holds a NUL byte, behind which drivers cut it off");
    return text(v.size() > kLongFrom ? SQL_LONGVARCHAR : SQL_VARCHAR, v);
  }
  Encoded operator()(const Bytes& v) const {
    const auto size = static_cast<SQLULEN>(std::max<std::size_t>(v.size(), 1));
    return {{SQL_C_BINARY, static_cast<SQLSMALLINT>(size > kLongFrom ? SQL_LONGVARBINARY : SQL_VARBINARY), size, 0}, std::string(reinterpret_cast<const char*>(v.data()), v.size())};
  }
  Encoded operator()(const Date& v) const { return text(SQL_TYPE_DATE, std::string(backends::TextBuffer().date(v.days))); }
  Encoded operator()(const TimeOfDay& v) const { return text(SQL_TYPE_TIME, std::string(backends::TextBuffer().time(v.micros))); }
  Encoded operator()(const Timestamp& v) const { return text(SQL_TYPE_TIMESTAMP, std::string(backends::TextBuffer().timestamp(v.micros)), 6); }
  Encoded operator()(const TimestampTz& v) const {
    if (!session.manners().zoned_timestamps) return (*this)(Timestamp{v.micros});
    return text(SQL_VARCHAR, std::string(backends::TextBuffer().timestamp_tz(v.micros)));   // ODBC has no type with a zone
  }
  Encoded operator()(const Uuid& v) const { return text(SQL_CHAR, std::string(backends::TextBuffer().uuid(v.bytes.data()))); }
};

}  // namespace

Parameters::Parameters(const Session& session, const std::vector<Value>& values) : session_(session) {
  cells_.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    Encoded encoded = std::visit(Encoder{session, i}, values[i].storage());
    const SQLLEN length = values[i].is_null() ? static_cast<SQLLEN>(SQL_NULL_DATA) : static_cast<SQLLEN>(encoded.bytes.size());
    cells_.push_back(std::make_unique<Cell>(Cell{encoded.type, std::move(encoded.bytes), length}));
  }
}

void Parameters::bind(SQLHSTMT statement) const {
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    Cell& cell = *cells_[i];
    session_.check(SQLBindParameter(statement, static_cast<SQLUSMALLINT>(i + 1), SQL_PARAM_INPUT, cell.type.c_type, cell.type.sql_type, std::max<SQLULEN>(cell.type.size, 1), cell.type.scale,
                                    cell.bytes.data(), static_cast<SQLLEN>(cell.bytes.size()), &cell.length),
                   SQL_HANDLE_STMT, statement);
  }
}

}  // namespace millrace::MILLRACE_CLI
