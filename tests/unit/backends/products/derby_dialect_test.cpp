#include "products/derby/dialect.hpp"

#include <catch2/catch_test_macros.hpp>

#include "unit/backends/products/publish_specs.hpp"

using namespace millrace;
using namespace millrace::testing_specs;
using millrace::derby::DerbyDialect;

namespace {

const DerbyDialect kDerby;

constexpr const char* kSuperseded = R"(EXISTS (SELECT 1 FROM "APP"."TRADES_STG" AS later WHERE "RUN_ID" = 'r1' AND later."ID" = s."ID" AND later."DAY" = s."DAY" AND later."SRC_ROW" > s."SRC_ROW"))";
constexpr const char* kChanged = R"((CASE WHEN t."AMOUNT" = s."AMOUNT" OR (t."AMOUNT" IS NULL AND s."AMOUNT" IS NULL) THEN 0 ELSE 1 END = 1
    OR CASE WHEN (t."NOTE" = s."NOTE" AND LENGTH(t."NOTE") = LENGTH(s."NOTE")) OR (t."NOTE" IS NULL AND s."NOTE" IS NULL) THEN 0 ELSE 1 END = 1))";

std::string declared(std::string_view text) { return kDerby.differs("t.\"A\"", "s.\"A\"", SqlType{TypeKind::other, 0, 0, 0, std::string(text)}); }

std::string unless(std::string_view equal) { return "CASE WHEN " + std::string(equal) + R"( OR (t."A" IS NULL AND s."A" IS NULL) THEN 0 ELSE 1 END = 1)"; }

}  // namespace

TEST_CASE("Derby deletes superseded rows from staging, then merges from the table, and leaves other runs alone") {
  const auto statements = kDerby.merge(trades(kDerby));
  REQUIRE(statements.size() == 2);
  CHECK(statements[0].role == StatementRole::prepare);
  CHECK(statements[0].sql == R"(DELETE FROM "APP"."TRADES_STG" AS s
WHERE "RUN_ID" = 'r1' AND )" + std::string(kSuperseded));
  CHECK(statements[1].role == StatementRole::merge);
  CHECK(statements[1].sql == R"(MERGE INTO "APP"."TRADES" AS t
USING "APP"."TRADES_STG" AS s
ON t."ID" = s."ID" AND t."DAY" = s."DAY" AND "RUN_ID" = 'r1'
WHEN MATCHED AND )" + std::string(kChanged) + R"(
  THEN UPDATE SET "AMOUNT" = s."AMOUNT", "NOTE" = s."NOTE", "SEEN" = CURRENT_TIMESTAMP
WHEN NOT MATCHED AND "RUN_ID" = 'r1'
  THEN INSERT ("ID", "DAY", "AMOUNT", "NOTE", "MADE", "SEEN")
  VALUES (s."ID", s."DAY", s."AMOUNT", s."NOTE", CURRENT_TIMESTAMP, CURRENT_TIMESTAMP))");
}

TEST_CASE("Derby deletes nothing from staging where every key is staged once") {
  const auto statements = kDerby.merge(pairs(kDerby));
  REQUIRE(statements.size() == 1);
  CHECK(statements[0].sql == R"(MERGE INTO "PAIRS" AS t
USING "PAIRS_STG" AS s
ON t."K" = s."K"
WHEN MATCHED AND (CASE WHEN t."V" = s."V" OR (t."V" IS NULL AND s."V" IS NULL) THEN 0 ELSE 1 END = 1)
  THEN UPDATE SET "V" = s."V"
WHEN NOT MATCHED
  THEN INSERT ("K", "V")
  VALUES (s."K", s."V"))");
}

TEST_CASE("Derby inserts only, where a table is nothing but its key") {
  PublishSpec spec = pairs(kDerby);
  spec.columns = {"K"};
  spec.duplicate_keys = true;
  const auto statements = kDerby.merge(spec);
  REQUIRE(statements.size() == 2);
  CHECK(statements[0].sql == R"(DELETE FROM "PAIRS_STG" AS s
WHERE EXISTS (SELECT 1 FROM "PAIRS_STG" AS later WHERE later."K" = s."K" AND later."SRC_ROW" > s."SRC_ROW"))");
  CHECK(statements[1].sql == R"(MERGE INTO "PAIRS" AS t
USING "PAIRS_STG" AS s
ON t."K" = s."K"
WHEN NOT MATCHED
  THEN INSERT ("K")
  VALUES (s."K"))");
  CHECK(kDerby.counting_join(spec) == R"(SELECT COALESCE(SUM(CASE WHEN t."K" IS NULL THEN CAST(1 AS BIGINT) ELSE 0 END), 0), COALESCE(SUM(CAST(1 AS BIGINT)), 0) * 0
FROM "PAIRS_STG" AS s
LEFT JOIN "PAIRS" AS t ON t."K" = s."K"
WHERE NOT EXISTS (SELECT 1 FROM "PAIRS_STG" AS later WHERE later."K" = s."K" AND later."SRC_ROW" > s."SRC_ROW"))");
}

