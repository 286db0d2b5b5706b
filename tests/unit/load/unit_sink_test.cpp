#include "load/unit_sink.hpp"

#include <filesystem>

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/log.hpp"
#include "millrace/load/csv.hpp"
#include "millrace/testing/fake_connection.hpp"

using namespace millrace;

namespace {

RetryPolicy quick_retries(int attempts) {
  RetryPolicy policy;
  policy.attempts = attempts;
  policy.initial_delay = std::chrono::milliseconds(1);
  return policy;
}

/// A load of a small CSV text into a fake database.
struct Fixture {
  testing::FakeDatabase database;
  testing::FakeDialect dialect;
  std::unique_ptr<Source> source;
  LoadPlan plan;
  Pool pool{[this] { return database.connect(); }, PoolOptions{.size = 2, .overflow = 0}};
  RejectFile rejects{(std::filesystem::temp_directory_path() / ("millrace_unit_sink_test." + std::to_string(getpid()) + ".rejects.jsonl")).string(), "run-1"};
  std::unique_ptr<RunContext> run;
  std::optional<Unit> unit;

  explicit Fixture(const std::string& csv, RejectLimit limit = {}, int attempts = 3) {
    std::filesystem::remove(rejects.path());
    TableInfo table;
    table.name = {"public", "t"};
    table.columns = {{"a", SqlType::of(TypeKind::bigint), true, false, false, Identity::none, {}}, {"b", SqlType::of(TypeKind::text), true, false, false, Identity::none, {}}};
    database.add_table(table);
    source = make_csv_source(memory_stream(csv), "memory", CsvOptions{});
    source->open();
    LoadJob job;
    job.table = "t";
    plan = make_plan(job, source->columns(), table, dialect, {}, "run-1");
    run.reset(new RunContext{plan, *source, pool, rejects, DriverTraits{}, quick_retries(attempts), RejectLimiter(limit), {}});
    unit = source->next_unit();
  }
  ~Fixture() { std::filesystem::remove(rejects.path()); }
  UnitOutcome write() { return make_ledger_sink(*run, 0)->write(*unit); }
};

ErrorInfo info(ErrorCode code, bool retry, bool poisons, std::int64_t row = -1) {
  ErrorInfo made;
  made.code = code;
  made.message = "scripted";
  made.safe_to_retry = retry;
  made.poisons_connection = poisons;
  made.row = row;
  return made;
}

std::size_t position(const std::vector<std::string>& calls, std::string_view what) {
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (calls[i].starts_with(what)) return i;
  }
  return calls.size();
}

ResultSet ledger_row(const std::string& hash) {
  std::vector<ResultColumn> columns(11);
  return ResultSet(columns, {{Value(1), Value(2), Value(0), Value(8), Value(2), Value(2), Value(0), Value(0), Value(hash), Value("[\"3\"]"), Value("now")}});
}

}  // namespace

TEST_CASE("the ledger row comes before the rows, and both commit together") {
  Fixture f("a,b\n1,x\n2,y\n");
  CHECK(f.write().rows == 2);
  const auto calls = f.database.calls();
  const auto begin = position(calls, "begin"), claim = position(calls, "execute INSERT INTO \"public\".\"millrace_ledger\""), rows = position(calls, "write 2"),
             complete = position(calls, "execute UPDATE \"public\".\"millrace_ledger\""), commit = position(calls, "commit");
  CHECK(begin < claim);
  CHECK(claim < rows);
  CHECK(rows < complete);
  CHECK(complete < commit);
  CHECK(commit < calls.size());
}

TEST_CASE("a transient error rolls the unit back and runs it again") {
  Fixture f("a,b\n1,x\n2,y\n");
  f.database.fail("finish", info(ErrorCode::deadlock, true, false));
  const UnitOutcome outcome = f.write();
  CHECK(outcome.rows == 2);
  CHECK(outcome.replays == 1);
  CHECK(f.database.count("rollback") == 1);
  CHECK(f.database.count("commit") == 1);
}

TEST_CASE("a lost connection is opened anew before the unit runs again") {
  Fixture f("a,b\n1,x\n");
  f.database.fail("finish", info(ErrorCode::connection_lost, true, true));
  CHECK(f.write().rows == 1);
  CHECK(f.database.count("connect") == 2);
}

TEST_CASE("attempts run out") {
  Fixture f("a,b\n1,x\n", {}, 2);
  f.database.fail("finish", info(ErrorCode::deadlock, true, false));
  f.database.fail("finish", info(ErrorCode::deadlock, true, false));
  CHECK_THROWS_AS(f.write(), RetryError);
  CHECK(f.database.count("commit") == 0);
}

