#include "products/postgresql/dialect.hpp"

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/error.hpp"

using namespace millrace;
using millrace::postgresql::PostgresDialect;

namespace {

ColumnInfo column(std::string name, std::string type, Identity identity = Identity::none) {
  ColumnInfo info;
  info.name = std::move(name);
  info.type = parse_type(type);
  info.identity = identity;
  return info;
}

PublishSpec spec() {
  PublishSpec s;
  s.target.name = {"app", "Trades"};
  s.target.columns = {column("id", "bigint"), column("amount", "numeric(15,2)"), column("doc", "json"), column("upd", "timestamp")};
  s.target.unique_keys = {{"trades_pkey", {"id"}, true}};
  s.staged = {{"app", "trades_stg"}, {}, "src_row"};
  s.columns = {"id", "amount", "doc"};
  s.key = {"id"};
  s.sets = {{"upd", "LOCALTIMESTAMP", true, true}};
  return s;
}

}  // namespace

TEST_CASE("PostgreSQL merges with MERGE from 15 on") {
  CHECK(PostgresDialect(15).merge(spec()).at(0).sql ==
        R"(MERGE INTO "app"."Trades" AS t
USING (SELECT DISTINCT ON ("id") "id", "amount", "doc" FROM "app"."trades_stg" ORDER BY "id", "src_row" DESC) AS s
ON t."id" = s."id"
WHEN MATCHED AND (t."amount" IS DISTINCT FROM s."amount"
    OR t."doc"::text IS DISTINCT FROM s."doc"::text)
  THEN UPDATE SET "amount" = s."amount", "doc" = s."doc", "upd" = LOCALTIMESTAMP
WHEN NOT MATCHED
  THEN INSERT ("id", "amount", "doc", "upd")
  VALUES (s."id", s."amount", s."doc", LOCALTIMESTAMP))");
}

TEST_CASE("PostgreSQL before 15 merges with ON CONFLICT") {
  CHECK(PostgresDialect(14).merge(spec()).at(0).sql ==
        R"(INSERT INTO "app"."Trades" AS t ("id", "amount", "doc", "upd")
SELECT s."id", s."amount", s."doc", LOCALTIMESTAMP
FROM (SELECT DISTINCT ON ("id") "id", "amount", "doc" FROM "app"."trades_stg" ORDER BY "id", "src_row" DESC) AS s
ON CONFLICT ("id") DO UPDATE SET "amount" = EXCLUDED."amount", "doc" = EXCLUDED."doc", "upd" = LOCALTIMESTAMP
  WHERE t."amount" IS DISTINCT FROM EXCLUDED."amount"
    OR t."doc"::text IS DISTINCT FROM EXCLUDED."doc"::text)");
}

TEST_CASE("PostgreSQL before 15 merges on a key without a unique index in two statements") {
  PublishSpec s = spec();
  s.target.unique_keys.clear();
  const auto statements = PostgresDialect(14).merge(s);
  REQUIRE(statements.size() == 2);
  CHECK(statements[0].role == StatementRole::update);
  CHECK(statements[1].role == StatementRole::insert);
}

TEST_CASE("a merge of key columns alone updates nothing") {
  PublishSpec s = spec();
  s.columns = {"id"};
  for (const int major : {14, 15}) {
    const std::string sql = PostgresDialect(major).merge(s).at(0).sql;
    CHECK(sql.find("UPDATE") == std::string::npos);
  }
  CHECK(PostgresDialect(15).counting_join(s).find("0::bigint") != std::string::npos);
}

TEST_CASE("unique keys need no deduplication") {
  PublishSpec s = spec();
  s.duplicate_keys = false;
  const std::string sql = PostgresDialect(15).merge(s).at(0).sql;
  CHECK(sql.find("DISTINCT ON") == std::string::npos);
  CHECK(sql.find("ORDER BY \"id\")") != std::string::npos);
}

TEST_CASE("GENERATED ALWAYS identities are overridden on insert and left alone on update") {
  PublishSpec s = spec();
  s.target.columns[0].identity = Identity::always;
  CHECK(PostgresDialect(15).merge(s).at(0).sql.find("OVERRIDING SYSTEM VALUE") != std::string::npos);
  CHECK(PostgresDialect(15).insert(s).at(0).sql.find("OVERRIDING SYSTEM VALUE") != std::string::npos);
  s.target.columns.push_back(column("seq", "bigint", Identity::always));
  s.columns.push_back("seq");
  CHECK(PostgresDialect(15).merge(s).at(0).sql.find("\"seq\" = s.") == std::string::npos);
}

TEST_CASE("a reload removes before it inserts") {
  const auto swap = PostgresDialect(15).replace(spec(), ReloadKind::swap, true);
  REQUIRE(swap.size() == 2);
  CHECK(swap[0].role == StatementRole::remove);
  CHECK(swap[0].sql == R"(TRUNCATE "app"."Trades" CASCADE)");
  CHECK(swap[1].role == StatementRole::insert);
  CHECK(PostgresDialect(15).replace(spec(), ReloadKind::delete_rows, false)[0].sql == R"(DELETE FROM "app"."Trades")");
}

TEST_CASE("only the rows of one run are taken from a permanent staging table") {
  PublishSpec s = spec();
  s.staged.filter = "\"run_id\" = 'r1'";
  const PostgresDialect dialect(15);
  CHECK(dialect.insert(s)[0].sql.find("WHERE \"run_id\" = 'r1'\nORDER BY \"src_row\"") != std::string::npos);
  CHECK(dialect.merge(s)[0].sql.find("WHERE \"run_id\" = 'r1' ORDER BY") != std::string::npos);
}

TEST_CASE("names fold as the server folds them: ASCII only") { CHECK(PostgresDialect(15).fold("ÄTRADESÖ") == "ÄtradesÖ"); }

TEST_CASE("types without a native spelling have PostgreSQL's names") {
  const PostgresDialect dialect(15);
  CHECK(dialect.type_name(SqlType::decimal(15, 2)) == "numeric(15,2)");
  CHECK(dialect.type_name(SqlType::of(TypeKind::binary)) == "bytea");
  CHECK(dialect.type_name(SqlType::of(TypeKind::json)) == "jsonb");
  CHECK(dialect.type_name(parse_type("inet")) == "inet");
  CHECK_THROWS_AS(dialect.type_name(SqlType::of(TypeKind::other)), ConfigError);
}
