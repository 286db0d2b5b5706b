#include "millrace/load/writer_group.hpp"

#include <atomic>

#include <catch2/catch_test_macros.hpp>

using namespace millrace;

namespace {

class CountingSink final : public UnitSink {
 public:
  CountingSink(std::atomic<std::int64_t>& rows, std::int64_t fail_at) : rows_(rows), fail_at_(fail_at) {}
  UnitOutcome write(const Unit& unit) override {
    if (unit.number == fail_at_) throw Error(ErrorCode::disk_full, "no room");
    if (interrupted_) throw Error(ErrorCode::cancelled, "interrupted");
    rows_ += unit.rows;
    return {unit.rows, 0, 0};
  }
  void interrupt() noexcept override { interrupted_ = true; }

 private:
  std::atomic<std::int64_t>& rows_;
  const std::int64_t fail_at_;
  std::atomic<bool> interrupted_{false};
};

Unit unit(std::int64_t number) {
  Unit made;
  made.number = number;
  made.rows = 3;
  return made;
}

}  // namespace

TEST_CASE("several producers and several writers lose nothing") {
  std::atomic<std::int64_t> rows{0};
  WriterGroup group(4, 2, [&](int) { return std::make_unique<CountingSink>(rows, -1); });
  std::vector<std::thread> producers;
  for (int p = 0; p < 4; ++p) producers.emplace_back([&] { for (int i = 0; i < 500; ++i) group.push(unit(i)); });
  std::atomic<bool> done{false};
  std::thread reader([&] { while (!done) (void)group.results(); });
  for (std::thread& producer : producers) producer.join();
  group.close();
  done = true;
  reader.join();
  CHECK(rows == 6000);
}

TEST_CASE("a failure reaches every producer") {
  std::atomic<std::int64_t> rows{0};
  std::atomic<int> failed{0};
  WriterGroup group(3, 1, [&](int) { return std::make_unique<CountingSink>(rows, 100); });
  std::vector<std::thread> producers;
  for (int p = 0; p < 3; ++p) {
    producers.emplace_back([&] {
      try {
        for (int i = 0;; ++i) group.push(unit(i));
      } catch (const Error&) {
        ++failed;
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  CHECK(failed == 3);
  CHECK_THROWS_AS(group.close(), Error);
}

TEST_CASE("an abort from another thread ends producers and writers") {
  std::atomic<std::int64_t> rows{0};
  for (int round = 0; round < 20; ++round) {
    WriterGroup group(2, 1, [&](int) { return std::make_unique<CountingSink>(rows, -1); });
    std::thread producer([&] {
      try {
        for (int i = 0;; ++i) group.push(unit(i));
      } catch (const Error&) {
      }
    });
    std::thread stopper([&] { group.request_stop(); });
    stopper.join();
    producer.join();
    group.abort();
  }
  SUCCEED();
}
