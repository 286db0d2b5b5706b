#include "millrace/access/retry.hpp"

#include <stdexcept>

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/log.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using Delays = std::vector<std::chrono::milliseconds>;

namespace {

DatabaseError transient() {
  ErrorInfo info;
  info.code = ErrorCode::deadlock;
  info.message = "deadlock";
  info.safe_to_retry = true;
  return DatabaseError(info);
}

}  // namespace

TEST_CASE("a transient error is retried after one second, then two, then given up") {
  Delays delays;
  int calls = 0;
  try {
    retry(RetryPolicy{}, [&] { ++calls; throw transient(); }, [&](auto d) { delays.push_back(d); });
    FAIL("nothing was thrown");
  } catch (const RetryError& error) {
    CHECK(error.attempts() == 3);
    CHECK(error.code() == ErrorCode::deadlock);
  }
  CHECK(calls == 3);
  CHECK(delays == Delays{1s, 2s});
}

TEST_CASE("success ends the retries and passes its value on") {
  Delays delays;
  int calls = 0;
  const int result = retry(RetryPolicy{}, [&] { if (++calls < 2) throw transient(); return 42; }, [&](auto d) { delays.push_back(d); });
  CHECK(result == 42);
  CHECK(delays == Delays{1s});
}

TEST_CASE("what is not safe to retry passes unchanged, at once") {
  int calls = 0;
  const auto no_sleep = [](auto) { FAIL("slept"); };
  CHECK_THROWS_AS(retry(RetryPolicy{}, [&] { ++calls; throw InDoubtError(ErrorCode::in_doubt, "x"); }, no_sleep), InDoubtError);
  CHECK_THROWS_AS(retry(RetryPolicy{}, [&] { ++calls; throw std::runtime_error("x"); }, no_sleep), std::runtime_error);
  CHECK(calls == 2);
}

TEST_CASE("an error that stops being transient is the one that is seen") {
  int calls = 0;
  CHECK_THROWS_AS(retry(RetryPolicy{}, [&] { if (++calls == 1) throw transient(); throw DatabaseError(ErrorCode::syntax, "x"); }, [](auto) {}), DatabaseError);
  CHECK(calls == 2);
}

TEST_CASE("a single attempt is no retry") {
  for (const int attempts : {1, 0, -1}) {
    RetryPolicy policy;
    policy.attempts = attempts;
    int calls = 0;
    CHECK_THROWS_AS(retry(policy, [&] { ++calls; throw transient(); }, [](auto) { FAIL("slept"); }), DatabaseError);
    CHECK(calls == 1);
  }
}

TEST_CASE("delays grow up to their limit and never overflow") {
  const RetryPolicy policy;
  CHECK(delay_after(policy, 1) == 1s);
  CHECK(delay_after(policy, 2) == 2s);
  CHECK(delay_after(policy, 5) == 16s);
  CHECK(delay_after(policy, 6) == 30s);
  CHECK(delay_after(policy, 1'000'000) == 30s);
  CHECK(delay_after({3, 0ms, 2.0, 30s}, 9) == 0ms);
  CHECK(delay_after({3, 60s, 2.0, 30s}, 1) == 30s);
  CHECK(delay_after({3, 1s, 1.0, 30s}, 100) == 1s);
}

TEST_CASE("each retry is logged once, with delay and reason") {
  std::vector<std::string> seen;
  set_log_sink([&](const LogRecord& r) { seen.push_back(std::string(r.event) + ": " + r.message); });
  CHECK_THROWS_AS(retry(RetryPolicy{}, [] { throw transient(); }, [](auto) {}), RetryError);
  set_log_sink({});
  CHECK(seen == std::vector<std::string>{"retry.scheduled: deadlock; attempt 2 in 1000 ms", "retry.scheduled: deadlock; attempt 3 in 2000 ms"});
}
