#include <signal.h>

#include <chrono>
#include <thread>

#include "cli_support.hpp"
#include "millrace/access/error.hpp"

using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

namespace {
/// Starts a load from a pipe and waits until it is under way.
struct RunningLoad {
  Workplace place;
  Child child;
  explicit RunningLoad(std::vector<std::string> more) : child(place.path(), arguments(std::move(more))) {
    child.write("id,name\n");
    // More than one unit, so that some are committed while the pipe is still open.
    for (int i = 0; i < 20000; ++i) child.write(std::to_string(i) + ",name\n");
    while (!has_committed_unit()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  bool has_committed_unit() const {
    try {
      return place.rows("millrace_ledger") > 0;
    } catch (const ::millrace::Error&) {
      return false;  // the table is not there yet, or locked
    }
  }
  static std::vector<std::string> arguments(std::vector<std::string> more) {
    std::vector<std::string> all = {"load", "-", "--to", kTo, "--table", "t", "--unit-bytes", "1000", "--run-id", "r"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};
}  // namespace

TEST_CASE("a signal ends a staged load with 128 + n, the target as it was") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    RunningLoad load({"--atomic"});
    load.child.send(signal);
    const Result result = load.child.finish();
    CAPTURE(signal, result.out, result.err);
    CHECK(result.status == 128 + signal);
    CHECK_THAT(result.out, ContainsSubstring("FAILED, the target is as it was"));
    CHECK_THAT(result.err, ContainsSubstring("--resume r"));
    CHECK(load.place.rows() == 0);
  }
}

TEST_CASE("a signal ends an append with 3, and the report tells the committed rows") {
  RunningLoad load({});
  load.child.send(SIGINT);
  const Result result = load.child.finish();
  CAPTURE(result.out, result.err);
  CHECK(result.status == 3);
  CHECK_THAT(result.err, ContainsSubstring(std::to_string(load.place.rows()) + " rows are committed"));
}