TEST_CASE("a unit counts once however often it is replayed") {
  Fixture f("a,b\n1,x\n2,y\n");
  LoadMetrics metrics;
  f.run->counters = LoadCounters(&metrics);
  f.database.fail("finish", info(ErrorCode::deadlock, true, false));
  f.write();
  const LoadStatistics counted = metrics.statistics();
  CHECK(counted.replays == 1);
  CHECK(counted.units_committed == 1);
  CHECK(counted.rows_accepted == 2);
  CHECK(counted.rows_inserted == 2);  // a plain append: not staged
}

TEST_CASE("a unit that is given up is logged as an error, once, and not counted as committed") {
  Fixture f("a,b\n1,x\n", {}, 2);
  LoadMetrics metrics;
  f.run->counters = LoadCounters(&metrics);
  f.database.fail("finish", info(ErrorCode::deadlock, true, false));
  f.database.fail("finish", info(ErrorCode::deadlock, true, false));
  std::vector<std::string> events;
  set_log_sink([&](const LogRecord& record) { if (record.event.starts_with("unit.")) events.push_back(std::string(to_string(record.level)) + " " + std::string(record.event)); });
  CHECK_THROWS_AS(f.write(), RetryError);
  set_log_sink({});
  CHECK(events == std::vector<std::string>{"warning unit.replayed", "error unit.given_up"});
  CHECK(metrics.statistics().units_committed == 0);
}

TEST_CASE("an error that is not transient is not repeated") {
  Fixture f("a,b\n1,x\n");
  f.database.fail("finish", info(ErrorCode::disk_full, false, false));
  CHECK_THROWS_AS(f.write(), DatabaseError);
  CHECK(f.database.count("begin") == 1);
}

TEST_CASE("after an unknown COMMIT the unit runs again, and its ledger row tells that it was committed") {
  Fixture f("a,b\n1,x\n2,y\n");
  f.database.fail("commit", info(ErrorCode::in_doubt, false, true));
  // The second INSERT meets the row of the first: it had committed.
  f.database.fail("execute INSERT INTO \"public\".\"millrace_ledger\"", info(ErrorCode::unique_violation, false, false));
  SECTION("with our bytes: nothing is written twice") {
    // The scripted failure hits the first attempt's claim: what it finds is the committed row.
    f.database.answer(ledger_row(f.unit->hash));
    const UnitOutcome outcome = f.write();
    CHECK(outcome.rows == 2);
    CHECK(f.database.count("write") == 0);
  }
  SECTION("with other bytes: the input changed") {
    f.database.answer(ledger_row("00000000000000000000000000000000"));
    CHECK_THROWS_AS(f.write(), ConfigError);
  }
}

TEST_CASE("rows that a server drops without a word (a trigger) are rejects, never silently lost") {
  Fixture f("a,b\n1,x\n2,y\n");
  f.database.report_rows(0);
  CHECK_THROWS_AS(f.write(), DataError);
  CHECK(f.database.count("commit") == 0);
}

TEST_CASE("a row that the server names is rejected and the others go in") {
  Fixture f("a,b\n1,x\n2,y\n3,z\n", RejectLimit{5, std::nullopt});
  f.database.fail("finish", info(ErrorCode::unique_violation, false, false, 1));  // the fast try
  f.database.fail("finish", info(ErrorCode::unique_violation, false, false, 1));  // the careful one, which names row 1
  const UnitOutcome outcome = f.write();
  CHECK(outcome.rows == 2);
  CHECK(outcome.rejects == 1);
  CHECK(f.database.count("commit") == 1);
  CHECK(std::filesystem::exists(f.rejects.path()));
}

TEST_CASE("a row that nobody names is found by bisection") {
  Fixture f("a,b\n1,x\n2,y\n3,z\n4,w\n", RejectLimit{5, std::nullopt});
  f.database.fail("finish", info(ErrorCode::foreign_key_violation, false, false));  // fast
  f.database.fail("finish", info(ErrorCode::foreign_key_violation, false, false));  // all four
  f.database.fail("finish", info(ErrorCode::foreign_key_violation, false, false));  // the first two
  f.database.fail("finish", info(ErrorCode::foreign_key_violation, false, false));  // the first one
  const UnitOutcome outcome = f.write();
  CHECK(outcome.rows == 3);
  CHECK(outcome.rejects == 1);
}

TEST_CASE("past the limit of rejects the unit fails, and its rejects are in the file") {
  Fixture f("a,b\n1,x\nnone,y\n");
  CHECK_THROWS_AS(f.write(), DataError);
  CHECK(f.database.count("commit") == 0);
  CHECK(std::filesystem::exists(f.rejects.path()));
}

TEST_CASE("an interrupted sink stops at its next step") {
  Fixture f("a,b\n1,x\n");
  const auto sink = make_ledger_sink(*f.run, 0);
  sink->interrupt();
  CHECK_THROWS_AS(sink->write(*f.unit), Error);
  CHECK(f.database.count("commit") == 0);
}
