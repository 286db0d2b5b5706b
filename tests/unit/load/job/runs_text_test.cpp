#include <algorithm>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "millrace/load/runs.hpp"
#include "report_support.hpp"

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

namespace {
RunSummary summary() { return {"r1", RunState::failed, "append", "caf\xc3\xa9.csv", "main.t", "2023-02-28 13:45:00", "2023-02-28 13:46:00", {10, 9, 1, 0, 0, 9, 0, 0, 0}, "it broke"}; }
}  // namespace

TEST_CASE("runs are listed one a line under a header") {
  RunSummary longer = summary();
  longer.run_id = "a-much-longer-id";
  const std::string text = to_text(std::vector<RunSummary>{summary(), longer});
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
  CHECK_THAT(text, ContainsSubstring("RUN               STATE   MODE"));
  CHECK_THAT(text, ContainsSubstring("r1                failed  append  main.t    10         1"));
}

TEST_CASE("no runs are said to be none") {
  CHECK(to_text(std::vector<RunSummary>{}) == "No runs.\n");
  CHECK(to_json(std::vector<RunSummary>{}) == "[]");
}

TEST_CASE("a run is shown with counts, ledger, checks and error") {
  RunDetails run{summary(), full_report(), {{1, 10, 0, 100, 2, 9, 1, 1, "abc", "[\"1.5\"]", "2023-02-28 13:45:30"}}, {{"rows", "10", "9"}}};
  CHECK_THAT(to_text(run), ContainsSubstring("Ledger: 1 committed unit") && ContainsSubstring("DIFFERS") && ContainsSubstring("Error: it broke") && ContainsSubstring("café.csv"));
  CHECK_THAT(to_json(run), ContainsSubstring("\"hash\": \"abc\"") && ContainsSubstring("\"1.5\"") && ContainsSubstring("\"report\": {"));
}

TEST_CASE("a run without report, ledger and checks can be shown") {
  const RunDetails run{summary(), {}, {}, {}};
  CHECK_THAT(to_text(run), ContainsSubstring("no unit is committed") && ContainsSubstring("none recorded"));
  CHECK_THAT(to_json(run), ContainsSubstring("\"report\": null"));
}
