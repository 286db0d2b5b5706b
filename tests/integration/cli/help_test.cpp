#include <fstream>
#include <iterator>
#include <sstream>

#include "cli_support.hpp"
#include "millrace/load/job.hpp"

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

TEST_CASE("the option --version and --help print to standard output and end well") {
  const TemporaryFolder folder;
  const Result version = millrace::test::millrace(folder, {"--version"});
  CHECK(version.status == 0);
  CHECK_THAT(version.out, StartsWith("millrace "));
  const Result help = millrace::test::millrace(folder, {"--help"});
  CHECK(help.status == 0);
  CHECK(help.err.empty());
  for (const char* command : {"load", "runs", "show", "publish", "discard", "ping", "ddl", "Exit status"}) CHECK_THAT(help.out, ContainsSubstring(command));
}

TEST_CASE("every command explains itself") {
  const TemporaryFolder folder;
  for (const char* command : {"load", "runs", "show", "publish", "discard", "ping", "ddl"}) {
    CAPTURE(command);
    const Result help = millrace::test::millrace(folder, {command, "--help"});
    CHECK(help.status == 0);
    CHECK_THAT(help.out, StartsWith(std::string("Usage: millrace ") + command));
    CHECK_THAT(help.out, ContainsSubstring("--to URL"));
  }
}

TEST_CASE("the help of load names every option of a job and fits its lines") {
  const TemporaryFolder folder;
  const std::string help = millrace::test::millrace(folder, {"load", "--help"}).out;
  for (const JobField& field : job_fields()) {
    if (field.key == "source") continue;
    std::string option(field.key);
    for (char& c : option) if (c == '_') c = '-';
    CHECK_THAT(help, ContainsSubstring("--" + option));
  }
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
}

TEST_CASE("docs/command-line.md describes every option of a job with the words of its help") {
  std::ifstream file(MILLRACE_COMMAND_LINE_DOC);
  const std::string doc{std::istreambuf_iterator<char>(file), {}};
  REQUIRE_FALSE(doc.empty());
  for (const JobField& field : job_fields()) {
    std::string option = field.key == "source" ? "SOURCE" : "--" + std::string(field.key);
    for (char& c : option) if (c == '_') c = '-';
    CHECK_THAT(doc, ContainsSubstring("| `" + option));
    CHECK_THAT(doc, ContainsSubstring("| " + std::string(field.help) + " |"));
  }
}
