#include "support/shell.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

namespace millrace::test {

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

Outcome run_shell(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("popen failed");
  std::string output;
  char chunk[4096];
  while (const std::size_t count = fread(chunk, 1, sizeof chunk, pipe)) output.append(chunk, count);
  const int status = pclose(pipe);
  while (!output.empty() && output.back() == '\n') output.pop_back();
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, std::move(output)};
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string temporary_directory() {
  const char* base = std::getenv("TMPDIR");
  std::string path = std::string(base ? base : "/tmp") + "/millrace-test.XXXXXX";
  if (!mkdtemp(path.data())) throw std::runtime_error("mkdtemp failed in " + path);
  return path;
}

TemporaryFile::TemporaryFile(const std::string& text) : directory_(temporary_directory()) { std::ofstream(path(), std::ios::binary) << text; }
TemporaryFile::~TemporaryFile() {
  std::remove(path().c_str());
  rmdir(directory_.c_str());
}

}  // namespace millrace::test