// It runs before the merge, with the superseded rows still there.
TEST_CASE("Derby counts what a merge will insert and update") {
  CHECK(kDerby.counting_join(trades(kDerby)) ==
        R"(SELECT COALESCE(SUM(CASE WHEN t."ID" IS NULL THEN CAST(1 AS BIGINT) ELSE 0 END), 0), )"
        R"(COALESCE(SUM(CASE WHEN NOT (t."ID" IS NULL) AND )" + std::string(kChanged) + R"( THEN CAST(1 AS BIGINT) ELSE 0 END), 0)
FROM "APP"."TRADES_STG" AS s
LEFT JOIN "APP"."TRADES" AS t ON t."ID" = s."ID" AND t."DAY" = s."DAY"
WHERE "RUN_ID" = 'r1' AND NOT )" + kSuperseded);
  CHECK(kDerby.counting_join(pairs(kDerby)) ==
        R"(SELECT COALESCE(SUM(CASE WHEN t."K" IS NULL THEN CAST(1 AS BIGINT) ELSE 0 END), 0), )"
        R"(COALESCE(SUM(CASE WHEN NOT (t."K" IS NULL) AND (CASE WHEN t."V" = s."V" OR (t."V" IS NULL AND s."V" IS NULL) THEN 0 ELSE 1 END = 1) THEN CAST(1 AS BIGINT) ELSE 0 END), 0)
FROM "PAIRS_STG" AS s
LEFT JOIN "PAIRS" AS t ON t."K" = s."K")");
}

TEST_CASE("Derby counts staged rows by the ledger's ranges") {
  CHECK(kDerby.count_by_range(trades(kDerby).staged, R"(SELECT "FIRST_SRC_ROW" FROM "APP"."MILLRACE_LEDGER" WHERE "RUN_ID" = 'r1')") ==
        R"(SELECT ranged.range_first, COALESCE(SUM(CAST(1 AS BIGINT)), 0)
FROM (SELECT (SELECT MAX(ledger_ranges."FIRST_SRC_ROW") FROM (SELECT "FIRST_SRC_ROW" FROM "APP"."MILLRACE_LEDGER" WHERE "RUN_ID" = 'r1') AS ledger_ranges
    WHERE ledger_ranges."FIRST_SRC_ROW" <= staged."SRC_ROW") AS range_first
  FROM "APP"."TRADES_STG" AS staged WHERE "RUN_ID" = 'r1') AS ranged
GROUP BY ranged.range_first)");
  CHECK(kDerby.count_by_range(pairs(kDerby).staged, R"(SELECT "FIRST_SRC_ROW" FROM "L")") ==
        R"(SELECT ranged.range_first, COALESCE(SUM(CAST(1 AS BIGINT)), 0)
FROM (SELECT (SELECT MAX(ledger_ranges."FIRST_SRC_ROW") FROM (SELECT "FIRST_SRC_ROW" FROM "L") AS ledger_ranges
    WHERE ledger_ranges."FIRST_SRC_ROW" <= staged."SRC_ROW") AS range_first
  FROM "PAIRS_STG" AS staged) AS ranged
GROUP BY ranged.range_first)");
}

TEST_CASE("Derby appends in the order of the source") {
  CHECK(kDerby.insert(pairs(kDerby)).at(0).sql == "INSERT INTO \"PAIRS\" (\"K\", \"V\")\nSELECT \"K\", \"V\"\nFROM \"PAIRS_STG\"\nORDER BY \"SRC_ROW\"");
}

TEST_CASE("Derby reloads with DELETE, directly with TRUNCATE") {
  const auto removed_by = [](const PublishSpec& spec, ReloadKind kind, bool cascade) {
    const auto statements = kDerby.replace(spec, kind, cascade);
    REQUIRE(statements.size() >= 2);
    CHECK(statements.back().role == StatementRole::insert);
    CHECK(statements[statements.size() - 2].role == StatementRole::remove);
    return statements[statements.size() - 2].sql;
  };
  PublishSpec spec = trades(kDerby);
  CHECK(removed_by(spec, ReloadKind::swap, false) == R"(DELETE FROM "APP"."TRADES")");
  CHECK(removed_by(spec, ReloadKind::delete_rows, false) == R"(DELETE FROM "APP"."TRADES")");
  CHECK(removed_by(spec, ReloadKind::direct, false) == R"(TRUNCATE TABLE "APP"."TRADES")");
  spec.target.referenced_by = {{"FK", {"APP", "CHILD"}}};   // TRUNCATE would refuse it, however empty
  CHECK(removed_by(spec, ReloadKind::direct, true) == R"(DELETE FROM "APP"."TRADES")");
  CHECK(kDerby.replace(spec, ReloadKind::direct, true).at(0).sql == R"(DELETE FROM "APP"."CHILD")");
  CHECK_FALSE(kDerby.irrevocable_truncate(spec.target.name).has_value());
}

