#include "output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace millrace::cli {
namespace {

constexpr std::string_view kEraseLine = "\r\033[K";

/// @return 0, or errno
int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

bool print(std::string_view text) {
  const int error = write_all(STDOUT_FILENO, text);
  if (error == 0 || error == EPIPE) return true;
  print_error(std::string("standard output can not be written: ") + std::strerror(error));
  return false;
}

void print_error(std::string_view sentence) {
  std::string line = "millrace: " + std::string(sentence);
  std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  ErrorScreen::instance().write(line + "\n");
}

ErrorScreen& ErrorScreen::instance() {
  static ErrorScreen screen;
  return screen;
}

void ErrorScreen::write(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  std::string text;
  if (!bar_.empty()) text += kEraseLine;
  text += lines;
  write_all(STDERR_FILENO, text + bar_);
}

void ErrorScreen::show_bar(std::string bar) {
  const std::lock_guard lock(mutex_);
  bar_ = std::move(bar);
  write_all(STDERR_FILENO, std::string(kEraseLine) + bar_);
}

void ErrorScreen::erase_bar() {
  const std::lock_guard lock(mutex_);
  if (!bar_.empty()) write_all(STDERR_FILENO, kEraseLine);
  bar_.clear();
}

bool ErrorScreen::is_terminal() {
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) && !(terminal && std::string_view(terminal) == "dumb");
}

std::size_t ErrorScreen::columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace millrace::cli
