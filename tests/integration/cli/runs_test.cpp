#include "cli_support.hpp"

using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("runs and show look at what was loaded") {
  const Workplace place;
  REQUIRE(place.run({"load", "a.csv", "--to", kTo, "--table", "t", "--run-id", "first"}).status == 0);
  const Result runs = place.run({"runs", "--to", kTo});
  CHECK(runs.status == 0);
  CHECK_THAT(runs.out, ContainsSubstring("first") && ContainsSubstring("published") && ContainsSubstring("a.csv"));
  CHECK_THAT(place.run({"runs", "--to", kTo, "--json"}).out, ContainsSubstring("\"run_id\": \"first\""));
  const Result show = place.run({"show", "first", "--to", kTo});
  CHECK(show.status == 0);
  CHECK_THAT(show.out, ContainsSubstring("Ledger: 1 committed unit") && ContainsSubstring("Reconciliation: OK"));
  CHECK_THAT(place.run({"show", "first", "--to", kTo, "--json"}).out, ContainsSubstring("\"ledger\": ["));
}

TEST_CASE("a run that does not exist, or a database without runs, is told") {
  const Workplace place;
  CHECK(place.run({"runs", "--to", kTo}).status == 1);
  REQUIRE(place.run({"load", "a.csv", "--to", kTo, "--table", "t"}).status == 0);
  const Result result = place.run({"show", "nobody", "--to", kTo});
  CHECK(result.status == 1);
  CHECK_THAT(result.err, ContainsSubstring("nobody"));
}

TEST_CASE("a staged run is published in a step of its own, twice without harm") {
  const Workplace place;
  const Result staged = place.run({"load", "a.csv", "--to", kTo, "--table", "t", "--mode", "merge", "--stage-only", "--run-id", "s"});
  INFO(staged.out << staged.err);
  REQUIRE(staged.status == 0);
  CHECK_THAT(staged.out, ContainsSubstring("millrace publish s"));
  CHECK(place.rows() == 0);
  CHECK(place.run({"publish", "s", "--to", kTo}).status == 0);
  CHECK(place.rows() == 3);
  CHECK(place.run({"publish", "s", "--to", kTo, "--json"}).status == 0);
  CHECK(place.rows() == 3);
}

TEST_CASE("discarding says how many staged rows went") {
  const Workplace place;
  REQUIRE(place.run({"load", "a.csv", "--to", kTo, "--table", "t", "--mode", "merge", "--stage-only", "--run-id", "s"}).status == 0);
  const Result result = place.run({"discard", "s", "--to", kTo});
  CHECK(result.status == 0);
  CHECK_THAT(result.out, ContainsSubstring("3"));
  CHECK(place.run({"publish", "s", "--to", kTo}).status == 1);
  CHECK(place.rows() == 0);
}
