#include "products/db2/dialect.hpp"

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/error.hpp"
#include "unit/backends/products/publish_specs.hpp"

using namespace millrace;
using namespace millrace::testing_specs;
using millrace::db2::Db2Dialect;

namespace {

const Db2Dialect kDb2;

std::string only(const std::vector<PublishStatement>& statements, StatementRole role) {
  REQUIRE(statements.size() == 1);
  CHECK(statements[0].role == role);
  return statements[0].sql;
}

}  // namespace

TEST_CASE("Db2 merges the last staged row of each key, and updates what is distinct") {
  CHECK(only(kDb2.merge(trades(kDb2)), StatementRole::merge) ==
        R"(MERGE INTO "APP"."TRADES" AS t
USING (SELECT "ID", "DAY", "AMOUNT", "NOTE" FROM (SELECT "ID", "DAY", "AMOUNT", "NOTE", ROW_NUMBER() OVER (PARTITION BY "ID", "DAY" ORDER BY "SRC_ROW" DESC))"
        R"( AS millrace_rank FROM "APP"."TRADES_STG" WHERE "RUN_ID" = 'r1') ranked WHERE millrace_rank = 1) AS s
ON t."ID" = s."ID" AND t."DAY" = s."DAY"
WHEN MATCHED AND (t."AMOUNT" IS DISTINCT FROM s."AMOUNT"
    OR (t."NOTE" IS DISTINCT FROM s."NOTE" OR LENGTH(t."NOTE") IS DISTINCT FROM LENGTH(s."NOTE")))
  THEN UPDATE SET "AMOUNT" = s."AMOUNT", "NOTE" = s."NOTE", "SEEN" = CURRENT_TIMESTAMP
WHEN NOT MATCHED
  THEN INSERT ("ID", "DAY", "AMOUNT", "NOTE", "MADE", "SEEN")
  VALUES (s."ID", s."DAY", s."AMOUNT", s."NOTE", CURRENT_TIMESTAMP, CURRENT_TIMESTAMP))");
}

TEST_CASE("Db2 ranks no rows where every key is staged once") {
  CHECK(only(kDb2.merge(pairs(kDb2)), StatementRole::merge) ==
        R"(MERGE INTO "PAIRS" AS t
USING (SELECT "K", "V" FROM "PAIRS_STG") AS s
ON t."K" = s."K"
WHEN MATCHED AND (t."V" IS DISTINCT FROM s."V")
  THEN UPDATE SET "V" = s."V"
WHEN NOT MATCHED
  THEN INSERT ("K", "V")
  VALUES (s."K", s."V"))");
}

TEST_CASE("Db2 inserts only, where a table is nothing but its key") {
  PublishSpec spec = pairs(kDb2);
  spec.columns = {"K"};
  CHECK(only(kDb2.merge(spec), StatementRole::merge) ==
        R"(MERGE INTO "PAIRS" AS t
USING (SELECT "K" FROM "PAIRS_STG") AS s
ON t."K" = s."K"
WHEN NOT MATCHED
  THEN INSERT ("K")
  VALUES (s."K"))");
}

TEST_CASE("Db2 appends in the order of the source, and reloads with DELETE") {
  const PublishSpec spec = trades(kDb2);
  const std::string insert = R"(INSERT INTO "APP"."TRADES" ("ID", "DAY", "AMOUNT", "NOTE", "MADE", "SEEN")
SELECT "ID", "DAY", "AMOUNT", "NOTE", CURRENT_TIMESTAMP, CURRENT_TIMESTAMP
FROM "APP"."TRADES_STG" WHERE "RUN_ID" = 'r1'
ORDER BY "SRC_ROW")";
  CHECK(only(kDb2.insert(spec), StatementRole::insert) == insert);
  const auto statements = kDb2.replace(spec, ReloadKind::swap, false);
  REQUIRE(statements.size() == 2);
  CHECK(statements[0].role == StatementRole::remove);
  CHECK(statements[0].sql == R"(DELETE FROM "APP"."TRADES")");
  CHECK(statements[1].sql == insert);
}

