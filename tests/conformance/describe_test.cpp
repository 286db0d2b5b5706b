// What the planner learns about a table.

#include <algorithm>

#include "conformance/database.hpp"

using namespace millrace;
using namespace millrace::conformance;

namespace {

const ColumnInfo& column(const TableInfo& info, std::string_view name) {
  const ColumnInfo* const found = info.find(name);
  REQUIRE(found);
  return *found;
}

}  // namespace

CONFORMANCE_TEST("types are described as they were declared") {
  const std::vector<SqlType> types = {
      SqlType::of(TypeKind::boolean), SqlType::of(TypeKind::smallint), SqlType::of(TypeKind::integer), SqlType::of(TypeKind::bigint), SqlType::of(TypeKind::real),
      SqlType::of(TypeKind::double_precision), SqlType::decimal(15, 2), SqlType::decimal(38, 38), SqlType::decimal(5, 0), SqlType::decimal(0, 0),
      SqlType::character(7), SqlType::varchar(20), SqlType::of(TypeKind::varchar), SqlType::of(TypeKind::text), SqlType::of(TypeKind::binary),
      SqlType::of(TypeKind::date), SqlType::of(TypeKind::time), SqlType::of(TypeKind::timestamp), SqlType::of(TypeKind::timestamp_tz),
      SqlType::of(TypeKind::uuid), SqlType::of(TypeKind::json)};
  for (SqlType type : types) {
    INFO(to_string(type) << " as " << db.type(type));
    db.drop("t");
    db.run({"CREATE TABLE t (v " + db.type(type) + ")"});
    const SqlType found = column(db.describe("t"), db.name("v")).type;
    type = db.quirks().described(type);
    CHECK(to_string(found) == to_string(type));
    CHECK(found == type);
    CHECK_FALSE(found.native.empty());
  }
}

CONFORMANCE_TEST("a described type makes the same column again") {
  db.run({"CREATE TABLE t (a " + db.type(SqlType::decimal(38, 4)) + ", b " + db.type(SqlType::varchar(9)) + ", c " + db.type(TypeKind::timestamp_tz) + ", d " +
          db.type(TypeKind::json) + ")"});
  const TableInfo first = db.describe("t");
  std::string columns;
  for (const ColumnInfo& c : first.columns) columns += (columns.empty() ? "" : ", ") + db.dialect().quote(c.name) + " " + db.dialect().type_name(c.type);
  db.run({"CREATE TABLE u (" + columns + ")"});
  CHECK(db.describe("u").columns == first.columns);
}

CONFORMANCE_TEST("columns come in order, with nullability and defaults") {
  db.run({"CREATE TABLE t (z integer NOT NULL, y integer, \"X y\" integer DEFAULT 7, \"Q\"\"\" integer NOT NULL DEFAULT 0)"});
  const TableInfo info = db.describe("t");
  REQUIRE(info.columns.size() == 4);
  CHECK(info.columns[0].name == db.name("z"));
  CHECK_FALSE(info.columns[0].nullable);
  CHECK_FALSE(info.columns[0].has_default);
  CHECK(info.columns[1].name == db.name("y"));
  CHECK(info.columns[1].nullable);
  CHECK_FALSE(info.columns[1].has_default);
  CHECK(info.columns[2].name == "X y");
  CHECK(info.columns[2].nullable);
  CHECK(info.columns[2].has_default);
  CHECK(info.columns[3].name == "Q\"");
  CHECK_FALSE(info.columns[3].nullable);
  CHECK(info.columns[3].has_default);
  for (const ColumnInfo& c : info.columns) {
    CHECK_FALSE(c.generated);
    CHECK(c.identity == Identity::none);
    CHECK(c.collation.empty());
  }
  CHECK(info.unique_keys.empty());
  CHECK(info.referenced_by.empty());
  CHECK_FALSE(info.is_partitioned);
}

CONFORMANCE_TEST("generated and identity columns are told apart") {
  db.run({"CREATE TABLE t (id " + db.quirks().identity_by_default + ", a integer, c integer " + db.quirks().generated_stored + ")"});
  const TableInfo info = db.describe("t");
  CHECK(column(info, db.name("c")).generated);
  CHECK_FALSE(column(info, db.name("a")).generated);
  CHECK(column(info, db.name("id")).identity == db.quirks().described_identity);
  CHECK(column(info, db.name("a")).identity == Identity::none);
  if (!db.quirks().identity_always.empty()) {
    db.run({"CREATE TABLE u (id " + db.quirks().identity_always + ")"});
    CHECK(column(db.describe("u"), db.name("id")).identity == Identity::always);
  }
}

CONFORMANCE_TEST("a collation is described as DDL needs it") {
  if (!db.quirks().lacks_collations.empty()) SKIP(db.quirks().lacks_collations);
  db.run({"CREATE TABLE t (a " + db.type(TypeKind::text) + " " + db.quirks().collate + ")"});
  const ColumnInfo first = column(db.describe("t"), db.name("a"));
  CHECK_FALSE(first.collation.empty());
  db.run({"CREATE TABLE u (a " + db.dialect().type_name(first.type) + " COLLATE " + first.collation + ")"});
  CHECK(column(db.describe("u"), db.name("a")) == first);
}

