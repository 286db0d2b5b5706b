#include "access/async/engine.hpp"

#include <utility>
#include <vector>

namespace millrace::detail {

AsyncEngine::AsyncEngine(Database& database) : workers(database.pool().options().max()), timers(1), cancels(1), slow(1), database_(database) {}

bool AsyncEngine::add(std::shared_ptr<AsyncOperation> operation) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  const AsyncOperation* const key = operation.get();
  operations_.emplace(key, std::move(operation));
  return true;
}

void AsyncEngine::remove(const AsyncOperation& operation) noexcept {
  std::shared_ptr<AsyncOperation> last;  // ends outside the lock
  const std::lock_guard lock(mutex_);
  const auto found = operations_.find(&operation);
  if (found == operations_.end()) return;
  last = std::move(found->second);
  operations_.erase(found);
  if (operations_.empty()) removed_.notify_all();
}

void AsyncEngine::shut_down() noexcept {
  std::vector<std::shared_ptr<AsyncOperation>> pending;
  std::unique_lock lock(mutex_);
  stopping_ = true;
  pending.reserve(operations_.size());
  for (const auto& [key, operation] : operations_) pending.push_back(operation);
  lock.unlock();
  for (const auto& operation : pending) operation->cancel();
  pending.clear();
  lock.lock();
  removed_.wait(lock, [this] { return operations_.empty(); });
  lock.unlock();
  for (TaskThreads* const threads : {&workers, &timers, &cancels, &slow}) threads->join();
}

std::shared_ptr<AsyncEngine> make_async_engine(Database& database) { return std::make_shared<AsyncEngine>(database); }
Database& database_of(AsyncEngine& engine) { return engine.database(); }
void shut_down(AsyncEngine& engine) noexcept { engine.shut_down(); }

}  // namespace millrace::detail
