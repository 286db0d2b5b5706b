#include "child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

extern char** environ;

namespace millrace::test {
namespace {

struct Pipe {
  int read_end = -1, write_end = -1;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    read_end = ends[0];
    write_end = ends[1];
  }
};

void close_once(int& file) {
  if (file >= 0) ::close(std::exchange(file, -1));
}

std::vector<std::string> environment_of(const std::map<std::string, std::string>& added) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry; ++entry) {
    const std::string variable(*entry);
    if (!variable.starts_with("DATABASE_URL=") && !variable.starts_with("PG") && !variable.starts_with("DB_") && !variable.starts_with("TERM=")) all.push_back(variable);
  }
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "millrace-cli-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void TemporaryFolder::write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name, std::ios::binary) << text; }

std::string TemporaryFolder::read(const std::string& name) const {
  std::ifstream file(path_ / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Child::Child(const std::filesystem::path& folder, const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment) {
  ::signal(SIGPIPE, SIG_IGN);  // a child that ended early shows in its status
  std::vector<std::string> words = {MILLRACE_COMMAND};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = environment_of(environment);
  const std::vector<char*> argv = pointers(words), envp = pointers(variables);
  Pipe in, out, err;
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    ::dup2(in.read_end, 0);
    ::dup2(out.write_end, 1);
    ::dup2(err.write_end, 2);
    ::signal(SIGPIPE, SIG_DFL);
    if (::chdir(folder.c_str()) == 0) ::execve(MILLRACE_COMMAND, argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(in.read_end);
  ::close(out.write_end);
  ::close(err.write_end);
  in_ = in.write_end;
  out_ = out.read_end;
  err_ = err.read_end;
}

Child::~Child() {
  close_once(in_);
  close_once(out_);
  close_once(err_);
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void Child::write(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(in_, text.data() + done, text.size() - done);
    if (written < 0 && errno != EINTR) return;  // the child closed its end
    if (written > 0) done += static_cast<std::size_t>(written);
  }
}

void Child::close_input() { close_once(in_); }
void Child::close_output() { close_once(out_); }
void Child::send(int signal) { ::kill(pid_, signal); }

bool Child::read_some() {
  pollfd files[2] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};  // poll skips negative descriptors
  if (out_ < 0 && err_ < 0) return false;
  if (::poll(files, 2, -1) < 0) return errno == EINTR;
  const auto drain = [](const pollfd& file, int& descriptor, std::string& into) {
    if (file.revents == 0) return;
    char buffer[4096];
    const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
    if (got > 0) into.append(buffer, static_cast<std::size_t>(got));
    else close_once(descriptor);
  };
  drain(files[0], out_, result_.out);
  drain(files[1], err_, result_.err);
  return true;
}

Result Child::finish() {
  while (read_some()) {}
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  result_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result_;
}

Result millrace(const TemporaryFolder& folder, const std::vector<std::string>& arguments, const std::string& input, const std::map<std::string, std::string>& environment) {
  Child child(folder.path(), arguments, environment);
  child.write(input);
  child.close_input();
  return child.finish();
}

}  // namespace millrace::test
