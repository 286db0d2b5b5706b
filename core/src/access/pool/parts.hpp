#pragma once
// The parts of a pool: slots (one per connection), waiters, and the lists of both.

#include <condition_variable>
#include <exception>
#include <map>
#include <memory>

#include "access/histogram.hpp"
#include "access/pool/decisions.hpp"
#include "millrace/access/pool.hpp"

namespace millrace::pooling {

enum class SlotState : unsigned char { opening, idle, leased, checking, closing };

/// A place for a connection, counted against the maximum from before it is opened until after it is closed. Guarded by the pool's lock, but
/// for the connection while the slot is leased, opening, checking or closing: then it belongs to the one who does that.
struct Slot {
  std::unique_ptr<Connection> connection;
  SlotState state = SlotState::opening;
  bool leak_reported = false;
  const char* reason = "";                    ///< why it is being closed
  std::uint64_t generation = 0;               ///< the pool's, when it was opened or last checked
  std::uint64_t round = 0;                    ///< of attempts to connect, when its own began
  TimePoint expires = TimePoint::max();       ///< the end of its max_lifetime
  TimePoint fresh_until = TimePoint::min();   ///< while idle: lent without a check before this
  TimePoint idle_since{};
  TimePoint verified{};                       ///< last known to work: opened, returned or checked
  TimePoint acquired_at{};
  TimePoint opening_since = TimePoint::max(); ///< while it is being opened: when its attempt to connect began
  Duration max_idle{};
  SourceLocation place;                       ///< of the acquire
  std::size_t index = 0;                      ///< in the pool's list of slots
  Slot* next = nullptr;                       ///< in a queue of jobs
};

/// First in, first out; nothing is allocated, so that it can not fail.
class SlotQueue {
 public:
  bool empty() const { return first_ == nullptr; }
  std::size_t size() const { return size_; }
  void push(Slot& slot) {
    slot.next = nullptr;
    (first_ ? last_->next : first_) = &slot;
    last_ = &slot;
    ++size_;
  }
  Slot& pop() {
    Slot& slot = *first_;
    first_ = slot.next;
    --size_;
    return slot;
  }

 private:
  Slot* first_ = nullptr;
  Slot* last_ = nullptr;
  std::size_t size_ = 0;
};

/// An acquire that waits: on the stack of its thread, or shared with its ticket. Guarded by the pool's lock.
struct Waiter {
  TimePoint since{};
  TimePoint deadline{};
  int attempts = 0;            ///< allowed to fail before it gives up; 0 = any number
  int failures = 0;
  bool woken = false;          ///< told to look at the queue, and has not looked yet
  bool stopped = false;        ///< its stop token was triggered
  bool done = false;           ///< out of the queue, with a slot or an error
  Slot* slot = nullptr;
  std::exception_ptr error;
  SourceLocation place;
  Waiter* before = nullptr;
  Waiter* behind = nullptr;
  std::condition_variable wake;

  // Of acquire_later alone.
  Pool::AcquireHandler handler;
  std::chrono::milliseconds timeout{};
  std::shared_ptr<Core> core;                               ///< a ticket may outlive the pool
  std::shared_ptr<Waiter> self;                             ///< while it is in the queue
  std::multimap<TimePoint, Waiter*>::iterator in_deadlines;
  bool later() const { return handler != nullptr; }
};

/// In the order of asking; any one can be taken out.
class WaiterQueue {
 public:
  bool empty() const { return front_ == nullptr; }
  std::size_t size() const { return size_; }
  Waiter& front() const { return *front_; }
  void push(Waiter& waiter) {
    waiter.before = back_;
    waiter.behind = nullptr;
    (back_ ? back_->behind : front_) = &waiter;
    back_ = &waiter;
    ++size_;
  }
  void remove(Waiter& waiter) {
    (waiter.before ? waiter.before->behind : front_) = waiter.behind;
    (waiter.behind ? waiter.behind->before : back_) = waiter.before;
    --size_;
  }

 private:
  Waiter* front_ = nullptr;
  Waiter* back_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace millrace::pooling
