#include <sstream>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "report_support.hpp"

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

TEST_CASE("the text report shows every number of the run") {
  const std::string text = to_text(full_report());
  for (const char* part : {"trades.csv", "public.trades", "postgresql://loader@db:5432/prod", "merge", "20230228-134500-123-9f86d081c2", "1001", "998", "997", "11",
                           "400", "500", "87", "123456789", "tran_amt", "12345678901234567890.12", "2.100", "4.123", "25 (7 committed by an earlier attempt)",
                           "./trades.csv.rejects.jsonl", "Reconciliation: OK, 2 checks hold", "a note", "SELECT 1;", "rows/s", "replays"}) {
    CHECK_THAT(text, ContainsSubstring(part));
  }
}

TEST_CASE("the first line is the verdict") {
  RunReport report = full_report();
  CHECK_THAT(to_text(report), ContainsSubstring(": loaded, 3 records rejected\n"));
  report.outcome = Outcome::loaded;
  CHECK_THAT(to_text(report), StartsWith("Run 20230228-134500-123-9f86d081c2: loaded\n"));
  report.state = RunState::loaded;
  CHECK_THAT(to_text(report), ContainsSubstring("millrace publish 20230228-134500-123-9f86d081c2"));
  report.outcome = Outcome::failed;
  CHECK_THAT(to_text(report), ContainsSubstring("FAILED, the target is as it was"));
  report.outcome = Outcome::partly_committed;
  CHECK_THAT(to_text(report), ContainsSubstring("FAILED after 998 rows were committed"));
  report.outcome = Outcome::unknown;
  CHECK_THAT(to_text(report), ContainsSubstring("millrace show"));
}

TEST_CASE("a check that differs stands out") {
  RunReport report = full_report();
  report.checks.push_back({"rows staged", "998", "997"});
  CHECK_THAT(to_text(report), ContainsSubstring("Reconciliation: FAILED, 1 of 3 checks differ") && ContainsSubstring("DIFFERS  rows staged"));
}

TEST_CASE("numbers of the rows section are aligned to the right") {
  std::istringstream lines(to_text(full_report()));
  std::size_t end = 0;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "Rows") { inside = true; continue; }
    if (inside && line.empty()) break;
    if (!inside) continue;
    const std::size_t last_digit = line.find_last_of("0123456789", line.find("  see ") == std::string::npos ? std::string::npos : line.find("  see "));
    if (end == 0) end = last_digit;
    CHECK(last_digit == end);
  }
  CHECK(end != 0);
}

TEST_CASE("a line break in a name does not break the report's lines") {
  RunReport report = full_report();
  report.source = "a\nb.csv";
  CHECK_THAT(to_text(report), ContainsSubstring("a b.csv"));
}

TEST_CASE("an empty report can be shown") { CHECK_THAT(to_text(RunReport{}), ContainsSubstring("Reconciliation: not done")); }
