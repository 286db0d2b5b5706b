#pragma once
// What the operations of one AsyncDatabase share: the threads, and the list of what is under way.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "access/async/task_threads.hpp"
#include "millrace/access/detail/async_operation.hpp"

namespace millrace::detail {

/// @thread_safety  Any thread, but shut_down() from none of its own.
class AsyncEngine {
 public:
  explicit AsyncEngine(Database& database);

  Database& database() const { return database_; }
  /// The operation is kept alive until remove(). @return false after shut_down(): the database may be gone
  bool add(std::shared_ptr<AsyncOperation> operation);
  void remove(const AsyncOperation& operation) noexcept;
  void shut_down() noexcept;

  TaskThreads workers;  ///< blocking calls on a lease; as many as there can be leases, so that a lease never waits for a thread
  TaskThreads timers;   ///< nothing that blocks
  TaskThreads cancels;  ///< requests to the server, which block for as long as that takes: apart, since all workers may be waiting for statements
  TaskThreads slow;     ///< waits for the pool to close, which needs the workers

 private:
  Database& database_;
  std::mutex mutex_;
  std::condition_variable removed_;
  std::unordered_map<const AsyncOperation*, std::shared_ptr<AsyncOperation>> operations_;
  bool stopping_ = false;
};

}  // namespace millrace::detail
