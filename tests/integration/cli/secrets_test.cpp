#include "cli_support.hpp"
#include "secrets.hpp"

#include <fstream>
#include <iterator>

using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

namespace {
std::string process_arguments(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
}  // namespace

TEST_CASE("a password in a URL is not in the process list") {
  const Workplace place;
  // The job file is a pipe that nobody writes to: the command waits there until it is ended.
  Child child(place.path(), {"load", "-", "--job", "/dev/stdin", "--to", "postgresql://loader:hunter2@127.0.0.1:1/db?password=hunter3", "--table", "t"});
  std::string arguments;
  while ((arguments = process_arguments(child.pid())).find("--job") == std::string::npos || arguments.find("://*") == std::string::npos) {}
  CHECK_THAT(arguments, !ContainsSubstring("hunter"));
  CHECK_THAT(arguments, ContainsSubstring("postgresql://***"));
  child.close_input();
  const Result result = child.finish();
  CHECK_THAT(result.out + result.err, !ContainsSubstring("hunter"));
}

TEST_CASE("no error quotes a password") {
  const Workplace place;
  const std::string url = "postgresql://loader:hunter2@127.0.0.1:1/db";
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"ping", url},
           {"load", "a.csv", "--too", url, "--table", "t"},
           {"load", "a.csv", "--too=" + url, "--table", "t"},
           {"load", "a.csv", url, "--table", "t"},
           {url},
           {"runs", "--to", url},
           {"ping", "postgresql://loader:hunter2@[::1/db"},
           {"ping", "postgresql://loader:hunter2@127.0.0.1:port/db"},
           {"ping", "mysql://loader:hunter2@h/db"},
           {"load", "a.csv", "--to", url, "--table", "t", "--log-level", "debug"},
       }) {
    const Result result = place.run(arguments);
    CAPTURE(arguments);
    CHECK(result.status != 0);
    CHECK_THAT(result.out + result.err, !ContainsSubstring("hunter"));
  }
}

TEST_CASE("what follows the scheme of a URL is overwritten in the arguments, whatever it is") {
  std::vector<std::string> words = {"millrace", "load", "a.csv", "--to=postgresql://u:p a@s/s@h/db", "odbc:DSN=x;PWD=secret", "sqlite:x.db"};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  const auto arguments = ::millrace::cli::take_arguments(static_cast<int>(argv.size()), argv.data());
  CHECK(arguments[2] == "--to=postgresql://u:p a@s/s@h/db");
  CHECK(words[3] == "--to=postgresql://" + std::string(14, '*'));
  CHECK(words[4] == "odbc:" + std::string(16, '*'));
  CHECK(words[5] == "sqlite:x.db");
}
