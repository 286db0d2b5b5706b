#include "conformance/publish.hpp"

#include <algorithm>
#include <ostream>

namespace millrace::conformance {
namespace {

Changes counters(Database& db, const std::optional<std::string>& query) {
  if (!query) return {};
  const ResultSet result = db->query(*query);
  REQUIRE(result.size() == 1);
  return {result[0][0].as<std::int64_t>(), result[0][1].as<std::int64_t>(), 0};
}

}  // namespace

PublishSpec stage(Database& db, std::string_view target, const std::vector<std::string>& columns, const std::vector<std::string>& key, const Rows& rows) {
  PublishSpec spec;
  spec.target = db.describe(target);
  for (const std::string& column : columns) spec.columns.push_back(db.column_name(spec.target, column));
  for (const std::string& column : key) spec.key.push_back(db.column_name(spec.target, column));
  StagingTable staging;
  staging.name = {spec.target.name.schema, db.dialect().limited_name(spec.target.name.name, db.name("_stg"))};
  staging.src_row = db.name("src_row");
  staging.key = spec.key;
  for (const std::string& column : spec.columns) {
    const ColumnInfo* const found = spec.target.find(column);
    REQUIRE(found);
    staging.columns.push_back(*found);
  }
  spec.staged = {staging.name, {}, staging.src_row};
  db.drop(staging.name);
  db.run(db.dialect().create_staging(staging));

  auto written = staging.columns;
  written.push_back({staging.src_row, SqlType::of(TypeKind::bigint)});
  Rows numbered = rows;
  for (std::size_t i = 0; i < numbered.size(); ++i) numbered[i].push_back(i + 1);
  auto stream = db.open_stream(staging.name, written);
  stream.write(numbered);
  REQUIRE(stream.finish() == static_cast<std::int64_t>(rows.size()));
  db.run(db.dialect().analyze(staging.name));
  return spec;
}

std::ostream& operator<<(std::ostream& out, const Changes& c) {
  return out << c.inserted << " inserted, " << c.updated << " updated, " << c.removed << " removed";
}

Changes publish(Database& db, const PublishSpec& spec, const std::vector<PublishStatement>& statements) {
  Transaction transaction(db.connection());
  db.run(db.dialect().lock_for_publish(spec.target));
  const auto query = db.dialect().change_counters(spec.target);
  const Changes before = counters(db, query);
  Changes affected;
  std::int64_t merged = 0, foretold_rows = 0;
  for (const PublishStatement& statement : statements) {
    INFO(statement.sql);
    if (statement.role == StatementRole::merge && !query) {   // its total alone: the join foretells the parts
      const Changes expected = foretold(db, spec);
      affected.inserted += expected.inserted;
      affected.updated += expected.updated;
      foretold_rows += expected.inserted + expected.updated;
    }
    const std::int64_t rows = db->execute(statement.sql);
    switch (statement.role) {
      case StatementRole::prepare: break;
      case StatementRole::insert: affected.inserted += rows; break;
      case StatementRole::update: affected.updated += rows; break;
      case StatementRole::remove: affected.removed += rows; break;
      case StatementRole::merge: merged += rows; break;
    }
  }
  const Changes after = counters(db, query);
  transaction.commit();
  if (!query) CHECK(foretold_rows == merged);
  if (query && merged > 0) {
    affected.inserted += after.inserted - before.inserted;
    affected.updated += after.updated - before.updated;
    CHECK(affected.inserted + affected.updated == merged);  // the counters agree with the statement's own total
  }
  return affected;
}

Changes merge(Database& db, const PublishSpec& spec) { return publish(db, spec, db.dialect().merge(spec)); }

Changes foretold(Database& db, const PublishSpec& spec) {
  const std::string sql = db.dialect().counting_join(spec);
  INFO(sql);
  const ResultSet result = db->query(sql);
  REQUIRE(result.size() == 1);
  return {result[0][0].as<std::int64_t>(), result[0][1].as<std::int64_t>(), 0};
}

Rows rows_of(Database& db, std::string_view table, std::string_view columns) {
  Rows rows = values_of(db->query("SELECT " + std::string(columns) + " FROM " + std::string(table)));
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (a[i].is_null() != b[i].is_null()) return a[i].is_null();
      if (a[i].storage() != b[i].storage()) return a[i].to_text() < b[i].to_text();
    }
    return false;
  });
  return rows;
}

}  // namespace millrace::conformance
