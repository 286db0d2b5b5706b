#include "db2/cli/parameters.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

#include "db2/cli/c_types.hpp"
#include "db2/cli/diagnostics.hpp"

namespace millrace::db2::cli {
namespace {

/// Of SQL_C_DEFAULT: the C type that an SQL type has by itself.
SQLSMALLINT default_c_type(SQLSMALLINT sql_type) {
  switch (sql_type) {
    case SQL_SMALLINT:
    case SQL_TINYINT: return SQL_C_SSHORT;
    case SQL_INTEGER: return SQL_C_SLONG;
    case SQL_BIGINT: return SQL_C_SBIGINT;
    case SQL_REAL: return SQL_C_FLOAT;
    case SQL_FLOAT:
    case SQL_DOUBLE: return SQL_C_DOUBLE;
    case SQL_BIT:
    case SQL_BOOLEAN: return SQL_C_BIT;
    case SQL_DATE:
    case SQL_TYPE_DATE: return SQL_C_TYPE_DATE;
    case SQL_TIME:
    case SQL_TYPE_TIME: return SQL_C_TYPE_TIME;
    case SQL_TIMESTAMP:
    case SQL_TYPE_TIMESTAMP: return SQL_C_TYPE_TIMESTAMP;
    case SQL_BINARY:
    case SQL_VARBINARY:
    case SQL_LONGVARBINARY:
    case SQL_BLOB: return SQL_C_BINARY;
    default: return SQL_C_CHAR;
  }
}

bool is_binary(SQLSMALLINT sql_type) { return sql_type == SQL_BINARY || sql_type == SQL_VARBINARY || sql_type == SQL_LONGVARBINARY || sql_type == SQL_BLOB; }
bool is_time(SQLSMALLINT sql_type) { return sql_type == SQL_TIME || sql_type == SQL_TYPE_TIME; }
bool is_date(SQLSMALLINT sql_type) { return sql_type == SQL_DATE || sql_type == SQL_TYPE_DATE; }

bool is_known_sql_type(SQLSMALLINT type) {
  constexpr SQLSMALLINT kTypes[] = {SQL_CHAR,      SQL_NUMERIC,       SQL_DECIMAL, SQL_INTEGER,   SQL_SMALLINT,      SQL_FLOAT,       SQL_REAL,     SQL_DOUBLE, SQL_DATE, SQL_TIME,     SQL_TIMESTAMP,
                                    SQL_VARCHAR,   SQL_BOOLEAN,       SQL_TYPE_DATE, SQL_TYPE_TIME, SQL_TYPE_TIMESTAMP, SQL_LONGVARCHAR, SQL_BINARY, SQL_VARBINARY, SQL_LONGVARBINARY,
                                    SQL_BIGINT,    SQL_TINYINT,       SQL_BIT,     SQL_BLOB,      SQL_CLOB,          SQL_DECFLOAT,    SQL_XML};
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

drda::Kind travels_as(SQLSMALLINT c_type) {
  using drda::Kind;
  switch (c_type) {
    case SQL_C_BIT:
    case SQL_C_STINYINT:
    case SQL_C_UTINYINT:
    case SQL_C_SSHORT: return Kind::smallint;
    case SQL_C_USHORT:
    case SQL_C_SLONG: return Kind::integer;
    case SQL_C_ULONG:
    case SQL_C_SBIGINT: return Kind::bigint;
    case SQL_C_FLOAT: return Kind::real;
    case SQL_C_DOUBLE: return Kind::double_precision;
    case SQL_C_BINARY: return Kind::bytes;
    default: return Kind::text;   // exact for decimals, dates, times, and for integers that no type of the server is wide enough for
  }
}

template <class T> T value_at(const char* place) {
  T value;
  std::memcpy(&value, place, sizeof value);
  return value;
}

/// What a struct of a date or a time says, as text; the SQL type tells which parts are wanted.
class DateTimeText {
 public:
  DateTimeText& date(SQLSMALLINT year, unsigned month, unsigned day) {
    if (year < 0) put('-');
    digits(static_cast<unsigned>(year < 0 ? -year : year), 4), put('-'), digits(month, 2), put('-'), digits(day, 2);
    return *this;
  }
  DateTimeText& blank() { return put(' '), *this; }
  DateTimeText& time(unsigned hour, unsigned minute, unsigned second) { return digits(hour, 2), put(':'), digits(minute, 2), put(':'), digits(second, 2), *this; }
  DateTimeText& fraction(SQLUINTEGER billionths) {
    put('.');
    if (billionths % 1000 == 0) digits(billionths / 1000, 6);
    else digits(billionths, 9);
    return *this;
  }
  std::string_view view() const { return {text_, size_}; }

 private:
  void put(char c) { text_[size_++] = c; }
  void digits(unsigned number, unsigned width) {
    char reversed[10];
    unsigned n = 0;
    do reversed[n++] = static_cast<char>('0' + number % 10);
    while ((number /= 10) != 0 || n < width);
    while (n > 0) put(reversed[--n]);
  }
  char text_[64];
  std::size_t size_ = 0;
};

}  // namespace

BoundParameter bind_parameter(SQLSMALLINT direction, SQLSMALLINT c_type, SQLSMALLINT sql_type, SQLPOINTER values, SQLLEN room, SQLLEN* lengths) {
  if (direction != SQL_PARAM_INPUT) throw CallError(direction == SQL_PARAM_OUTPUT || direction == SQL_PARAM_INPUT_OUTPUT ? "HYC00" : "HY105", "only input parameters are known");
  if (!is_known_sql_type(sql_type)) throw CallError("HY004", "the SQL type " + std::to_string(sql_type) + " of a parameter is not known");
  const SQLSMALLINT type = plain_c_type(c_type == SQL_C_DEFAULT ? default_c_type(sql_type) : c_type);
  if (type == 0) throw CallError("HY003", "the C type " + std::to_string(c_type) + " of a parameter is not known");
  if (type == SQL_C_CHAR && is_binary(sql_type)) throw CallError("07006", "a binary parameter takes SQL_C_BINARY");
  if (values == nullptr && lengths == nullptr) throw CallError("HY009", "a parameter has neither values nor lengths");
  if (room < 0) throw CallError("HY090", "the room of a parameter's value is negative");
  return {type, sql_type, static_cast<const char*>(values), room, lengths};
}

std::string_view without_zero_fraction(std::string_view time) {
  const std::size_t point = time.find('.');
  return point != std::string_view::npos && time.find_first_not_of('0', point + 1) == std::string_view::npos ? time.substr(0, point) : time;
}

void ParameterRows::prepare(const std::vector<BoundParameter>& bound, std::size_t markers, std::size_t rows) {
  sources_.clear();
  types_.clear();
  array_ = rows > 1;
  for (std::size_t i = 0; i < markers; ++i) {
    if (i >= bound.size() || bound[i].c_type == 0) throw CallError("07002", "marker " + std::to_string(i + 1) + " of " + std::to_string(markers) + " has no parameter");
    const BoundParameter& b = bound[i];
    const std::size_t size = size_of_c_type(b.c_type);
    drda::ParameterType type{travels_as(b.c_type), 0, 0, 0};
    std::size_t longest = size != 0 ? 64 : static_cast<std::size_t>(b.room);
    SQLLEN most = 0;
    bool null_pointer = false;
    for (std::size_t row = 0; b.lengths != nullptr && row < rows; ++row) {
      const SQLLEN length = b.lengths[row];
      if (length < 0 && length != SQL_NULL_DATA && length != SQL_NTS) {
        const bool later = length == SQL_DATA_AT_EXEC || length <= SQL_LEN_DATA_AT_EXEC_OFFSET || length == SQL_DEFAULT_PARAM;
        throw CallError(later ? "HYC00" : "HY090", "parameter " + std::to_string(i + 1) + (later ? ": data at execution is not known" : " has a length that is none"));
      }
      if (length == SQL_NTS && b.c_type == SQL_C_BINARY) throw CallError("HY090", "binary parameter " + std::to_string(i + 1) + " ends with no zero: it needs a length");
      null_pointer = null_pointer || (b.values == nullptr && length != SQL_NULL_DATA);
      most = std::max(most, length);
    }
    // In an array the values lie side by side, each in its room.
    if (array_ && size == 0 && (b.room == 0 || most > b.room)) throw CallError("HY090", "parameter " + std::to_string(i + 1) + " has a value that is longer than its room");
    if (null_pointer || (b.values == nullptr && b.lengths == nullptr)) throw CallError("HY009", "parameter " + std::to_string(i + 1) + " has no values");
    if (b.lengths == nullptr && b.c_type == SQL_C_BINARY) most = b.room;
    sources_.push_back({b.values, b.lengths, size != 0 ? size : static_cast<std::size_t>(b.room), b.c_type, b.c_type == SQL_C_CHAR && is_time(b.sql_type), b.sql_type});
    if (size == 0 && (!array_ || longest > drda::kLongestInline)) {
      // Only the longest value tells whether they fit into their rows; in an array with little room they do in any case.
      longest = static_cast<std::size_t>(most);
      const Source& source = sources_.back();
      for (std::size_t row = 0; b.c_type == SQL_C_CHAR && row < rows; ++row) {
        const bool terminated = b.lengths == nullptr || b.lengths[row] == SQL_NTS;
        const char* const text = b.values + row * source.stride;
        if (terminated && b.values != nullptr) longest = std::max(longest, array_ ? strnlen(text, source.stride) : std::strlen(text));
      }
    }
    type.length = static_cast<std::uint32_t>(std::max<std::size_t>(longest, 1));
    types_.push_back(type);
  }
}

void ParameterRows::write(drda::RowWriter& out, std::size_t row) const {
  for (const Source& source : sources_) {
    const SQLLEN length = source.lengths != nullptr ? source.lengths[row] : static_cast<SQLLEN>(SQL_NTS);
    if (length == SQL_NULL_DATA) {
      out.null();
      continue;
    }
    const char* const place = source.values + row * source.stride;
    switch (source.c_type) {
      case SQL_C_CHAR: {
        const std::size_t size = length >= 0 ? static_cast<std::size_t>(length) : array_ ? strnlen(place, source.stride) : std::strlen(place);
        const std::string_view text(place, size);
        out.text(source.is_time ? without_zero_fraction(text) : text);
        break;
      }
      case SQL_C_BINARY: out.bytes({reinterpret_cast<const std::byte*>(place), length >= 0 ? static_cast<std::size_t>(length) : source.stride}); break;
      case SQL_C_BIT: out.integer(*place != 0); break;
      case SQL_C_STINYINT: out.integer(value_at<signed char>(place)); break;
      case SQL_C_UTINYINT: out.integer(value_at<unsigned char>(place)); break;
      case SQL_C_SSHORT: out.integer(value_at<SQLSMALLINT>(place)); break;
      case SQL_C_USHORT: out.integer(value_at<SQLUSMALLINT>(place)); break;
      case SQL_C_SLONG: out.integer(value_at<SQLINTEGER>(place)); break;
      case SQL_C_ULONG: out.integer(value_at<SQLUINTEGER>(place)); break;
      case SQL_C_SBIGINT: out.integer(value_at<SQLBIGINT>(place)); break;
      case SQL_C_UBIGINT: {
        char digits[24];
        out.text({digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, value_at<SQLUBIGINT>(place)).ptr - digits)});
        break;
      }
      case SQL_C_FLOAT: out.number(static_cast<double>(value_at<float>(place))); break;
      case SQL_C_DOUBLE: out.number(value_at<double>(place)); break;
      case SQL_C_TYPE_DATE: {
        const auto d = value_at<DATE_STRUCT>(place);
        out.text(DateTimeText().date(d.year, d.month, d.day).view());
        break;
      }
      case SQL_C_TYPE_TIME: {
        const auto t = value_at<TIME_STRUCT>(place);
        out.text(DateTimeText().time(t.hour, t.minute, t.second).view());
        break;
      }
      default: {
        const auto t = value_at<TIMESTAMP_STRUCT>(place);
        DateTimeText text;
        if (!is_time(source.sql_type)) text.date(t.year, t.month, t.day);
        if (is_time(source.sql_type)) text.time(t.hour, t.minute, t.second);
        else if (!is_date(source.sql_type)) text.blank().time(t.hour, t.minute, t.second).fraction(t.fraction);
        out.text(text.view());
        break;
      }
    }
  }
}

}  // namespace millrace::db2::cli
