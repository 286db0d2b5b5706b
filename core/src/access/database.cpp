#include "millrace/access/database.hpp"

#include <algorithm>

namespace millrace {
namespace {

[[noreturn]] void misuse(const char* message) { throw Error(ErrorCode::misuse, message); }

}  // namespace

// ---- Session

Session::Session(Pool::Lease lease, const TransactionOptions& options) : lease_(std::move(lease)), transaction_(std::make_unique<Transaction>(*lease_, options)) {
  irrevocable_ = lease_->irrevocable();
}

void Session::commit() {
  if (completed_by_owner_) misuse("commit() was called inside with_session(), which commits by itself when its function returns; use session() for commits of your own");
  if (!transaction_) misuse("commit() was called on a session that was moved from");
  transaction_->commit();
}

void Session::rollback() noexcept {
  rolled_back_ = true;
  if (transaction_) transaction_->rollback();
}

void Session::complete() {
  if (!transaction_) misuse("the session was moved out of with_session(): its function gets it on loan");
  if (!rolled_back_) transaction_->commit();
}

void Session::rethrow(const Error& error, bool& replayable) const {
  replayable = lease_ && lease_->irrevocable() == irrevocable_;
  if (replayable || !error.safe_to_retry()) throw;
  ErrorInfo info = error.info();
  info.safe_to_retry = false;
  info.message += "; the session is not run again, since a rollback does not undo all that it did";
  rethrow_as(error, std::move(info));
}

// ---- Database

struct Database::State {
  State(const DatabaseConfig& configuration, std::shared_ptr<const Driver> its_driver)
      : config(configuration), driver(std::move(its_driver)), pool([driver = driver, to = config.connection] { return driver->connect(to); }, config.pool) {}

  const DatabaseConfig config;
  const std::shared_ptr<const Driver> driver;
  Pool pool;
};

Database Database::open(const DatabaseConfig& config, const DriverRegistry& drivers) {
  config.validate();
  return Database(std::make_unique<State>(config, drivers.share(config.connection.scheme)));
}

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Database::State& Database::state() const {
  if (!state_) misuse("this database was moved from");
  return *state_;
}

Pool& Database::pool() const { return state().pool; }
const DatabaseConfig& Database::config() const { return state().config; }
const Driver& Database::driver() const { return *state().driver; }
bool Database::close() { return pool().close(); }

RetryPolicy Database::policy(const SessionOptions& options) const { return options.retry.value_or(config().retry); }

RetryPolicy Database::policy(const SessionOptions& options, const bool& replayable) const {
  RetryPolicy policy = this->policy(options);
  if (policy.retry_if) policy.retry_if = [&replayable, wanted = policy.retry_if](const Error& error) { return replayable && wanted(error); };
  return policy;
}

Session Database::open_session(const SessionOptions& options, SourceLocation place) { return Session(pool().acquire(options.acquire, place), options.transaction); }

Session Database::session(const SessionOptions& options, SourceLocation place) {
  return retry(policy(options), [&] { return open_session(options, place); }, RetryEnvironment::real(options.acquire.stop));
}

Health Database::health_check(std::chrono::milliseconds timeout) noexcept {
  using namespace std::chrono;
  const auto begin = steady_clock::now();
  Health health;
  try {
    try {
      AcquireOptions once;
      once.timeout = timeout;
      once.attempts = 1;
      const Pool::Lease lease = pool().acquire(once);
      lease->ping(std::max(timeout - duration_cast<milliseconds>(steady_clock::now() - begin), milliseconds(1)));
      health.ok = true;
    } catch (const std::exception& error) {
      health.reason = state().config.connection.password.scrub(error.what());
    }
  } catch (...) {
    health.reason.clear();  // not even memory for a sentence, or a database that was moved from
  }
  health.latency = duration_cast<microseconds>(steady_clock::now() - begin);
  return health;
}

}  // namespace millrace