// Other statements come before a publish's own, and a publish can be rolled back.
TEST_CASE("Db2 truncates in no publish, and tells the statement that does it at once and for good") {
  for (const ReloadKind kind : {ReloadKind::swap, ReloadKind::direct, ReloadKind::delete_rows}) {
    for (const PublishStatement& statement : kDb2.replace(trades(kDb2), kind, false)) CHECK(statement.sql.find("TRUNCATE") == std::string::npos);
  }
  CHECK(kDb2.irrevocable_truncate({"APP", "TRADES"}) == R"(TRUNCATE TABLE "APP"."TRADES" IMMEDIATE)");
}

TEST_CASE("Db2 counts what a merge will insert and update") {
  CHECK(kDb2.counting_join(pairs(kDb2)) ==
        R"(SELECT COALESCE(SUM(CASE WHEN t."K" IS NULL THEN CAST(1 AS BIGINT) ELSE 0 END), 0), )"
        R"(COALESCE(SUM(CASE WHEN NOT (t."K" IS NULL) AND (t."V" IS DISTINCT FROM s."V") THEN CAST(1 AS BIGINT) ELSE 0 END), 0)
FROM (SELECT "K", "V" FROM "PAIRS_STG") s
LEFT JOIN "PAIRS" t ON t."K" = s."K")");
}

TEST_CASE("Db2 counts staged rows by the ledger's ranges") {
  CHECK(kDb2.count_by_range(trades(kDb2).staged, R"(SELECT "FIRST_SRC_ROW" FROM "APP"."MILLRACE_LEDGER" WHERE "RUN_ID" = 'r1')") ==
        R"(SELECT bounds.range_first, CAST(COUNT_BIG(*) AS BIGINT)
FROM (SELECT "FIRST_SRC_ROW" AS range_first, LEAD("FIRST_SRC_ROW", 1, 9223372036854775807) OVER (ORDER BY "FIRST_SRC_ROW") AS range_next
  FROM (SELECT "FIRST_SRC_ROW" FROM "APP"."MILLRACE_LEDGER" WHERE "RUN_ID" = 'r1') ledger_ranges) bounds
JOIN "APP"."TRADES_STG" staged ON staged."SRC_ROW" >= bounds.range_first AND staged."SRC_ROW" < bounds.range_next
WHERE "RUN_ID" = 'r1'
GROUP BY bounds.range_first)");
}

TEST_CASE("Db2 stages in tables of its own types") {
  StagingTable table = staging(kDb2, true, "TRADES_STG");
  table.columns.push_back(column("PRICE", SqlType::of(TypeKind::double_precision)));
  const auto statements = kDb2.create_staging(table);
  REQUIRE(statements.size() == 2);
  CHECK(statements[0] == R"(CREATE TABLE "APP"."TRADES_STG" (
  "STG_ID" BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "RUN_ID" VARCHAR(50) NOT NULL,
  "WORKER_ID" INTEGER NOT NULL,
  "SRC_ROW" BIGINT NOT NULL,
  "ID" BIGINT,
  "AMOUNT" DECIMAL(15,2),
  "NOTE" VARCHAR(20),
  "PRICE" DOUBLE,
  "INSERT_TS" TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP
))");
  CHECK(statements[1] == R"(CREATE INDEX "APP"."TRADES_STG_RUN_KEY" ON "APP"."TRADES_STG" ("RUN_ID", "ID"))");
  table.permanent = false;
  CHECK(kDb2.create_staging(table) == std::vector<std::string>{R"(CREATE TABLE "APP"."TRADES_STG" (
  "SRC_ROW" BIGINT NOT NULL,
  "ID" BIGINT,
  "AMOUNT" DECIMAL(15,2),
  "NOTE" VARCHAR(20),
  "PRICE" DOUBLE
))"});
}

