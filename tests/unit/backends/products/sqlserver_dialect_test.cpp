#include "products/sqlserver/dialect.hpp"

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/error.hpp"
#include "unit/backends/products/publish_specs.hpp"

using namespace millrace;
using namespace millrace::testing_specs;
using millrace::sqlserver::SqlServerDialect;

namespace {

const SqlServerDialect kServer;

std::string only(const std::vector<PublishStatement>& statements, StatementRole role) {
  REQUIRE(statements.size() == 1);
  CHECK(statements[0].role == role);
  return statements[0].sql;
}

}  // namespace

TEST_CASE("SQL Server's MERGE ends with a semicolon") {
  CHECK(only(kServer.merge(trades(kServer)), StatementRole::merge) ==
        R"(MERGE INTO "app"."trades" AS t
USING (SELECT "id", "day", "amount", "note" FROM (SELECT "id", "day", "amount", "note", ROW_NUMBER() OVER (PARTITION BY "id", "day" ORDER BY "src_row" DESC))"
        R"( AS millrace_rank FROM "app"."trades_stg" WHERE "run_id" = 'r1') ranked WHERE millrace_rank = 1) AS s
ON t."id" = s."id" AND t."day" = s."day"
WHEN MATCHED AND (CASE WHEN t."amount" = s."amount" OR (t."amount" IS NULL AND s."amount" IS NULL) THEN 0 ELSE 1 END = 1
    OR CASE WHEN t."note" = s."note" OR (t."note" IS NULL AND s."note" IS NULL) THEN 0 ELSE 1 END = 1)
  THEN UPDATE SET "amount" = s."amount", "note" = s."note", "seen" = SYSUTCDATETIME()
WHEN NOT MATCHED
  THEN INSERT ("id", "day", "amount", "note", "made", "seen")
  VALUES (s."id", s."day", s."amount", s."note", SYSUTCDATETIME(), SYSUTCDATETIME());)");
}

TEST_CASE("SQL Server ranks no rows where every key is staged once") {
  CHECK(only(kServer.merge(pairs(kServer)), StatementRole::merge) ==
        R"(MERGE INTO "pairs" AS t
USING (SELECT "k", "v" FROM "pairs_stg") AS s
ON t."k" = s."k"
WHEN MATCHED AND (CASE WHEN t."v" = s."v" OR (t."v" IS NULL AND s."v" IS NULL) THEN 0 ELSE 1 END = 1)
  THEN UPDATE SET "v" = s."v"
WHEN NOT MATCHED
  THEN INSERT ("k", "v")
  VALUES (s."k", s."v");)");
}

TEST_CASE("SQL Server inserts only, where a table is nothing but its key") {
  PublishSpec spec = pairs(kServer);
  spec.columns = {"k"};
  CHECK(only(kServer.merge(spec), StatementRole::merge) ==
        R"(MERGE INTO "pairs" AS t
USING (SELECT "k" FROM "pairs_stg") AS s
ON t."k" = s."k"
WHEN NOT MATCHED
  THEN INSERT ("k")
  VALUES (s."k");)");
}

TEST_CASE("SQL Server appends in the order of the source, and reloads with DELETE") {
  const PublishSpec spec = trades(kServer);
  const std::string insert = R"(INSERT INTO "app"."trades" ("id", "day", "amount", "note", "made", "seen")
SELECT "id", "day", "amount", "note", SYSUTCDATETIME(), SYSUTCDATETIME()
FROM "app"."trades_stg" WHERE "run_id" = 'r1'
ORDER BY "src_row")";
  CHECK(only(kServer.insert(spec), StatementRole::insert) == insert);
  const auto statements = kServer.replace(spec, ReloadKind::delete_rows, false);
  REQUIRE(statements.size() == 2);
  CHECK(statements[0].role == StatementRole::remove);
  CHECK(statements[0].sql == R"(DELETE FROM "app"."trades")");
  CHECK(statements[1].sql == insert);
}

TEST_CASE("SQL Server counts what a merge will insert and update, in a query without a semicolon") {
  CHECK(kServer.counting_join(pairs(kServer)) ==
        R"(SELECT COALESCE(SUM(CASE WHEN t."k" IS NULL THEN CAST(1 AS BIGINT) ELSE 0 END), 0), COALESCE(SUM(CASE WHEN NOT (t."k" IS NULL) AND ()"
        R"(CASE WHEN t."v" = s."v" OR (t."v" IS NULL AND s."v" IS NULL) THEN 0 ELSE 1 END = 1) THEN CAST(1 AS BIGINT) ELSE 0 END), 0)
FROM (SELECT "k", "v" FROM "pairs_stg") s
LEFT JOIN "pairs" t ON t."k" = s."k")");
}

TEST_CASE("SQL Server counts staged rows by the ledger's ranges") {
  CHECK(kServer.count_by_range(trades(kServer).staged, R"(SELECT "first_src_row" FROM "app"."millrace_ledger" WHERE "run_id" = 'r1')") ==
        R"(SELECT bounds.range_first, COUNT_BIG(*)
FROM (SELECT "first_src_row" AS range_first, LEAD("first_src_row", 1, 9223372036854775807) OVER (ORDER BY "first_src_row") AS range_next
  FROM (SELECT "first_src_row" FROM "app"."millrace_ledger" WHERE "run_id" = 'r1') ledger_ranges) bounds
JOIN "app"."trades_stg" staged ON staged."src_row" >= bounds.range_first AND staged."src_row" < bounds.range_next
WHERE "run_id" = 'r1'
GROUP BY bounds.range_first)");
}

