#include "integration/postgresql/resilience_support.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include "millrace/backends.hpp"

namespace millrace::test {
namespace {

constexpr std::int64_t kNumbersPerWorker = 1'000'000;

const DriverRegistry& drivers() {
  static const DriverRegistry registry = [] {
    DriverRegistry made;
    register_postgresql_backend(made);
    return made;
  }();
  return registry;
}

void append(std::vector<std::int64_t>& to, const std::vector<std::int64_t>& from) { to.insert(to.end(), from.begin(), from.end()); }

}  // namespace

DatabaseConfig database_config(const std::string& url, const std::string& application) {
  DatabaseConfig config = DatabaseConfig::from_url(url);
  config.connection.parameters["application_name"] = application;
  return config;
}

Database open_database(const DatabaseConfig& config) { return Database::open(config, drivers()); }

std::int64_t ms_since(SteadyTime start) { return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count(); }

SteadyTime wait_until_server_answers(const std::string& url) {
  const ConnectionConfig config = ConnectionConfig::from_url(url);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < deadline) {
    try {
      drivers().connect(config)->ping();
      return std::chrono::steady_clock::now();
    } catch (const Error&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  FAIL("the server did not come back");
  return {};
}

// ---- Bank

Bank::Bank(const Workspace& space)
    : space_(space), account_(space.schema() + ".account"), journal_(space.schema() + ".journal"), alone_(space.schema() + ".alone") {
  space.psql("CREATE TABLE account (id integer PRIMARY KEY, balance bigint NOT NULL);"
             "INSERT INTO account SELECT i, " + std::to_string(kOpening) + " FROM generate_series(0, " + std::to_string(kAccounts - 1) + ") i;"
             "CREATE TABLE journal (number bigint PRIMARY KEY, source integer NOT NULL, target integer NOT NULL, amount bigint NOT NULL);"
             "CREATE TABLE alone (number bigint NOT NULL); INSERT INTO alone VALUES (0)");
}

void Bank::write_alone(Connection& connection) const { connection.execute("UPDATE " + alone_ + " SET number = number + 1"); }

void Bank::transfer(Connection& connection, std::int64_t number) const {
  const std::int64_t source = number % kAccounts;
  const std::int64_t target = (source + 1 + number / kAccounts % (kAccounts - 1)) % kAccounts;
  const std::int64_t amount = 1 + number % 5;
  const auto book = [&](std::int64_t account, std::int64_t change) {
    connection.execute("UPDATE " + account_ + " SET balance = balance + ? WHERE id = ?", {change, account});
  };
  // In the order of the accounts, or two transfers would wait for each other.
  if (source < target) book(source, -amount), book(target, amount);
  else book(target, amount), book(source, -amount);
  connection.execute("INSERT INTO " + journal_ + " VALUES (?, ?, ?, ?)", {number, source, target, amount});
}

void Bank::check(Connection& connection, const std::vector<std::int64_t>& done, const std::vector<std::int64_t>& undone,
                 const std::vector<std::int64_t>& doubtful) const {
  CHECK(connection.query_value("SELECT sum(balance)::bigint FROM " + account_).as<std::int64_t>() == kAccounts * kOpening);
  CHECK(connection.query_value("SELECT count(*) FROM " + account_ + " a WHERE balance <> " + std::to_string(kOpening) +
                               " + (SELECT coalesce(sum(amount), 0) FROM " + journal_ + " WHERE target = a.id)"
                               " - (SELECT coalesce(sum(amount), 0) FROM " + journal_ + " WHERE source = a.id)").as<int>() == 0);
  std::set<std::int64_t> booked;
  for (const Row row : connection.query("SELECT number FROM " + journal_)) booked.insert(row[0].as<std::int64_t>());
  const auto in_journal = [&](std::int64_t number) { return booked.contains(number); };
  const auto missing = std::count_if(done.begin(), done.end(), [&](std::int64_t n) { return !in_journal(n); });
  const auto booked_after_failure = std::count_if(undone.begin(), undone.end(), in_journal);
  CHECK(missing == 0);                // acknowledged, and lost
  CHECK(booked_after_failure == 0);   // reported as failed, and done
  for (const std::int64_t number : done) booked.erase(number);
  for (const std::int64_t number : doubtful) booked.erase(number);
  CHECK(booked.size() == static_cast<std::size_t>(booked_after_failure));  // done, and told to nobody
}

// ---- Load

Load::Load(Database& database, const Bank& bank, int threads, std::chrono::milliseconds pause) : database_(database), bank_(bank), pause_(pause) {
  for (int i = 0; i < threads; ++i) workers_.push_back(std::make_unique<Worker>());
  for (int i = 0; i < threads; ++i) workers_[static_cast<std::size_t>(i)]->thread = std::thread([this, i] { work(*workers_[static_cast<std::size_t>(i)], i); });
  watcher_ = std::thread([this] { watch(); });
}

Load::~Load() { stop(); }

void Load::work(Worker& worker, int index) {
  for (std::int64_t n = 1; !stopping_; ++n) {
    const std::int64_t number = index * kNumbersPerWorker + n;
    std::size_t runs = 0;
    try {
      database_.with_session([&](Session& session) {
        ++runs;
        bank_.transfer(*session, number);
      });
      worker.done.push_back(number);
      worker.last_success = std::chrono::steady_clock::now().time_since_epoch().count();
      ++successes_;
    } catch (const InDoubtError&) {
      worker.doubtful.push_back(number);
    } catch (const Error& error) {
      worker.undone.push_back(number);
      if (!error.safe_to_retry()) worker.unexpected.emplace_back(error.what());
    }
    if (runs > 1) replays_ += runs - 1;
    std::this_thread::sleep_for(pause_);
  }
}

void Load::watch() {
  while (!stopping_) {
    most_open_ = std::max(most_open_, database_.pool().statistics().open);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::optional<Recovery> Load::recovery(SteadyTime since, std::chrono::milliseconds timeout) const {
  using std::chrono::milliseconds;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const auto mark = since.time_since_epoch().count();
  const auto all_work = [&] { return std::all_of(workers_.begin(), workers_.end(), [&](const auto& worker) { return worker->last_success > mark; }); };
  Recovery recovery;
  while (!all_work()) {
    const SteadyTime before = std::chrono::steady_clock::now();
    if (before > deadline) return std::nullopt;
    try {
      bank_.write_alone(*bank_.connect());
      recovery.server_pause = std::max(recovery.server_pause, std::chrono::floor<milliseconds>(std::chrono::steady_clock::now() - before));
    } catch (const Error&) {
      // Refused, where the pool has the server's last connections: that takes no time.
    }
    std::this_thread::sleep_for(milliseconds(5));
  }
  std::int64_t last = 0;
  for (const auto& worker : workers_) last = std::max(last, worker->last_success.load());
  recovery.took = std::chrono::ceil<milliseconds>(std::chrono::steady_clock::duration(last - mark));
  return recovery;
}

std::string to_text(const std::optional<Recovery>& recovery) {
  if (!recovery) return "never";
  return std::to_string(recovery->took.count()) + " ms (connecting and writing without a pool took up to " + std::to_string(recovery->server_pause.count()) + " ms)";
}

void Load::stop() {
  stopping_ = true;
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
  if (watcher_.joinable()) watcher_.join();
}

std::string Load::stop_and_check() {
  stop();
  std::vector<std::int64_t> done, undone, doubtful;
  for (const auto& worker : workers_) {
    append(done, worker->done);
    append(undone, worker->undone);
    append(doubtful, worker->doubtful);
    for (const std::string& message : worker->unexpected) FAIL_CHECK("unexpected: " << message);
  }
  const PoolOptions& options = database_.pool().options();
  CHECK(most_open_ <= options.max());
  {
    // No lease is lost: all connections can be out at once.
    std::vector<Pool::Lease> leases;
    for (std::size_t i = 0; i < options.max(); ++i) leases.push_back(database_.pool().acquire(std::chrono::seconds(5)));
    bank_.check(*leases.front(), done, undone, doubtful);
  }
  const PoolStatistics pool = database_.pool().statistics();
  CHECK(pool.in_use == 0);
  CHECK(pool.waiting == 0);
  CHECK(pool.open <= pool.max);
  CHECK(pool.opened - pool.closed == pool.open);
  CHECK_FALSE(done.empty());
  return std::to_string(done.size()) + " transfers done, " + std::to_string(replays_) + " replays, " +
         std::to_string(undone.size()) + " given up, " + std::to_string(doubtful.size()) + " in doubt; connections opened " + std::to_string(pool.opened) +
         ", at most " + std::to_string(most_open_) + " open at once";
}

}  // namespace millrace::test