CONFORMANCE_TEST("keys are described in the order of their columns, the primary key first") {
  db.run({"CREATE TABLE t (a integer NOT NULL, b integer NOT NULL, c integer, d integer, UNIQUE (d, c), PRIMARY KEY (b, a))",
          "CREATE UNIQUE INDEX t_c ON t (c)", "CREATE INDEX t_d ON t (d)"});
  if (db.quirks().partial_indexes) db.run({"CREATE UNIQUE INDEX t_partial ON t (a) WHERE c > 0", "CREATE UNIQUE INDEX t_expression ON t (a, (c + 1))"});
  const TableInfo info = db.describe("t");
  REQUIRE(info.unique_keys.size() == 3);
  CHECK(info.unique_keys[0].primary);
  CHECK(info.unique_keys[0].columns == db.names({"b", "a"}));
  REQUIRE(info.primary_key());
  CHECK(info.primary_key()->columns == info.unique_keys[0].columns);
  const auto has = [&](const std::vector<std::string>& columns) {
    return std::any_of(info.unique_keys.begin() + 1, info.unique_keys.end(), [&](const UniqueKey& key) { return !key.primary && key.columns == columns; });
  };
  CHECK(has(db.names({"d", "c"})));
  CHECK(has(db.names({"c"})));
}

CONFORMANCE_TEST("a primary key of one integer column is a key") {
  db.run({"CREATE TABLE t (id integer PRIMARY KEY, a integer)"});
  const TableInfo info = db.describe("t");
  REQUIRE(info.primary_key());
  CHECK(info.primary_key()->columns == db.names({"id"}));
  CHECK(info.unique_keys.size() == 1);
}

CONFORMANCE_TEST("the tables that refer to a table are listed") {
  db.run({"CREATE TABLE parent (id integer PRIMARY KEY, self integer REFERENCES parent (id))", "CREATE TABLE b (p integer REFERENCES parent (id))",
          "CREATE TABLE a (p integer REFERENCES parent (id), q integer)", "CREATE TABLE other (p integer)"});
  const TableInfo info = db.describe("parent");
  std::vector<std::string> names;
  for (const ReferencingKey& key : info.referenced_by) names.push_back(key.table.name);
  std::sort(names.begin(), names.end());
  CHECK(names == db.names({"a", "b"}));
  CHECK(db.describe("a").referenced_by.empty());
}

CONFORMANCE_TEST("a table is found by its exact name, and its schema is told") {
  db.run({"CREATE TABLE \"Odd Name\" (a integer)", "CREATE TABLE t (a integer)"});
  const auto info = db->try_describe({{}, "Odd Name"});
  REQUIRE(info);
  CHECK(info->name.name == "Odd Name");
  CHECK(info->name.schema == db.schema());
  CHECK(db->try_describe(info->name).has_value());
  CHECK_FALSE(db->table_exists({{}, "no_such_table"}));
  CHECK_FALSE(db->table_exists({"no_such_schema", "t"}));
  CHECK_FALSE(db->table_exists({{}, "t\" (a"}));
  CHECK_FALSE(db->table_exists({{}, ""}));
}

CONFORMANCE_TEST("describe sees a table that was changed meanwhile") {
  db.run({"CREATE TABLE t (a integer)"});
  CHECK(db.describe("t").columns.size() == 1);
  db.run({"ALTER TABLE t ADD COLUMN b integer"});
  CHECK(db.describe("t").columns.size() == 2);
  db.run({"DROP TABLE t"});
  CHECK_FALSE(db->table_exists(db.table("t")));
}

CONFORMANCE_TEST("quoted names, however odd, are usable") {
  for (const std::string name : {"select", "A b", "a\"b", "a.b", "a;--", "\xC3\x84rzte", "'", "?", ":x", "$1", "\\"}) {
    INFO(name);
    const std::string quoted = db.dialect().quote(name);
    db.run({"CREATE TABLE " + quoted + " (" + quoted + " integer)"});
    CHECK(db.dialect().parse_table(quoted) == TableName{{}, name});
    const TableInfo info = db->describe({{}, name});
    REQUIRE(info.columns.size() == 1);
    CHECK(info.columns[0].name == name);
    auto stream = db.open_stream(info.name, info.columns);
    stream.write({{1}});
    CHECK(stream.finish() == 1);
    db.run({db.dialect().drop_table(info.name)});
    CHECK_FALSE(db->table_exists(info.name));
    if (db.quirks().drops_the_missing) db.run({db.dialect().drop_table(info.name)});
  }
}

CONFORMANCE_TEST("unquoted names fold as the database folds them") {
  db.run({"CREATE TABLE MixedCase (ColumnOne integer)"});
  const TableName name = db.dialect().parse_table("MixedCase");
  const auto info = db->try_describe(name);
  REQUIRE(info);
  CHECK(info->find(db.dialect().parse_identifier("ColumnOne")));
}

CONFORMANCE_TEST("the longest name that the dialect allows is stored whole") {
  const std::size_t limit = std::min<std::size_t>(db.dialect().max_identifier_bytes(), 300);
  const std::string name = db.dialect().limited_name(std::string(400, 'x'), "_end").substr(0, 400);
  if (db.dialect().max_identifier_bytes() < 400) CHECK(name.size() == limit);
  db.run({"CREATE TABLE " + db.dialect().quote(name) + " (a integer)"});
  const auto info = db->try_describe({{}, name});
  REQUIRE(info);
  CHECK(info->name.name == name);
}
