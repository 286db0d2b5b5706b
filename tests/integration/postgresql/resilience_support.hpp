#pragma once
// A load whose wrong results show: what the resilience tests run while they break the server below it.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "integration/postgresql/support.hpp"
#include "millrace/access/database.hpp"

namespace millrace::test {

using SteadyTime = std::chrono::steady_clock::time_point;

/// A configuration for this URL under an application name of its own, so that its sessions can be told from all others.
DatabaseConfig database_config(const std::string& url, const std::string& application);
Database open_database(const DatabaseConfig& config);

/// Milliseconds since then, rounded up.
std::int64_t ms_since(SteadyTime start);

/// Connects again and again until the server answers. @return when it did
SteadyTime wait_until_server_answers(const std::string& url);

/// Accounts and a journal of the transfers between them. Every transfer has a number, which is the journal's key.
///
/// Each account holds what it had at first and what the journal says; together they hold what they held at first. A transfer that is
/// done in part, twice, or not at all although it was acknowledged breaks one of these.
class Bank {
 public:
  static constexpr int kAccounts = 8;
  static constexpr std::int64_t kOpening = 1000;

  explicit Bank(const Workspace& space);
  void transfer(Connection& connection, std::int64_t number) const;
  /// A transaction that waits for nothing but the server and its disk.
  void write_alone(Connection& connection) const;
  std::unique_ptr<Connection> connect() const { return space_.connect(); }
  /// CHECKs the sums, and that the journal has each of `done`, none of `undone`, and nothing that is in neither nor in `doubtful`.
  void check(Connection& connection, const std::vector<std::int64_t>& done, const std::vector<std::int64_t>& undone,
             const std::vector<std::int64_t>& doubtful) const;

 private:
  const Workspace& space_;
  std::string account_, journal_, alone_;
};

/// How long a load took to work again, and the longest that connecting and writing without a pool took meanwhile: a machine whose disk or processors stand
/// still for seconds is no fault of the pool's.
struct Recovery {
  std::chrono::milliseconds took{0};
  std::chrono::milliseconds server_pause{0};
  std::chrono::milliseconds own() const { return took - server_pause; }
};
std::string to_text(const std::optional<Recovery>& recovery);

/// Threads that make transfers, one session each time, until they are stopped.
class Load {
 public:
  Load(Database& database, const Bank& bank, int threads, std::chrono::milliseconds pause = std::chrono::milliseconds(5));
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Waits until every thread has made a transfer that ended after `since`.
  /// @return how long after `since` the last of them did; nullopt when the time was not enough
  std::optional<Recovery> recovery(SteadyTime since, std::chrono::milliseconds timeout = std::chrono::seconds(20)) const;
  std::size_t transfers() const { return successes_; }
  /// Ends the threads, then CHECKs the bank and the pool: nothing in use, nobody waiting, never more open than allowed.
  /// @return one line of figures
  std::string stop_and_check();

 private:
  struct Worker {
    std::vector<std::int64_t> done, undone, doubtful;
    std::vector<std::string> unexpected;
    std::atomic<std::int64_t> last_success{0};   // steady clock, ns
    std::thread thread;
  };
  void work(Worker& worker, int index);
  void watch();
  void stop();

  Database& database_;
  const Bank& bank_;
  const std::chrono::milliseconds pause_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> successes_ = 0;
  std::atomic<std::size_t> replays_ = 0;       // runs of the sessions' functions behind the first
  std::size_t most_open_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::thread watcher_;
};

}  // namespace millrace::test
