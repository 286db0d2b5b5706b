#pragma once
// What async_load.hpp stands on, without Boost. Nothing in here is for users.

#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "millrace/load/loader.hpp"

namespace millrace::detail {

/// A thread that is joined at the end: by whom ever holds this last, even if that is the thread itself.
class LastJoin {
 public:
  LastJoin() = default;
  explicit LastJoin(std::thread thread) : thread_(std::move(thread)) {}
  LastJoin(LastJoin&&) noexcept = default;
  LastJoin& operator=(LastJoin&&) = delete;
  ~LastJoin();

 private:
  std::thread thread_;
};

/// A load on a thread of its own.
class BackgroundLoad : public std::enable_shared_from_this<BackgroundLoad> {
 public:
  virtual ~BackgroundLoad() = default;
  BackgroundLoad(const BackgroundLoad&) = delete;
  BackgroundLoad& operator=(const BackgroundLoad&) = delete;

  void start();  ///< @throws std::system_error  no thread could be started
  /// Stops the load. Any thread, at any time, any number of times; never blocks.
  void cancel() noexcept;

 protected:
  BackgroundLoad(LoadJob job, LoadEnvironment environment);

 private:
  /// Hands over to an executor. `thread` is the load's own, which has nothing left to do: it ends with whoever gets the result.
  virtual void complete(std::exception_ptr error, RunReport report, LastJoin thread) noexcept = 0;
  void run() noexcept;

  LoadJob job_;
  LoadEnvironment environment_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::thread thread_;
  std::thread stopper_;   // a stop waits for the servers' answers to its cancel requests
  bool cancelled_ = false;
  bool ended_ = false;
};

}  // namespace millrace::detail
