// Asynchronous operations from many threads at once, cancelled at any time from others.

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <random>
#include <thread>

#include <stdlib.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <catch2/catch_test_macros.hpp>

#include "millrace/backends.hpp"
#include "millrace/load/async_load.hpp"
#include "millrace/testing/fake_connection.hpp"
#include "millrace/testing/fault_driver.hpp"

namespace asio = boost::asio;
using namespace millrace;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  testing::FakeDatabase fake;
  std::shared_ptr<testing::FaultPlan> plan = std::make_shared<testing::FaultPlan>();
  DriverRegistry drivers;
  std::optional<Database> database;
  std::optional<AsyncDatabase> async;

  explicit Fixture(std::size_t connections) {
    drivers.add(std::make_shared<testing::FaultDriver>(std::make_shared<testing::FakeDriver>(fake), plan));
    DatabaseConfig config = DatabaseConfig::from_url("fake://");
    config.pool.size = connections;
    config.pool.overflow = 0;
    config.pool.acquire_timeout = 60s;
    config.retry.initial_delay = 1ms;
    database.emplace(Database::open(config, drivers));
    async.emplace(*database);
  }
};

/// How an operation ended, counted.
struct Ends {
  std::atomic<int> done{0}, cancelled{0}, other{0};
  void add(const std::exception_ptr& error) {
    if (!error) {
      ++done;
      return;
    }
    try {
      std::rethrow_exception(error);
    } catch (const Error& e) {
      ++(e.code() == ErrorCode::cancelled ? cancelled : other);
    } catch (...) {
      ++other;
    }
  }
  int all() const { return done + cancelled + other; }
};

}  // namespace

TEST_CASE("coroutines on several threads share a few connections") {
  Fixture f(3);
  asio::thread_pool threads(4);
  std::vector<std::future<int>> results;
  for (int i = 0; i < 200; ++i) {
    results.push_back(asio::co_spawn(threads, [&, i]() -> asio::awaitable<int> {
      co_await f.async->async_execute("a", asio::use_awaitable);
      { const Pool::Lease lease = co_await f.async->async_acquire(asio::use_awaitable); lease->execute("b"); }
      co_return co_await f.async->async_with_session([i](Session& session) { session->execute("c"); return i; }, asio::use_awaitable);
    }, asio::use_future));
  }
  for (int i = 0; i < 200; ++i) CHECK(results[static_cast<std::size_t>(i)].get() == i);
  threads.join();
  CHECK(f.database->pool().statistics().opened <= 3);
  CHECK(f.database->pool().statistics().in_use == 0);
}

TEST_CASE("operations are cancelled, fail and are replayed at random from many threads, and each ends once") {
  Fixture f(3);
  f.plan->add(testing::Fault::delay(testing::FaultCall::statement, 1ms).on("slow").always());
  constexpr int kThreads = 4, kRounds = 150;
  Ends ends;
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      for (int i = 0; i < kRounds; ++i) {
        std::stop_source stop;
        SessionOptions options;
        options.acquire.stop = stop.get_token();
        const auto ended = std::make_shared<std::promise<void>>();  // shared: set_value() is not over when the wait is
        const auto handler = [&ends, ended](const std::exception_ptr& error, auto&&...) {
          ends.add(error);
          ended->set_value();
        };
        switch (random() % 3) {
          case 0: f.async->async_acquire(options.acquire, handler); break;
          case 1: f.async->async_with_session([](Session& session) { session->execute("slow"); }, options, handler); break;
          default:
            if (random() % 4 == 0) f.fake.fail("commit", ErrorCode::deadlock);
            f.async->async_with_session([](Session& session) { return session->execute("quick"); }, options, handler);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 400));
        stop.request_stop();
        ended->get_future().wait();
      }
    });
  }
  threads.clear();
  CHECK(ends.all() == kThreads * kRounds);
  CHECK(ends.done > 0);
  CHECK(ends.cancelled > 0);
  CHECK(f.database->pool().statistics().in_use == 0);
  CHECK(f.database->pool().statistics().waiting == 0);
}