TEST_CASE("Derby's staging has an index that finds the later rows of a key") {
  const auto statements = kDerby.create_staging(staging(kDerby, true, "TRADES_STG"));
  REQUIRE(statements.size() == 2);
  CHECK(statements[0] == R"(CREATE TABLE "APP"."TRADES_STG" (
  "STG_ID" BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "RUN_ID" VARCHAR(50) NOT NULL,
  "WORKER_ID" INTEGER NOT NULL,
  "SRC_ROW" BIGINT NOT NULL,
  "ID" BIGINT,
  "AMOUNT" DECIMAL(15,2),
  "NOTE" VARCHAR(20),
  "INSERT_TS" TIMESTAMP DEFAULT CURRENT_TIMESTAMP
))");
  CHECK(statements[1] == R"(CREATE INDEX "APP"."TRADES_STG_RUN_KEY" ON "APP"."TRADES_STG" ("RUN_ID", "ID", "SRC_ROW"))");
}

TEST_CASE("every kind of type has a name that Derby knows") {
  CHECK(plain_type_names(kDerby) ==
        std::vector<std::string>{"BOOLEAN", "SMALLINT", "INTEGER", "BIGINT", "REAL", "DOUBLE", "DECIMAL(31,15)", "CHAR(1)", "VARCHAR(4000)", "CLOB", "VARCHAR(32672) FOR BIT DATA", "DATE", "TIME",
                                 "TIMESTAMP", "TIMESTAMP", "CHAR(36)", "CLOB", "CLOB"});
  CHECK(kDerby.type_name(SqlType::decimal(38, 10)) == "DECIMAL(31,10)");
  CHECK(kDerby.type_name(SqlType::character(254)) == "CHAR(254)");
  CHECK(kDerby.type_name(SqlType::character(255)) == "VARCHAR(255)");
  CHECK(kDerby.type_name(SqlType::varchar(32672)) == "VARCHAR(32672)");
  CHECK(kDerby.type_name(SqlType::varchar(32673)) == "CLOB(32673)");
}

TEST_CASE("Derby compares texts by their lengths too, and large ones by LOCATE") {
  CHECK(declared("INTEGER") == unless(R"(t."A" = s."A")"));
  CHECK(declared("VARCHAR(20)") == unless(R"((t."A" = s."A" AND LENGTH(t."A") = LENGTH(s."A")))"));
  CHECK(declared("VARCHAR (5) FOR BIT DATA") == unless(R"((t."A" = s."A" AND LENGTH(t."A") = LENGTH(s."A")))"));
  for (const char* type : {"CLOB", "CLOB(10)", "LONG VARCHAR"}) CHECK(declared(type) == unless(R"((LENGTH(t."A") = LENGTH(s."A") AND LOCATE(t."A", s."A") = 1))"));
  CHECK(kDerby.differs("t.\"A\"", "s.\"A\"", SqlType::character(3)) == unless(R"(t."A" = s."A")"));
}

TEST_CASE("what Derby can not compare differs") {
  for (const char* type : {"BLOB", "BLOB(2147483647)", "XML"}) CHECK(declared(type) == unless("1 = 0"));
  CHECK(declared("LONG VARCHAR FOR BIT DATA") ==
        unless(R"((LENGTH(t."A") = LENGTH(s."A") AND LENGTH(t."A") <= 32672 AND CAST(t."A" AS VARCHAR(32672) FOR BIT DATA) = CAST(s."A" AS VARCHAR(32672) FOR BIT DATA)))"));
}

TEST_CASE("Derby's sums arrive as text by way of CHAR") {
  CHECK(kDerby.sum_expression("AMOUNT", SqlType::decimal(15, 2)) == R"(RTRIM(CAST(SUM(CAST("AMOUNT" AS DECIMAL(31,2))) AS CHAR(40))))");
  CHECK(kDerby.sum_expression("ID", SqlType::of(TypeKind::bigint)) == R"(RTRIM(CAST(SUM(CAST("ID" AS DECIMAL(31,0))) AS CHAR(40))))");
}

TEST_CASE("binary literals for Derby are of their column's type") {
  CHECK(kDerby.typed_literal("\\x00ff", SqlType::of(TypeKind::binary)) == "X'00FF'");
  CHECK(kDerby.typed_literal("\\x00ff", SqlType{TypeKind::binary, 0, 0, 0, "BLOB(10)"}) == "CAST(X'00FF' AS BLOB)");
  CHECK(kDerby.typed_literal("5", SqlType::of(TypeKind::bigint)) == "5");
}

TEST_CASE("Derby shares Db2's locks and savepoints") {
  CHECK(kDerby.lock_for_publish(trades(kDerby).target) == std::vector<std::string>{R"(LOCK TABLE "APP"."TRADES" IN EXCLUSIVE MODE)"});
  CHECK(kDerby.savepoint("s") == R"(SAVEPOINT "s" ON ROLLBACK RETAIN CURSORS)");
  CHECK(kDerby.release_savepoint("s") == R"(RELEASE SAVEPOINT "s")");
  CHECK(kDerby.rollback_to_savepoint("s") == R"(ROLLBACK TO SAVEPOINT "s")");
  CHECK(kDerby.drop_table({"APP", "TRADES"}) == R"(DROP TABLE "APP"."TRADES")");
  CHECK(kDerby.clone()->name() == "derby");
}
