#include "support/derby_server.hpp"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <unistd.h>

#include "millrace/access/config.hpp"
#include "support/shell.hpp"

namespace millrace::test {
namespace {

std::string fixture_command(const std::string& command, const std::string& arguments) {
  return shell_quoted(MILLRACE_DERBY_FIXTURE) + " " + command + " " + arguments + " 2>&1";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

/// The first `width` characters of UTF-8 text, which are removed from it.
std::string take_characters(std::string& text, std::size_t width) {
  std::size_t end = 0;
  for (std::size_t taken = 0; end < text.size(); ++end) {
    if (starts_character(text[end]) && taken++ == width) break;
  }
  std::string taken = text.substr(0, end);
  text.erase(0, end);
  return taken;
}

std::string without_padding(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string without_prompts(std::string line) {
  while (line.starts_with("ij> ")) line.erase(0, 4);
  return line;
}

std::vector<std::size_t> column_widths(const std::string& header) {
  std::vector<std::size_t> widths{0};
  for (const char byte : header) {
    if (byte == '|') widths.push_back(0);
    else if (starts_character(byte)) ++widths.back();
  }
  return widths;
}

}  // namespace

DerbyServer::DerbyServer(const Options& options) : directory_(temporary_directory()), storage_(options.storage) {
  std::string arguments = "--owner " + std::to_string(getpid()) + " --heap " + std::to_string(options.heap_mb);
  if (options.tls) arguments += " --tls";
  if (options.storage == Storage::disk) arguments += " --disk";
  arguments += " derby.locks.waitTimeout=" + std::to_string(options.lock_timeout_s) + " derby.locks.deadlockTimeout=" + std::to_string(options.deadlock_timeout_s) +
               " derby.locks.escalationThreshold=" + std::to_string(options.escalation_threshold);
  for (const std::string& setting : options.settings) arguments += " " + shell_quoted(setting);
  try {
    fixture("start", arguments);
  } catch (...) {
    rmdir(directory_.c_str());
    throw;
  }
  url_ = first_line(directory_ + "/url");
  port_ = first_line(directory_ + "/port");
}

DerbyServer::DerbyServer(const Attach& server) : url_(server.url), port_(ConnectionConfig::from_url(server.url).port), is_derby_(server.is_derby) {}

DerbyServer::~DerbyServer() {
  if (directory_.empty()) return;
  try {
    fixture("stop");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "a test server was not stopped: %s\n", error.what());
  }
}

bool DerbyServer::available() { return run_shell(fixture_command("available", "")).status == 0; }
std::string DerbyServer::how_to_get() { return "no Derby server is installed (Debian, Ubuntu: libderby-java libderbyclient-java derby-tools default-jre-headless)"; }

const DerbyServer* DerbyServer::shared() {
  static const std::unique_ptr<const DerbyServer> server = []() -> std::unique_ptr<const DerbyServer> {
    if (const char* const url = std::getenv("MILLRACE_TEST_DB2_URL"); url && *url) return std::unique_ptr<DerbyServer>(new DerbyServer(Attach{url, false}));
    if (const char* const url = std::getenv("MILLRACE_TEST_DERBY_URL"); url && *url) return std::unique_ptr<DerbyServer>(new DerbyServer(Attach{url, true}));
    const std::string directory = MILLRACE_DERBY_FIXTURE_DIR;
    const std::string url = first_line(directory + "/url");
    if (!url.empty() && run_shell(fixture_command("answers", shell_quoted(directory))).status == 0) {
      return std::unique_ptr<DerbyServer>(new DerbyServer(Attach{url, true}));
    }
    if (!available()) return nullptr;
    Options options;
    options.storage = Storage::disk;
    return std::make_unique<DerbyServer>(options);
  }();
  return server.get();
}

std::string DerbyServer::url_for(const std::string& database) const {
  ConnectionConfig config = ConnectionConfig::from_url(url_);
  config.database = database;
  return config.url_with_password();
}

std::string DerbyServer::url_for(const std::string& user, const std::string& password, const std::string& database) const {
  ConnectionConfig config = ConnectionConfig::from_url(url_);
  config.user = user;
  config.password = Secret(password);
  config.has_password = true;
  config.database = database;
  return config.url_with_password();
}

std::string DerbyServer::ca_file() const {
  if (directory_.empty()) return "";
  const std::string path = first_line(directory_ + "/server") + "/tls/ca.crt";
  return access(path.c_str(), R_OK) == 0 ? path : "";
}

std::string DerbyServer::database_name(const std::string& name) const { return storage_ == Storage::memory ? "memory:" + name : name; }

std::string DerbyServer::create_database(const std::string& name) const {
  std::string url = url_for(database_name(name));
  const std::string output = run_ij(jdbc_url(url, ";create=true"), "");
  if (output.find("ERROR ") != std::string::npos) throw std::runtime_error("no database " + name + ": " + output);
  return url;
}

void DerbyServer::drop_database(const std::string& name) const {
  const std::string output = run_ij(jdbc_url(url_for(database_name(name)), ";drop=true"), "");
  if (output.find("ERROR 08006") == std::string::npos) throw std::runtime_error("the database " + name + " stays: " + output);  // success is an "error"
}

std::string DerbyServer::ij(const std::string& sql, const std::string& url) const {
  const std::string output = run_ij(jdbc_url(url.empty() ? url_ : url), sql);
  for (const std::string& line : lines_of(output)) {
    if (without_prompts(line).starts_with("ERROR ")) throw std::runtime_error("ij failed: " + output);
  }
  return output;
}

std::vector<std::vector<std::string>> DerbyServer::rows(const std::string& query, const std::string& url) const {
  const std::string output = ij(query, url);
  const std::vector<std::string> lines = lines_of(output);
  std::size_t ruler = 1;
  while (ruler < lines.size() && (lines[ruler].empty() || lines[ruler].find_first_not_of('-') != std::string::npos)) ++ruler;
  if (ruler >= lines.size()) throw std::runtime_error("ij printed no table: " + output);
  const std::vector<std::size_t> widths = column_widths(lines[ruler - 1]);
  std::vector<std::vector<std::string>> rows;
  std::size_t at = ruler + 1;
  for (; at < lines.size() && !lines[at].empty(); ++at) {
    std::string line = lines[at];
    std::vector<std::string>& row = rows.emplace_back();
    for (const std::size_t width : widths) {
      row.push_back(without_padding(take_characters(line, width)));
      if (!line.empty()) line.erase(0, 1);
    }
  }
  const std::string count = at + 1 < lines.size() ? lines[at + 1] : "";
  if (!count.starts_with(std::to_string(rows.size()) + " row")) throw std::runtime_error("ij printed " + std::to_string(rows.size()) + " lines for " + count);
  return rows;
}

bool DerbyServer::answers() const {
  if (directory_.empty()) throw std::runtime_error("answers() asks servers of the test's own");
  return run_shell(fixture_command("answers", shell_quoted(directory_))).status == 0;
}

void DerbyServer::crash() { fixture("crash"); }
void DerbyServer::shut_down() { fixture("shut_down"); }
void DerbyServer::resume() { fixture("resume"); }
void DerbyServer::pause() const { fixture("pause"); }
void DerbyServer::unpause() const { fixture("unpause"); }

std::string DerbyServer::run_ij(const std::string& jdbc_url, const std::string& sql) const {
  const std::size_t last = sql.find_last_not_of(" \n");
  const TemporaryFile file(last == std::string::npos || sql[last] == ';' ? sql : sql + "\n;");
  const Outcome outcome = run_shell(fixture_command("ij", shell_quoted(jdbc_url) + " " + shell_quoted(file.path())));
  if (outcome.status != 0) throw std::runtime_error("ij did not run: " + outcome.output);
  // The first lines are its version and the connection with its password.
  const std::size_t connected = outcome.output.find("\nij> connect '");
  if (connected == std::string::npos) throw std::runtime_error("ij did not connect: " + outcome.output);
  const std::size_t rest = outcome.output.find('\n', connected + 1);
  return rest == std::string::npos ? "" : outcome.output.substr(rest + 1);
}

std::string DerbyServer::jdbc_url(const std::string& url, const std::string& attributes) const {
  const ConnectionConfig config = ConnectionConfig::from_url(url);
  return "jdbc:derby://" + config.host + ":" + config.port + "/" + config.database + attributes + (ca_file().empty() ? "" : ";ssl=basic") + ";user=" + config.user +
         ";password=" + config.password.reveal();
}

void DerbyServer::fixture(const std::string& command, const std::string& arguments) const {
  if (directory_.empty()) throw std::runtime_error(command + " would take the shared server down");
  const Outcome outcome = run_shell(fixture_command(command, shell_quoted(directory_) + " " + arguments));
  if (outcome.status != 0) throw std::runtime_error("derby_fixture.sh " + command + ": " + outcome.output);
}

}  // namespace millrace::test
