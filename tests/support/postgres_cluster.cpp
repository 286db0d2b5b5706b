#include "support/postgres_cluster.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include <unistd.h>

#include "millrace/access/config.hpp"
#include "support/shell.hpp"

namespace millrace::test {
namespace {

Outcome run_psql(const std::string& url, const std::string& sql) {
  const TemporaryFile file(sql);
  return run_shell("psql -XAtq -v ON_ERROR_STOP=1 -d " + shell_quoted(url) + " -f " + shell_quoted(file.path()) + " 2>&1");
}

}  // namespace

PostgresCluster::PostgresCluster(const Options& options) : directory_(temporary_directory()) {
  std::string arguments = "start " + shell_quoted(directory_) + " --owner " + std::to_string(getpid());
  if (options.password_auth) arguments += " --password-auth";
  for (const std::string& setting : options.settings) arguments += " " + shell_quoted(setting);
  fixture(arguments);
  url_ = first_line(directory_ + "/url");
  admin_url_ = first_line(directory_ + "/socket_url");
  port_ = first_line(directory_ + "/port");
}

PostgresCluster::PostgresCluster(const Attach& server) : url_(server.url), admin_url_(server.url) {
  const std::size_t colon = url_.rfind(':');
  port_ = url_.substr(colon + 1, url_.find('/', colon) - colon - 1);
}

PostgresCluster::~PostgresCluster() {
  if (directory_.empty()) return;
  try {
    fixture("stop " + shell_quoted(directory_));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "a test cluster was not stopped: %s\n", error.what());
  }
}

bool PostgresCluster::available() { return run_shell(shell_quoted(MILLRACE_POSTGRES_FIXTURE) + " available 2>/dev/null").status == 0; }

const PostgresCluster* PostgresCluster::shared() {
  static const std::unique_ptr<const PostgresCluster> cluster = []() -> std::unique_ptr<const PostgresCluster> {
    if (const char* url = std::getenv("MILLRACE_TEST_POSTGRESQL_URL"); url && *url) return std::unique_ptr<PostgresCluster>(new PostgresCluster(Attach{url}));
    const char* const given = std::getenv("MILLRACE_TEST_PG_DIR");
    const std::string url = first_line(std::string(given ? given : MILLRACE_POSTGRES_FIXTURE_DIR) + "/url");
    if (!url.empty() && run_psql(url, "SELECT 1").status == 0) return std::unique_ptr<PostgresCluster>(new PostgresCluster(Attach{url}));
    return available() ? std::make_unique<PostgresCluster>() : nullptr;
  }();
  return cluster.get();
}

std::string PostgresCluster::url_for(const std::string& user, const std::string& password, const std::string& database) const {
  const std::size_t at = url_.find('@');
  const std::string host = url_.substr(at + 1, url_.find_first_of("/?", at) - at - 1);
  return "postgresql://" + percent_encode(user) + (password.empty() ? "" : ":" + percent_encode(password)) + "@" + host + "/" + percent_encode(database);
}

std::string PostgresCluster::psql(const std::string& sql, const std::string& database) const {
  std::string url = admin_url_;
  if (database != "postgres") {
    const std::size_t name = url.find('/', url.find("//") + 2) + 1;
    url.replace(name, url.find_first_of("?", name) == std::string::npos ? std::string::npos : url.find('?', name) - name, percent_encode(database));
  }
  const Outcome outcome = run_psql(url, sql);
  if (outcome.status != 0) throw std::runtime_error("psql failed: " + outcome.output);
  return outcome.output;
}

bool PostgresCluster::answers() const { return run_psql(admin_url_, "SELECT 1").status == 0; }

void PostgresCluster::kill_backend(const std::string& pid) const {
  if (directory_.empty()) throw std::runtime_error("kill_backend() would take the shared server down");
  if (kill(static_cast<pid_t>(std::stol(pid)), SIGKILL) != 0) throw std::runtime_error("kill -9 " + pid + " failed");
}

void PostgresCluster::crash() { fixture("crash " + shell_quoted(directory_)); }
void PostgresCluster::shut_down() { fixture("shut_down " + shell_quoted(directory_)); }
void PostgresCluster::resume() { fixture("resume " + shell_quoted(directory_)); }

void PostgresCluster::fixture(const std::string& arguments) const {
  const Outcome outcome = run_shell(shell_quoted(MILLRACE_POSTGRES_FIXTURE) + " " + arguments + " 2>&1");
  if (outcome.status != 0) throw std::runtime_error("postgres_fixture.sh " + arguments + ": " + outcome.output);
}

}  // namespace millrace::test
