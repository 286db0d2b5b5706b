#include "load/plan.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "millrace/testing/fake_connection.hpp"

using namespace millrace;
using Catch::Matchers::ContainsSubstring;

namespace {

ColumnInfo column(std::string name, SqlType type, bool nullable = true) { return {std::move(name), std::move(type), nullable, false, false, Identity::none, {}}; }

TableInfo accounts() {
  TableInfo table;
  table.name = {"public", "accounts"};
  table.columns = {column("acct_id", SqlType::varchar(20), false), column("prod_cd", SqlType::varchar(10), false), column("amount", SqlType::decimal(15, 2)), column("opened", SqlType::of(TypeKind::date)),
                   column("last_run_id", SqlType::varchar(50))};
  table.unique_keys = {{"accounts_pkey", {"acct_id", "prod_cd"}, true}};
  return table;
}

const std::vector<std::string> kHeader = {"acct_id", "prod_cd", "amount"};

LoadPlan plan(const LoadJob& job, const std::vector<std::string>& header = kHeader, const TableInfo& table = accounts(), DriverTraits traits = {}) {
  static const testing::FakeDialect dialect;
  return make_plan(job, header, table, dialect, traits, "run-1");
}

LoadJob merge_job() {
  LoadJob job;
  job.table = "accounts";
  job.mode = LoadMode::merge;
  return job;
}

void refused(const LoadJob& job, const std::string& what, const std::vector<std::string>& header = kHeader, const TableInfo& table = accounts()) {
  REQUIRE_THROWS_AS(plan(job, header, table), ConfigError);
  REQUIRE_THROWS_WITH(plan(job, header, table), ContainsSubstring(what));
}

}  // namespace

TEST_CASE("without a key rows are appended, with one they are merged") {
  LoadJob job;
  CHECK(plan(job).mode == LoadMode::append);
  CHECK_FALSE(plan(job).staged);
  job.key = {"acct_id", "prod_cd"};
  CHECK(plan(job).mode == LoadMode::merge);
  CHECK(plan(job).staged);
}

TEST_CASE("a merge takes the primary key when no key is named") {
  const LoadPlan made = plan(merge_job());
  CHECK(made.key == std::vector<std::string>{"acct_id", "prod_cd"});
  CHECK(made.decode.targets[0].key);
  CHECK(made.decode.targets[1].key);
  CHECK_FALSE(made.decode.targets[2].key);
}

TEST_CASE("a merge without a unique key is refused unless the user insists") {
  TableInfo table = accounts();
  table.unique_keys.clear();
  refused(merge_job(), "has no primary key", kHeader, table);
  LoadJob job = merge_job();
  job.key = {"acct_id"};
  refused(job, "--key-not-unique");
  job.key_not_unique = true;
  CHECK(plan(job).key == std::vector<std::string>{"acct_id"});
}

TEST_CASE("a unique index over a nullable column is no key") {
  TableInfo table = accounts();
  table.unique_keys.push_back({"by_amount", {"amount"}, false});
  LoadJob job = merge_job();
  job.key = {"amount"};
  refused(job, "NOT NULL", kHeader, table);
  table.columns[2].nullable = false;
  CHECK(plan(job, kHeader, table).key == std::vector<std::string>{"amount"});
}

TEST_CASE("a key column that the source lacks is refused by name") { refused(merge_job(), "key column \"prod_cd\"", {"acct_id", "amount"}, [] {
  TableInfo table = accounts();
  table.columns[1].has_default = true;
  return table;
}()); }

TEST_CASE("source columns match exactly, else without regard to case, else are an error") {
  CHECK(plan({}, {"ACCT_ID", "Prod_Cd"}).columns[0].name == "acct_id");
  refused({}, "source column \"colour\" (column 3)", {"acct_id", "prod_cd", "colour"});
  TableInfo twins = accounts();
  twins.columns.push_back(column("Amount", SqlType::of(TypeKind::text)));
  CHECK(plan({}, {"acct_id", "prod_cd", "Amount"}, twins).columns[2].type.kind == TypeKind::text);
  refused({}, "could be \"amount\" or \"Amount\"", {"acct_id", "prod_cd", "AMOUNT"}, twins);
}

TEST_CASE("columns are renamed, skipped, and never loaded twice") {
  LoadJob job;
  job.map = {{"sum", "amount"}};
  job.skip = {"colour"};
  const LoadPlan made = plan(job, {"acct_id", "colour", "prod_cd", "sum"});
  REQUIRE(made.columns.size() == 3);
  CHECK(made.columns[2].name == "amount");
  CHECK(made.decode.targets[2].source == 3);
  CHECK(made.decode.source_columns == 4);
  refused({}, "two source columns go into column \"amount\"", {"acct_id", "prod_cd", "amount", "AMOUNT"});
  job.map = {{"nope", "amount"}};
  refused(job, "--map names \"nope\"", {"acct_id", "prod_cd", "colour"});
  job.map.clear();
  job.skip = {"nope"};
  refused(job, "--skip names \"nope\"");
}

TEST_CASE("a source that knows no names fills the table's columns in order") {
  CHECK(plan({}, {}).columns.size() == 5);
}

TEST_CASE("what would fail every row is refused before loading") {
  refused({}, "column \"prod_cd\" of table public.accounts is NOT NULL", {"acct_id", "amount"});
  TableInfo table = accounts();
  table.columns[2].generated = true;
  refused({}, "is GENERATED", kHeader, table);
}

