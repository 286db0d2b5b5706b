#pragma once
// Running something again after a transient error.

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

#include "millrace/access/error.hpp"

namespace millrace {

struct RetryPolicy {
  int attempts = 3;                                   ///< in all, the first one counted; >= 1
  std::chrono::milliseconds initial_delay{1000};
  double factor = 2.0;
  std::chrono::milliseconds max_delay{30000};
};

/// The delay after the given failed attempt (1, 2, ...): initial * factor^(attempt-1), at most max_delay.
std::chrono::milliseconds delay_after(const RetryPolicy& policy, int attempt);

using SleepFunction = std::function<void(std::chrono::milliseconds)>;

/// Calls fn until it succeeds, throws something that is not safe to retry, or the attempts are used up.
/// Every retry is logged once, with delay and reason.
/// @throws RetryError  the attempts are used up (more than one was made)
template <class F>
auto retry(const RetryPolicy& policy, F&& fn, const SleepFunction& sleep = [](std::chrono::milliseconds d) { std::this_thread::sleep_for(d); });

void log_retry(const Error& error, int attempt, std::chrono::milliseconds delay);

template <class F> auto retry(const RetryPolicy& policy, F&& fn, const SleepFunction& sleep) {
  for (int attempt = 1;; ++attempt) {
    try {
      return fn();
    } catch (const Error& error) {
      if (!error.safe_to_retry()) throw;
      if (attempt >= policy.attempts) {
        if (attempt == 1) throw;
        throw RetryError(error, attempt);
      }
      const auto delay = delay_after(policy, attempt);
      log_retry(error, attempt, delay);
      sleep(delay);
    }
  }
}

}  // namespace millrace
