#include "cli_support.hpp"
#include "progress.hpp"

using namespace millrace::test;
using namespace millrace::cli;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using ::millrace::LoadProgress;

TEST_CASE("a pipe gets no bar: nothing with auto, whole lines with always") {
  const Workplace place;
  const auto load = [&](const char* when) { return place.run({"load", "a.csv", "--to", kTo, "--table", "t", "--mode", "merge", "--progress", when}).err; };
  CHECK(load("auto").empty());
  CHECK(load("never").empty());
  const std::string lines = load("always");
  CHECK_THAT(lines, ContainsSubstring("100%"));
  CHECK(lines.ends_with("\n"));
  CHECK(lines.find('\r') == std::string::npos);
}

TEST_CASE("the bar fits any width and fills it with what matters") {
  LoadProgress progress;
  progress.bytes_done = 420'000'000;
  progress.bytes_total = 1'000'000'000;
  for (std::size_t width = 0; width < 200; ++width) CHECK(bar_line(progress, {85.2e6, 310000}, width).size() <= width);
  CHECK(bar_line(progress, {85.2e6, 310000}, 120) == " 42%  [############------------------]  420.0/1000.0 MB  85.2 MB/s  310000 rows/s  0:07 left");
  CHECK_THAT(bar_line(progress, {85.2e6, 310000}, 60), StartsWith(" 42%  420.0/1000.0 MB"));
  progress.bytes_total.reset();
  CHECK(bar_line(progress, {85.2e6, 310000}, 120) == "420.0 MB  85.2 MB/s  310000 rows/s");
  progress.phase = LoadProgress::Phase::publishing;
  CHECK(bar_line(progress, {}, 120) == "publishing ...");
}

TEST_CASE("an empty input is all done, and more done than there is stays at 100%") {
  LoadProgress progress;
  progress.bytes_total = 0;
  CHECK_THAT(bar_line(progress, {}, 100), StartsWith("100%"));
  progress.bytes_total = 10;
  progress.bytes_done = 20;
  CHECK_THAT(bar_line(progress, {1, 1}, 100), StartsWith("100%") && ContainsSubstring("0:00 left"));
}

TEST_CASE("rates forget what was skimmed over at the beginning of a resume") {
  RateMeter meter;
  Clock::time_point now{};
  LoadProgress progress;
  meter.add(now, progress);
  progress.bytes_done = 1'000'000'000;  // committed before
  meter.add(now += 1s, progress);
  for (int i = 0; i < 200; ++i) {
    progress.bytes_done += 1'000'000;
    progress.rows_committed += 1000;
    meter.add(now += 100ms, progress);
  }
  CHECK(meter.rates().bytes_per_second > 9e6);
  CHECK(meter.rates().bytes_per_second < 11e6);
  CHECK(meter.rates().rows_per_second > 9e3);
}

TEST_CASE("a clock shows minutes, and hours when there are some") {
  CHECK(clock_text(0) == "0:00");
  CHECK(clock_text(6.2) == "0:07");
  CHECK(clock_text(3725) == "1:02:05");
  CHECK(clock_text(1e300) == "99:59:59");
}

TEST_CASE("a bar is for terminals") {
  using Style = ProgressDisplay::Style;
  CHECK(ProgressDisplay::style_for("auto", true) == Style::bar);
  CHECK(ProgressDisplay::style_for("auto", false) == Style::none);
  CHECK(ProgressDisplay::style_for("always", false) == Style::lines);
  CHECK(ProgressDisplay::style_for("never", true) == Style::none);
}
