#pragma once
// Running something again after a transient error.

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

#include "millrace/access/error.hpp"

namespace millrace {

struct RetryPolicy {
  int attempts = 3;                                   ///< in all, the first one counted; >= 1
  std::chrono::milliseconds initial_delay{1000};
  double factor = 2.0;                                ///< >= 1
  std::chrono::milliseconds max_delay{30000};
  bool jitter = true;                                 ///< each delay is drawn from 0 to its full length ("full jitter"); false: exactly 1, 2, 4 s
  std::optional<std::chrono::milliseconds> deadline;  ///< of all attempts and delays together; a retry that would begin behind it is not made
  std::function<bool(const Error&)> retry_if;         ///< instead of the default; it is asked about every Error, InDoubtError and RetryError too

  /// By default: Error::safe_to_retry(), and what another retry() has given up already is not tried again.
  bool wants_retry(const Error& error) const { return retry_if ? retry_if(error) : error.safe_to_retry() && !dynamic_cast<const RetryError*>(&error); }
  /// @throws ConfigError  names the option that is out of range, as the JSON section "retry" calls it
  void validate() const;
};

/// The longest delay after the given failed attempt (1, 2, ...): initial * factor^(attempt-1), at most max_delay.
std::chrono::milliseconds delay_after(const RetryPolicy& policy, int attempt);

/// Seams for tests: how to wait, what time it is, a random number in [0, 1).
struct RetryEnvironment {
  std::function<void(std::chrono::milliseconds)> sleep;
  std::function<std::chrono::steady_clock::time_point()> now;
  std::function<double()> random;
  /// @param stop  a requested stop ends a wait with Error{cancelled}
  static RetryEnvironment real(std::stop_token stop = {});
};

/// The decisions of retry(), without the waiting, for code that waits in its own way.
class RetryState {
 public:
  explicit RetryState(const RetryPolicy& policy, RetryEnvironment environment = RetryEnvironment::real());
  /// After a failed attempt: the delay before the next one, logged once.
  /// @throws RetryError  attempts or time are used up (more than one attempt was made)
  /// @throws the error itself (its own class), when it must not be retried or no retry was allowed
  /// @pre inside the catch block that caught `error`
  std::chrono::milliseconds next_delay(const Error& error);
  int attempts_made() const { return attempts_; }

 private:
  RetryPolicy policy_;
  RetryEnvironment environment_;
  std::chrono::steady_clock::time_point started_;
  int attempts_ = 0;
};

/// Calls fn until it succeeds, throws something that must not be retried, or the attempts or the time are used up.
/// @throws RetryError  the last error, with the number of attempts (more than one)
template <class F> auto retry(const RetryPolicy& policy, F&& fn, const RetryEnvironment& environment = RetryEnvironment::real()) -> std::invoke_result_t<F&> {
  RetryState state(policy, environment);
  for (;;) {
    std::chrono::milliseconds delay;
    try {
      return fn();
    } catch (const Error& error) {
      delay = state.next_delay(error);
    }
    environment.sleep(delay);
  }
}

// The events of retries, for code that retries in its own way.
/// The line of a retry, for code that decides by itself.
void log_retry(const Error& error, int attempt, std::chrono::milliseconds delay);
void log_given_up(const Error& error, int attempts);

}  // namespace millrace
