#include "millrace/access/retry.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "millrace/access/log.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using Delays = std::vector<std::chrono::milliseconds>;

namespace {

DatabaseError transient(std::string message = "deadlock") {
  ErrorInfo info;
  info.code = ErrorCode::deadlock;
  info.message = std::move(message);
  info.sqlstate = "40P01";
  info.safe_to_retry = true;
  return DatabaseError(info);
}

/// Time that only passes while something sleeps.
struct Clock {
  Delays delays;
  std::chrono::steady_clock::time_point now{};
  double random = 0.5;

  RetryEnvironment environment() {
    return {[this](std::chrono::milliseconds delay) { delays.push_back(delay); now += delay; }, [this] { return now; }, [this] { return random; }};
  }
};

RetryPolicy exact(int attempts = 3) {
  RetryPolicy policy;
  policy.attempts = attempts;
  policy.jitter = false;
  return policy;
}

struct Logged {
  std::vector<std::string> lines;
  Logged() {
    set_log_sink([this](const LogRecord& r) { lines.push_back(std::string(to_string(r.level)) + " " + std::string(r.event) + ": " + r.message); });
  }
  ~Logged() { set_log_sink({}); }
};

}  // namespace

TEST_CASE("without jitter the delays are exactly one second, then two, then four") {
  Clock clock;
  int calls = 0;
  try {
    retry(exact(4), [&] { ++calls; throw transient(); }, clock.environment());
    FAIL("nothing was thrown");
  } catch (const RetryError& error) {
    CHECK(error.attempts() == 4);
  }
  CHECK(calls == 4);
  CHECK(clock.delays == Delays{1s, 2s, 4s});
}

TEST_CASE("by default three attempts are made, with jitter") {
  Clock clock;
  int calls = 0;
  CHECK_THROWS_AS(retry(RetryPolicy{}, [&] { ++calls; throw transient(); }, clock.environment()), RetryError);
  CHECK(calls == 3);
  CHECK(clock.delays == Delays{500ms, 1s});
}

TEST_CASE("full jitter draws each delay from nothing up to its full length") {
  RetryPolicy policy;
  policy.attempts = 8;
  for (const double random : {0.0, 0.25, 0.999999}) {
    Clock clock;
    clock.random = random;
    CHECK_THROWS_AS(retry(policy, [] { throw transient(); }, clock.environment()), RetryError);
    Delays expected;
    for (int attempt = 1; attempt < 8; ++attempt) {
      const auto full = static_cast<double>(delay_after(policy, attempt).count());
      expected.push_back(std::chrono::milliseconds(static_cast<int>(full * random)));
    }
    CHECK(clock.delays == expected);
  }
}

TEST_CASE("the real random number stays below one and differs from draw to draw") {
  const RetryEnvironment real = RetryEnvironment::real();
  double low = 1, high = 0;
  for (int i = 0; i < 1000; ++i) {
    const double drawn = real.random();
    CHECK((drawn >= 0 && drawn < 1));
    low = std::min(low, drawn);
    high = std::max(high, drawn);
  }
  CHECK(low < 0.1);
  CHECK(high > 0.9);
}

TEST_CASE("the last error stays readable behind the number of attempts") {
  Clock clock;
  int calls = 0;
  try {
    retry(exact(), [&] { throw transient("deadlock " + std::to_string(++calls)); }, clock.environment());
    FAIL("nothing was thrown");
  } catch (const RetryError& error) {
    CHECK(error.attempts() == 3);
    CHECK(error.code() == ErrorCode::deadlock);
    CHECK(error.sqlstate() == "40P01");
    CHECK(error.last().message == "deadlock 3");
    CHECK(std::string(error.what()) == "deadlock 3 (gave up after 3 attempts)");
  }
}

TEST_CASE("success ends the retries and passes its value on") {
  Clock clock;
  int calls = 0;
  CHECK(retry(exact(), [&] { if (++calls < 2) throw transient(); return 42; }, clock.environment()) == 42);
  CHECK(clock.delays == Delays{1s});
  const std::unique_ptr<int> moved = retry(exact(), [&] { if (++calls < 4) throw transient(); return std::make_unique<int>(7); }, clock.environment());
  CHECK(*moved == 7);
  int value = 1;
  int& reference = retry(exact(), [&]() -> int& { return value; }, clock.environment());
  CHECK(&reference == &value);
  static_assert(std::is_void_v<decltype(retry(exact(), [] {}))>);
}

TEST_CASE("what is not safe to retry passes unchanged, at once") {
  Clock clock;
  int calls = 0;
  CHECK_THROWS_AS(retry(exact(), [&] { ++calls; throw InDoubtError(ErrorCode::in_doubt, "x"); }, clock.environment()), InDoubtError);
  CHECK_THROWS_AS(retry(exact(), [&] { ++calls; throw DatabaseError(ErrorCode::unique_violation, "x"); }, clock.environment()), DatabaseError);
  CHECK_THROWS_AS(retry(exact(), [&] { ++calls; throw std::runtime_error("x"); }, clock.environment()), std::runtime_error);
  CHECK_THROWS_AS(retry(exact(), [&] { ++calls; throw 5; }, clock.environment()), int);
  CHECK(calls == 4);
  CHECK(clock.delays.empty());
}

TEST_CASE("waiting for a connection in vain is retried, a closed pool is not") {
  Clock clock;
  ErrorInfo info;
  info.code = ErrorCode::pool_timeout;
  info.safe_to_retry = true;
  int calls = 0;
  CHECK(retry(exact(), [&] { if (++calls < 3) throw PoolError(info); return calls; }, clock.environment()) == 3);
  CHECK_THROWS_AS(retry(exact(), [&] { ++calls; throw PoolError(ErrorCode::pool_closed, "closed"); }, clock.environment()), PoolError);
  CHECK(calls == 4);
}

