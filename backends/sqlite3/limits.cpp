#include "sqlite3/limits.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <thread>

#include <sqlite3.h>

#include "sqlite3/errors.hpp"

namespace millrace::sqlite {
namespace {

constexpr int kInstructionsPerCheck = 1000;  // some ten microseconds
constexpr int kPauseMs[] = {1, 2, 5, 10, 25};

}  // namespace

StatementLimits::StatementLimits(::sqlite3* db) : db_(db) {}

void StatementLimits::set_lock_timeout(std::chrono::milliseconds timeout) {
  lock_timeout_ = timeout;
  sqlite3_busy_handler(db_, &on_busy, this);
}

StatementLimits::Deadline StatementLimits::deadline() const {
  if (timeout().count() == 0) return std::nullopt;
  return Clock::now() + timeout();
}

void StatementLimits::cancel() noexcept {
  cancelled_ = true;
  sqlite3_interrupt(db_);
}

StatementLimits::Running::Running(StatementLimits& limits, Deadline deadline) : limits_(limits) {
  limits_.running_ = true;
  limits_.cancelled_ = false;
  limits_.deadline_ = deadline;
  if (deadline) sqlite3_progress_handler(limits_.db_, kInstructionsPerCheck, &on_progress, &limits_);
}

StatementLimits::Running::~Running() {
  if (limits_.deadline_) sqlite3_progress_handler(limits_.db_, 0, nullptr, nullptr);
  limits_.deadline_.reset();
  limits_.running_ = false;
}

int StatementLimits::on_progress(void* limits) noexcept { return static_cast<StatementLimits*>(limits)->is_over() ? 1 : 0; }

// Called before each further attempt to get a lock. 0 gives up.
int StatementLimits::on_busy(void* limits, int attempt) noexcept {
  auto& self = *static_cast<StatementLimits*>(limits);
  const auto now = Clock::now();
  if (attempt == 0) self.waiting_since_ = now;
  if (self.running_ && self.cancelled_) return 0;
  auto until = self.waiting_since_ + self.lock_timeout_;
  if (self.deadline_) until = std::min(until, *self.deadline_);
  if (now >= until) return 0;
  const int pause = kPauseMs[std::min<std::size_t>(static_cast<std::size_t>(attempt), std::size(kPauseMs) - 1)];
  std::this_thread::sleep_for(std::min<Clock::duration>(std::chrono::milliseconds(pause), until - now));
  return 1;
}

void StatementLimits::rethrow(const Error& error) const {
  const bool waited = error.code() == ErrorCode::lock_timeout;
  if (error.code() != ErrorCode::cancelled && !waited) throw;
  ErrorInfo info = error.info();
  if (is_over()) {
    info.code = ErrorCode::statement_timeout;
    info.message = "the statement ran longer than its time-out of " + std::to_string(timeout().count()) + " ms" + (waited ? ", waiting for a lock" : "");
  } else if (waited && cancelled_) {
    info.code = ErrorCode::cancelled;
    info.message = "the statement was cancelled while it waited for a lock";
  } else {
    throw;
  }
  info.sqlstate = "57014";
  info.safe_to_retry = false;
  throw_error(std::move(info));
}

}  // namespace millrace::sqlite
