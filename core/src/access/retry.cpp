#include "millrace/access/retry.hpp"

#include <cmath>

#include "millrace/access/log.hpp"

namespace millrace {

std::chrono::milliseconds delay_after(const RetryPolicy& policy, int attempt) {
  // In floating point, where growth saturates at infinity instead of overflowing.
  const double delay = static_cast<double>(policy.initial_delay.count()) * std::pow(policy.factor, attempt - 1);
  if (!(delay < static_cast<double>(policy.max_delay.count()))) return policy.max_delay;
  return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(std::max(delay, 0.0)));
}

void log_retry(const Error& error, int attempt, std::chrono::milliseconds delay) {
  const std::string millis = std::to_string(delay.count());
  log(LogLevel::warning, "retry.scheduled", std::string(error.what()) + "; attempt " + std::to_string(attempt + 1) + " in " + millis + " ms",
      {{"attempt", std::to_string(attempt)}, {"delay_ms", millis}, {"code", std::string(to_string(error.code()))}, {"sqlstate", error.sqlstate()}});
}

}  // namespace millrace
