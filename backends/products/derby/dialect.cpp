#include "products/derby/dialect.hpp"

#include <algorithm>

#include "products/ansi/publish_pieces.hpp"

namespace millrace::derby {
namespace {

using db2::Comparison;

constexpr int kLongestChar = 254;
constexpr const char* kUndeclaredDecimal = "DECIMAL(31,15)";   // there is no decimal with a floating point

/// A filter of StagedRows as a further condition. Its columns have no prefix: they are those of the innermost table that has them.
std::string and_filter(const StagedRows& staged) { return staged.filter.empty() ? "" : " AND " + staged.filter; }
std::string filter_and(const StagedRows& staged) { return staged.filter.empty() ? "" : staged.filter + " AND "; }

/// True for a staged row `s` that a later one of its key supersedes.
std::string superseded(const Dialect& dialect, const PublishSpec& spec) {
  const std::string row = dialect.quote(spec.staged.src_row);
  return "EXISTS (SELECT 1 FROM " + dialect.quote(spec.staged.table) + " AS later WHERE " + filter_and(spec.staged) + ansi::PublishPieces(dialect, spec).key_matches("later", "s") +
         " AND later." + row + " > s." + row + ")";
}

}  // namespace

std::string DerbyDialect::type_name(const SqlType& type) const {
  if (!type.native.empty()) return type.native;
  switch (type.kind) {
    case TypeKind::decimal: return type.precision > 0 ? Db2Dialect::type_name(type) : kUndeclaredDecimal;
    case TypeKind::character: return Db2Dialect::type_name(type.length > kLongestChar ? SqlType::varchar(type.length) : type);
    case TypeKind::timestamp:
    case TypeKind::timestamp_tz: return "TIMESTAMP";   // of nine digits; values with a zone are in UTC
    case TypeKind::binary: return "VARCHAR(32672) FOR BIT DATA";
    case TypeKind::text:
    case TypeKind::json:
    case TypeKind::other: return "CLOB";
    default: return Db2Dialect::type_name(type);
  }
}

// Numbers have no cast to VARCHAR.
std::string DerbyDialect::sum_expression(std::string_view column, const SqlType& type) const {
  const int scale = type.is_fixed_decimal() ? std::min(type.scale, most_digits()) : 0;
  return "RTRIM(CAST(SUM(CAST(" + quote(column) + " AS DECIMAL(" + std::to_string(most_digits()) + "," + std::to_string(scale) + "))) AS CHAR(40)))";
}

std::string DerbyDialect::differs(std::string_view left, std::string_view right, const SqlType& type) const {
  const std::string l(left), r(right), same_length = "LENGTH(" + l + ") = LENGTH(" + r + ")";
  switch (db2::comparison_of(type_name(type))) {
    case Comparison::exact: break;
    case Comparison::padded:
      if (type.kind == TypeKind::character) break;   // all of one length
      return db2::differs_unless("(" + l + " = " + r + " AND " + same_length + ")", left, right);
    case Comparison::large_text: return db2::differs_unless("(" + same_length + " AND LOCATE(" + l + ", " + r + ") = 1)", left, right);
    case Comparison::long_bits: {   // of up to 32,700 bytes, of which the cast keeps 32,672
      const auto comparable = [](const std::string& side) { return "CAST(" + side + " AS VARCHAR(32672) FOR BIT DATA)"; };
      return db2::differs_unless("(" + same_length + " AND LENGTH(" + l + ") <= 32672 AND " + comparable(l) + " = " + comparable(r) + ")", left, right);
    }
    case Comparison::large_binary:
    case Comparison::large_double_byte:
    case Comparison::none: return db2::differs_unless("1 = 0", left, right);
  }
  return db2::differs_unless(l + " = " + r, left, right);
}

// The filter stands twice: a staged row of another run does not match, and would be inserted.
std::vector<PublishStatement> DerbyDialect::merge(const PublishSpec& spec) const {
  const ansi::PublishPieces pieces(*this, spec);
  const std::string staging = quote(spec.staged.table), filter = and_filter(spec.staged);
  std::vector<PublishStatement> statements;
  if (spec.duplicate_keys) statements.push_back({StatementRole::prepare, "DELETE FROM " + staging + " AS s\nWHERE " + filter_and(spec.staged) + superseded(*this, spec)});
  std::string sql = "MERGE INTO " + pieces.target() + " AS t\nUSING " + staging + " AS s\nON " + pieces.key_matches() + filter;
  if (pieces.updates()) sql += "\nWHEN MATCHED AND (" + pieces.changed() + ")\n  THEN UPDATE SET " + pieces.assignments();
  sql += "\nWHEN NOT MATCHED" + filter + "\n  THEN INSERT " + pieces.insert_columns() + "\n  VALUES (" + pieces.insert_values("s.") + ")";
  statements.push_back({StatementRole::merge, std::move(sql)});
  return statements;
}

std::string DerbyDialect::counting_join(const PublishSpec& spec) const {
  const ansi::PublishPieces pieces(*this, spec);
  std::string where = spec.staged.filter;
  if (spec.duplicate_keys) where += (where.empty() ? "NOT " : " AND NOT ") + superseded(*this, spec);
  return pieces.counts() + "\nFROM " + quote(spec.staged.table) + " AS s\nLEFT JOIN " + pieces.target() + " AS t ON " + pieces.key_matches() + (where.empty() ? "" : "\nWHERE " + where);
}

// There is no LEAD to tell where a range ends. The ledger's primary key finds each row's range; those before the first count under NULL.
std::string DerbyDialect::count_by_range(const StagedRows& staged, std::string_view ledger_ranges) const {
  const std::string first = "ledger_ranges." + quote(fold("first_src_row"));
  return "SELECT ranged.range_first, " + count_rows() + "\nFROM (SELECT (SELECT MAX(" + first + ") FROM (" + std::string(ledger_ranges) + ") AS ledger_ranges\n    WHERE " + first + " <= staged." +
         quote(staged.src_row) + ") AS range_first\n  FROM " + quote(staged.table) + " AS staged" + (staged.filter.empty() ? "" : " WHERE " + staged.filter) +
         ") AS ranged\nGROUP BY ranged.range_first";
}

// TRUNCATE refuses a table that foreign keys point to, even from empty ones.
std::string DerbyDialect::removal(const TableInfo& target, ReloadKind kind) const {
  return kind == ReloadKind::direct && target.referenced_by.empty() ? "TRUNCATE TABLE " + quote(target.name) : Db2Dialect::removal(target, kind);
}

// SRC_ROW too: merge() looks for the later rows of a key.
std::vector<std::string> DerbyDialect::indexed_columns(const StagingTable& table) const {
  std::vector<std::string> columns = Db2Dialect::indexed_columns(table);
  columns.push_back(table.own_names.src_row);
  return columns;
}

std::string DerbyDialect::binary_literal(std::string_view hex, std::string_view declared) const {
  const std::string bits = "X'" + std::string(hex) + "'";
  return db2::comparison_of(declared) == Comparison::large_binary ? "CAST(" + bits + " AS BLOB)" : bits;
}

}  // namespace millrace::derby
