#include "millrace/load/writer_group.hpp"

#include <atomic>
#include <set>
#include <stdexcept>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include "millrace/testing/fake_connection.hpp"

using namespace millrace;

namespace {

Unit unit(std::int64_t number) {
  Unit made;
  made.number = number;
  made.rows = 1;
  return made;
}

struct Shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::multiset<std::int64_t> written;
  std::atomic<int> interrupts{0};
  std::int64_t fail_at = -1;
  bool block = false;
  bool fail_when_released = false;
};

class Sink final : public UnitSink {
 public:
  explicit Sink(Shared& shared) : shared_(shared) {}
  UnitOutcome write(const Unit& unit) override {
    if (unit.number == shared_.fail_at) throw Error(ErrorCode::disk_full, "no room");
    std::unique_lock lock(shared_.mutex);
    shared_.changed.wait(lock, [&] { return !shared_.block || interrupted_; });
    if (interrupted_) throw Error(ErrorCode::cancelled, "interrupted");
    if (shared_.fail_when_released) throw Error(ErrorCode::disk_full, "no room");
    shared_.written.insert(unit.number);
    return {unit.rows, 0, 0};
  }
  void interrupt() noexcept override {
    const std::lock_guard lock(shared_.mutex);
    interrupted_ = true;
    ++shared_.interrupts;
    shared_.changed.notify_all();
  }

 private:
  Shared& shared_;
  bool interrupted_ = false;
};

SinkFactory sinks(Shared& shared) { return [&shared](int) { return std::make_unique<Sink>(shared); }; }

}  // namespace

TEST_CASE("every unit is written once, whatever the number of writers") {
  for (const int writers : {1, 2, 7}) {
    Shared shared;
    WriterGroup group(writers, 0, sinks(shared));
    for (int i = 0; i < 500; ++i) group.push(unit(i));
    group.close();
    CHECK(shared.written.size() == 500);
    CHECK(std::set<std::int64_t>(shared.written.begin(), shared.written.end()).size() == 500);
    std::int64_t rows = 0;
    for (const WriterStats& stats : group.results()) rows += stats.rows;
    CHECK(rows == 500);
  }
}

TEST_CASE("a full queue holds the producer back") {
  Shared shared;
  shared.block = true;
  WriterGroup group(1, 2, sinks(shared));
  std::atomic<int> pushed{0};
  std::thread producer([&] {
    for (int i = 0; i < 10; ++i) {
      group.push(unit(i));
      ++pushed;
    }
  });
  while (pushed < 2) std::this_thread::yield();
  CHECK(pushed <= 3);  // one in the writer's hands, two in the queue
  {
    const std::lock_guard lock(shared.mutex);
    shared.block = false;
    shared.changed.notify_all();
  }
  producer.join();
  group.close();
  CHECK(shared.written.size() == 10);
}

TEST_CASE("a writer that fails fails the producer and the group") {
  Shared shared;
  shared.fail_at = 3;
  WriterGroup group(2, 0, sinks(shared));
  const auto push_all = [&] { for (int i = 0; i < 1000; ++i) group.push(unit(i)); };
  CHECK_THROWS_AS(push_all(), Error);
  CHECK_THROWS_AS(group.close(), Error);
  CHECK(shared.written.size() < 1000);
}

TEST_CASE("a worker's error leaving the queue's consumer waiting") {
  Shared shared;
  SECTION("a producer that waits for room gets the writer's error") {
    shared.block = true;
    WriterGroup group(1, 1, sinks(shared));
    std::atomic<int> pushed{0};
    ErrorCode seen = ErrorCode::unknown;
    std::thread producer([&] {
      try {
        for (int i = 0; i < 10; ++i) {
          group.push(unit(i));
          ++pushed;
        }
      } catch (const Error& error) {
        seen = error.code();
      }
    });
    while (pushed < 2) std::this_thread::yield();  // one in the writer's hands, one in the queue: the third waits
    {
      const std::lock_guard lock(shared.mutex);
      shared.block = false;
      shared.fail_when_released = true;
      shared.changed.notify_all();
    }
    producer.join();
    CHECK(seen == ErrorCode::disk_full);
    CHECK(pushed < 10);
    CHECK_THROWS_AS(group.close(), Error);
  }
  SECTION("writers that wait for units end when what makes them has failed") {
    const auto failing = [&] {
      WriterGroup group(2, 1, sinks(shared));
      group.push(unit(1));
      throw std::runtime_error("the producer failed");
    };
    CHECK_THROWS_AS(failing(), std::runtime_error);
  }
  CHECK(shared.written.size() <= 1);
}

