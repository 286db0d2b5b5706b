#pragma once
// Programs that tests run, and the files that they leave and want.

#include <string>

namespace millrace::test {

std::string shell_quoted(const std::string& text);

struct Outcome { int status; std::string output; };   ///< 128: a signal ended it
/// Runs a command of sh, and takes what it prints on stdout without the last line ends. @throws std::runtime_error  it could not be started
Outcome run_shell(const std::string& command);

/// Empty: the file is missing, or its first line is empty.
std::string first_line(const std::string& path);

/// A new folder in $TMPDIR or /tmp. @throws std::runtime_error  none can be made
std::string temporary_directory();

/// A file with this text, gone when the object is.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  std::string path() const { return directory_ + "/text"; }

 private:
  std::string directory_;
};

}  // namespace millrace::test
