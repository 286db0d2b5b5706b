#pragma once
// The millrace command as a child process.

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace millrace::test {

struct Result {
  int status = -1;       ///< exit status; 128 + n when signal n ended it
  std::string out, err;
};

/// A folder that goes with its scope.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const;
  std::string read(const std::string& name) const;
  bool has(const std::string& name) const { return std::filesystem::exists(path_ / name); }

 private:
  std::filesystem::path path_;
};

/// A started command. Its standard input is a pipe that stays open until close_input().
class Child {
 public:
  /// @param environment  added to one that has neither DATABASE_URL nor TERM
  Child(const std::filesystem::path& folder, const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment = {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void write(const std::string& text);
  void close_input();
  void close_output();  ///< as a reader does that goes away
  void send(int signal);
  /// Reads everything and waits for the end.
  Result finish();

 private:
  bool read_some();
  pid_t pid_ = -1;
  int in_ = -1, out_ = -1, err_ = -1;
  Result result_;
};

/// Runs the command to its end with `input` on standard input.
Result millrace(const TemporaryFolder& folder, const std::vector<std::string>& arguments, const std::string& input = "", const std::map<std::string, std::string>& environment = {});

}  // namespace millrace::test
