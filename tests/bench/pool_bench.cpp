// What acquiring and returning a connection costs: Millrace's pool with all its checks on, SOCI's connection_pool, and the least that can be written, a queue
// with a mutex and a condition variable. One run, the three in turn in every round; medians, and the median of each round's ratio to the plain queue.
//
//     cmake --build build --target pool_bench && build/bin/pool_bench [ROUNDS]

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <sys/prctl.h>

#include "millrace/access/pool.hpp"
#include "support/bare_connection.hpp"

namespace {

using namespace millrace;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// What a user would write by hand: no check, no reset, no statistics, no order.
class PlainPool {
 public:
  explicit PlainPool(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) idle_.push_back(std::make_unique<test::BareConnection>());
  }
  class Lease {
   public:
    Lease(PlainPool& pool, std::unique_ptr<Connection> connection) : pool_(pool), connection_(std::move(connection)) {}
    ~Lease() { pool_.give_back(std::move(connection_)); }
    Connection* operator->() const { return connection_.get(); }

   private:
    PlainPool& pool_;
    std::unique_ptr<Connection> connection_;
  };
  Lease acquire(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (!returned_.wait_for(lock, timeout, [&] { return !idle_.empty(); })) throw std::runtime_error("timed out");
    auto connection = std::move(idle_.front());
    idle_.pop_front();
    return {*this, std::move(connection)};
  }

 private:
  void give_back(std::unique_ptr<Connection> connection) {
    {
      const std::lock_guard lock(mutex_);
      idle_.push_back(std::move(connection));
    }
    returned_.notify_one();
  }
  std::mutex mutex_;
  std::condition_variable returned_;
  std::deque<std::unique_ptr<Connection>> idle_;
};

struct Plain {
  PlainPool pool;
  explicit Plain(std::size_t size) : pool(size) {}
  template <class Use> void once(Use&& use) {
    const auto lease = pool.acquire(30s);
    use();
  }
};

struct Millrace {
  Pool pool;
  static PoolOptions options(std::size_t size) {
    PoolOptions options;
    options.size = size;
    options.overflow = 0;
    return options;
  }
  explicit Millrace(std::size_t size) : pool([] { return std::make_unique<test::BareConnection>(); }, options(size)) {
    std::vector<Pool::Lease> all;
    for (std::size_t i = 0; i < size; ++i) all.push_back(pool.acquire());
  }
  template <class Use> void once(Use&& use) {
    const auto lease = pool.acquire(30s);
    use();
  }
};

struct Soci {
  soci::connection_pool pool;
  explicit Soci(std::size_t size) : pool(size) {
    for (std::size_t i = 0; i < size; ++i) pool.at(i).open(soci::sqlite3, ":memory:");
  }
  template <class Use> void once(Use&& use) {
    std::size_t position = 0;
    if (!pool.try_lease(position, 30000)) throw std::runtime_error("timed out");
    use();
    pool.give_back(position);
  }
};

double cpu_time_of_thread() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

/// Nanoseconds of processor time per acquire and return: one thread never waits, so that what else the machine does is left out.
template <class Contender, class Use> double measure_alone(Contender& contender, const Use& use) {
  constexpr int kCount = 100000;
  const double began = cpu_time_of_thread();
  for (int i = 0; i < kCount; ++i) contender.once(use);
  return (cpu_time_of_thread() - began) / kCount;
}

/// Nanoseconds per acquire and return, of all threads together.
template <class Contender, class Use> double measure(Contender& contender, int threads, std::chrono::milliseconds time, const Use& use) {
  if (threads == 1) return measure_alone(contender, use);
  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> total = 0;
  std::latch start(threads + 1);
  std::vector<std::jthread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&] {
      ::prctl(PR_SET_TIMERSLACK, 1);  // short sleeps are short
      start.arrive_and_wait();
      std::int64_t count = 0;
      while (!stop.load(std::memory_order_relaxed)) {
        for (int i = 0; i < 16; ++i) contender.once(use);
        count += 16;
      }
      total += count;
    });
  }
  start.arrive_and_wait();
  const auto began = Clock::now();
  std::this_thread::sleep_for(time);
  stop = true;
  running.clear();
  const std::chrono::duration<double, std::nano> took = Clock::now() - began;
  return took.count() / static_cast<double>(total);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

template <class Use> void scenario(const char* name, int rounds, int threads, std::size_t connections, const Use& use) {
  Plain plain(connections);
  Millrace ours(connections);
  Soci soci(connections);
  std::vector<double> a, b, c, b_ratio, c_ratio;
  for (int round = 0; round < rounds; ++round) {
    a.push_back(measure(plain, threads, 60ms, use));
    b.push_back(measure(ours, threads, 60ms, use));
    c.push_back(measure(soci, threads, 60ms, use));
    b_ratio.push_back(b.back() / a.back());
    c_ratio.push_back(c.back() / a.back());
  }
  std::printf("%-44s %10.0f %10.0f %10.0f %12.2f %12.2f\n", name, median(a), median(b), median(c), median(b_ratio), median(c_ratio));
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 15;
  const auto nothing = [] {};
  const auto wait_20_us = [] { std::this_thread::sleep_for(20us); };
  const auto compute_20_us = [] {
    for (const auto end = Clock::now() + 20us; Clock::now() < end;) {}
  };
  std::printf("%-44s %10s %10s %10s %12s %12s\n", "ns per acquire and return", "plain", "millrace", "SOCI", "millrace:plain", "SOCI:plain");
  scenario("1 thread, 1 connection", rounds, 1, 1, nothing);
  scenario("8 threads, 4 connections", rounds, 8, 4, nothing);
  scenario("8 threads, 4 connections, 20 us of waiting", rounds, 8, 4, wait_20_us);
  scenario("8 threads, 4 connections, 20 us of computing", rounds, 8, 4, compute_20_us);
}
