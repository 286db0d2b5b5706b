#include "products/ansi/dialect.hpp"

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/error.hpp"
#include "unit/backends/products/publish_specs.hpp"

using namespace millrace;
using namespace millrace::testing_specs;
using millrace::ansi::AnsiDialect;

namespace {

const AnsiDialect kAnsi;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string only(const std::vector<PublishStatement>& statements, StatementRole role) {
  REQUIRE(statements.size() == 1);
  CHECK(statements[0].role == role);
  return statements[0].sql;
}

}  // namespace

TEST_CASE("standard SQL merges the last staged row of each key, and updates what differs") {
  CHECK(only(kAnsi.merge(trades(kAnsi)), StatementRole::merge) ==
        R"(MERGE INTO "APP"."TRADES" AS t
USING (SELECT "ID", "DAY", "AMOUNT", "NOTE" FROM (SELECT "ID", "DAY", "AMOUNT", "NOTE", ROW_NUMBER() OVER (PARTITION BY "ID", "DAY" ORDER BY "SRC_ROW" DESC))"
        R"( AS millrace_rank FROM "APP"."TRADES_STG" WHERE "RUN_ID" = 'r1') ranked WHERE millrace_rank = 1) AS s
ON t."ID" = s."ID" AND t."DAY" = s."DAY"
WHEN MATCHED AND (CASE WHEN t."AMOUNT" = s."AMOUNT" OR (t."AMOUNT" IS NULL AND s."AMOUNT" IS NULL) THEN 0 ELSE 1 END = 1
    OR CASE WHEN t."NOTE" = s."NOTE" OR (t."NOTE" IS NULL AND s."NOTE" IS NULL) THEN 0 ELSE 1 END = 1)
  THEN UPDATE SET "AMOUNT" = s."AMOUNT", "NOTE" = s."NOTE", "SEEN" = CURRENT_TIMESTAMP
WHEN NOT MATCHED
  THEN INSERT ("ID", "DAY", "AMOUNT", "NOTE", "MADE", "SEEN")
  VALUES (s."ID", s."DAY", s."AMOUNT", s."NOTE", CURRENT_TIMESTAMP, CURRENT_TIMESTAMP))");
}

TEST_CASE("standard SQL ranks no rows where every key is staged once") {
  CHECK(only(kAnsi.merge(pairs(kAnsi)), StatementRole::merge) ==
        R"(MERGE INTO "PAIRS" AS t
USING (SELECT "K", "V" FROM "PAIRS_STG") AS s
ON t."K" = s."K"
WHEN MATCHED AND (CASE WHEN t."V" = s."V" OR (t."V" IS NULL AND s."V" IS NULL) THEN 0 ELSE 1 END = 1)
  THEN UPDATE SET "V" = s."V"
WHEN NOT MATCHED
  THEN INSERT ("K", "V")
  VALUES (s."K", s."V"))");
}

TEST_CASE("a clause for updates alone is in no insert of standard SQL") {
  PublishSpec spec = pairs(kAnsi);
  spec.sets = {{"SEEN", "'later'", false, true}};
  CHECK(only(kAnsi.merge(spec), StatementRole::merge) ==
        R"(MERGE INTO "PAIRS" AS t
USING (SELECT "K", "V" FROM "PAIRS_STG") AS s
ON t."K" = s."K"
WHEN MATCHED AND (CASE WHEN t."V" = s."V" OR (t."V" IS NULL AND s."V" IS NULL) THEN 0 ELSE 1 END = 1)
  THEN UPDATE SET "V" = s."V", "SEEN" = 'later'
WHEN NOT MATCHED
  THEN INSERT ("K", "V")
  VALUES (s."K", s."V"))");
  CHECK(only(kAnsi.insert(spec), StatementRole::insert) == "INSERT INTO \"PAIRS\" (\"K\", \"V\")\nSELECT \"K\", \"V\"\nFROM \"PAIRS_STG\"\nORDER BY \"SRC_ROW\"");
}

TEST_CASE("standard SQL inserts only, where a table is nothing but its key") {
  PublishSpec spec = pairs(kAnsi);
  spec.columns = {"K"};
  spec.sets = {{"SEEN", "CURRENT_TIMESTAMP", true, true}};
  CHECK(only(kAnsi.merge(spec), StatementRole::merge) ==
        R"(MERGE INTO "PAIRS" AS t
USING (SELECT "K" FROM "PAIRS_STG") AS s
ON t."K" = s."K"
WHEN NOT MATCHED
  THEN INSERT ("K", "SEEN")
  VALUES (s."K", CURRENT_TIMESTAMP))");
  CHECK(kAnsi.counting_join(spec) ==
        R"(SELECT COALESCE(SUM(CASE WHEN t."K" IS NULL THEN CAST(1 AS BIGINT) ELSE 0 END), 0), COUNT(*) * 0
FROM (SELECT "K" FROM "PAIRS_STG") s
LEFT JOIN "PAIRS" t ON t."K" = s."K")");
}

TEST_CASE("an identity that is always generated is neither compared nor updated by standard SQL") {
  PublishSpec spec = pairs(kAnsi);
  spec.target.columns.push_back(column("SEQ", SqlType::of(TypeKind::bigint), Identity::always));
  spec.columns.emplace_back("SEQ");
  const std::string always = only(kAnsi.merge(spec), StatementRole::merge);
  CHECK_FALSE(contains(always, "t.\"SEQ\""));
  CHECK_FALSE(contains(always, "\"SEQ\" = "));
  CHECK_FALSE(contains(kAnsi.counting_join(spec), "t.\"SEQ\""));
  spec.target.columns.back().identity = Identity::by_default;
  CHECK(contains(only(kAnsi.merge(spec), StatementRole::merge), "UPDATE SET \"V\" = s.\"V\", \"SEQ\" = s.\"SEQ\""));
}

TEST_CASE("standard SQL appends in the order of the source") {
  CHECK(only(kAnsi.insert(trades(kAnsi)), StatementRole::insert) ==
        R"(INSERT INTO "APP"."TRADES" ("ID", "DAY", "AMOUNT", "NOTE", "MADE", "SEEN")
SELECT "ID", "DAY", "AMOUNT", "NOTE", CURRENT_TIMESTAMP, CURRENT_TIMESTAMP
FROM "APP"."TRADES_STG" WHERE "RUN_ID" = 'r1'
ORDER BY "SRC_ROW")");
}

TEST_CASE("a reload in standard SQL deletes in the transaction, whatever kind was asked for") {
  PublishSpec spec = pairs(kAnsi);
  spec.target.referenced_by = {{"FK_A", {"APP", "CHILD_A"}}, {"FK_B", {"APP", "CHILD_B"}}};
  for (const ReloadKind kind : {ReloadKind::swap, ReloadKind::direct, ReloadKind::delete_rows}) {
    const auto statements = kAnsi.replace(spec, kind, false);
    REQUIRE(statements.size() == 2);
    CHECK(statements[0].role == StatementRole::remove);
    CHECK(statements[0].sql == R"(DELETE FROM "PAIRS")");
    CHECK(statements[1].role == StatementRole::insert);
    CHECK(statements[1].sql == kAnsi.insert(spec).at(0).sql);
  }
  const auto cascading = kAnsi.replace(spec, ReloadKind::swap, true);
  REQUIRE(cascading.size() == 4);
  CHECK(cascading[0].role == StatementRole::prepare);  // what it deletes is not the target's
  CHECK(cascading[0].sql == R"(DELETE FROM "APP"."CHILD_A")");
  CHECK(cascading[1].role == StatementRole::prepare);
  CHECK(cascading[1].sql == R"(DELETE FROM "APP"."CHILD_B")");
  CHECK(cascading[2].role == StatementRole::remove);
  CHECK(cascading[3].role == StatementRole::insert);
}

TEST_CASE("standard SQL counts what a merge will insert and update") {
  CHECK(kAnsi.counting_join(trades(kAnsi)) ==
        R"(SELECT COALESCE(SUM(CASE WHEN t."ID" IS NULL THEN CAST(1 AS BIGINT) ELSE 0 END), 0), COALESCE(SUM(CASE WHEN NOT (t."ID" IS NULL) AND ()"
        R"(CASE WHEN t."AMOUNT" = s."AMOUNT" OR (t."AMOUNT" IS NULL AND s."AMOUNT" IS NULL) THEN 0 ELSE 1 END = 1
    OR CASE WHEN t."NOTE" = s."NOTE" OR (t."NOTE" IS NULL AND s."NOTE" IS NULL) THEN 0 ELSE 1 END = 1) THEN CAST(1 AS BIGINT) ELSE 0 END), 0)