TEST_CASE("a writer that can not start fails the group, nobody hangs") {
  WriterGroup group(2, 1, [](int) -> std::unique_ptr<UnitSink> { throw Error(ErrorCode::connection_refused, "nobody there"); });
  const auto push_all = [&] { for (int i = 0; i < 10; ++i) group.push(unit(i)); };
  CHECK_THROWS_AS(push_all(), Error);
  CHECK_THROWS_AS(group.close(), Error);
}

TEST_CASE("an aborted group interrupts what runs and drops what waits") {
  Shared shared;
  shared.block = true;
  WriterGroup group(1, 4, sinks(shared));
  for (int i = 0; i < 3; ++i) group.push(unit(i));
  group.abort();
  CHECK(shared.written.empty());
  CHECK_THROWS_AS(group.push(unit(9)), Error);
}

TEST_CASE("push after close is misuse, close of an empty group is fine") {
  Shared shared;
  WriterGroup group(2, 0, sinks(shared));
  group.close();
  CHECK_THROWS_AS(group.push(unit(1)), Error);
}

TEST_CASE("a group dies without being closed") {
  Shared shared;
  { WriterGroup group(3, 0, sinks(shared)); group.push(unit(1)); }
  SUCCEED();
}

TEST_CASE("batches go to a table, each in a transaction; a transient error replays the batch") {
  testing::FakeDatabase database;
  TableInfo table;
  table.name = {"public", "t"};
  table.columns = {{"a", SqlType::of(TypeKind::bigint), true, false, false, Identity::none, {}}};
  database.add_table(table);
  ErrorInfo deadlock;
  deadlock.code = ErrorCode::deadlock;
  deadlock.safe_to_retry = true;
  database.fail("finish", deadlock);
  Pool pool([&] { return database.connect(); }, PoolOptions{.size = 2, .overflow = 0});
  WriterGroup group(1, 0, table_sinks(pool, {"public", "t"}, {"a"}, RetryPolicy{3, std::chrono::milliseconds(1)}));
  RecordBatch batch({SqlType::of(TypeKind::bigint)});
  batch.column(0).append_fixed(std::int64_t{7});
  group.push(std::move(batch));
  group.close();
  CHECK(database.count("commit") == 1);
  CHECK(database.count("rollback") == 1);
  CHECK(database.count("write 1") == 2);
  CHECK(group.results()[0].replays == 1);
  CHECK(group.results()[0].rows == 1);
}

TEST_CASE("a column that the table lacks is named") {
  testing::FakeDatabase database;
  TableInfo table;
  table.name = {"public", "t"};
  database.add_table(table);
  Pool pool([&] { return database.connect(); }, PoolOptions{.size = 1, .overflow = 0});
  WriterGroup group(1, 0, table_sinks(pool, {"public", "t"}, {"nope"}));
  CHECK_THROWS_AS(group.close(), ConfigError);
}

TEST_CASE("an unknown COMMIT is not replayed without a ledger") {
  testing::FakeDatabase database;
  TableInfo table;
  table.name = {"public", "t"};
  table.columns = {{"a", SqlType::of(TypeKind::bigint), true, false, false, Identity::none, {}}};
  database.add_table(table);
  ErrorInfo lost;
  lost.code = ErrorCode::in_doubt;
  lost.poisons_connection = true;
  database.fail("commit", lost);
  Pool pool([&] { return database.connect(); }, PoolOptions{.size = 1, .overflow = 0});
  WriterGroup group(1, 0, table_sinks(pool, {"public", "t"}, {"a"}));
  RecordBatch batch({SqlType::of(TypeKind::bigint)});
  batch.column(0).append_fixed(std::int64_t{7});
  group.push(std::move(batch));
  CHECK_THROWS_AS(group.close(), InDoubtError);
  CHECK(database.count("write 1") == 1);
}
