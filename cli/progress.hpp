#pragma once
// How far a load is, on standard error.

#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "millrace/load/loader.hpp"

namespace millrace::cli {

using Clock = std::chrono::steady_clock;

/// Rates over the last seconds: a resumed run skims over its committed units, which must not count as speed for long.
class RateMeter {
 public:
  struct Rates { double bytes_per_second = 0; double rows_per_second = 0; };
  void add(Clock::time_point now, const LoadProgress& progress);
  Rates rates() const;

 private:
  struct Sample { Clock::time_point time; std::int64_t bytes; std::int64_t rows; };
  std::deque<Sample> samples_;
};

/// "42%  [####------]  420.1/1000.0 MB  85.2 MB/s  310000 rows/s  0:07 left", at most `width` characters.
std::string bar_line(const LoadProgress& progress, const RateMeter::Rates& rates, std::size_t width);
/// The same as a sentence for logs.
std::string plain_line(const LoadProgress& progress, const RateMeter::Rates& rates);
/// 7 -> "0:07", 3725 -> "1:02:05".
std::string clock_text(double seconds);

/// Shows a load's progress: a bar on a terminal, else a line every ten seconds.
/// @thread_safety  Any thread.
class ProgressDisplay {
 public:
  enum class Style : unsigned char { none, bar, lines };
  /// @param when  "auto", "always" or "never"
  static Style style_for(const std::string& when, bool is_terminal);

  explicit ProgressDisplay(Style style, std::function<Clock::time_point()> now = &Clock::now) : style_(style), now_(std::move(now)) {}
  ~ProgressDisplay() { finish(); }
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void update(const LoadProgress& progress);
  /// Takes the bar away; lines get a last one.
  void finish();

 private:
  const Style style_;
  const std::function<Clock::time_point()> now_;
  std::mutex mutex_;
  RateMeter meter_;
  LoadProgress last_;
  std::optional<Clock::time_point> shown_;
  bool finished_ = false;
};

}  // namespace millrace::cli