TEST_CASE("an index's name is no longer than Db2 takes") {
  const std::string sql = kDb2.create_staging(staging(kDb2, true, std::string(128, 'T'))).at(1);
  CHECK(sql.starts_with("CREATE INDEX \"APP\".\"" + std::string(120, 'T') + "_RUN_KEY\" ON \"APP\".\"" + std::string(128, 'T') + "\" ("));
}

TEST_CASE("every kind of type has a name that Db2 knows") {
  const std::vector<std::string> names = plain_type_names(kDb2);
  const auto name = [&](TypeKind kind) { return names.at(static_cast<std::size_t>(kind)); };
  CHECK(name(TypeKind::boolean) == "BOOLEAN");
  CHECK(name(TypeKind::smallint) == "SMALLINT");
  CHECK(name(TypeKind::integer) == "INTEGER");
  CHECK(name(TypeKind::bigint) == "BIGINT");
  CHECK(name(TypeKind::real) == "REAL");
  CHECK(name(TypeKind::double_precision) == "DOUBLE");
  CHECK(name(TypeKind::decimal) == "DECFLOAT(34)");   // without digits declared, any number of them may stand behind the point
  CHECK(name(TypeKind::character) == "CHAR(1)");
  CHECK(name(TypeKind::varchar) == "VARCHAR(4000)");
  CHECK(name(TypeKind::date) == "DATE");
  CHECK(name(TypeKind::time) == "TIME");
  CHECK(name(TypeKind::timestamp) == "TIMESTAMP(6)");
  CHECK(name(TypeKind::timestamp_tz) == "TIMESTAMP(6)");
  CHECK(name(TypeKind::uuid) == "CHAR(36)");
  CHECK(kDb2.type_name(SqlType::decimal(38, 10)) == "DECIMAL(31,10)");
  CHECK(kDb2.type_name(SqlType::decimal(5, -2)) == "DECIMAL(7,0)");
  CHECK(kDb2.type_name(SqlType::decimal(2, 5)) == "DECIMAL(5,5)");
  CHECK(kDb2.type_name(SqlType::character(255)) == "CHAR(255)");
  CHECK(kDb2.type_name(SqlType::character(256)) == "VARCHAR(256)");
  CHECK(kDb2.type_name(SqlType::varchar(32672)) == "VARCHAR(32672)");
  CHECK(kDb2.type_name(SqlType::varchar(32673)) == "CLOB(32673)");
  CHECK(kDb2.type_name(parse_type("DECFLOAT(34)")) == "DECFLOAT(34)");
}

// A larger one has to be declared NOT LOGGED, or CREATE TABLE fails (SQL0355N).
TEST_CASE("Db2's large objects are no larger than what it can log") {
  CHECK(kDb2.type_name(SqlType::of(TypeKind::binary)) == "BLOB(1G)");
  for (const TypeKind kind : {TypeKind::text, TypeKind::json, TypeKind::other}) CHECK(kDb2.type_name(SqlType::of(kind)) == "CLOB(1G)");
}

TEST_CASE("Db2 tells texts apart that differ in trailing blanks") {
  CHECK(kDb2.differs("t.\"A\"", "s.\"A\"", SqlType::varchar(20)) == R"((t."A" IS DISTINCT FROM s."A" OR LENGTH(t."A") IS DISTINCT FROM LENGTH(s."A")))");
  CHECK(kDb2.differs("t.\"A\"", "s.\"A\"", parse_type("VARBINARY(8)")) == R"((t."A" IS DISTINCT FROM s."A" OR LENGTH(t."A") IS DISTINCT FROM LENGTH(s."A")))");
  for (const SqlType& type : {SqlType::of(TypeKind::integer), SqlType::of(TypeKind::timestamp), SqlType::decimal(15, 2), SqlType::character(3), SqlType::of(TypeKind::boolean)}) {
    CHECK(kDb2.differs("t.\"A\"", "s.\"A\"", type) == R"(t."A" IS DISTINCT FROM s."A")");
  }
}