TEST_CASE("an AsyncDatabase goes while its operations are at work") {
  for (int round = 0; round < 30; ++round) {
    Fixture f(2);
    Ends ends;
    asio::thread_pool handlers(2);
    for (int i = 0; i < 20; ++i) {
      f.async->async_with_session([](Session& session) { session->execute("x"); }, asio::bind_executor(handlers.get_executor(), [&](const std::exception_ptr& error) { ends.add(error); }));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(round * 20));
    f.async.reset();
    handlers.join();
    CHECK(ends.all() == 20);
    CHECK(ends.other == 0);
    CHECK(f.database->pool().statistics().in_use == 0);
  }
}

TEST_CASE("slots are emitted on their strands while operations end") {
  Fixture f(2);
  f.plan->add(testing::Fault::delay(testing::FaultCall::statement, 1ms).on("slow").always());
  asio::thread_pool threads(3);
  Ends ends;
  std::vector<std::unique_ptr<asio::cancellation_signal>> signals;
  for (int i = 0; i < 100; ++i) {
    auto& signal = *signals.emplace_back(std::make_unique<asio::cancellation_signal>());
    const auto strand = asio::make_strand(threads);
    asio::post(strand, [&, strand] {
      f.async->async_execute("slow", asio::bind_cancellation_slot(signal.slot(), asio::bind_executor(strand, [&](const std::exception_ptr& error, std::int64_t) { ends.add(error); })));
    });
    std::this_thread::sleep_for(std::chrono::microseconds(i * 3));
    asio::post(strand, [&signal] { signal.emit(asio::cancellation_type::total); });
  }
  threads.join();
  CHECK(ends.all() == 100);
  CHECK(ends.other == 0);
  CHECK(ends.cancelled > 0);
}

TEST_CASE("a context may go as soon as its run has returned") {
  Fixture f(2);
  Ends ends;
  for (int round = 0; round < 200; ++round) {
    asio::io_context context;
    const auto strand = asio::make_strand(context);
    f.async->async_execute("x", asio::bind_executor(strand, [&ends, strand](const std::exception_ptr& error, std::int64_t) { ends.add(error); }));
    f.async->async_execute("x", asio::bind_executor(context.get_executor(), [&ends](const std::exception_ptr& error, std::int64_t) { ends.add(error); }));
    context.run();
  }
  CHECK(ends.done == 400);
}

TEST_CASE("asynchronous loads end when they are done or stopped, at any time") {
  std::string folder = (std::filesystem::temp_directory_path() / "millrace-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const DriverRegistry drivers = default_drivers();
  const std::string csv = folder + "/rows.csv";
  { std::ofstream out(csv); out << "id,name\n"; for (int i = 0; i < 2000; ++i) out << i << ",n" << i << '\n'; }
  int loaded = 0;
  for (int round = 0; round < 6; ++round) {
    LoadJob job;
    job.source = csv;
    job.to = "sqlite:" + folder + "/" + std::to_string(round) + ".db";
    job.table = "t";
    job.create = true;
    job.unit_bytes = 4096;
    job.reject_file = folder + "/rejects";
    LoadEnvironment environment;
    environment.drivers = &drivers;
    asio::cancellation_signal signal;
    Ends ends;
    const auto ended = std::make_shared<std::promise<RunReport>>();
    async_load(job, std::move(environment), asio::bind_cancellation_slot(signal.slot(), [&ends, ended](const std::exception_ptr& error, RunReport report) {
      ends.add(error);
      ended->set_value(std::move(report));
    }));
    if (round > 0) {
      std::this_thread::sleep_for(5ms * round);
      signal.emit(asio::cancellation_type::terminal);
    }
    const RunReport report = ended->get_future().get();
    CHECK((ends.cancelled == 1 || report.outcome == Outcome::loaded || report.error_code == "cancelled"));
    loaded += ends.done == 1 && report.outcome == Outcome::loaded;
  }
  CHECK(loaded > 0);
  CHECK_THROWS_AS(async_load(LoadJob{}, [&] { LoadEnvironment e; e.drivers = &drivers; return e; }(), asio::use_future).get(), ConfigError);
  std::filesystem::remove_all(folder);
}
