#include "load/load_context.hpp"

#include <condition_variable>
#include <cstdio>
#include <mutex>

#include <nlohmann/json.hpp>

namespace millrace {

bool RejectLimiter::exceeded_at_end(std::int64_t read) const {
  if (!limit_.percent) return total_ > limit_.count;
  return static_cast<double>(total_) * 100.0 > *limit_.percent * static_cast<double>(read);
}

std::string RejectLimiter::limit_text() const {
  if (!limit_.percent) return std::to_string(limit_.count);
  char text[32];
  std::snprintf(text, sizeof text, "%g%%", *limit_.percent);
  return text;
}

std::string describe(const Reject& reject) {
  return "record " + std::to_string(reject.src_row) + " (line " + std::to_string(reject.line) + ")" + (reject.column.empty() ? "" : ", column " + reject.column) + ": " + reject.reason;
}

RejectLimitExceeded reject_limit_error(const RejectLimiter& limiter, const Reject& first, const std::string& reject_file) {
  const std::int64_t total = limiter.total();
  return RejectLimitExceeded(describe(first) + "; " + std::to_string(total) + (total == 1 ? " record was" : " records were") + " rejected and --max-rejects allows " + limiter.limit_text() +
                   "; see " + reject_file + ", then mend the input or raise the limit");
}

std::string sums_to_json(const ControlSums& sums, const LoadPlan& plan) {
  nlohmann::json json = nlohmann::json::array();
  for (std::size_t i = 0; i < sums.size(); ++i) json.push_back(sums[i].to_string(plan.columns[plan.summed[i]].type.scale));
  return json.dump();
}

ControlSums sums_from_json(const std::string& text, const LoadPlan& plan) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_array() || json.size() != plan.summed.size()) throw DataError("the ledger's control sums do not fit the plan of the run");
  ControlSums sums;
  for (std::size_t i = 0; i < json.size(); ++i) sums.push_back(ExactSum::parse(json[i].get<std::string>(), plan.columns[plan.summed[i]].type.scale));
  return sums;
}

bool sleep_unless_stopped(std::chrono::milliseconds duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

std::string milliseconds_text(std::chrono::nanoseconds duration) { return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()); }

Error stopped_error() { return Error(ErrorCode::cancelled, "the load was interrupted"); }

}  // namespace millrace
