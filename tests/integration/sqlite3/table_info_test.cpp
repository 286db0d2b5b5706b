#include "integration/sqlite3/support.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

std::string keys_of(const TableInfo& table) {
  std::string text;
  for (const UniqueKey& key : table.unique_keys) {
    if (!text.empty()) text += ' ';
    text += key.primary ? "primary" : "unique";
    for (const std::string& column : key.columns) text.append(":").append(column);
  }
  return text;
}

}  // namespace

TEST_CASE("columns come with type, nullability, default and generation") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(i INTEGER, n DECIMAL(15,2) NOT NULL, d TEXT DEFAULT 'x' COLLATE NOCASE, v BIGINT AS (i + 1), s BIGINT AS (i + 2) STORED, w, m \"my type\", f REAL, x INT, y SMALLINT)");
  const TableInfo t = connection->describe({"", "T"});
  CHECK(t.name == TableName{"main", "t"});
  REQUIRE(t.columns.size() == 10);
  CHECK(t.columns[0].type == SqlType::of(TypeKind::bigint));
  CHECK(t.columns[0].nullable);
  CHECK(t.columns[1].type == SqlType::decimal(15, 2));
  CHECK(t.columns[1].type.native == "DECIMAL(15,2)");
  CHECK_FALSE(t.columns[1].nullable);
  CHECK(t.columns[2].has_default);
  CHECK(t.columns[2].collation == "\"NOCASE\"");
  CHECK(t.columns[3].generated);
  CHECK(t.columns[4].generated);
  CHECK(t.columns[5].type == SqlType::of(TypeKind::text));
  CHECK(t.columns[6].type.kind == TypeKind::other);
  CHECK(t.columns[6].type.native == "my type");
  CHECK(t.columns[7].type == SqlType::of(TypeKind::double_precision));
  CHECK(t.columns[8].type == SqlType::of(TypeKind::bigint));
  CHECK(t.columns[9].type == SqlType::of(TypeKind::smallint));
  CHECK(t.unique_keys.empty());
  CHECK_FALSE(connection->table_exists({"", "u"}));
  CHECK_FALSE(connection->table_exists({"", std::string("t\0x", 3)}));
  CHECK_FALSE(connection->table_exists({"temp", "t"}));
}

TEST_CASE("an INTEGER PRIMARY KEY is the rowid: it may be left out and is never NULL") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a TEXT UNIQUE, id INTEGER PRIMARY KEY)");
  const TableInfo t = connection->describe({"", "t"});
  const ColumnInfo& id = *t.find("id");
  CHECK(id.identity == Identity::by_default);
  CHECK(id.has_default);
  CHECK_FALSE(id.nullable);
  CHECK(keys_of(t) == "primary:id unique:a");
  connection->execute("CREATE TABLE u(id INTEGER PRIMARY KEY DESC)");  // SQLite's own exception: no rowid
  CHECK(connection->describe({"", "u"}).columns[0].identity == Identity::none);
  connection->execute("CREATE TABLE v(id INT PRIMARY KEY)");
  CHECK(connection->describe({"", "v"}).columns[0].identity == Identity::none);
  CHECK(connection->describe({"", "v"}).columns[0].nullable);
  connection->execute("CREATE TABLE w(id INTEGER PRIMARY KEY, a) WITHOUT ROWID");
  CHECK(connection->describe({"", "w"}).columns[0].identity == Identity::none);
  CHECK_FALSE(connection->describe({"", "w"}).columns[0].nullable);
  CHECK(keys_of(connection->describe({"", "w"})) == "primary:id");
}

TEST_CASE("only whole unique indexes over plain columns in their own collation are keys") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a TEXT, b TEXT COLLATE NOCASE, c TEXT, PRIMARY KEY (b, a))");
  connection->execute("CREATE UNIQUE INDEX u1 ON t(c, a)");
  connection->execute("CREATE UNIQUE INDEX u2 ON t(c) WHERE a > 1");
  connection->execute("CREATE UNIQUE INDEX u3 ON t(lower(c))");
  connection->execute("CREATE UNIQUE INDEX u4 ON t(c COLLATE NOCASE)");
  connection->execute("CREATE UNIQUE INDEX u5 ON t(b)");
  connection->execute("CREATE INDEX i ON t(c)");
  CHECK(keys_of(connection->describe({"", "t"})) == "primary:b:a unique:c:a unique:b");
}

TEST_CASE("foreign keys of other tables are found, by name in any case, those of the table itself are not") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE p(id INTEGER PRIMARY KEY, parent REFERENCES p)");
  connection->execute("CREATE TABLE \"c\"\"1\"(a REFERENCES P, b REFERENCES p(id))");
  connection->execute("CREATE TABLE o(a REFERENCES q)");
  const TableInfo p = connection->describe({"", "p"});
  REQUIRE(p.referenced_by.size() == 2);
  CHECK(p.referenced_by[0].table == TableName{"main", "c\"1"});
}

TEST_CASE("a name is looked for in temp, then main, then attached databases") {
  const TempDir dir;
  const auto connection = open_memory();
  connection->execute("ATTACH ? AS \"o\"\"ther\"", {(dir / "y.db").string()});
  connection->execute("CREATE TABLE \"o\"\"ther\".t(a)");
  CHECK(connection->describe({"", "t"}).name.schema == "o\"ther");
  connection->execute("CREATE TABLE t(b)");
  CHECK(connection->describe({"", "t"}).name.schema == "main");
  connection->execute("CREATE TEMP TABLE t(c)");
  CHECK(connection->describe({"", "t"}).name.schema == "temp");
  CHECK(connection->describe({"MAIN", "t"}).columns[0].name == "b");
}
