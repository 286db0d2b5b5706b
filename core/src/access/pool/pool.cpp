#include "millrace/access/pool.hpp"

#include "access/pool/core.hpp"

namespace millrace {
namespace {

[[noreturn]] void out_of_range(const char* key, const std::string& range) { throw ConfigError(std::string("pool.") + key + " must be " + range); }

void at_least_0(const char* key, std::chrono::milliseconds value) {
  if (value.count() < 0) out_of_range(key, "at least 0");
}

void above_0(const char* key, std::chrono::milliseconds value) {
  if (value.count() <= 0) out_of_range(key, "greater than 0");
}

}  // namespace

void PoolOptions::validate() const {
  if (size < 1) out_of_range("size", "at least 1");
  if (min > size) out_of_range("min", "at most pool.size");
  if (max_waiting < 1) out_of_range("max_waiting", "at least 1");
  if (acquire_attempts < 0) out_of_range("acquire_attempts", "at least 0");
  if (!(jitter >= 0.0 && jitter < 1.0)) out_of_range("jitter", "at least 0 and less than 1");
  above_0("acquire_timeout", acquire_timeout);
  above_0("check_timeout", check_timeout);
  above_0("reconnect_delay", reconnect_delay);
  if (reconnect_max < reconnect_delay) out_of_range("reconnect_max", "at least pool.reconnect_delay");
  at_least_0("check_after_idle", check_after_idle);
  at_least_0("max_idle", max_idle);
  at_least_0("max_lifetime", max_lifetime);
  at_least_0("keepalive", keepalive);
  at_least_0("leak_report_after", leak_report_after);
  at_least_0("handoff_after", handoff_after);
  at_least_0("close_timeout", close_timeout);
}

Pool::Pool(ConnectFunction connect, PoolOptions options, ClockFunction clock) {
  options.validate();
  if (!connect) throw Error(ErrorCode::misuse, "a pool needs a connect function");
  core_ = pooling::Core::make(std::move(connect), std::move(options), std::move(clock));
}

Pool::~Pool() { core_->shut_down(); }

Pool::Lease Pool::acquire(const AcquireOptions& options, SourceLocation place) { return core_->acquire(options, place); }

Pool::Ticket Pool::acquire_later(const AcquireOptions& options, AcquireHandler done, SourceLocation place) { return core_->acquire_later(options, std::move(done), place); }

bool Pool::close(std::chrono::milliseconds timeout) { return core_->close(timeout); }

PoolStatistics Pool::statistics() const { return core_->statistics(); }

const PoolOptions& Pool::options() const { return core_->options(); }

bool Pool::Ticket::cancel() noexcept { return pooling::Core::cancel(*this); }

Pool::Lease& Pool::Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  core_ = std::exchange(other.core_, nullptr);
  slot_ = std::exchange(other.slot_, nullptr);
  connection_ = std::exchange(other.connection_, nullptr);
  return *this;
}

void Pool::Lease::give_back() noexcept {
  connection_ = nullptr;
  if (pooling::Core* const core = std::exchange(core_, nullptr)) core->give_back(*std::exchange(slot_, nullptr));
}

void Pool::Lease::discard() {
  connection_ = nullptr;
  if (pooling::Core* const core = std::exchange(core_, nullptr)) core->discard(*std::exchange(slot_, nullptr));
}

}  // namespace millrace
