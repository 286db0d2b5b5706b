#pragma once
// SIGINT, SIGTERM and SIGHUP end a load in good order.

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <functional>
#include <thread>

namespace millrace::cli {

/// While it lives, the first of these signals calls `on_signal` on a thread of its own, the second ends the process at once with 128 + n.
/// Signals that the process was started to ignore (nohup) stay ignored.
/// @pre  made before any other thread: threads inherit the mask that keeps the signals for the watcher
class SignalWatcher {
 public:
  explicit SignalWatcher(std::function<void(int signal)> on_signal);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;
  /// The signal that came, or 0.
  int received() const { return received_.load(); }

 private:
  void watch();

  const std::function<void(int)> on_signal_;
  sigset_t watched_;
  sigset_t previous_;
  std::atomic<int> received_{0};
  std::atomic<bool> done_{false};
  std::thread thread_;
};

/// Makes the read of standard input that `reader` may be blocked in fail, and every later one: a pipe whose writer stays silent would hold up a stop for
/// ever. An end of the input would not do; it could pass for a complete one.
void break_standard_input(pthread_t reader);

/// Writing to a closed pipe becomes an error of the write instead of the end of the process.
void ignore_broken_pipes();

}  // namespace millrace::cli
