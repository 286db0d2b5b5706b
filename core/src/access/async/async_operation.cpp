#include "millrace/access/detail/async_operation.hpp"

#include <algorithm>
#include <utility>

#include "access/async/engine.hpp"

namespace millrace::detail {
namespace {

// A request that reached the server between two statements is lost, so it is sent again until the operation has ended.
constexpr std::chrono::milliseconds kMostResendDelay{2000};

std::optional<RetryState> retry_state(const std::optional<RetryPolicy>& policy) {
  if (!policy) return std::nullopt;
  return std::optional<RetryState>(std::in_place, *policy);
}

std::chrono::steady_clock::time_point in(std::chrono::milliseconds delay) { return std::chrono::steady_clock::now() + delay; }

}  // namespace

Error cancelled_error() { return Error(ErrorCode::cancelled, "the asynchronous operation was cancelled before it had an effect"); }

Health sick(AsyncEngine& engine, const std::exception_ptr& error, std::chrono::steady_clock::duration latency) {
  Health health;
  health.latency = std::chrono::duration_cast<std::chrono::microseconds>(latency);
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    health.reason = engine.database().config().connection.password.scrub(e.what());
  } catch (...) {
    health.reason = "an exception of an unknown class";
  }
  return health;
}

AsyncOperation::AsyncOperation(std::shared_ptr<AsyncEngine> engine, AsyncOptions options)
    : engine_(std::move(engine)), options_(std::move(options)), retry_(retry_state(options_.retry)) {}

bool AsyncOperation::cancel_requested() const {
  const std::lock_guard lock(mutex_);
  return cancelled_;
}

void AsyncOperation::throw_if_cancelled() const {
  if (cancel_requested()) throw cancelled_error();
}

void AsyncOperation::start() {
  if (!engine_->add(shared_from_this())) return finish(std::make_exception_ptr(cancelled_error()));
  if (options_.acquire.stop.stop_possible()) on_stop_.emplace(options_.acquire.stop, Cancel{weak_from_this()});
  if (options_.needs != AsyncNeeds::waiting_thread) return request_lease();
  {
    const std::lock_guard lock(mutex_);
    state_ = State::queued;
  }
  post_step(engine_->slow);
}

void AsyncOperation::request_lease() {
  std::uint64_t wait = 0;
  bool cancelled = false;
  {
    const std::lock_guard lock(mutex_);
    cancelled = cancelled_;
    if (!cancelled) state_ = State::waiting;
    wait = ++waits_;
  }
  if (cancelled) return finish(std::make_exception_ptr(cancelled_error()));
  std::exception_ptr refused;
  try {
    Pool::Ticket ticket = engine_->database().pool().acquire_later(
        options_.acquire, [self = shared_from_this()](std::exception_ptr error, Pool::Lease lease) { self->acquired(std::move(error), std::move(lease)); }, options_.place);
    {
      const std::lock_guard lock(mutex_);
      if (state_ != State::waiting || waits_ != wait) return;  // served already, perhaps even waiting for the next attempt
      ticket_ = ticket;
      cancelled = cancelled_;
    }
    if (cancelled) ticket.cancel();  // it came when there was no ticket yet
  } catch (...) {
    refused = std::current_exception();
  }
  if (refused) finish(std::move(refused));
}

// On whatever thread the pool has: nothing here may block.
void AsyncOperation::acquired(std::exception_ptr error, Pool::Lease lease) {
  {
    const std::lock_guard lock(mutex_);
    state_ = State::queued;
    ticket_ = {};
  }
  if (error) return failed(std::move(error));
  lease_ = std::move(lease);
  if (options_.needs == AsyncNeeds::lease) step();
  else post_step(engine_->workers);
}

template <class Lane> void AsyncOperation::post_step(Lane& lane) noexcept {
  std::exception_ptr no_thread;
  try {
    lane.post([self = shared_from_this()] { self->step(); });
  } catch (...) {
    no_thread = std::current_exception();
  }
  if (!no_thread) return;
  lease_ = {};
  finish(std::move(no_thread));
}

