#include "millrace/access/retry.hpp"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "millrace/access/log.hpp"

namespace millrace {
namespace {

double random_share() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
}

void wait(std::chrono::milliseconds delay, const std::stop_token& stop) {
  if (!stop.stop_possible()) return std::this_thread::sleep_for(delay);
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stop, delay, [] { return false; });
  if (stop.stop_requested()) throw Error(ErrorCode::cancelled, "a stop was requested while a retry was waiting");
}

[[noreturn]] void out_of_range(const char* key, const char* range) { throw ConfigError(std::string("retry.") + key + " must be " + range); }

}  // namespace

void RetryPolicy::validate() const {
  if (attempts < 1) out_of_range("attempts", "at least 1");
  if (initial_delay.count() < 0) out_of_range("initial_delay", "at least 0");
  if (!(factor >= 1.0) || !std::isfinite(factor)) out_of_range("factor", "at least 1");
  if (max_delay < initial_delay) out_of_range("max_delay", "at least retry.initial_delay");
  if (deadline && deadline->count() <= 0) out_of_range("deadline", "greater than 0");
}

std::chrono::milliseconds delay_after(const RetryPolicy& policy, int attempt) {
  // In floating point, where growth saturates at infinity instead of overflowing.
  const double delay = static_cast<double>(policy.initial_delay.count()) * std::pow(policy.factor, attempt - 1);
  if (!(delay < static_cast<double>(policy.max_delay.count()))) return policy.max_delay;
  return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(std::max(delay, 0.0)));
}

RetryEnvironment RetryEnvironment::real(std::stop_token stop) {
  return {[stop](std::chrono::milliseconds delay) { wait(delay, stop); }, &std::chrono::steady_clock::now, &random_share};
}

RetryState::RetryState(const RetryPolicy& policy, RetryEnvironment environment)
    : policy_(policy), environment_(std::move(environment)), started_(environment_.now()) {
  policy_.validate();
}

std::chrono::milliseconds RetryState::next_delay(const Error& error) {
  ++attempts_;
  if (!policy_.wants_retry(error)) throw;
  auto delay = delay_after(policy_, attempts_);
  // Full jitter, which spreads clients that failed together best: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
  if (policy_.jitter) delay = std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(static_cast<double>(delay.count()) * environment_.random()));
  const bool late = policy_.deadline && environment_.now() - started_ + delay >= *policy_.deadline;
  if (attempts_ >= policy_.attempts || late) {
    if (attempts_ == 1) throw;
    log_given_up(error, attempts_);
    throw RetryError(error, attempts_);
  }
  log_retry(error, attempts_, delay);
  return delay;
}

void log_given_up(const Error& error, int attempts) {
  log(LogLevel::error, "retry.given_up", std::string(error.what()) + "; given up after " + std::to_string(attempts) + " attempts",
      {{"attempts", std::to_string(attempts)}, {"code", std::string(to_string(error.code()))}, {"sqlstate", error.sqlstate()}});
}

void log_retry(const Error& error, int attempt, std::chrono::milliseconds delay) {
  const std::string millis = std::to_string(delay.count());
  log(LogLevel::warning, "retry.scheduled", std::string(error.what()) + "; attempt " + std::to_string(attempt + 1) + " in " + millis + " ms",
      {{"attempt", std::to_string(attempt)}, {"delay_ms", millis}, {"code", std::string(to_string(error.code()))}, {"sqlstate", error.sqlstate()}});
}

}  // namespace millrace