// They have no equality of their own. Longer ones always differ: an update too many does no harm.
TEST_CASE("Db2 compares large objects by their first 32,672 bytes if there are no more") {
  const auto expected = [](const std::string& type) {
    return R"(CASE WHEN CASE WHEN OCTET_LENGTH(t."A") > 32672 OR OCTET_LENGTH(t."A") <> OCTET_LENGTH(s."A") THEN 0 WHEN CAST(t."A" AS )" + type + R"() = CAST(s."A" AS )" + type +
           R"() THEN 1 ELSE 0 END = 1 OR (t."A" IS NULL AND s."A" IS NULL) THEN 0 ELSE 1 END = 1)";
  };
  for (const TypeKind kind : {TypeKind::text, TypeKind::json, TypeKind::other}) CHECK(kDb2.differs("t.\"A\"", "s.\"A\"", SqlType::of(kind)) == expected("VARCHAR(32672)"));
  CHECK(kDb2.differs("t.\"A\"", "s.\"A\"", SqlType::of(TypeKind::binary)) == expected("VARBINARY(32672)"));
  CHECK(kDb2.differs("t.\"A\"", "s.\"A\"", parse_type("DBCLOB(1M)")) == expected("VARGRAPHIC(16336)"));
  CHECK(kDb2.differs("t.\"A\"", "s.\"A\"", parse_type("LONG VARCHAR FOR BIT DATA")) == expected("VARCHAR(32672) FOR BIT DATA"));
}

TEST_CASE("Db2 has no way to compare XML, and takes it to differ") {
  CHECK(kDb2.differs("t.\"A\"", "s.\"A\"", parse_type("XML")) == R"(CASE WHEN 1 = 0 OR (t."A" IS NULL AND s."A" IS NULL) THEN 0 ELSE 1 END = 1)");
}

TEST_CASE("Db2 adds in 31 digits") {
  CHECK(kDb2.sum_expression("AMOUNT", SqlType::decimal(15, 2)) == R"(CAST(SUM(CAST("AMOUNT" AS DECIMAL(31,2))) AS VARCHAR(50)))");
  CHECK(kDb2.sum_expression("ID", SqlType::of(TypeKind::integer)) == R"(CAST(SUM(CAST("ID" AS DECIMAL(31,0))) AS VARCHAR(50)))");
}

TEST_CASE("Db2's savepoints say what becomes of cursors") {
  CHECK(kDb2.savepoint("millrace_rows") == R"(SAVEPOINT "millrace_rows" ON ROLLBACK RETAIN CURSORS)");
  CHECK(kDb2.release_savepoint("millrace_rows") == R"(RELEASE SAVEPOINT "millrace_rows")");
  CHECK(kDb2.rollback_to_savepoint("millrace_rows") == R"(ROLLBACK TO SAVEPOINT "millrace_rows")");
}

// Two holders of SHARE would wait for each other's.
TEST_CASE("Db2 lets one publisher at a time at a table") {
  CHECK(kDb2.lock_for_publish(trades(kDb2).target) == std::vector<std::string>{R"(LOCK TABLE "APP"."TRADES" IN EXCLUSIVE MODE)"});
}

TEST_CASE("Db2 drops a table that is there") { CHECK(kDb2.drop_table({"APP", "TRADES"}) == R"(DROP TABLE "APP"."TRADES")"); }

