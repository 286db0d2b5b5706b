// The pool against a model of what must hold, under random acquire, release, cancel, failure and close from many threads. A run is repeated as far as
// threads allow with MILLRACE_TEST_SEED=<seed>.
#include <atomic>
#include <barrier>
#include <cstdlib>
#include <iostream>
#include <latch>
#include <mutex>
#include <random>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/pool.hpp"
#include "support/bare_connection.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kThreads = 32;

unsigned seed_of_run() {
  const char* const given = std::getenv("MILLRACE_TEST_SEED");
  const unsigned seed = given ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  std::cout << "pool model: MILLRACE_TEST_SEED=" << seed << std::endl;
  return seed;
}

struct Random {
  std::minstd_rand generator;
  explicit Random(unsigned seed) : generator(seed) { generator.discard(5); }
  bool one_in(unsigned n) { return generator() % n == 0; }
  unsigned below(unsigned n) { return static_cast<unsigned>(generator() % n); }
};

/// What was seen that must not be. Assertions of Catch2 belong to one thread.
class Violations {
 public:
  void add(const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (texts_.size() < 5) texts_.push_back(text);
  }
  void check() const {
    for (const std::string& text : texts_) UNSCOPED_INFO(text);
    CHECK(texts_.empty());
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> texts_;
};

struct Server {
  explicit Server(int most_open) : most(most_open) {}
  const int most;
  std::atomic<int> open = 0;             ///< from before a connect until after the end of the connection
  std::atomic<bool> healthy = false;     ///< nothing fails any more
  std::atomic<unsigned> calls = 1;
  Violations violations;

  Random random() { return Random(calls.fetch_add(1) * 2654435761u); }
  void enter() {
    if (open.fetch_add(1) >= most) violations.add("more than the maximum are open");
  }
  std::unique_ptr<Connection> connect();
};

[[noreturn]] void fail(ErrorCode code, bool heals) {
  ErrorInfo info;
  info.code = code;
  info.message = "scripted";
  info.safe_to_retry = heals;
  info.poisons_connection = true;
  throw_error(std::move(info));
}

class ModelConnection : public test::BareConnection {
 public:
  explicit ModelConnection(Server& server) : server_(server) {}
  ~ModelConnection() override {
    if (holders_ != 0) server_.violations.add("a connection ended in somebody's hands");
    std::this_thread::yield();
    --server_.open;
  }
  void enter() {
    if (holders_.fetch_add(1) != 0) server_.violations.add("a connection is in two hands");
    if (failed_check_) server_.violations.add("a connection that failed its check was lent");
    if (in_transaction()) server_.violations.add("a connection was lent with an open transaction");
    ++plain_;  // not atomic: ThreadSanitizer sees whether the pool orders one user after the other
  }
  void leave() { --holders_; }
  void lose() {
    fail_next_ = true;
    try {
      execute("lost");
    } catch (const ConnectionError&) {
    }
  }

 private:
  std::int64_t do_execute(const std::string&, const std::vector<Value>&) override {
    if (fail_next_) fail(ErrorCode::connection_lost, true);
    return 0;
  }
  void do_ping(std::chrono::milliseconds) override {
    if (holders_ != 0) server_.violations.add("a connection was checked in somebody's hands");
    ++plain_;
    if (server_.healthy || !server_.random().one_in(20)) return;
    failed_check_ = true;
    fail(ErrorCode::connection_lost, true);
  }
  void do_reset() override {
    if (!server_.healthy && server_.random().one_in(50)) fail(ErrorCode::unknown, false);
  }

  Server& server_;
  std::atomic<int> holders_ = 0;
  std::atomic<bool> failed_check_ = false;
  bool fail_next_ = false;
  long plain_ = 0;
};

std::unique_ptr<Connection> Server::connect() {
  enter();
  Random dice = random();
  if (dice.one_in(3)) std::this_thread::yield();
  if (!healthy && dice.one_in(8)) {
    --open;
    switch (dice.below(8)) {
      case 0: fail(ErrorCode::authentication, false);
      case 1: return nullptr;
      default: fail(ErrorCode::connection_refused, true);
    }
  }
  return std::make_unique<ModelConnection>(*this);
}

PoolOptions options_for(std::size_t size, std::size_t overflow, std::chrono::milliseconds handoff) {
  PoolOptions options;
  options.size = size;
  options.overflow = overflow;
  options.handoff_after = handoff;
  options.acquire_timeout = 20s;  // far beyond the test: who runs into it was forgotten
  options.reconnect_delay = 1ms;
  options.reconnect_max = 2ms;
  return options;
}

/// What a handler was given.
struct Answer {
  std::atomic<int> calls = 0;
  std::exception_ptr error;
  Pool::Lease lease;

