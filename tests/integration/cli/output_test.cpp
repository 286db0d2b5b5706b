#include <algorithm>

#include "cli_support.hpp"
#include "millrace/load/report.hpp"

using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

TEST_CASE("the option --json prints the report as JSON and nothing else") {
  const Workplace place;
  const Result result = place.run({"load", "a.csv", "--to", kTo, "--table", "t", "--json"});
  const ::millrace::RunReport report = ::millrace::parse_report(result.out);
  CHECK(report.counts.read == 3);
  CHECK(report.outcome == ::millrace::Outcome::loaded);
}

TEST_CASE("the option --report writes the report beside the text") {
  const Workplace place;
  const Result result = place.run({"load", "a.csv", "--to", kTo, "--table", "t", "--report", "r.json"});
  CHECK_THAT(result.out, StartsWith("Run "));
  CHECK(::millrace::parse_report(place.read("r.json")).counts.accepted == 3);
}

TEST_CASE("a report that can not be written is told, and the rows stay loaded") {
  const Workplace place;
  const Result result = place.run({"load", "a.csv", "--to", kTo, "--table", "t", "--report", "absent/r.json"});
  CHECK(result.status == 1);
  CHECK_THAT(result.err, ContainsSubstring("absent/r.json"));
  CHECK(place.rows() == 3);
  CHECK(place.run({"load", "bad.csv", "--to", kTo, "--table", "t", "--mode", "merge", "--max-rejects", "1", "--report", "absent/r.json"}).status == 2);
}

TEST_CASE("a reader of standard output that went away does not change the exit status") {
  const Workplace place;
  Child good(place.path(), {"load", "-", "--to", kTo, "--table", "t"});
  good.close_output();
  good.write("id,name\n1,one\n");
  good.close_input();
  CHECK(good.finish().status == 0);
  Child rejected(place.path(), {"load", "-", "--to", kTo, "--table", "t", "--max-rejects", "5"});
  rejected.close_output();
  rejected.write("id,name\n2,two\nx,bad\n");
  rejected.close_input();
  CHECK(rejected.finish().status == 2);
}

TEST_CASE("logs go to standard error, as text or as one JSON object a line") {
  const Workplace place;
  const Result text = place.run({"load", "a.csv", "--to", kTo, "--table", "t", "--log-level", "debug"});
  CHECK_THAT(text.out, StartsWith("Run "));
  CHECK_THAT(text.err, ContainsSubstring("info state.created: "));
  const Workplace another;
  const Result json = another.run({"load", "a.csv", "--to", kTo, "--table", "t", "--log-level", "info", "--log-json"});
  CHECK_THAT(json.err, StartsWith("{\"time\":\"") && ContainsSubstring("\"level\":\"info\",\"event\":\"state.created\""));
  CHECK(another.run({"load", "a.csv", "--to", kTo, "--table", "t", "--mode", "merge"}).err.empty());
}

TEST_CASE("by default a retry is one line of the log, and an error that ends the command is none") {
  const Workplace place;
  std::vector<std::string> arguments = {"load", "a.csv", "--to", "postgresql://loader@127.0.0.1:1/db", "--table", "t", "--max-attempts", "2", "--retry-delay", "1ms"};
  const Result quiet = place.run(arguments);
  CHECK(quiet.status == 1);
  CHECK(std::count(quiet.err.begin(), quiet.err.end(), '\n') == 2);
  CHECK_THAT(quiet.err, ContainsSubstring("warning retry.scheduled: "));
  CHECK_THAT(quiet.err, ContainsSubstring("\nmillrace: "));
  arguments.insert(arguments.end(), {"--log-level", "info"});
  CHECK_THAT(place.run(arguments).err, ContainsSubstring("warning connection.failed: ") && ContainsSubstring("error retry.given_up: "));
}
