#include "millrace/data/types.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "data/scan.hpp"

namespace millrace {
namespace {

struct TypeName { std::string_view name; TypeKind kind; };

// Spellings of PostgreSQL, SQLite, Db2 and the SQL standard, lower-case, without arguments.
constexpr TypeName kTypeNames[] = {
    {"boolean", TypeKind::boolean}, {"bool", TypeKind::boolean},
    {"smallint", TypeKind::smallint}, {"int2", TypeKind::smallint}, {"tinyint", TypeKind::smallint},
    {"smallserial", TypeKind::smallint}, {"serial2", TypeKind::smallint},
    {"integer", TypeKind::integer}, {"int", TypeKind::integer}, {"int4", TypeKind::integer}, {"mediumint", TypeKind::integer},
    {"serial", TypeKind::integer}, {"serial4", TypeKind::integer},
    {"bigint", TypeKind::bigint}, {"int8", TypeKind::bigint}, {"bigserial", TypeKind::bigint}, {"serial8", TypeKind::bigint},
    {"real", TypeKind::real}, {"float4", TypeKind::real},
    {"double precision", TypeKind::double_precision}, {"double", TypeKind::double_precision},
    {"float8", TypeKind::double_precision}, {"float", TypeKind::double_precision},
    {"decimal", TypeKind::decimal}, {"numeric", TypeKind::decimal}, {"dec", TypeKind::decimal},
    {"character", TypeKind::character}, {"char", TypeKind::character}, {"bpchar", TypeKind::character},
    {"nchar", TypeKind::character}, {"national character", TypeKind::character}, {"national char", TypeKind::character},
    {"varchar", TypeKind::varchar}, {"character varying", TypeKind::varchar}, {"char varying", TypeKind::varchar},
    {"nvarchar", TypeKind::varchar}, {"national character varying", TypeKind::varchar},
    {"text", TypeKind::text}, {"clob", TypeKind::text}, {"character large object", TypeKind::text},
    {"bytea", TypeKind::binary}, {"blob", TypeKind::binary}, {"binary", TypeKind::binary}, {"varbinary", TypeKind::binary},
    {"binary varying", TypeKind::binary}, {"binary large object", TypeKind::binary},
    {"date", TypeKind::date},
    {"time", TypeKind::time}, {"time without time zone", TypeKind::time},
    {"timestamp", TypeKind::timestamp}, {"timestamp without time zone", TypeKind::timestamp}, {"datetime", TypeKind::timestamp},
    {"timestamptz", TypeKind::timestamp_tz}, {"timestamp with time zone", TypeKind::timestamp_tz},
    {"uuid", TypeKind::uuid},
    {"json", TypeKind::json}, {"jsonb", TypeKind::json},
};

/// A type as written: its words in lower case with single blanks between them, and the numbers in parentheses.
struct Spelling {
  std::string name;
  std::vector<int> arguments;
};

bool read_arguments(std::string_view list, std::vector<int>& out) {
  for (;;) {
    const std::size_t comma = list.find(',');
    const std::string_view item = trim_blanks(list.substr(0, comma));
    int number = 0;
    const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), number);
    if (error != std::errc{} || end != item.data() + item.size()) return false;
    out.push_back(number);
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

void add_words(std::string& name, std::string_view text) {
  bool pending = !name.empty();
  for (const char c : text) {
    if (is_blank(c)) {
      pending = !name.empty();
      continue;
    }
    if (pending) name += ' ';
    pending = false;
    name += to_lower(c);
  }
}

std::optional<Spelling> read_spelling(std::string_view text) {
  Spelling spelling;
  const std::size_t open = text.find('(');
  add_words(spelling.name, text.substr(0, open));
  if (open == std::string_view::npos) return spelling;
  const std::size_t close = text.find(')', open);
  if (close == std::string_view::npos || !read_arguments(text.substr(open + 1, close - open - 1), spelling.arguments)) return std::nullopt;
  add_words(spelling.name, text.substr(close + 1));
  return spelling;
}

/// Applies the arguments to a type; false when it takes no such arguments.
bool apply_arguments(SqlType& type, const Spelling& spelling) {
  const std::vector<int>& arguments = spelling.arguments;
  switch (type.kind) {
    case TypeKind::character:
    case TypeKind::varchar:
      if (arguments.empty()) {
        type.length = type.kind == TypeKind::character && spelling.name != "bpchar" ? 1 : 0;
        return true;
      }
      type.length = arguments[0];
      return arguments.size() == 1 && type.length >= 1;
    case TypeKind::decimal:
      if (arguments.size() > 2) return false;
      if (!arguments.empty()) type.precision = arguments[0];
      if (arguments.size() == 2) type.scale = arguments[1];
      return arguments.empty() || type.precision >= 1;
    case TypeKind::double_precision:
      if (spelling.name == "float" && arguments.size() == 1 && arguments[0] <= 24) type.kind = TypeKind::real;
      return arguments.size() <= 1;
    default:
      return arguments.size() <= 1;  // int(11), timestamp(3): the server's business
  }
}

}  // namespace

Layout layout_of(const SqlType& type) {
  switch (type.kind) {
    case TypeKind::boolean: return Layout::bit;
    case TypeKind::smallint: return Layout::int16;
    case TypeKind::integer:
    case TypeKind::date: return Layout::int32;
    case TypeKind::bigint:
    case TypeKind::time:
    case TypeKind::timestamp:
    case TypeKind::timestamp_tz: return Layout::int64;
    case TypeKind::real: return Layout::float32;
    case TypeKind::double_precision: return Layout::float64;
    case TypeKind::decimal: return type.is_fixed_decimal() ? Layout::int128 : Layout::bytes;
    case TypeKind::uuid: return Layout::fixed16;
    case TypeKind::character:
    case TypeKind::varchar:
    case TypeKind::text:
    case TypeKind::binary:
    case TypeKind::json:
    case TypeKind::other: break;
  }
  return Layout::bytes;
}

std::string_view to_string(TypeKind kind) {
  switch (kind) {
    case TypeKind::boolean: return "boolean";
    case TypeKind::smallint: return "smallint";
    case TypeKind::integer: return "integer";
    case TypeKind::bigint: return "bigint";
    case TypeKind::real: return "real";
    case TypeKind::double_precision: return "double precision";
    case TypeKind::decimal: return "decimal";
    case TypeKind::character: return "char";
    case TypeKind::varchar: return "varchar";
    case TypeKind::text: return "text";
    case TypeKind::binary: return "binary";
    case TypeKind::date: return "date";
    case TypeKind::time: return "time";
    case TypeKind::timestamp: return "timestamp";
    case TypeKind::timestamp_tz: return "timestamp with time zone";
    case TypeKind::uuid: return "uuid";
    case TypeKind::json: return "json";
    case TypeKind::other: break;
  }
  return "other";
}

std::string to_string(const SqlType& type) {
  std::string text(to_string(type.kind));
  if (type.kind == TypeKind::other && !type.native.empty()) return type.native;
  if (type.kind == TypeKind::decimal && type.precision != 0) {
    return text + '(' + std::to_string(type.precision) + ',' + std::to_string(type.scale) + ')';
  }
  if ((type.kind == TypeKind::character || type.kind == TypeKind::varchar) && type.length != 0) {
    return text + '(' + std::to_string(type.length) + ')';
  }
  return text;
}

SqlType parse_type(std::string_view text) {
  SqlType unknown = SqlType::of(TypeKind::other);
  unknown.native = text;
  const std::optional<Spelling> spelling = read_spelling(text);
  if (!spelling) return unknown;
  const auto* const found = std::find_if(std::begin(kTypeNames), std::end(kTypeNames), [&](const TypeName& t) { return t.name == spelling->name; });
  if (found == std::end(kTypeNames)) return unknown;
  SqlType type = SqlType::of(found->kind);
  if (!apply_arguments(type, *spelling)) return unknown;
  type.native = text;
  return type;
}

std::string to_string(const TableName& table) { return table.schema.empty() ? table.name : table.schema + '.' + table.name; }

const ColumnInfo* TableInfo::find(std::string_view column) const {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const ColumnInfo& c) { return c.name == column; });
  return found == columns.end() ? nullptr : &*found;
}

const UniqueKey* TableInfo::primary_key() const {
  const auto found = std::find_if(unique_keys.begin(), unique_keys.end(), [](const UniqueKey& k) { return k.primary; });
  return found == unique_keys.end() ? nullptr : &*found;
}

}  // namespace millrace
