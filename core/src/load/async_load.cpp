#include <functional>
#include <optional>
#include <system_error>
#include <utility>

#include "millrace/load/detail/background_load.hpp"

namespace millrace::detail {

LastJoin::~LastJoin() {
  if (!thread_.joinable()) return;
  if (thread_.get_id() == std::this_thread::get_id()) thread_.detach();
  else thread_.join();
}

BackgroundLoad::BackgroundLoad(LoadJob job, LoadEnvironment environment) : job_(std::move(job)), environment_(std::move(environment)) {}

void BackgroundLoad::start() {
  const std::lock_guard lock(mutex_);  // run() takes thread_ from under it
  thread_ = std::thread([self = shared_from_this()] { self->run(); });
}

void BackgroundLoad::cancel() noexcept {
  const std::lock_guard lock(mutex_);
  if (cancelled_ || ended_) return;
  cancelled_ = true;
  try {
    stopper_ = std::thread([self = shared_from_this()] { self->stop_.request_stop(); });
  } catch (const std::system_error&) {  // no thread is left: better to block here than to go on
    stop_.request_stop();
  }
}

void BackgroundLoad::run() noexcept {
  std::exception_ptr error;
  RunReport report;
  try {
    const std::stop_callback forward(std::exchange(environment_.stop, stop_.get_token()), [this] { stop_.request_stop(); });
    report = run_load(std::move(job_), std::move(environment_));
  } catch (...) {
    error = std::current_exception();
  }
  std::thread own;
  std::thread stopper;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    own = std::move(thread_);
    stopper = std::move(stopper_);
  }
  if (stopper.joinable()) stopper.join();
  complete(std::move(error), std::move(report), LastJoin(std::move(own)));
}

}  // namespace millrace::detail
