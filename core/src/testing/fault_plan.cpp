#include "millrace/testing/fault_plan.hpp"

namespace millrace::testing {
namespace {

constexpr std::array<std::string_view, kFaultCalls> kNames{"any",      "connect",  "statement", "begin",       "commit", "rollback", "ping", "reset",
                                                           "settings", "describe", "truncate",  "open_writer", "write",  "finish",   "next"};

[[noreturn]] void misuse(const char* message) { throw Error(ErrorCode::misuse, message); }

}  // namespace

std::string_view to_string(FaultCall call) { return kNames.at(static_cast<std::size_t>(call)); }

Fault Fault::error(FaultCall call, ErrorInfo error) {
  Fault fault(call);
  fault.error_ = std::move(error);
  return fault;
}

Fault Fault::drop_after(FaultCall call) {
  Fault fault = error(call, ErrorCode::connection_lost);
  fault.after_ = true;
  return fault;
}

Fault Fault::delay(FaultCall call, std::chrono::milliseconds time) {
  Fault fault(call);
  fault.delay_ = time;
  return fault;
}

Fault Fault::hold(FaultCall call) {
  Fault fault(call);
  fault.hold_ = true;
  return fault;
}

FaultPlan::Id FaultPlan::add(Fault fault) {
  if (fault.nth_ == 0) misuse("a fault's nth() counts from 1: the next call");
  if (fault.times_ == 0) misuse("a fault that strikes 0 times() is none");
  if (fault.delay_.count() < 0) misuse("a fault's delay can not be negative");
  const std::lock_guard lock(mutex_);
  entries_.push_back({std::move(fault)});
  return entries_.size() - 1;
}

void FaultPlan::remove(Id id) {
  const std::lock_guard lock(mutex_);
  entries_.at(id).active = false;
  changed_.notify_all();
}

void FaultPlan::clear() {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) entry.active = false;
  changed_.notify_all();
}

void FaultPlan::drop_connections() {
  const std::lock_guard lock(mutex_);
  ++generation_;
}

std::uint64_t FaultPlan::calls(FaultCall call) const {
  const std::lock_guard lock(mutex_);
  return calls_.at(static_cast<std::size_t>(call));
}

std::uint64_t FaultPlan::struck(Id id) const {
  const std::lock_guard lock(mutex_);
  return entries_.at(id).struck;
}

std::uint64_t FaultPlan::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

std::size_t FaultPlan::open_connections() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

bool FaultPlan::wait_until_struck(Id id, std::uint64_t count, std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return entries_.at(id).struck >= count; });
}

// Every fault sees the call, but the first one that ends it is the last one to strike.
std::vector<FaultPlan::Strike> FaultPlan::arrive(FaultCall call, std::string_view text) {
  const std::lock_guard lock(mutex_);
  ++calls_[static_cast<std::size_t>(call)];
  ++calls_[static_cast<std::size_t>(FaultCall::any)];
  std::vector<Strike> strikes;
  bool ended = false;
  for (Id id = 0; id < entries_.size(); ++id) {
    Entry& entry = entries_[id];
    const Fault& fault = entry.fault;
    if (!entry.active || (fault.call_ != call && fault.call_ != FaultCall::any) || text.find(fault.text_) == std::string_view::npos) continue;
    ++entry.seen;
    if (ended || entry.seen < fault.nth_ || entry.struck >= fault.times_) continue;
    ++entry.struck;
    ended = fault.error_.has_value();
    strikes.push_back({id, fault});
  }
  if (!strikes.empty()) changed_.notify_all();
  return strikes;
}

bool FaultPlan::wait(const Strike& strike, std::optional<std::chrono::milliseconds> limit, const std::function<bool()>& cancelled) const {
  const Fault& fault = strike.fault;
  if (!fault.waits()) return true;
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  const auto over = [&] { return !entries_[strike.id].active || cancelled(); };
  const bool limited = limit && (fault.hold_ || *limit < fault.delay_);
  if (fault.hold_ && !limited) {
    changed_.wait(lock, over);
    return true;
  }
  return changed_.wait_until(lock, start + (limited ? *limit : fault.delay_), over) || !limited;
}

void FaultPlan::wake() const {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

std::uint64_t FaultPlan::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

void FaultPlan::count_opened() {
  const std::lock_guard lock(mutex_);
  ++open_;
}

void FaultPlan::count_closed(bool dropped) {
  const std::lock_guard lock(mutex_);
  --open_;
  if (dropped) ++dropped_;
}

}  // namespace millrace::testing
