#include "millrace/access/log.hpp"

#include <atomic>
#include <stdexcept>
#include <thread>

#include <catch2/catch_test_macros.hpp>

using namespace millrace;

namespace {
struct SinkGuard {
  ~SinkGuard() { set_log_sink({}); }
};
}

TEST_CASE("the library is silent without a sink") { log(LogLevel::error, "event", "nobody hears this"); }

TEST_CASE("a sink gets every record, until it is taken away") {
  const SinkGuard guard;
  std::vector<std::string> seen;
  set_log_sink([&](const LogRecord& r) { seen.push_back(std::string(to_string(r.level)) + " " + std::string(r.event) + " " + r.message + " " + r.fields.at(0).second); });
  log(LogLevel::warning, "unit.replayed", "again", {{"unit", "7"}});
  CHECK(seen == std::vector<std::string>{"warning unit.replayed again 7"});
  set_log_sink({});
  log(LogLevel::warning, "unit.replayed", "again", {{"unit", "7"}});
  CHECK(seen.size() == 1);
}

TEST_CASE("a sink that throws or logs harms nobody") {
  const SinkGuard guard;
  int calls = 0;
  set_log_sink([&](const LogRecord&) {
    ++calls;
    log(LogLevel::info, "nested", "dropped");
    throw std::runtime_error("x");
  });
  log(LogLevel::info, "a", "");
  log(LogLevel::info, "b", "");
  CHECK(calls == 2);
}

TEST_CASE("a sink is called by one thread at a time") {
  const SinkGuard guard;
  int calls = 0;
  std::atomic<int> inside = 0;
  std::atomic<bool> alone = true;
  set_log_sink([&](const LogRecord&) {
    if (++inside != 1) alone = false;
    ++calls;
    --inside;
  });
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back([] { for (int i = 0; i < 500; ++i) log(LogLevel::debug, "x", ""); });
  threads.clear();
  CHECK(alone);
  CHECK(calls == 2000);
}
