#pragma once
// The tables whose SQL the tests of the dialects spell out.

#include <string>
#include <utility>
#include <vector>

#include "millrace/access/dialect.hpp"

namespace millrace::testing_specs {

inline ColumnInfo column(std::string name, const SqlType& type, Identity identity = Identity::none) {
  ColumnInfo info;
  info.name = std::move(name);
  info.type = type;
  info.identity = identity;
  return info;
}

/// A run's rows of a permanent staging table, two columns of key, one column set on insert and one on both. Names as the dialect folds them.
inline PublishSpec trades(const Dialect& dialect) {
  const auto folded = [&](const char* name) { return dialect.fold(name); };
  PublishSpec spec;
  spec.target.name = {folded("app"), folded("trades")};
  spec.target.columns = {column(folded("id"), SqlType::of(TypeKind::bigint)), column(folded("day"), SqlType::of(TypeKind::date)),
                         column(folded("amount"), SqlType::decimal(15, 2)), column(folded("note"), SqlType::varchar(20)),
                         column(folded("made"), SqlType::of(TypeKind::timestamp)), column(folded("seen"), SqlType::of(TypeKind::timestamp))};
  spec.target.unique_keys = {{folded("trades_key"), {folded("id"), folded("day")}, true}};
  spec.staged = {{folded("app"), folded("trades_stg")}, dialect.quote(folded("run_id")) + " = 'r1'", folded("src_row")};
  spec.columns = {folded("id"), folded("day"), folded("amount"), folded("note")};
  spec.key = {folded("id"), folded("day")};
  spec.sets = {{folded("made"), dialect.now_expression(), true, false}, {folded("seen"), dialect.now_expression(), true, true}};
  return spec;
}

/// One column of key, one value, staging of its own, no clauses: the shortest statements.
inline PublishSpec pairs(const Dialect& dialect) {
  PublishSpec spec;
  const std::string k = dialect.fold("k"), v = dialect.fold("v");
  spec.target.name = {{}, dialect.fold("pairs")};
  spec.target.columns = {column(k, SqlType::of(TypeKind::integer)), column(v, SqlType::of(TypeKind::integer))};
  spec.staged = {{{}, dialect.fold("pairs_stg")}, {}, dialect.fold("src_row")};
  spec.columns = {k, v};
  spec.key = {k};
  spec.duplicate_keys = false;
  return spec;
}

inline StagingTable staging(const Dialect& dialect, bool permanent, std::string name) {
  const auto folded = [&](const char* own) { return dialect.fold(own); };
  StagingTable table;
  table.name = {folded("app"), std::move(name)};
  table.columns = {column(folded("id"), SqlType::of(TypeKind::bigint)), column(folded("amount"), SqlType::decimal(15, 2)), column(folded("note"), SqlType::varchar(20))};
  table.src_row = folded("src_row");
  table.permanent = permanent;
  table.key = {folded("id")};
  table.own_names = {folded("stg_id"), folded("run_id"), folded("worker_id"), folded("src_row"), folded("insert_ts")};
  return table;
}

/// Every kind of type without a spelling of its own, in the order of TypeKind.
inline std::vector<std::string> plain_type_names(const Dialect& dialect) {
  std::vector<std::string> names;
  for (int kind = 0; kind <= static_cast<int>(TypeKind::other); ++kind) names.push_back(dialect.type_name(SqlType::of(static_cast<TypeKind>(kind))));
  return names;
}

}  // namespace millrace::testing_specs
