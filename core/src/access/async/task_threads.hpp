#pragma once
// A few threads that run tasks, now or at a time. They are started as tasks ask for them.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace::detail {

/// @thread_safety  Any thread, but join() from none of its own.
class TaskThreads {
 public:
  using Task = std::function<void()>;  ///< must not throw
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit TaskThreads(std::size_t most) : most_(most) {}
  ~TaskThreads() { join(); }
  TaskThreads(const TaskThreads&) = delete;
  TaskThreads& operator=(const TaskThreads&) = delete;

  /// @throws std::system_error  there is no thread, and none could be started
  void post(Task task);
  void post_at(TimePoint when, Task task);
  /// Waits for the tasks that run; the others are dropped. What is posted afterwards is dropped, too.
  void join() noexcept;
  std::size_t threads() const;

 private:
  void run();
  void take_due(TimePoint now);
  void need_thread(std::size_t waiting);

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> ready_;
  std::multimap<TimePoint, Task> timed_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace millrace::detail
