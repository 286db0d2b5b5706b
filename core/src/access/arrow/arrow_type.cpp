#include "access/arrow/arrow_type.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "millrace/data/data_error.hpp"

namespace millrace::arrow {
namespace {

struct PlainType { std::string_view format; Family family; Storage storage; std::string_view name; };

constexpr PlainType kPlainTypes[] = {
    {"n", Family::null, Storage::none, "null"},
    {"b", Family::boolean, Storage::bit, "bool"},
    {"c", Family::integer, Storage::int8, "int8"},
    {"C", Family::integer, Storage::uint8, "uint8"},
    {"s", Family::integer, Storage::int16, "int16"},
    {"S", Family::integer, Storage::uint16, "uint16"},
    {"i", Family::integer, Storage::int32, "int32"},
    {"I", Family::integer, Storage::uint32, "uint32"},
    {"l", Family::integer, Storage::int64, "int64"},
    {"L", Family::decimal, Storage::uint64, "uint64"},
    {"e", Family::floating, Storage::float16, "float16"},
    {"f", Family::floating, Storage::float32, "float32"},
    {"g", Family::floating, Storage::float64, "float64"},
    {"u", Family::text, Storage::bytes32, "utf8"},
    {"U", Family::text, Storage::bytes64, "large_utf8"},
    {"vu", Family::text, Storage::view, "utf8_view"},
    {"z", Family::binary, Storage::bytes32, "binary"},
    {"Z", Family::binary, Storage::bytes64, "large_binary"},
    {"vz", Family::binary, Storage::view, "binary_view"},
};

struct TemporalType { std::string_view format; Family family; Storage storage; std::int64_t per_second; std::string_view name; };

constexpr TemporalType kTemporalTypes[] = {
    {"tdD", Family::date, Storage::int32, 1, "date32"},
    {"tdm", Family::date, Storage::int64, 1'000, "date64"},
    {"tts", Family::time, Storage::int32, 1, "time32[s]"},
    {"ttm", Family::time, Storage::int32, 1'000, "time32[ms]"},
    {"ttu", Family::time, Storage::int64, 1'000'000, "time64[us]"},
    {"ttn", Family::time, Storage::int64, 1'000'000'000, "time64[ns]"},
    {"tss:", Family::timestamp, Storage::int64, 1, "s"},
    {"tsm:", Family::timestamp, Storage::int64, 1'000, "ms"},
    {"tsu:", Family::timestamp, Storage::int64, 1'000'000, "us"},
    {"tsn:", Family::timestamp, Storage::int64, 1'000'000'000, "ns"},
};

constexpr std::string_view kUtcNames[] = {"UTC", "Etc/UTC", "Z", "GMT", "Etc/GMT", "+00:00", "+0000", "+00", "-00:00",
                                        "Zulu", "Etc/Zulu", "Universal", "Etc/Universal", "UCT", "Etc/UCT"};

struct Refusal { std::string_view prefix; std::string_view name; std::string_view advice; };

constexpr std::string_view kFlatten = "turn it into text (JSON) or into columns of their own first";

// The first entry whose prefix fits counts.
constexpr Refusal kRefusals[] = {
    {"+l", "list", kFlatten},
    {"+L", "large_list", kFlatten},
    {"+vl", "list_view", kFlatten},
    {"+vL", "large_list_view", kFlatten},
    {"+w", "fixed_size_list", kFlatten},
    {"+s", "struct", kFlatten},
    {"+m", "map", kFlatten},
    {"+ud", "dense_union", kFlatten},
    {"+us", "sparse_union", kFlatten},
    {"+r", "run_end_encoded", "decode it first (run_end_decode in pyarrow)"},
    {"tD", "duration", "cast it to int64, which counts its unit, or to text first"},
    {"tiM", "interval[months]", "cast it to an integer or to text first"},
    {"tiD", "interval[days, ms]", "turn it into integers or text first"},
    {"tin", "interval[months, days, ns]", "turn it into integers or text first"},
};

std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t comma = list.find(',');
    parts.push_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

bool read_integer(std::string_view text, int& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

[[noreturn]] void refuse(std::string_view column, std::string_view type, std::string_view advice) {
  throw_about(column, "is of type " + std::string(type) + ", which Millrace does not read: " + std::string(advice) + ", or leave the column out");
}

[[noreturn]] void refuse_unknown(std::string_view column, std::string_view format) {
  for (const Refusal& refusal : kRefusals) {
    if (format.starts_with(refusal.prefix)) refuse(column, refusal.name, refusal.advice);
  }
  refuse(column, "\"" + std::string(format) + "\" (its Arrow format)", "cast it to another type first");
}

/// "d:precision,scale" or "d:precision,scale,bits"
ArrowType read_decimal(std::string_view format, std::string_view column) {
  const auto parts = split(format.substr(2));
  std::array<int, 3> numbers = {0, 0, 128};
  bool ok = parts.size() == 2 || parts.size() == 3;
  for (std::size_t i = 0; ok && i < parts.size(); ++i) ok = read_integer(parts[i], numbers[i]);
  const auto [precision, scale, bits] = numbers;
  if (!ok) refuse_unknown(column, format);
  ArrowType type;
  type.family = Family::decimal;
  type.scale = scale;
  type.name = "decimal" + std::to_string(bits) + "(" + std::to_string(precision) + ", " + std::to_string(scale) + ")";
  if (bits == 32) type.storage = Storage::int32;
  else if (bits == 64) type.storage = Storage::int64;
  else if (bits == 128) type.storage = Storage::int128;
  else refuse(column, type.name, "cast it to decimal128 with at most 38 digits, or to text first");
  if (scale < -1000 || scale > 1000) refuse(column, type.name, "cast it to a decimal of a usual scale first");
  return type;
}

ArrowType read_fixed(std::string_view format, std::string_view column) {
  ArrowType type;
  type.family = Family::binary;
  type.storage = Storage::fixed;
  if (!read_integer(format.substr(2), type.width) || type.width < 0) refuse_unknown(column, format);
  type.name = "fixed_size_binary[" + std::to_string(type.width) + "]";
  return type;
}

ArrowType read_temporal(const TemporalType& found, std::string_view format) {
  ArrowType type;
  type.family = found.family;
  type.storage = found.storage;
  type.per_second = found.per_second;
  type.name = found.name;
  if (found.family != Family::timestamp) return type;
  const std::string zone(format.substr(4));
  type.name = "timestamp[" + type.name + (zone.empty() ? "]" : ", tz=" + zone + "]");
  if (zone.empty()) return type;
  type.family = Family::timestamp_tz;
  type.is_utc = std::find(std::begin(kUtcNames), std::end(kUtcNames), zone) != std::end(kUtcNames);
  return type;
}

ArrowType read_format(std::string_view format, std::string_view column) {
  for (const PlainType& plain : kPlainTypes) {
    if (plain.format != format) continue;
    ArrowType type;
    type.family = plain.family;
    type.storage = plain.storage;
    type.name = plain.name;
    return type;
  }
  for (const TemporalType& temporal : kTemporalTypes) {
    if (temporal.family == Family::timestamp ? format.starts_with(temporal.format) : format == temporal.format) return read_temporal(temporal, format);
  }
  if (format.starts_with("d:")) return read_decimal(format, column);
  if (format.starts_with("w:")) return read_fixed(format, column);
  refuse_unknown(column, format);
}

bool is_text(TypeKind kind) {
  return kind == TypeKind::character || kind == TypeKind::varchar || kind == TypeKind::text || kind == TypeKind::other;
}

bool is_number(TypeKind kind) {
  return kind == TypeKind::smallint || kind == TypeKind::integer || kind == TypeKind::bigint || kind == TypeKind::real ||
         kind == TypeKind::double_precision || kind == TypeKind::decimal;
}

bool is_integer(TypeKind kind) { return kind == TypeKind::smallint || kind == TypeKind::integer || kind == TypeKind::bigint; }

}  // namespace

ArrowType read_type(const ArrowSchema& schema, std::string_view column) {
  const std::string_view format = schema.format ? schema.format : "";
  if (!schema.dictionary) return read_format(format, column);
  const ArrowType index = read_format(format, column);
  if (index.family != Family::integer && index.storage != Storage::uint64) throw_broken(column, "its dictionary is indexed by " + index.name + ", which is no integer type");
  if (schema.dictionary->dictionary) refuse(column, "dictionary of dictionaries", "cast it to the type of its values first");
  ArrowType type = read_format(schema.dictionary->format ? schema.dictionary->format : "", column);
  type.index = index.storage;
  type.name = "dictionary of " + type.name;
  return type;
}

bool can_become(const ArrowType& from, const SqlType& to) {
  const TypeKind kind = to.kind;
  switch (from.family) {
    case Family::null:
    case Family::text: return true;
    case Family::boolean: return kind == TypeKind::boolean || is_integer(kind) || is_text(kind) || kind == TypeKind::json;
    case Family::integer: return kind == TypeKind::boolean || is_number(kind) || is_text(kind) || kind == TypeKind::json;
    case Family::decimal:
    case Family::floating: return is_number(kind) || is_text(kind) || kind == TypeKind::json;
    case Family::binary: return kind == TypeKind::binary || kind == TypeKind::uuid;
    case Family::date: return kind == TypeKind::date || kind == TypeKind::timestamp || kind == TypeKind::timestamp_tz || is_text(kind);
    case Family::time: return kind == TypeKind::time || is_text(kind);
    case Family::timestamp: return kind == TypeKind::timestamp || kind == TypeKind::timestamp_tz || kind == TypeKind::date || is_text(kind);
    // The wall time in another zone is not ours to guess.
    case Family::timestamp_tz: return kind == TypeKind::timestamp_tz || is_text(kind) || (from.is_utc && (kind == TypeKind::timestamp || kind == TypeKind::date));
  }
  return false;
}

void throw_about(std::string_view column, std::string sentence) {
  ErrorInfo info;
  info.code = ErrorCode::data;
  info.message = "column \"" + std::string(column) + "\" of the Arrow stream " + std::move(sentence);
  info.column = column;
  throw DataError(std::move(info));
}

void throw_broken(std::string_view column, std::string_view what) {
  throw_about(column, "is broken: " + std::string(what) + "; mend whatever made the stream");
}

}  // namespace millrace::arrow