TEST_CASE("an error that stops being transient is the one that is seen") {
  Clock clock;
  int calls = 0;
  CHECK_THROWS_AS(retry(exact(), [&] { if (++calls == 1) throw transient(); throw DatabaseError(ErrorCode::syntax, "x"); }, clock.environment()), DatabaseError);
  CHECK(calls == 2);
}

TEST_CASE("a single attempt throws the error itself") {
  Clock clock;
  const Logged logged;
  try {
    retry(exact(1), [] { throw transient(); }, clock.environment());
    FAIL("nothing was thrown");
  } catch (const DatabaseError& error) {
    CHECK(std::string(error.what()) == "deadlock");
  }
  CHECK(clock.delays.empty());
  CHECK(logged.lines.empty());
}

TEST_CASE("a retry that would begin behind the deadline is not made") {
  RetryPolicy policy = exact(10);
  policy.deadline = 7s;  // attempts at 0, 1 and 3 s; the next one would begin at 7 s
  Clock clock;
  try {
    retry(policy, [] { throw transient(); }, clock.environment());
    FAIL("nothing was thrown");
  } catch (const RetryError& error) {
    CHECK(error.attempts() == 3);
  }
  CHECK(clock.delays == Delays{1s, 2s});

  SECTION("the time of the attempts counts") {
    Clock slow;
    CHECK_THROWS_AS(retry(policy, [&] { slow.now += 3s; throw transient(); }, slow.environment()), RetryError);
    CHECK(slow.delays == Delays{1s});
  }
  SECTION("when the first attempt used up the time its own error is thrown") {
    Clock slow;
    CHECK_THROWS_AS(retry(policy, [&] { slow.now += 8s; throw transient(); }, slow.environment()), DatabaseError);
    CHECK(slow.delays.empty());
  }
}

TEST_CASE("a predicate decides instead of the error") {
  Clock clock;
  RetryPolicy policy = exact();
  int calls = 0;
  SECTION("more is retried") {
    policy.retry_if = [](const Error& error) { return error.code() == ErrorCode::in_doubt; };
    CHECK(retry(policy, [&] { if (++calls < 3) throw InDoubtError(ErrorCode::in_doubt, "x"); return calls; }, clock.environment()) == 3);
  }
  SECTION("less is retried") {
    policy.retry_if = [](const Error&) { return false; };
    CHECK_THROWS_AS(retry(policy, [&] { ++calls; throw transient(); }, clock.environment()), DatabaseError);
    CHECK(calls == 1);
  }
}

TEST_CASE("retries inside retries do not multiply") {
  Clock clock;
  int calls = 0;
  const auto inner = [&] { return retry(exact(), [&] { ++calls; throw transient(); }, clock.environment()); };
  try {
    retry(exact(), inner, clock.environment());
    FAIL("nothing was thrown");
  } catch (const RetryError& error) {
    CHECK(error.attempts() == 3);
    CHECK(error.safe_to_retry());  // later, by somebody else
  }
  CHECK(calls == 3);
}

TEST_CASE("delays grow up to their limit and never overflow") {
  const RetryPolicy policy;
  CHECK(delay_after(policy, 1) == 1s);
  CHECK(delay_after(policy, 2) == 2s);
  CHECK(delay_after(policy, 5) == 16s);
  CHECK(delay_after(policy, 6) == 30s);
  CHECK(delay_after(policy, 1'000'000) == 30s);
  RetryPolicy other;
  other.initial_delay = 0ms;
  CHECK(delay_after(other, 9) == 0ms);
  other.initial_delay = 1s;
  other.factor = 1.0;
  CHECK(delay_after(other, 100) == 1s);
}

TEST_CASE("each retry is logged once as a warning, and giving up as an error") {
  Clock clock;
  const Logged logged;
  CHECK_THROWS_AS(retry(exact(), [] { throw transient(); }, clock.environment()), RetryError);
  CHECK(logged.lines == std::vector<std::string>{"warning retry.scheduled: deadlock; attempt 2 in 1000 ms", "warning retry.scheduled: deadlock; attempt 3 in 2000 ms",
                                                 "error retry.given_up: deadlock; given up after 3 attempts"});
}

TEST_CASE("a policy out of range names its key before anything is called") {
  const auto refused = [](auto&& change, const char* key) {
    RetryPolicy policy;
    change(policy);
    CHECK_THROWS_MATCHES(retry(policy, [] { FAIL("called"); }), ConfigError, MessageMatches(ContainsSubstring(key)));
  };
  refused([](RetryPolicy& p) { p.attempts = 0; }, "retry.attempts");
  refused([](RetryPolicy& p) { p.initial_delay = -1ms; }, "retry.initial_delay");
  refused([](RetryPolicy& p) { p.factor = 0.5; }, "retry.factor");
  refused([](RetryPolicy& p) { p.max_delay = 500ms; }, "retry.max_delay");
  refused([](RetryPolicy& p) { p.deadline = 0ms; }, "retry.deadline");
}

TEST_CASE("a stop ends the wait for the next attempt") {
  std::stop_source stop;
  RetryPolicy policy = exact();
  policy.initial_delay = policy.max_delay = 1h;
  int calls = 0;
  try {
    retry(policy, [&] { ++calls; stop.request_stop(); throw transient(); }, RetryEnvironment::real(stop.get_token()));
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::cancelled);
  }
  CHECK(calls == 1);
}
