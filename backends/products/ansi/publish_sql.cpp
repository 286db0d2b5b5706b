// The statements that move staged rows into their target, in standard SQL.

#include <algorithm>

#include "products/ansi/dialect.hpp"

namespace millrace::ansi {
namespace {

template <class Range, class F> std::string joined(const Range& range, const char* separator, F&& text) {
  std::string out;
  for (const auto& element : range) {
    if (!out.empty()) out += separator;
    out += text(element);
  }
  return out;
}

/// The pieces that all statements of one publish share. Staged rows are `s`, the target is `t`.
class Pieces {
 public:
  Pieces(const Dialect& dialect, const PublishSpec& spec) : dialect_(dialect), spec_(spec) {
    for (const std::string& name : spec.columns) {
      const ColumnInfo* const column = spec.target.find(name);
      const bool fixed = column && column->identity == Identity::always;   // can not be updated
      if (!fixed && std::find(spec.key.begin(), spec.key.end(), name) == spec.key.end()) updated_.push_back(name);
    }
  }

  std::string target() const { return dialect_.quote(spec_.target.name); }
  std::string from_staging() const { return dialect_.quote(spec_.staged.table) + (spec_.staged.filter.empty() ? "" : " WHERE " + spec_.staged.filter); }
  bool updates() const { return !updated_.empty(); }

  /// One staged row a key: the highest SRC_ROW.
  std::string keyed_source() const {
    const std::string columns = dialect_.quote_list(spec_.columns);
    if (!spec_.duplicate_keys) return "SELECT " + columns + " FROM " + from_staging();
    return "SELECT " + columns + " FROM (SELECT " + columns + ", ROW_NUMBER() OVER (PARTITION BY " + dialect_.quote_list(spec_.key) + " ORDER BY " + dialect_.quote(spec_.staged.src_row) +
           " DESC) AS millrace_rank FROM " + from_staging() + ") ranked WHERE millrace_rank = 1";
  }

  std::string key_matches() const {
    return joined(spec_.key, " AND ", [&](const std::string& name) { return "t." + dialect_.quote(name) + " = s." + dialect_.quote(name); });
  }

  std::string changed() const {
    return joined(updated_, "\n    OR ", [&](const std::string& name) {
      const ColumnInfo* const column = spec_.target.find(name);
      return dialect_.differs("t." + dialect_.quote(name), "s." + dialect_.quote(name), column ? column->type : SqlType{});
    });
  }

  std::string assignments() const {
    std::string list = joined(updated_, ", ", [&](const std::string& name) { return dialect_.quote(name) + " = s." + dialect_.quote(name); });
    for (const SetClause& set : spec_.sets) if (set.on_update) list += ", " + dialect_.quote(set.column) + " = " + set.expression;
    return list;
  }

  std::string insert_columns() const {
    std::vector<std::string> names = spec_.columns;
    for (const SetClause& set : spec_.sets) if (set.on_insert) names.push_back(set.column);
    return "(" + dialect_.quote_list(names) + ")";
  }

  std::string insert_values(const char* prefix) const {
    std::string list = dialect_.quote_list(spec_.columns, prefix);
    for (const SetClause& set : spec_.sets) if (set.on_insert) list += ", " + set.expression;
    return list;
  }

 private:
  const Dialect& dialect_;
  const PublishSpec& spec_;
  std::vector<std::string> updated_;   // loaded columns that a match may change
};

}  // namespace

std::vector<PublishStatement> AnsiDialect::merge(const PublishSpec& spec) const {
  const Pieces pieces(*this, spec);
  std::string sql = "MERGE INTO " + pieces.target() + " AS t\nUSING (" + pieces.keyed_source() + ") AS s\nON " + pieces.key_matches();
  if (pieces.updates()) sql += "\nWHEN MATCHED AND (" + pieces.changed() + ")\n  THEN UPDATE SET " + pieces.assignments();
  sql += "\nWHEN NOT MATCHED\n  THEN INSERT " + pieces.insert_columns() + "\n  VALUES (" + pieces.insert_values("s.") + ")" + statement_end();
  return {{StatementRole::merge, std::move(sql)}};
}

std::vector<PublishStatement> AnsiDialect::insert(const PublishSpec& spec) const {
  const Pieces pieces(*this, spec);
  return {{StatementRole::insert, "INSERT INTO " + pieces.target() + " " + pieces.insert_columns() + "\nSELECT " + pieces.insert_values("") + "\nFROM " + pieces.from_staging() +
                                      "\nORDER BY " + quote(spec.staged.src_row)}};
}

std::vector<PublishStatement> AnsiDialect::replace(const PublishSpec& spec, ReloadKind, bool cascade) const {
  std::vector<PublishStatement> statements;
  if (cascade) {
    for (const ReferencingKey& child : spec.target.referenced_by) statements.push_back({StatementRole::prepare, "DELETE FROM " + quote(child.table)});
  }
  statements.push_back({StatementRole::remove, "DELETE FROM " + quote(spec.target.name)});
  for (PublishStatement& statement : insert(spec)) statements.push_back(std::move(statement));
  return statements;
}

std::string AnsiDialect::counting_join(const PublishSpec& spec) const {
  const Pieces pieces(*this, spec);
  const std::string absent = "t." + quote(spec.key.front()) + " IS NULL";  // a key is never null in a row that matched
  const std::string updates = pieces.updates() ? "COALESCE(SUM(CASE WHEN NOT (" + absent + ") AND (" + pieces.changed() + ") THEN 1 ELSE 0 END), 0)" : "COUNT(*) * 0";
  return "SELECT COALESCE(SUM(CASE WHEN " + absent + " THEN 1 ELSE 0 END), 0), " + updates + "\nFROM (" + pieces.keyed_source() + ") s\nLEFT JOIN " + pieces.target() + " t ON " +
         pieces.key_matches();
}

}  // namespace millrace::ansi