TEST_CASE("a load's --set fills columns that the source lacks, and no other") {
  LoadJob job = merge_job();
  job.set = {{"LAST_RUN_ID", ":run_id"}};
  const LoadPlan made = plan(job);
  REQUIRE(made.sets.size() == 1);
  CHECK(made.sets[0].column == "last_run_id");
  CHECK(made.sets[0].expression == "'run-1'");
  job.set = {{"amount", "1"}};
  refused(job, "which the source fills already");
  job.set = {{"opened", "now"}};
  CHECK(plan(job).sets[0].expression == "now");
  job.set = {{"nope", "1"}};
  refused(job, "--set names \"nope\"");
  job.set = {{"opened", "now"}, {"opened", "now"}};
  refused(job, "twice");
}

TEST_CASE("a literal of --set is quoted") {
  LoadJob job = merge_job();
  job.set = {{"last_run_id", "it's"}};
  CHECK(plan(job).sets[0].expression == "'it''s'");
}

TEST_CASE("a reload of a table that foreign keys point to is refused with their names") {
  LoadJob job;
  job.mode = LoadMode::reload;
  TableInfo table = accounts();
  table.referenced_by = {{"orders_fk", {"public", "orders"}}};
  refused(job, "public.orders (orders_fk)", kHeader, table);
  job.cascade = true;
  CHECK(plan(job, kHeader, table).cascade);
  job.cascade = false;
  job.reload = ReloadKind::delete_rows;
  CHECK_NOTHROW(plan(job, kHeader, table));
}

TEST_CASE("what each mode stages") {
  LoadJob job;
  job.mode = LoadMode::reload;
  CHECK(plan(job).staged);
  job.reload = ReloadKind::direct;
  CHECK_FALSE(plan(job).staged);
  LoadJob append;
  append.atomic = true;
  CHECK(plan(append).staged);
}

TEST_CASE("written columns end with staging's own") {
  const LoadPlan per_run = plan(merge_job());
  REQUIRE(per_run.written_columns().size() == 4);
  CHECK(per_run.written_columns()[3].name == kRunSrcRow);
  CHECK(per_run.staged_rows.filter.empty());
  LoadJob job = merge_job();
  job.staging = "stg";
  const LoadPlan permanent = plan(job);
  REQUIRE(permanent.written_columns().size() == 6);
  CHECK(permanent.staging.name == TableName{"public", "stg"});
  CHECK(permanent.staged_rows.filter.find("run-1") != std::string::npos);
}

TEST_CASE("a driver that only has permanent staging gets one named after the target") {
  DriverTraits traits;
  traits.permanent_staging_only = true;
  CHECK(plan(merge_job(), kHeader, accounts(), traits).staging.permanent);
}

TEST_CASE("our own tables live beside the target unless told otherwise") {
  CHECK(plan(merge_job()).state.run == TableName{"public", "millrace_run"});
  LoadJob job = merge_job();
  job.state_schema = "ops";
  CHECK(plan(job).state.run.schema == "ops");
  CHECK(plan(job).staging.name.schema == "ops");
}

TEST_CASE("control totals are kept for integers and fixed decimals") { CHECK(plan({}).summed == std::vector<std::size_t>{2}); }

TEST_CASE("a kept plan gives the same plan again") {
  LoadJob job = merge_job();
  job.map = {{"sum", "amount"}};
  job.skip = {"colour"};
  job.set = {{"last_run_id", ":run_id"}};
  const LoadPlan made = plan(job, {"acct_id", "colour", "prod_cd", "sum"});
  const std::string json = plan_to_json(job, made);
  const LoadPlan again = plan_from_json(json, accounts(), testing::FakeDialect(), "run-1");
  CHECK(plan_to_json(job_of_plan(json), again) == json);
  CHECK(target_of_plan(json) == made.target.name);
  CHECK_NOTHROW(check_same_plan(json, json));
}

TEST_CASE("a resume notices that the target's columns changed") {
  const std::string before = plan_to_json({}, plan({}));
  TableInfo table = accounts();
  table.columns[2].type = SqlType::decimal(18, 4);
  const std::string after = plan_to_json({}, plan({}, kHeader, table));
  REQUIRE_THROWS_WITH(check_same_plan(before, after), ContainsSubstring("columns changed"));
}

TEST_CASE("a resume refuses an option that contradicts its run, by name") {
  LoadJob kept = merge_job();
  LoadJob asked;
  asked.resume = "run-1";
  asked.unit_bytes = 4096;
  asked.given = {"unit_bytes", "resume"};
  REQUIRE_THROWS_WITH(check_resume(asked, kept), ContainsSubstring("--unit-bytes contradicts run run-1"));
  asked.unit_bytes = kept.unit_bytes;
  CHECK_NOTHROW(check_resume(asked, kept));
  asked.writers = 7;
  asked.given.insert("writers");
  CHECK_NOTHROW(check_resume(asked, kept));
}

TEST_CASE("run ids sort by time and do not repeat") {
  const std::string first = make_run_id(), second = make_run_id();
  CHECK(first != second);
  CHECK(first.substr(0, 15) <= second.substr(0, 15));
  CHECK(first.size() <= 50);
}
