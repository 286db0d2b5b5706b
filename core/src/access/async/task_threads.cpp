#include "access/async/task_threads.hpp"

#include <system_error>
#include <utility>

namespace millrace::detail {

// One more thread when the idle ones are fewer than the tasks that wait. With the lock held.
void TaskThreads::need_thread(std::size_t waiting) {
  if (waiting <= idle_ || threads_.size() >= most_) return;
  try {
    threads_.reserve(threads_.size() + 1);
    threads_.emplace_back([this] { run(); });
  } catch (const std::system_error&) {
    if (threads_.empty()) throw;  // else the task waits for a thread that is there
  }
}

void TaskThreads::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    need_thread(ready_.size() + 1);
    ready_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void TaskThreads::post_at(TimePoint when, Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (threads_.empty()) need_thread(1);
    timed_.emplace(when, std::move(task));
  }
  wake_.notify_all();  // whoever waits for a later task must look again
}

void TaskThreads::take_due(TimePoint now) {
  while (!timed_.empty() && timed_.begin()->first <= now) {
    ready_.push_back(std::move(timed_.begin()->second));
    timed_.erase(timed_.begin());
  }
}

void TaskThreads::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    take_due(std::chrono::steady_clock::now());
    if (!ready_.empty()) {
      Task task = std::move(ready_.front());
      ready_.pop_front();
      lock.unlock();
      task();
      task = nullptr;  // what it holds ends outside the lock
      lock.lock();
      continue;
    }
    ++idle_;
    if (timed_.empty()) {
      wake_.wait(lock);
    } else {
      const TimePoint next = timed_.begin()->first;  // the entry may be gone while this waits
      wake_.wait_until(lock, next);
    }
    --idle_;
  }
}

void TaskThreads::join() noexcept {
  std::deque<Task> ready;
  std::multimap<TimePoint, Task> timed;
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ready.swap(ready_);
    timed.swap(timed_);
    threads.swap(threads_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

std::size_t TaskThreads::threads() const {
  const std::lock_guard lock(mutex_);
  return threads_.size();
}

}  // namespace millrace::detail
