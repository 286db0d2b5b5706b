#include "postgresql/values.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "millrace/data/data_error.hpp"
#include "millrace/data/decode.hpp"

namespace millrace::postgresql {
namespace {

// Oids of built-in types (src/include/catalog/pg_type.dat); they never change.
enum BuiltinType : Oid {
  kBool = 16, kBytea = 17, kName = 19, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25, kOid = 26, kJson = 114,
  kFloat4 = 700, kFloat8 = 701, kBpchar = 1042, kVarchar = 1043, kDate = 1082, kTime = 1083,
  kTimestamp = 1114, kTimestampTz = 1184, kNumeric = 1700, kUuid = 2950, kJsonb = 3802
};

struct TypeRow { Oid oid; TypeKind kind; const char* native; };
constexpr TypeRow kTypes[] = {
    {kBool, TypeKind::boolean, "boolean"}, {kBytea, TypeKind::binary, "bytea"}, {kName, TypeKind::text, "name"},
    {kInt8, TypeKind::bigint, "bigint"}, {kInt2, TypeKind::smallint, "smallint"}, {kInt4, TypeKind::integer, "integer"},
    {kText, TypeKind::text, "text"}, {kOid, TypeKind::bigint, "oid"}, {kJson, TypeKind::json, "json"},
    {kFloat4, TypeKind::real, "real"}, {kFloat8, TypeKind::double_precision, "double precision"},
    {kBpchar, TypeKind::character, "character"}, {kVarchar, TypeKind::varchar, "character varying"}, {kDate, TypeKind::date, "date"},
    {kTime, TypeKind::time, "time without time zone"}, {kTimestamp, TypeKind::timestamp, "timestamp without time zone"},
    {kTimestampTz, TypeKind::timestamp_tz, "timestamp with time zone"}, {kNumeric, TypeKind::decimal, "numeric"},
    {kUuid, TypeKind::uuid, "uuid"}, {kJsonb, TypeKind::json, "jsonb"},
};

constexpr int kModifierHeader = 4;  // VARHDRSZ, which length and precision modifiers include

// numeric's modifier: precision in the upper half, an 11-bit signed scale in the lower (make_numeric_typmod).
void apply_numeric_modifier(SqlType& type, int modifier) {
  const int packed = modifier - kModifierHeader;
  type.precision = (packed >> 16) & 0xFFFF;
  type.scale = ((packed & 0x7FF) ^ 1024) - 1024;
}

template <class T> Value decode_number(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? Value(number) : Value(text);
}

Value decode_floating(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return decode_number<double>(text);
}

Value decode_numeric(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  auto digits = std::count_if(text.begin(), text.end(), is_digit);
  if (text.starts_with("0.") || text.starts_with("-0.")) --digits;  // the point's own zero is no digit of numeric(38,38)
  if (digits == 0 || digits > kMaxDecimalDigits) return text;
  return Decimal::parse(text);
}

template <class T> Value decoded(DecodeStatus status, const T& value, std::string_view text) {
  return status == DecodeStatus::ok ? Value(value) : Value(text);
}

Value decode_bytea(std::string_view text) {
  std::string bytes;
  if (decode_binary(text, bytes) != DecodeStatus::ok) return text;
  const auto* first = reinterpret_cast<const std::byte*>(bytes.data());
  return Bytes(first, first + bytes.size());
}

}  // namespace

BoundValues::BoundValues(const std::vector<Value>& values)
    : texts_(values.size()), types_(values.size(), 0), pointers_(values.size(), nullptr), lengths_(values.size(), 0), formats_(values.size(), 0) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].is_null()) continue;
    if (const auto* bytes = std::get_if<Bytes>(&values[i].storage())) {
      texts_[i].assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
      types_[i] = kBytea;
      formats_[i] = 1;
    } else {
      texts_[i] = values[i].to_text();
      if (texts_[i].find('\0') != std::string::npos) {
        throw DataError("the text bound to placeholder $" + std::to_string(i + 1) + " holds a NUL byte, which PostgreSQL can not store");
      }
    }
    pointers_[i] = texts_[i].data();
    lengths_[i] = static_cast<int>(texts_[i].size());
  }
}

SqlType type_of(Oid oid, int modifier) {
  const auto* const row = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeRow& t) { return t.oid == oid; });
  if (row == std::end(kTypes)) return SqlType::of(TypeKind::other);
  SqlType type = SqlType::of(row->kind);
  type.native = row->native;
  if (modifier >= kModifierHeader) {
    if (oid == kNumeric) apply_numeric_modifier(type, modifier);
    if (oid == kVarchar || oid == kBpchar) type.length = modifier - kModifierHeader;
  }
  return type;
}

Value decode_value(Oid oid, std::string_view text) {
  Date date;
  TimeOfDay time;
  Timestamp timestamp;
  TimestampTz timestamp_tz;
  Uuid uuid;
  switch (oid) {
    case kBool: return text == "t";
    case kInt2:
    case kInt4:
    case kInt8:
    case kOid: return decode_number<std::int64_t>(text);
    case kFloat4: {
      float value = 0;  // its text is the shortest that gives this float again, not this double
      return decode_real(text, value) == DecodeStatus::ok ? Value(static_cast<double>(value)) : Value(text);
    }
    case kFloat8: return decode_floating(text);
    case kNumeric: return decode_numeric(text);
    case kDate: return decoded(decode_date(text, date), date, text);
    case kTime: return decoded(decode_time(text, time), time, text);
    case kTimestamp: return decoded(decode_timestamp(text, timestamp), timestamp, text);
    case kTimestampTz: return decoded(decode_timestamp_tz(text, 0, timestamp_tz), timestamp_tz, text);
    case kUuid: return decoded(decode_uuid(text, uuid), uuid, text);
    case kBytea: return decode_bytea(text);
    default: return text;
  }
}

ResultSet to_result_set(const PGresult* result) {
  const int column_count = PQnfields(result);
  std::vector<ResultColumn> columns;
  for (int c = 0; c < column_count; ++c) columns.push_back({PQfname(result, c), type_of(PQftype(result, c), PQfmod(result, c))});
  std::vector<std::vector<Value>> rows(static_cast<std::size_t>(PQntuples(result)));
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const int row = static_cast<int>(r);
    rows[r].reserve(columns.size());
    for (int c = 0; c < column_count; ++c) {
      rows[r].push_back(PQgetisnull(result, row, c) ? Value() : decode_value(PQftype(result, c), field(result, row, c)));
    }
  }
  return {std::move(columns), std::move(rows)};
}

}  // namespace millrace::postgresql