FROM (SELECT "ID", "DAY", "AMOUNT", "NOTE" FROM (SELECT "ID", "DAY", "AMOUNT", "NOTE", ROW_NUMBER() OVER (PARTITION BY "ID", "DAY" ORDER BY "SRC_ROW" DESC))"
        R"( AS millrace_rank FROM "APP"."TRADES_STG" WHERE "RUN_ID" = 'r1') ranked WHERE millrace_rank = 1) s
LEFT JOIN "APP"."TRADES" t ON t."ID" = s."ID" AND t."DAY" = s."DAY")");
}

TEST_CASE("standard SQL counts staged rows by the ledger's ranges, the last of which has no end") {
  const std::string ranges = R"(SELECT "FIRST_SRC_ROW" FROM "APP"."MILLRACE_LEDGER" WHERE "RUN_ID" = 'r1')";
  CHECK(kAnsi.count_by_range(trades(kAnsi).staged, ranges) ==
        R"(SELECT bounds.range_first, COUNT(*)
FROM (SELECT "FIRST_SRC_ROW" AS range_first, LEAD("FIRST_SRC_ROW", 1, 9223372036854775807) OVER (ORDER BY "FIRST_SRC_ROW") AS range_next
  FROM (SELECT "FIRST_SRC_ROW" FROM "APP"."MILLRACE_LEDGER" WHERE "RUN_ID" = 'r1') ledger_ranges) bounds
JOIN "APP"."TRADES_STG" staged ON staged."SRC_ROW" >= bounds.range_first AND staged."SRC_ROW" < bounds.range_next
WHERE "RUN_ID" = 'r1'
GROUP BY bounds.range_first)");
  CHECK(kAnsi.count_by_range(pairs(kAnsi).staged, "SELECT 1 AS FIRST_SRC_ROW") ==
        R"(SELECT bounds.range_first, COUNT(*)
FROM (SELECT "FIRST_SRC_ROW" AS range_first, LEAD("FIRST_SRC_ROW", 1, 9223372036854775807) OVER (ORDER BY "FIRST_SRC_ROW") AS range_next
  FROM (SELECT 1 AS FIRST_SRC_ROW) ledger_ranges) bounds
JOIN "PAIRS_STG" staged ON staged."SRC_ROW" >= bounds.range_first AND staged."SRC_ROW" < bounds.range_next
GROUP BY bounds.range_first)");
}

