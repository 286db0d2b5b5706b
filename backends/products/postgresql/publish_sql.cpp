// The statements that move staged rows into their target.

#include <algorithm>

#include "products/postgresql/dialect.hpp"

namespace millrace::postgresql {
namespace {

constexpr int kFirstMajorWithMerge = 15;

template <class Range, class F> std::string joined(const Range& range, const char* separator, F&& text) {
  std::string out;
  for (const auto& element : range) {
    if (!out.empty()) out += separator;
    out += text(element);
  }
  return out;
}

bool contains(const std::vector<std::string>& names, const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); }

/// The pieces that all statements of one publish share. Staged rows are `s`, the target is `t`.
class Pieces {
 public:
  Pieces(const Dialect& dialect, const PublishSpec& spec) : dialect_(dialect), spec_(spec) {}

  std::string target() const { return dialect_.quote(spec_.target.name); }

  /// One staged row a key, ordered by key: rows then reach the target's index in its order.
  std::string keyed_source() const {
    const std::string key = dialect_.quote_list(spec_.key);
    std::string sql = "SELECT ";
    if (spec_.duplicate_keys) sql += "DISTINCT ON (" + key + ") ";
    sql += dialect_.quote_list(spec_.columns) + " FROM " + from_staging() + " ORDER BY " + key;
    if (spec_.duplicate_keys) sql += ", " + dialect_.quote(spec_.staged.src_row) + " DESC";
    return sql;
  }

  std::string from_staging() const {
    return dialect_.quote(spec_.staged.table) + (spec_.staged.filter.empty() ? "" : " WHERE " + spec_.staged.filter);
  }

  std::string key_matches() const {
    return joined(spec_.key, " AND ", [&](const std::string& name) { return "t." + dialect_.quote(name) + " = s." + dialect_.quote(name); });
  }

  /// Loaded columns that a match may change. GENERATED ALWAYS identities can not be updated.
  std::vector<std::string> updated_columns() const {
    std::vector<std::string> names;
    for (const std::string& name : spec_.columns) {
      if (!contains(spec_.key, name) && !is_always_identity(name)) names.push_back(name);
    }
    return names;
  }

  /// True for a row whose loaded values differ from the target's; `prefix` names the new row ("s", "EXCLUDED").
  std::string changed(const std::string& prefix) const {
    return joined(updated_columns(), "\n    OR ", [&](const std::string& name) {
      const ColumnInfo* column = spec_.target.find(name);
      return dialect_.differs("t." + dialect_.quote(name), prefix + "." + dialect_.quote(name), column ? column->type : SqlType{});
    });
  }

  std::string assignments(const std::string& prefix) const {
    std::string list = joined(updated_columns(), ", ", [&](const std::string& name) { return dialect_.quote(name) + " = " + prefix + "." + dialect_.quote(name); });
    for (const SetClause& set : spec_.sets) {
      if (set.on_update) list += ", " + dialect_.quote(set.column) + " = " + set.expression;
    }
    return list;
  }

  /// `("a", "b", "set") OVERRIDING SYSTEM VALUE`
  std::string insert_columns() const {
    std::vector<std::string> names = spec_.columns;
    for (const SetClause& set : spec_.sets) if (set.on_insert) names.push_back(set.column);
    const bool overriding = std::any_of(names.begin(), names.end(), [&](const std::string& name) { return is_always_identity(name); });
    return "(" + dialect_.quote_list(names) + ")" + (overriding ? " OVERRIDING SYSTEM VALUE" : "");
  }

  std::string insert_values(const char* prefix) const {
    std::string list = dialect_.quote_list(spec_.columns, prefix);
    for (const SetClause& set : spec_.sets) if (set.on_insert) list += ", " + set.expression;
    return list;
  }

  /// ON CONFLICT needs a unique index over exactly the key; a merge on other columns (--key-not-unique) does without.
  bool key_is_unique() const {
    return std::any_of(spec_.target.unique_keys.begin(), spec_.target.unique_keys.end(), [&](const UniqueKey& unique) {
      return unique.columns.size() == spec_.key.size() && std::is_permutation(unique.columns.begin(), unique.columns.end(), spec_.key.begin());
    });
  }

 private:
  bool is_always_identity(const std::string& name) const {
    const ColumnInfo* column = spec_.target.find(name);
    return column && column->identity == Identity::always;
  }