TEST_CASE("a literal for Db2 is of its column's type, whatever the form it was written in") {
  const struct { SqlType type; const char* text; const char* sql; } cases[] = {
      {SqlType::of(TypeKind::boolean), " Yes ", "TRUE"},
      {SqlType::of(TypeKind::boolean), "off", "FALSE"},
      {SqlType::of(TypeKind::smallint), "-32768", "-32768"},
      {SqlType::of(TypeKind::bigint), "+9223372036854775807", "9223372036854775807"},
      {SqlType::of(TypeKind::real), "0.1", "1E-01"},
      {SqlType::of(TypeKind::double_precision), "-1.5", "-1.5E+00"},
      {SqlType::decimal(15, 2), "9.995", "10.00"},
      {SqlType::of(TypeKind::decimal), " -12.50 ", "-12.50"},
      {SqlType::of(TypeKind::date), "20240229", "CAST('2024-02-29' AS DATE)"},
      {SqlType::of(TypeKind::time), "13.45.00.5", "CAST('13:45:01' AS TIME)"},
      {SqlType::of(TypeKind::timestamp), "2024-02-29-13.45.00.000001", "CAST('2024-02-29 13:45:00.000001' AS TIMESTAMP)"},
      {SqlType::of(TypeKind::timestamp_tz), "2024-02-29T00:30:00+01:00", "CAST('2024-02-28 23:30:00' AS TIMESTAMP)"},
      {SqlType::of(TypeKind::uuid), "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"},
      {SqlType::varchar(10), "it's 5", "'it''s 5'"},
      {SqlType::of(TypeKind::json), "{}", "'{}'"},
      {SqlType::of(TypeKind::binary), "\\x00fF", "BX'00FF'"},
      {{TypeKind::binary, 0, 0, 0, "CHAR(2) FOR BIT DATA"}, "ab", "X'6162'"},
  };
  for (const auto& [type, text, sql] : cases) {
    INFO(text);
    CHECK(kDb2.typed_literal(text, type) == sql);
  }
}

TEST_CASE("a text that is no value of its column's type becomes no literal for Db2") {
  CHECK_THROWS_AS(kDb2.typed_literal("1.5", SqlType::of(TypeKind::integer)), ConfigError);
  CHECK_THROWS_AS(kDb2.typed_literal("40000", SqlType::of(TypeKind::smallint)), ConfigError);
  CHECK_THROWS_AS(kDb2.typed_literal("NaN", SqlType::of(TypeKind::double_precision)), ConfigError);
  CHECK_THROWS_AS(kDb2.typed_literal("-inf", SqlType::of(TypeKind::real)), ConfigError);
  CHECK_THROWS_AS(kDb2.typed_literal("Infinity", SqlType::of(TypeKind::decimal)), ConfigError);
  CHECK_THROWS_AS(kDb2.typed_literal("1); DROP TABLE t; --", SqlType::of(TypeKind::decimal)), ConfigError);
  CHECK_THROWS_AS(kDb2.typed_literal("2023-02-29", SqlType::of(TypeKind::date)), ConfigError);
  CHECK_THROWS_AS(kDb2.typed_literal("maybe", SqlType::of(TypeKind::boolean)), ConfigError);
  CHECK_THROWS_AS(kDb2.typed_literal("\\x0", SqlType::of(TypeKind::binary)), ConfigError);
  CHECK_THROWS_AS(kDb2.typed_literal(std::string("a\0b", 3), SqlType::varchar(9)), ConfigError);
}

TEST_CASE("Db2 folds unquoted names to upper case and has names of 128 bytes") {
  CHECK(kDb2.parse_table("app.Trades") == TableName{"APP", "TRADES"});
  CHECK(kDb2.parse_table(R"("app"."Trades")") == TableName{"app", "Trades"});
  CHECK(kDb2.parse_identifier(std::string(128, 'x')).size() == 128);
  CHECK_THROWS_AS(kDb2.parse_identifier(std::string(129, 'x')), ConfigError);
}

TEST_CASE("a copy of Db2's dialect is one") {
  const auto copy = kDb2.clone();
  CHECK(copy->name() == "db2");
  CHECK(copy->savepoint("s") == kDb2.savepoint("s"));
}