TEST_CASE("a run's staging table in standard SQL has the source's row and the loaded columns") {
  StagingTable table = staging(kAnsi, false, "TRADES_STG_1F");
  table.columns[2].collation = R"("APP"."NOCASE")";
  const auto statements = kAnsi.create_staging(table);
  REQUIRE(statements.size() == 1);
  CHECK(statements[0] == R"(CREATE TABLE "APP"."TRADES_STG_1F" (
  "SRC_ROW" BIGINT NOT NULL,
  "ID" BIGINT,
  "AMOUNT" DECIMAL(15,2),
  "NOTE" VARCHAR(20) COLLATE "APP"."NOCASE"
))");
}

TEST_CASE("a permanent staging table in standard SQL has an index on the run and the key") {
  const auto statements = kAnsi.create_staging(staging(kAnsi, true, "TRADES_STG"));
  REQUIRE(statements.size() == 2);
  CHECK(statements[0] == R"(CREATE TABLE "APP"."TRADES_STG" (
  "STG_ID" BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "RUN_ID" VARCHAR(50) NOT NULL,
  "WORKER_ID" INTEGER NOT NULL,
  "SRC_ROW" BIGINT NOT NULL,
  "ID" BIGINT,
  "AMOUNT" DECIMAL(15,2),
  "NOTE" VARCHAR(20),
  "INSERT_TS" TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP
))");
  CHECK(statements[1] == R"(CREATE INDEX "APP"."TRADES_STG_RUN_KEY" ON "APP"."TRADES_STG" ("RUN_ID", "ID"))");
}

TEST_CASE("an index's name is cut to the longest identifier, between characters") {
  const std::string tail = "_RUN_KEY";
  const auto index = [&](const std::string& table) {
    const std::string sql = kAnsi.create_staging(staging(kAnsi, true, table)).at(1);
    const std::string begin = R"(CREATE INDEX "APP".")";
    REQUIRE(sql.starts_with(begin));
    return sql.substr(begin.size(), sql.find('"', begin.size()) - begin.size());
  };
  CHECK(index(std::string(120, 'T')) == std::string(120, 'T') + tail);   // 128 bytes in all
  CHECK(index(std::string(121, 'T')) == std::string(120, 'T') + tail);
  CHECK(index(std::string(128, 'T')) == std::string(120, 'T') + tail);
  std::string umlauts = "A";
  for (int i = 0; i < 63; ++i) umlauts += "Ä";
  CHECK(index(umlauts) == umlauts.substr(0, 119) + tail);                // byte 120 is the second of a character
}

