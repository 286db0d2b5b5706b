#include "millrace/load/staging.hpp"

#include <catch2/catch_test_macros.hpp>

#include "millrace/testing/fake_connection.hpp"

using namespace millrace;

namespace {
TableInfo table(std::string name, std::string column = "a") {
  TableInfo made;
  made.name = {"public", std::move(name)};
  made.columns = {{std::move(column), SqlType::of(TypeKind::text), true, false, false, Identity::none, {}}};
  return made;
}
StagingTable planned(const TableInfo& target, const TableName& permanent = {}, const std::string& run = "run-1") {
  return plan_staging(target, target.columns, {}, permanent, "public", run, testing::FakeDialect());
}
}  // namespace

TEST_CASE("a staging table never has its target's name, however long that is") {
  const std::string longest(63, 'x');
  const StagingTable made = planned(table(longest));
  CHECK(made.name.name.size() <= 63);
  CHECK(made.name.name != longest);
  CHECK(made.name.name.find("_stg_") != std::string::npos);
}

TEST_CASE("each run has a staging table of its own") {
  CHECK(planned(table("t"), {}, "run-1").name.name != planned(table("t"), {}, "run-2").name.name);
  CHECK(planned(table("t"), {}, "run-1").name.name == planned(table("t"), {}, "run-1").name.name);
}

TEST_CASE("a target column with the name of one of staging's is refused by name") {
  for (const char* name : {"RUN_ID", "run_id", "Worker_Id", "src_row", "stg_id", "insert_ts"}) {
    CHECK_THROWS_AS(planned(table("t", name), {"public", "stg"}), ConfigError);
    CHECK_NOTHROW(planned(table("t", name)));
  }
  CHECK_THROWS_AS(planned(table("t", "millrace_src_row")), ConfigError);
}

TEST_CASE("a permanent table's rows are picked by their run, quoted") {
  const testing::FakeDialect dialect;
  const StagingTable made = planned(table("t"), {"public", "stg"});
  CHECK(staged_rows(made, "it's", dialect).filter == "\"run_id\" = 'it''s'");
  CHECK(staged_rows(planned(table("t")), "r", dialect).filter.empty());
}

TEST_CASE("an existing staging table that lacks a column is refused with the ALTER that mends it") {
  testing::FakeDatabase database;
  TableInfo there;
  there.name = {"public", "stg"};
  there.columns = {{"src_row", SqlType::of(TypeKind::bigint), true, false, false, Identity::none, {}}, {"run_id", SqlType::varchar(50), true, false, false, Identity::none, {}},
                   {"worker_id", SqlType::of(TypeKind::integer), true, false, false, Identity::none, {}}};
  database.add_table(there);
  const auto connection = database.connect();
  const StagingTable made = planned(table("t"), {"public", "stg"});
  StagingRepository staging(*connection, made, staged_rows(made, "r", connection->dialect()));
  try {
    staging.ensure();
    FAIL("no error");
  } catch (const ConfigError& error) {
    CHECK(std::string(error.what()).find("ALTER TABLE \"public\".\"stg\" ADD COLUMN \"a\" text") != std::string::npos);
  }
}