  const Dialect& dialect_;
  const PublishSpec& spec_;
};

std::vector<PublishStatement> merge_statement(const Pieces& pieces) {
  std::string sql = "MERGE INTO " + pieces.target() + " AS t\nUSING (" + pieces.keyed_source() + ") AS s\nON " + pieces.key_matches();
  if (!pieces.updated_columns().empty()) {
    sql += "\nWHEN MATCHED AND (" + pieces.changed("s") + ")\n  THEN UPDATE SET " + pieces.assignments("s");
  }
  sql += "\nWHEN NOT MATCHED\n  THEN INSERT " + pieces.insert_columns() + "\n  VALUES (" + pieces.insert_values("s.") + ")";
  return {{StatementRole::merge, std::move(sql)}};
}

std::vector<PublishStatement> insert_on_conflict(const Pieces& pieces, const std::string& key) {
  std::string sql = "INSERT INTO " + pieces.target() + " AS t " + pieces.insert_columns() + "\nSELECT " + pieces.insert_values("s.") + "\nFROM (" +
                    pieces.keyed_source() + ") AS s\nON CONFLICT (" + key + ") DO ";
  if (pieces.updated_columns().empty()) {
    sql += "NOTHING";
  } else {
    sql += "UPDATE SET " + pieces.assignments("EXCLUDED") + "\n  WHERE " + pieces.changed("EXCLUDED");
  }
  return {{StatementRole::merge, std::move(sql)}};
}

// Safe under the lock that publishing holds: nobody inserts between the two.
std::vector<PublishStatement> update_then_insert(const Pieces& pieces) {
  std::vector<PublishStatement> statements;
  if (!pieces.updated_columns().empty()) {
    statements.push_back({StatementRole::update, "UPDATE " + pieces.target() + " AS t SET " + pieces.assignments("s") + "\nFROM (" + pieces.keyed_source() +
                                                     ") AS s\nWHERE " + pieces.key_matches() + "\n  AND (" + pieces.changed("s") + ")"});
  }
  statements.push_back({StatementRole::insert, "INSERT INTO " + pieces.target() + " " + pieces.insert_columns() + "\nSELECT " + pieces.insert_values("s.") +
                                                   "\nFROM (" + pieces.keyed_source() + ") AS s\nWHERE NOT EXISTS (SELECT FROM " + pieces.target() +
                                                   " AS t WHERE " + pieces.key_matches() + ")"});
  return statements;
}

}  // namespace

std::vector<PublishStatement> PostgresDialect::merge(const PublishSpec& spec) const {
  const Pieces pieces(*this, spec);
  if (server_major_ >= kFirstMajorWithMerge) return merge_statement(pieces);
  if (pieces.key_is_unique()) return insert_on_conflict(pieces, quote_list(spec.key));
  return update_then_insert(pieces);
}

std::vector<PublishStatement> PostgresDialect::insert(const PublishSpec& spec) const {
  const Pieces pieces(*this, spec);
  return {{StatementRole::insert, "INSERT INTO " + pieces.target() + " " + pieces.insert_columns() + "\nSELECT " + pieces.insert_values("") + "\nFROM " +
                                      pieces.from_staging() + "\nORDER BY " + quote(spec.staged.src_row)}};
}

std::vector<PublishStatement> PostgresDialect::replace(const PublishSpec& spec, ReloadKind kind, bool cascade) const {
  const std::string target = quote(spec.target.name);
  const std::string remove = kind == ReloadKind::delete_rows ? "DELETE FROM " + target : "TRUNCATE " + target + (cascade ? " CASCADE" : "");
  std::vector<PublishStatement> statements{{StatementRole::remove, remove}};
  for (PublishStatement& statement : insert(spec)) statements.push_back(std::move(statement));
  return statements;
}

std::string PostgresDialect::counting_join(const PublishSpec& spec) const {
  const Pieces pieces(*this, spec);
  const std::string absent = "t." + quote(spec.key.front()) + " IS NULL";  // a key is never null in a row that matched
  std::string updates = "0::bigint";
  if (!pieces.updated_columns().empty()) updates = "COUNT(*) FILTER (WHERE NOT (" + absent + ") AND (" + pieces.changed("s") + "))";
  return "SELECT COUNT(*) FILTER (WHERE " + absent + "), " + updates + "\nFROM (" + pieces.keyed_source() + ") AS s\nLEFT JOIN " + pieces.target() +
         " AS t ON " + pieces.key_matches();
}

}  // namespace millrace::postgresql
