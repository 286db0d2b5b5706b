#include "access/async/task_threads.hpp"

#include <atomic>
#include <future>

#include <catch2/catch_test_macros.hpp>

using millrace::detail::TaskThreads;
using namespace std::chrono_literals;

TEST_CASE("task threads are started one by one, as tasks find none idle") {
  TaskThreads threads(2);
  CHECK(threads.threads() == 0);
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::promise<void> first, second;
  threads.post([&] { first.set_value(); released.wait(); });
  first.get_future().wait();
  CHECK(threads.threads() == 1);
  threads.post([&] { second.set_value(); released.wait(); });
  second.get_future().wait();
  std::promise<void> third;
  threads.post([&] { third.set_value(); });
  CHECK(threads.threads() == 2);
  release.set_value();
  third.get_future().wait();
  threads.join();  // before what its tasks refer to
}

TEST_CASE("timed tasks run at their times, whatever the order of posting") {
  TaskThreads threads(1);
  const auto now = std::chrono::steady_clock::now();
  std::vector<int> order;
  std::promise<void> done;
  threads.post_at(now + 30ms, [&] { order.push_back(3); done.set_value(); });
  threads.post_at(now + 10ms, [&] { order.push_back(1); });
  threads.post_at(now + 20ms, [&] { order.push_back(2); });
  done.get_future().wait();
  CHECK(std::chrono::steady_clock::now() >= now + 30ms);
  CHECK(order == std::vector{1, 2, 3});
}

TEST_CASE("joining waits for the task that runs and drops the others") {
  std::atomic<int> ran{0};
  auto dropped = std::make_shared<int>();
  const std::weak_ptr<int> watch = dropped;
  TaskThreads threads(1);
  std::promise<void> entered;
  threads.post([&] {
    entered.set_value();
    while (threads.threads() > 0) std::this_thread::yield();  // until join() has taken them
    ++ran;
  });
  entered.get_future().wait();
  threads.post([&ran, kept = dropped] { ++ran; });
  threads.post_at(std::chrono::steady_clock::now() + 1h, [kept = std::move(dropped)] {});
  threads.join();
  CHECK(ran == 1);
  CHECK(watch.expired());
  threads.post([&] { ++ran; });
  CHECK(threads.threads() == 0);
}
