#pragma once
// Standard output and standard error. Everything that the command prints goes through here.

#include <mutex>
#include <string>
#include <string_view>

namespace millrace::cli {

/// Writes to standard output. A reader that went away (head, a closed pipe) is no error: the work is done all the same.
/// @return false when the text could not be written for another reason (disk full), which is reported
bool print(std::string_view text);
/// `millrace: <sentence>` on standard error, on one line.
void print_error(std::string_view sentence);

/// Standard error, shared by log lines and the progress bar so that they never mix. Any thread.
class ErrorScreen {
 public:
  static ErrorScreen& instance();
  /// Writes whole lines; a bar is taken away before and put back after them.
  void write(std::string_view lines);
  void show_bar(std::string bar);
  void erase_bar();
  static bool is_terminal();
  static std::size_t columns();  ///< of the terminal; 80 when unknown

 private:
  std::mutex mutex_;
  std::string bar_;
};

}  // namespace millrace::cli