// An exception is handed over outside of all catch blocks, so that this thread has let go of it when another one reads it.
void AsyncOperation::step() {
  std::exception_ptr error;
  try {
    if (options_.needs != AsyncNeeds::lease) throw_if_cancelled();
    run(std::move(lease_));
  } catch (...) {
    error = std::current_exception();
  }
  lease_ = {};
  if (error) failed(std::move(error));
  else finish(nullptr);
}

/// The delay before the next attempt; none where `error`, which may have become another one, is the end.
std::optional<std::chrono::milliseconds> AsyncOperation::replay_after(std::exception_ptr& error) {
  const bool cancelled = cancel_requested();
  try {
    std::rethrow_exception(error);
  } catch (const Error& e) {
    // PostgreSQL has one SQLSTATE for a cancel and a time-out; when a cancel was asked for, it was the cancel.
    if (cancelled && e.code() == ErrorCode::statement_timeout) error = std::make_exception_ptr(cancelled_error());
    if (cancelled || !retry_) return std::nullopt;
    try {
      return retry_->next_delay(e);
    } catch (...) {
      error = std::current_exception();
      return std::nullopt;
    }
  } catch (...) {
    return std::nullopt;
  }
}

void AsyncOperation::failed(std::exception_ptr error) {
  if (const auto delay = replay_after(error)) wait_for_replay(*delay);
  else finish(std::move(error));
}

void AsyncOperation::wait_for_replay(std::chrono::milliseconds delay) {
  bool cancelled = false;
  {
    const std::lock_guard lock(mutex_);
    cancelled = cancelled_;
    if (!cancelled) state_ = State::delayed;
  }
  if (cancelled) return finish(std::make_exception_ptr(cancelled_error()));
  std::exception_ptr no_thread;
  try {
    // The list of the engine keeps the operation; a cancel takes it from there, and the task then finds nothing.
    engine_->timers.post_at(in(delay), [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      {
        const std::lock_guard lock(self->mutex_);
        if (self->state_ == State::finished) return;
        self->state_ = State::starting;
      }
      self->request_lease();
    });
  } catch (...) {
    no_thread = std::current_exception();
  }
  if (no_thread) finish(std::move(no_thread));
}

void AsyncOperation::cancel() noexcept {
  Pool::Ticket ticket;
  State state;
  {
    const std::lock_guard lock(mutex_);
    if (cancelled_) return;
    cancelled_ = true;
    state = state_;
    ticket = ticket_;
  }
  switch (state) {
    case State::waiting: ticket.cancel(); break;
    case State::delayed: finish(std::make_exception_ptr(cancelled_error())); break;
    case State::running:
      try {
        engine_->cancels.post([self = shared_from_this()] { self->send_cancel(); });
      } catch (...) {  // no thread: the operation goes on to its end, and is undone there
      }
      break;
    default: break;  // whoever acts next looks, or it is over
  }
}

void AsyncOperation::send_cancel() {
  Connection* connection = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::running) return;
    connection = connection_;
    sending_cancel_ = true;
  }
  connection->cancel();
  bool running = false;
  std::chrono::milliseconds delay;
  {
    const std::lock_guard lock(mutex_);
    sending_cancel_ = false;
    running = state_ == State::running;
    delay = resend_after_;
    resend_after_ = std::min(2 * resend_after_, kMostResendDelay);
  }
  cancel_sent_.notify_all();
  if (running) engine_->cancels.post_at(in(delay), [weak = weak_from_this()] { if (const auto self = weak.lock()) self->send_cancel(); });
}

void AsyncOperation::finish(std::exception_ptr error) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::finished) return;
    state_ = State::finished;
  }
  complete(std::move(error));
  engine_->remove(*this);
}

AsyncOperation::Cancellable::Cancellable(AsyncOperation& operation, Connection& connection) : operation_(operation) {
  const std::lock_guard lock(operation.mutex_);
  if (operation.cancelled_) throw cancelled_error();
  operation.connection_ = &connection;
  operation.state_ = State::running;
}

AsyncOperation::Cancellable::~Cancellable() {
  std::unique_lock lock(operation_.mutex_);
  operation_.connection_ = nullptr;
  operation_.state_ = State::settled;
  operation_.cancel_sent_.wait(lock, [this] { return !operation_.sending_cancel_; });
}

}  // namespace millrace::detail
