#include "signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "exit_status.hpp"
#include "output.hpp"

namespace millrace::cli {
namespace {

bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

SignalWatcher::SignalWatcher(std::function<void(int)> on_signal) : on_signal_(std::move(on_signal)) {
  sigemptyset(&watched_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (!is_ignored(signal)) sigaddset(&watched_, signal);
  }
  // SIGUSR1 wakes the watcher at the end.
  sigaddset(&watched_, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &watched_, &previous_);
  thread_ = std::thread([this] { watch(); });
}

SignalWatcher::~SignalWatcher() {
  done_ = true;
  pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

void SignalWatcher::watch() {
  for (int signal = 0;;) {
    if (sigwait(&watched_, &signal) != 0) continue;
    if (signal == SIGUSR1) {
      if (done_) return;
      continue;
    }
    if (received_ != 0) {
      ErrorScreen::instance().erase_bar();
      ::_exit(kSignal + signal);
    }
    received_ = signal;
    on_signal_(signal);
  }
}

void break_standard_input(pthread_t reader) {
  const int unreadable = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (unreadable < 0) return;
  ::dup2(unreadable, STDIN_FILENO);
  ::close(unreadable);
  // A read under way still has the old file; without SA_RESTART the signal takes it out of there.
  struct sigaction wake {};
  wake.sa_handler = [](int) {};
  ::sigaction(SIGUSR2, &wake, nullptr);
  ::pthread_kill(reader, SIGUSR2);
}

void ignore_broken_pipes() { ::signal(SIGPIPE, SIG_IGN); }

}  // namespace millrace::cli
