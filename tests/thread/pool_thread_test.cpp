#include "millrace/access/pool.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "millrace/testing/fake_connection.hpp"

using namespace millrace;

TEST_CASE("many threads share a few connections, each alone on its own") {
  testing::FakeDatabase database;
  Pool pool([&] { return database.connect(); }, PoolOptions{.size = 3, .overflow = 0});
  std::atomic<int> in_use{0}, most{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        Pool::Lease lease = pool.acquire();
        const int now = ++in_use;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {}
        lease->execute("x");
        --in_use;
        if (i % 50 == t) lease.discard();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(most <= 3);
  CHECK(database.count("execute") == 1600);
  CHECK(pool.statistics().in_use == 0);
}

TEST_CASE("a pool closes under its users") {
  testing::FakeDatabase database;
  Pool pool([&] { return database.connect(); }, PoolOptions{.size = 2, .overflow = 0});
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      try {
        for (;;) { Pool::Lease lease = pool.acquire(); lease->execute("x"); }
      } catch (const PoolError&) {
        ++refused;
      }
    });
  }
  while (database.count("execute") < 50) std::this_thread::yield();
  pool.close();
  for (std::thread& thread : threads) thread.join();
  CHECK(refused == 6);
  CHECK(database.open_connections() == 0);
}
