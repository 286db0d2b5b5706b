#pragma once
// The pieces that all statements of one publish share, for standard SQL and the dialects that depart from it.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/access/dialect.hpp"

namespace millrace::ansi {

template <class Range, class F> std::string joined(const Range& range, const char* separator, F&& text) {
  std::string out;
  for (const auto& element : range) {
    if (!out.empty()) out += separator;
    out += text(element);
  }
  return out;
}

/// Staged rows are `s`, the target is `t`.
class PublishPieces {
 public:
  PublishPieces(const Dialect& dialect, const PublishSpec& spec) : dialect_(dialect), spec_(spec) {
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

  std::string key_matches(std::string_view left = "t", std::string_view right = "s") const {
    return joined(spec_.key, " AND ", [&](const std::string& name) { return std::string(left) + "." + dialect_.quote(name) + " = " + std::string(right) + "." + dialect_.quote(name); });
  }

  std::string changed() const {
    return joined(updated_, "\n    OR ", [&](const std::string& name) {
      const ColumnInfo* const column = spec_.target.find(name);
      return dialect_.differs("t." + dialect_.quote(name), "s." + dialect_.quote(name), column ? column->type : SqlType{});
    });
  }

  /// Begin of a query for the rows to insert and to update. As BIGINT: a sum of integers is an integer in many products, and then ends at 2^31.
  std::string counts() const {
    const std::string absent = "t." + dialect_.quote(spec_.key.front()) + " IS NULL";  // a key is never null in a row that matched
    const auto sum_where = [](const std::string& condition) { return "COALESCE(SUM(CASE WHEN " + condition + " THEN CAST(1 AS BIGINT) ELSE 0 END), 0)"; };
    return "SELECT " + sum_where(absent) + ", " + (updates() ? sum_where("NOT (" + absent + ") AND (" + changed() + ")") : dialect_.count_rows() + " * 0");
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

}  // namespace millrace::ansi
