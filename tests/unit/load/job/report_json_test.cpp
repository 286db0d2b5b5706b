#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "millrace/access/error.hpp"
#include "report_support.hpp"

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a report survives its way through JSON, to the nanosecond") {
  const RunReport report = full_report();
  const std::string json = to_json(report);
  const RunReport again = parse_report(json);
  CHECK(to_json(again) == json);
  CHECK(again.duration == report.duration);
  CHECK(again.writers[0].busy == report.writers[0].busy);
  CHECK(again.state == report.state);
  CHECK(again.outcome == report.outcome);
  CHECK(again.target_rows == report.target_rows);
  CHECK(again.counts.unchanged == 87);
  CHECK(again.control_totals[0].server == "12345678901234567890.12");
  CHECK(again.sqlstate == "22P02");
}

TEST_CASE("an empty report survives its way through JSON") {
  const RunReport again = parse_report(to_json(RunReport{}));
  CHECK_FALSE(again.target_rows);
  CHECK(again.outcome == Outcome::failed);
}

TEST_CASE("bytes that are no UTF-8 do not keep a report from being written") {
  RunReport report = full_report();
  report.source = "caf\xe9.csv";
  CHECK_NOTHROW(parse_report(to_json(report)));
}

TEST_CASE("what is no report is refused with a DataError") {
  for (const char* bad : {"", "{}", "[]", "{\"run_id\": 5}", "nonsense"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(parse_report(bad), DataError);
  }
}

TEST_CASE("every state has a word that reads back") {
  for (const RunState state : {RunState::loading, RunState::loaded, RunState::publishing, RunState::published, RunState::failed, RunState::abandoned}) {
    CHECK(parse_run_state(to_string(state)) == state);
  }
  CHECK_THROWS_AS(parse_run_state("Loading"), DataError);
}

TEST_CASE("a run is reconciled when it was checked and every check holds") {
  RunReport report;
  CHECK_FALSE(report.reconciled());
  report.checks = {{"a", "1", "1"}};
  CHECK(report.reconciled());
  report.checks.push_back({"b", "1", "2"});
  CHECK_FALSE(report.reconciled());
}