  void give(std::exception_ptr e, Pool::Lease l) {
    error = std::move(e);
    lease = std::move(l);
    calls.fetch_add(1, std::memory_order_release);
    calls.notify_all();
  }
  void wait() const { calls.wait(0, std::memory_order_acquire); }
};

// ---- Everything but the order, on a pool of several connections

struct Actor {
  Pool& pool;
  Server& server;
  Random random;
  std::atomic<std::uint64_t>& served;
  const bool& plain;

  void use(Pool::Lease lease) {
    ++served;
    auto& connection = static_cast<ModelConnection&>(*lease);
    connection.enter();
    try {
      if (random.one_in(3)) lease->execute("x");
      if (random.one_in(5)) lease->begin();
    } catch (const Error& error) {
      server.violations.add(std::string("a lease was not fit for use: ") + error.what());
    }
    if (random.one_in(4)) std::this_thread::yield();
    if (random.one_in(400)) std::this_thread::sleep_for(2ms);
    if (!server.healthy && random.one_in(20)) connection.lose();
    if (random.one_in(30)) lease->cancel();
    connection.leave();
    if (!server.healthy && random.one_in(15)) lease.discard();
  }

  /// @return false once the pool is closed
  bool ended_well(const std::exception_ptr& error, bool may_time_out, bool may_be_cancelled) {
    try {
      std::rethrow_exception(error);
    } catch (const PoolError& e) {
      if (e.code() == ErrorCode::pool_closed) return false;
      if (e.code() == ErrorCode::pool_full || (e.code() == ErrorCode::pool_timeout && may_time_out)) return true;
      server.violations.add(std::string("a waiter was forgotten: ") + e.what());
    } catch (const ConnectionError&) {
    } catch (const Error& e) {
      if (e.code() == ErrorCode::misuse) return true;  // the connect function returned nothing
      if (e.code() != ErrorCode::cancelled || !may_be_cancelled) server.violations.add(std::string("an unexpected error: ") + e.what());
    }
    return true;
  }

  AcquireOptions random_options() {
    AcquireOptions options;
    if (plain) return options;
    if (random.one_in(4)) options.timeout = std::chrono::milliseconds(random.below(3));
    if (random.one_in(4)) options.attempts = 1 + static_cast<int>(random.below(3));
    return options;
  }

  bool acquire() {
    AcquireOptions options = random_options();
    std::stop_source stop;
    const bool stops = !plain && random.one_in(5);
    std::thread stopper;
    if (stops) {
      options.stop = stop.get_token();
      stopper = std::thread([&stop, spin = random.below(20)] {
        for (unsigned i = 0; i < spin; ++i) std::this_thread::yield();
        stop.request_stop();
      });
    }
    bool open = true;
    try {
      use(pool.acquire(options));
    } catch (...) {
      open = ended_well(std::current_exception(), options.timeout.has_value(), stops);
    }
    if (stopper.joinable()) stopper.join();
    return open;
  }

  bool step() { return !plain && random.one_in(3) ? acquire_later() : acquire(); }

  bool acquire_later() {
    const auto answer = std::make_shared<Answer>();
    const AcquireOptions options = random_options();
    Pool::Ticket ticket = pool.acquire_later(options, [answer](std::exception_ptr error, Pool::Lease lease) { answer->give(std::move(error), std::move(lease)); });
    const bool cancels = random.one_in(3);
    if (cancels) {
      for (unsigned i = random.below(10); i > 0; --i) std::this_thread::yield();
      if (ticket.cancel() && answer->calls != 1) server.violations.add("cancel() returned before its handler was called");
    }
    answer->wait();
    const bool open = !answer->error || ended_well(answer->error, options.timeout.has_value(), cancels);
    if (answer->lease) use(std::move(answer->lease));
    if (answer->calls != 1) server.violations.add("a handler was called twice");
    return open;
  }
};

void run_model(PoolOptions options, std::chrono::milliseconds time, unsigned seed) {
  Server server(static_cast<int>(options.max()));
  server.calls = seed;
  std::atomic<std::uint64_t> served = 0;
  {
    Pool pool([&] { return server.connect(); }, options);
    std::latch start(kThreads + 1);
    const auto end = Clock::now() + time;
    // Bursts end in silence, some without time-outs and tickets, and some of these without failures: a waiter that was forgotten is helped by nobody who
    // comes, gives up or breaks something after it.
    std::atomic<bool> bursts_are_over = false;
    bool plain = false;
    int bursts = 0;
    std::barrier burst_ends(kThreads, [&]() noexcept {
      bursts_are_over = Clock::now() > end;
      plain = ++bursts % 3 != 0;
      server.healthy = bursts % 3 == 2;
    });
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        Actor actor{pool, server, Random(seed + t), served, plain};
        start.arrive_and_wait();
        do {
          for (unsigned i = 1 + actor.random.below(4); i > 0; --i) actor.step();
          burst_ends.arrive_and_wait();
        } while (!bursts_are_over);
        while (actor.step()) {}
      });
    }
    start.arrive_and_wait();
    while (!bursts_are_over || Clock::now() < end + 100ms) {
      std::this_thread::sleep_for(20ms);
      const PoolStatistics s = pool.statistics();
      if (s.open > s.max || s.idle + s.in_use > s.open) server.violations.add("the statistics contradict each other");
    }
    if (!pool.close(20s)) server.violations.add("the pool did not drain: a lease was lost");
    threads.clear();
    const PoolStatistics s = pool.statistics();
    CHECK(s.open == 0);
    CHECK(s.idle == 0);
    CHECK(s.in_use == 0);
    CHECK(s.waiting == 0);
    CHECK(s.acquired == served);
    CHECK(s.opened == s.closed);
    CHECK(s.use_time.count == served);
    CHECK(s.wait_time.count == served);
  }
  CHECK(server.open == 0);
  CHECK(served > 100);
  server.violations.check();
}