TEST_CASE("a permanent staging table of SQL Server's has an IDENTITY") {
  CHECK(kServer.create_staging(staging(kServer, true, "trades_stg")).at(0) == R"(CREATE TABLE "app"."trades_stg" (
  "stg_id" BIGINT IDENTITY(1,1) PRIMARY KEY,
  "run_id" VARCHAR(50) NOT NULL,
  "worker_id" INTEGER NOT NULL,
  "src_row" BIGINT NOT NULL,
  "id" BIGINT,
  "amount" DECIMAL(15,2),
  "note" VARCHAR(20),
  "insert_ts" DATETIME2(6) DEFAULT SYSUTCDATETIME()
))");
}

// CREATE INDEX takes one name there: an index belongs to its table, and a schema before its name is a syntax error.
TEST_CASE("the name of an index of SQL Server's has no schema") {
  const auto statements = kServer.create_staging(staging(kServer, true, "trades_stg"));
  REQUIRE(statements.size() == 2);
  CHECK(statements[1] == R"(CREATE INDEX "trades_stg_run_key" ON "app"."trades_stg" ("run_id", "id"))");
  CHECK(kServer.create_staging(staging(kServer, true, std::string(128, 't'))).at(1).starts_with("CREATE INDEX \"" + std::string(120, 't') + "_run_key\" ON "));
}

TEST_CASE("a run's staging table of SQL Server's keeps the columns' collations") {
  StagingTable table = staging(kServer, false, "trades_stg_1f");
  table.columns[2].collation = "Latin1_General_BIN2";
  CHECK(kServer.create_staging(table) == std::vector<std::string>{R"(CREATE TABLE "app"."trades_stg_1f" (
  "src_row" BIGINT NOT NULL,
  "id" BIGINT,
  "amount" DECIMAL(15,2),
  "note" VARCHAR(20) COLLATE Latin1_General_BIN2
))"});
}

TEST_CASE("every kind of type has a name that SQL Server knows") {
  CHECK(plain_type_names(kServer) ==
        std::vector<std::string>{"BIT", "SMALLINT", "INTEGER", "BIGINT", "REAL", "FLOAT(53)", "DECIMAL(38,0)", "CHAR(1)", "VARCHAR(MAX)", "VARCHAR(MAX)", "VARBINARY(MAX)", "DATE",
                                 "TIME(6)", "DATETIME2(6)", "DATETIMEOFFSET(6)", "UNIQUEIDENTIFIER", "VARCHAR(MAX)", "VARCHAR(MAX)"});
  CHECK(kServer.type_name(SqlType::varchar(8000)) == "VARCHAR(8000)");
  CHECK(kServer.type_name(SqlType::varchar(8001)) == "VARCHAR(MAX)");
  CHECK(kServer.type_name(SqlType::decimal(38, 10)) == "DECIMAL(38,10)");
  CHECK(kServer.type_name(parse_type("hierarchyid")) == "hierarchyid");
}

TEST_CASE("SQL Server adds in 38 digits") {
  CHECK(kServer.sum_expression("amount", SqlType::decimal(15, 2)) == R"(CAST(SUM(CAST("amount" AS DECIMAL(38,2))) AS VARCHAR(50)))");
  CHECK(kServer.sum_expression("id", SqlType::of(TypeKind::smallint)) == R"(CAST(SUM(CAST("id" AS DECIMAL(38,0))) AS VARCHAR(50)))");
}

// IS DISTINCT FROM is new in SQL Server 2022.
TEST_CASE("SQL Server compares values as releases before 2022 can") {
  CHECK(kServer.differs("t.\"a\"", "s.\"a\"", SqlType::of(TypeKind::text)) == R"(CASE WHEN t."a" = s."a" OR (t."a" IS NULL AND s."a" IS NULL) THEN 0 ELSE 1 END = 1)");
}

TEST_CASE("SQL Server's savepoints are saved transactions, which nothing releases") {
  CHECK(kServer.savepoint("millrace_rows") == R"(SAVE TRANSACTION "millrace_rows")");
  CHECK(kServer.release_savepoint("millrace_rows").empty());
  CHECK(kServer.rollback_to_savepoint("millrace_rows") == R"(ROLLBACK TRANSACTION "millrace_rows")");
}

// A query for no rows at all is answered without a look at the table, and so without its lock.
TEST_CASE("SQL Server's lock is taken by a query that has to look at the table") {
  CHECK(kServer.lock_for_publish(trades(kServer).target) == std::vector<std::string>{R"(SELECT TOP (1) 1 FROM "app"."trades" WITH (TABLOCK, UPDLOCK, HOLDLOCK))"});
}

TEST_CASE("names keep their case in SQL Server") {
  CHECK(kServer.fold("Trades") == "Trades");
  CHECK(kServer.parse_table("dbo.Trades") == TableName{"dbo", "Trades"});
  CHECK(kServer.parse_table(R"("dbo"."Daily trades")") == TableName{"dbo", "Daily trades"});
  CHECK_THROWS_AS(kServer.parse_table("[dbo].[Trades]"), ConfigError);
  CHECK_THROWS_AS(kServer.parse_table(std::string(129, 't')), ConfigError);
}

TEST_CASE("a copy of SQL Server's dialect is one") {
  const auto copy = kServer.clone();
  CHECK(copy->name() == "sqlserver");
  CHECK(copy->now_expression() == "SYSUTCDATETIME()");
  CHECK(copy->merge(pairs(*copy)).at(0).sql.ends_with(";"));
}
