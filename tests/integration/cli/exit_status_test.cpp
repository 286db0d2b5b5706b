#include "cli_support.hpp"

using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

namespace {
Result load(const Workplace& place, const std::string& file, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"load", file, "--to", kTo, "--table", "t"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return place.run(arguments);
}
}  // namespace

TEST_CASE("0: loaded, with a report that says so") {
  const Workplace place;
  const Result result = load(place, "a.csv");
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK_THAT(result.out, ContainsSubstring(": loaded\n") && ContainsSubstring("Reconciliation: OK"));
  CHECK(place.rows() == 3);
}

TEST_CASE("0: standard input is loaded the same way") {
  const Workplace place;
  const Result result = place.run({"load", "-", "--to", kTo, "--table", "t"}, "id,name\n5,five\n6,six");
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK(place.rows() == 2);
}

TEST_CASE("1: a missing file, table or column fails and leaves the target as it was") {
  const Workplace place;
  const Result file = load(place, "absent.csv");
  CHECK(file.status == 1);
  CHECK_THAT(file.err, ContainsSubstring("absent.csv"));
  const Result table = place.run({"load", "a.csv", "--to", kTo, "--table", "nowhere"});
  CHECK(table.status == 1);
  CHECK_THAT(table.err, ContainsSubstring("nowhere"));
  place.write("c.csv", "id,shape\n1,round\n");
  const Result column = load(place, "c.csv");
  CHECK(column.status == 1);
  CHECK_THAT(column.err, ContainsSubstring("shape"));
  CHECK(place.rows() == 0);
}

TEST_CASE("1: too many rejects publish nothing, and the resume command is shown") {
  const Workplace place;
  const Result result = load(place, "bad.csv", {"--atomic"});
  INFO(result.out << result.err);
  CHECK(result.status == 1);
  CHECK(place.rows() == 0);
  CHECK_THAT(result.err, ContainsSubstring("--max-rejects") && ContainsSubstring("millrace load bad.csv --resume") && ContainsSubstring("--to sqlite:x.db"));
  CHECK_THAT(result.out, ContainsSubstring("FAILED"));
}

TEST_CASE("2: some records were rejected, the rest is loaded") {
  const Workplace place;
  const Result result = load(place, "bad.csv", {"--max-rejects", "1"});
  INFO(result.out << result.err);
  CHECK(result.status == 2);
  CHECK(place.rows() == 2);
  CHECK_THAT(result.err, ContainsSubstring("bad.csv.rejects.jsonl"));
  CHECK_THAT(place.read("bad.csv.rejects.jsonl"), ContainsSubstring("\"x,two\""));
}

TEST_CASE("3: part of an append was committed; the command that is shown continues it") {
  const Workplace place;
  std::string csv = "id,name\n";
  for (int i = 1; i <= 2000; ++i) csv += std::to_string(i) + ",name\n";
  place.write("long.csv", csv + "x,bad\n");
  const Result result = load(place, "long.csv", {"--unit-bytes", "1000", "--writers", "1", "--run-id", "part"});
  INFO(result.out << result.err);
  CHECK(result.status == 3);
  CHECK(place.rows() > 0);
  CHECK_THAT(result.err, ContainsSubstring("rows are committed") && ContainsSubstring("millrace load long.csv --resume part --to sqlite:x.db"));
  const Result resumed = place.run({"load", "long.csv", "--resume", "part", "--to", kTo, "--max-rejects", "1"});
  INFO(resumed.out << resumed.err);
  CHECK(resumed.status == 2);
  CHECK(place.rows() == 2000);
}

TEST_CASE("a resume refuses a contradicting option by name") {
  const Workplace place;
  load(place, "bad.csv", {"--atomic", "--run-id", "r1"});
  const Result result = place.run({"load", "--resume", "r1", "--to", kTo, "--delimiter", ";"});
  CHECK(result.status != 0);
  CHECK_THAT(result.err, ContainsSubstring("--delimiter"));
}

TEST_CASE("a dry run prints what it would do and writes nothing") {
  const Workplace place;
  const Result result = load(place, "a.csv", {"--dry-run"});
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK_THAT(result.out, ContainsSubstring("dry run, nothing was written"));
  CHECK(place.rows() == 0);
  CHECK(place.rows("sqlite_master WHERE name LIKE 'millrace%'") == 0);
}
