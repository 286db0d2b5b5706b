// The statements that move staged rows into their target, in standard SQL.

#include "products/ansi/dialect.hpp"
#include "products/ansi/publish_pieces.hpp"

namespace millrace::ansi {

std::vector<PublishStatement> AnsiDialect::merge(const PublishSpec& spec) const {
  const PublishPieces pieces(*this, spec);
  std::string sql = "MERGE INTO " + pieces.target() + " AS t\nUSING (" + pieces.keyed_source() + ") AS s\nON " + pieces.key_matches();
  if (pieces.updates()) sql += "\nWHEN MATCHED AND (" + pieces.changed() + ")\n  THEN UPDATE SET " + pieces.assignments();
  sql += "\nWHEN NOT MATCHED\n  THEN INSERT " + pieces.insert_columns() + "\n  VALUES (" + pieces.insert_values("s.") + ")" + statement_end();
  return {{StatementRole::merge, std::move(sql)}};
}

std::vector<PublishStatement> AnsiDialect::insert(const PublishSpec& spec) const {
  const PublishPieces pieces(*this, spec);
  return {{StatementRole::insert, "INSERT INTO " + pieces.target() + " " + pieces.insert_columns() + "\nSELECT " + pieces.insert_values("") + "\nFROM " + pieces.from_staging() +
                                      "\nORDER BY " + quote(spec.staged.src_row)}};
}

std::vector<PublishStatement> AnsiDialect::replace(const PublishSpec& spec, ReloadKind kind, bool cascade) const {
  std::vector<PublishStatement> statements;
  if (cascade) {
    for (const ReferencingKey& child : spec.target.referenced_by) statements.push_back({StatementRole::prepare, "DELETE FROM " + quote(child.table)});
  }
  statements.push_back({StatementRole::remove, removal(spec.target, kind)});
  for (PublishStatement& statement : insert(spec)) statements.push_back(std::move(statement));
  return statements;
}

std::string AnsiDialect::removal(const TableInfo& target, ReloadKind) const { return "DELETE FROM " + quote(target.name); }

std::string AnsiDialect::counting_join(const PublishSpec& spec) const {
  const PublishPieces pieces(*this, spec);
  return pieces.counts() + "\nFROM (" + pieces.keyed_source() + ") s\nLEFT JOIN " + pieces.target() + " t ON " + pieces.key_matches();
}

}  // namespace millrace::ansi