// ---- The order, on a pool of one connection, whose holders are therefore in the order of being served

struct Served {
  std::uint64_t number = 0;   ///< 1 for the first who was served; 0: was not
  std::uint64_t queued = 0;   ///< how many of acquire_later were in the queue, or done, before this one asked
};

void run_order(std::chrono::milliseconds handoff, std::chrono::milliseconds time, unsigned seed) {
  Server server(1);
  server.calls = seed;
  std::uint64_t count = 0;  // guarded by the one connection
  std::mutex asking;
  std::vector<std::unique_ptr<Served>> later;      // in the order of asking
  std::vector<std::vector<Served>> others(kThreads);
  {
    Pool pool([&] { return server.connect(); }, options_for(1, 0, handoff));
    std::latch start(kThreads + 1);
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        Random random(seed + t);
        start.arrive_and_wait();
        for (bool closed = false; !closed;) {
          if (random.one_in(2)) {
            const auto answer = std::make_shared<Answer>();
            Pool::Ticket ticket;
            {
              const std::lock_guard lock(asking);
              Served* const mine = later.emplace_back(std::make_unique<Served>()).get();
              ticket = pool.acquire_later({}, [&count, answer, mine](std::exception_ptr error, Pool::Lease lease) {
                if (lease) mine->number = ++count;
                answer->give(std::move(error), std::move(lease));
              });
            }
            if (random.one_in(4)) ticket.cancel();
            answer->wait();
            if (answer->lease && random.one_in(20)) answer->lease.discard();
            answer->lease = {};
          } else {
            Served mine;
            {
              const std::lock_guard lock(asking);
              mine.queued = later.size();
            }
            try {
              const Pool::Lease lease = pool.acquire({.timeout = random.one_in(4) ? 1ms : 20s});
              mine.number = ++count;
              others[t].push_back(mine);
            } catch (const PoolError& error) {
              closed = error.code() == ErrorCode::pool_closed;
            } catch (...) {
            }
          }
        }
      });
    }
    start.arrive_and_wait();
    std::this_thread::sleep_for(time);
    CHECK(pool.close(20s));
  }
  std::vector<std::uint64_t> latest{0};  // of the first n who asked, the one served last
  int out_of_order = 0, passed = 0;
  for (const auto& one : later) {
    if (one->number != 0 && one->number < latest.back()) ++out_of_order;
    latest.push_back(std::max(latest.back(), one->number));
  }
  CHECK(out_of_order == 0);
  for (const auto& list : others) {
    for (const Served& one : list) passed += one.number < latest[one.queued] ? 1 : 0;
  }
  if (handoff == 0ms) CHECK(passed == 0);  // nobody was served before somebody who had asked earlier
  CHECK(count > 100);
  server.violations.check();
}

}  // namespace

TEST_CASE("32 threads against the model of a pool") {
  const unsigned seed = seed_of_run();
  CAPTURE(seed);
  run_model(options_for(5, 3, 5ms), 500ms, seed);
}

TEST_CASE("32 threads against the model of a pool where newcomers may always pass") {
  const unsigned seed = seed_of_run();
  CAPTURE(seed);
  run_model(options_for(6, 0, 1h), 500ms, seed);
}

TEST_CASE("32 threads against the model of a pool with a strict order") {
  const unsigned seed = seed_of_run();
  CAPTURE(seed);
  run_model(options_for(4, 0, 0ms), 500ms, seed);
}

TEST_CASE("32 threads against the model of a pool that checks always, keeps alive and ends connections early") {
  const unsigned seed = seed_of_run();
  CAPTURE(seed);
  PoolOptions options = options_for(6, 2, 1ms);
  options.min = 3;
  options.check_after_idle = 0ms;
  options.keepalive = 1ms;
  options.max_idle = 3ms;
  options.max_lifetime = 10ms;
  options.leak_report_after = 1ms;
  options.max_waiting = 24;
  run_model(options, 500ms, seed);
}

TEST_CASE("waiters are served in the order of asking, against a model") {
  const unsigned seed = seed_of_run();
  CAPTURE(seed);
  SECTION("and nobody passes them, with handoff_after 0") { run_order(0ms, 500ms, seed); }
  SECTION("by default") { run_order(5ms, 500ms, seed); }
}
