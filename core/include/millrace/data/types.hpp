#pragma once
// SQL types, column descriptions and table names: the words every room shares.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// The SQL types that Millrace validates and encodes itself.
/// `other` is any type that only the database knows (inet, an enum, an array): its values travel as text.
enum class TypeKind : std::uint8_t {
  boolean, smallint, integer, bigint, real, double_precision, decimal,
  character, varchar, text, binary, date, time, timestamp, timestamp_tz, uuid, json, other
};

/// How the values of a column lie in memory (see RecordBatch). The layouts are Arrow's.
enum class Layout : std::uint8_t {
  bit,      ///< one bit a value, least significant bit first
  int16, int32, int64,
  float32, float64,
  int128,   ///< decimal: the unscaled value, 16 bytes, native (little) endian
  fixed16,  ///< uuid: 16 bytes in network order
  bytes     ///< 32-bit offsets + bytes
};

inline constexpr int kMaxDecimalDigits = 38;

/// A type with its parameters.
struct SqlType {
  TypeKind kind = TypeKind::text;
  int length = 0;     ///< character, varchar: the most characters (code points); 0 = no limit
  int precision = 0;  ///< decimal: digits in all; 0 = not declared
  int scale = 0;      ///< decimal: digits behind the point
  std::string native; ///< the database's own spelling, where it is known ("numeric(15,2)", "inet"); used in DDL

  static SqlType of(TypeKind kind) { return SqlType{kind, 0, 0, 0, {}}; }
  static SqlType decimal(int precision, int scale) { return SqlType{TypeKind::decimal, 0, precision, scale, {}}; }
  static SqlType varchar(int length) { return SqlType{TypeKind::varchar, length, 0, 0, {}}; }
  static SqlType character(int length) { return SqlType{TypeKind::character, length, 0, 0, {}}; }

  /// A decimal whose values fit 38 digits and so travel as int128. Others (undeclared precision, more digits, odd
  /// scales) travel as validated text and are rounded by the server.
  bool is_fixed_decimal() const {
    return kind == TypeKind::decimal && precision >= 1 && precision <= kMaxDecimalDigits && scale >= 0 && scale <= precision;
  }
  friend bool operator==(const SqlType& a, const SqlType& b) {
    return a.kind == b.kind && a.length == b.length && a.precision == b.precision && a.scale == b.scale;
  }
};

Layout layout_of(const SqlType& type);

/// "decimal(15,2)", "varchar(20)", "timestamp with time zone": for messages, docs and the report.
std::string to_string(const SqlType& type);
std::string_view to_string(TypeKind kind);

/// Reads a SQL type as people and databases write it: "numeric(15, 2)", "CHARACTER VARYING(20)", "int4", "timestamptz".
/// What is not known becomes `other` with `native` set. Case and blanks do not matter; `native` keeps the input.
SqlType parse_type(std::string_view text);

/// A schema-qualified table. Parts are verbatim: folded already, not quoted. `schema` is empty for "as the session finds it".
struct TableName {
  std::string schema;
  std::string name;
  friend bool operator==(const TableName&, const TableName&) = default;
};
std::string to_string(const TableName& table);  ///< schema.name without quotes, for messages

enum class Identity : std::uint8_t { none, by_default, always };

/// One column of a table as the database describes it.
struct ColumnInfo {
  std::string name;
  SqlType type;
  bool nullable = true;
  bool has_default = false;
  bool generated = false;          ///< GENERATED ... STORED or VIRTUAL: never written
  Identity identity = Identity::none;
  std::string collation;           ///< quoted and qualified as DDL needs it; empty = the type's default
  friend bool operator==(const ColumnInfo&, const ColumnInfo&) = default;
};

/// A primary key or a unique index without predicate or expressions.
struct UniqueKey {
  std::string name;
  std::vector<std::string> columns;
  bool primary = false;
};

/// A foreign key of another table that points here.
struct ReferencingKey { std::string name; TableName table; };

/// What the planner needs to know about a table.
struct TableInfo {
  TableName name;                       ///< resolved: the schema is filled in where the database has schemas
  std::vector<ColumnInfo> columns;      ///< in the table's order
  std::vector<UniqueKey> unique_keys;   ///< the primary key first
  std::vector<ReferencingKey> referenced_by;
  bool is_partitioned = false;
  bool is_strict = false;               ///< SQLite: a STRICT table

  const ColumnInfo* find(std::string_view column) const;  ///< exact name; nullptr when absent
  const UniqueKey* primary_key() const;
};

}  // namespace millrace