TEST_CASE("every kind of type has a name in standard SQL") {
  CHECK(plain_type_names(kAnsi) ==
        std::vector<std::string>{"BOOLEAN", "SMALLINT", "INTEGER", "BIGINT", "REAL", "DOUBLE PRECISION", "DECIMAL(31,0)", "CHAR(1)", "VARCHAR(4000)", "CLOB", "BLOB", "DATE", "TIME",
                                 "TIMESTAMP(6)", "TIMESTAMP(6) WITH TIME ZONE", "CHAR(36)", "CLOB", "CLOB"});
  CHECK(kAnsi.type_name(SqlType::decimal(15, 2)) == "DECIMAL(15,2)");
  CHECK(kAnsi.type_name(SqlType::decimal(38, 2)) == "DECIMAL(31,2)");
  CHECK(kAnsi.type_name(SqlType::character(3)) == "CHAR(3)");
  CHECK(kAnsi.type_name(SqlType::varchar(50)) == "VARCHAR(50)");
  CHECK(kAnsi.type_name(parse_type("inet")) == "inet");                  // the database's own spelling goes before ours
}

TEST_CASE("sums in standard SQL have all digits that a decimal can have, and arrive as text") {
  CHECK(kAnsi.sum_expression("AMOUNT", SqlType::decimal(15, 2)) == R"(CAST(SUM(CAST("AMOUNT" AS DECIMAL(31,2))) AS VARCHAR(50)))");
  CHECK(kAnsi.sum_expression("ID", SqlType::of(TypeKind::bigint)) == R"(CAST(SUM(CAST("ID" AS DECIMAL(31,0))) AS VARCHAR(50)))");
}

TEST_CASE("standard SQL's comparison of values is never unknown") {
  CHECK(kAnsi.differs("t.\"A\"", "s.\"A\"", SqlType::of(TypeKind::integer)) == R"(CASE WHEN t."A" = s."A" OR (t."A" IS NULL AND s."A" IS NULL) THEN 0 ELSE 1 END = 1)");
}

TEST_CASE("standard SQL has savepoints that are released") {
  CHECK(kAnsi.savepoint("millrace_rows") == R"(SAVEPOINT "millrace_rows")");
  CHECK(kAnsi.release_savepoint("millrace_rows") == R"(RELEASE SAVEPOINT "millrace_rows")");
  CHECK(kAnsi.rollback_to_savepoint("millrace_rows") == R"(ROLLBACK TO SAVEPOINT "millrace_rows")");
}

TEST_CASE("standard SQL has no locks, no statistics and no counters") {
  const PublishSpec spec = pairs(kAnsi);
  CHECK(kAnsi.lock_for_publish(spec.target).empty());
  CHECK(kAnsi.advisory_lock("millrace state tables").empty());
  CHECK(kAnsi.analyze(spec.target.name).empty());
  CHECK_FALSE(kAnsi.change_counters(spec.target).has_value());
}

TEST_CASE("standard SQL grants what a load does to a table") {
  CHECK(kAnsi.grant_use({"APP", "TRADES"}, "LOADER") == std::vector<std::string>{R"(GRANT SELECT, INSERT, UPDATE, DELETE ON "APP"."TRADES" TO "LOADER")"});
}

TEST_CASE("unquoted names become upper case in standard SQL, quoted ones stay") {
  CHECK(kAnsi.fold("trades_2024$") == "TRADES_2024$");
  CHECK(kAnsi.fold("äTrades") == "äTRADES");   // ASCII only
  CHECK(kAnsi.parse_table("app.trades") == TableName{"APP", "TRADES"});
  CHECK(kAnsi.parse_table(R"(app."Daily ""trades""")") == TableName{"APP", R"(Daily "trades")"});
  CHECK(kAnsi.parse_table("trades") == TableName{"", "TRADES"});
  CHECK(kAnsi.parse_table(std::string(128, 't')).name == std::string(128, 'T'));
  CHECK_THROWS_AS(kAnsi.parse_table(std::string(129, 't')), ConfigError);
  CHECK_THROWS_AS(kAnsi.parse_table("a.b.c"), ConfigError);
}

TEST_CASE("a dialect's copy writes the same SQL") {
  const auto copy = kAnsi.clone();
  CHECK(copy->name() == "ansi");
  CHECK(copy->placeholder(7) == "?");
  CHECK(copy->merge(trades(*copy)).at(0).sql == kAnsi.merge(trades(kAnsi)).at(0).sql);
}
