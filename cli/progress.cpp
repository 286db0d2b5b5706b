#include "progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "output.hpp"

namespace millrace::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kRedraw = 100ms;
constexpr auto kLineEvery = 10s;
constexpr auto kWindow = 10s;
constexpr auto kSampleEvery = 200ms;
constexpr double kMegabyte = 1e6;
constexpr std::size_t kMargin = 3;  // room for the ^C that a terminal echoes: a bar that wraps can not be erased
constexpr std::size_t kWidestBar = 30;
constexpr std::size_t kNarrowestBar = 5;

std::string format(const char* pattern, double value) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

/// Between 0 and 1; nothing while the input's size is unknown.
std::optional<double> share_done(const LoadProgress& progress) {
  if (!progress.bytes_total) return std::nullopt;
  if (*progress.bytes_total <= 0) return 1.0;
  return std::clamp(static_cast<double>(progress.bytes_done) / static_cast<double>(*progress.bytes_total), 0.0, 1.0);
}

std::string percent_text(double share) { return std::to_string(static_cast<int>(share * 100)) + "%"; }

std::string bytes_text(const LoadProgress& progress) {
  const std::string done = format("%.1f", static_cast<double>(progress.bytes_done) / kMegabyte);
  return progress.bytes_total ? done + "/" + format("%.1f MB", static_cast<double>(*progress.bytes_total) / kMegabyte) : done + " MB";
}

std::string time_left(const LoadProgress& progress, double bytes_per_second) {
  if (!progress.bytes_total || bytes_per_second <= 0) return "";
  return clock_text(static_cast<double>(std::max<std::int64_t>(0, *progress.bytes_total - progress.bytes_done)) / bytes_per_second) + " left";
}

}  // namespace

void RateMeter::add(Clock::time_point now, const LoadProgress& progress) {
  const Sample sample{now, progress.bytes_done, progress.rows_committed};
  // The newest sample follows the load; the ones behind it keep their distance.
  if (samples_.size() >= 2 && now - samples_[samples_.size() - 2].time < kSampleEvery) samples_.back() = sample;
  else samples_.push_back(sample);
  while (samples_.size() > 2 && now - samples_[1].time >= kWindow) samples_.pop_front();
}

RateMeter::Rates RateMeter::rates() const {
  if (samples_.size() < 2) return {};
  const double seconds = std::chrono::duration<double>(samples_.back().time - samples_.front().time).count();
  if (seconds <= 0) return {};
  return {static_cast<double>(samples_.back().bytes - samples_.front().bytes) / seconds, static_cast<double>(samples_.back().rows - samples_.front().rows) / seconds};
}

std::string clock_text(double seconds) {
  const auto total = static_cast<long long>(std::ceil(std::clamp(seconds, 0.0, 359999.0)));
  char text[32];
  if (total >= 3600) std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", total / 3600, total / 60 % 60, total % 60);
  else std::snprintf(text, sizeof text, "%lld:%02lld", total / 60, total % 60);
  return text;
}

std::string bar_line(const LoadProgress& progress, const RateMeter::Rates& rates, std::size_t width) {
  if (progress.phase != LoadProgress::Phase::loading) return std::string("publishing ...").substr(0, width);
  std::string numbers = bytes_text(progress) + "  " + format("%.1f MB/s", rates.bytes_per_second / kMegabyte) + "  " + format("%.0f rows/s", rates.rows_per_second);
  if (const std::string left = time_left(progress, rates.bytes_per_second); !left.empty()) numbers += "  " + left;
  if (progress.rows_rejected > 0) numbers += "  " + std::to_string(progress.rows_rejected) + " rejected";
  const auto share = share_done(progress);
  if (!share) return numbers.substr(0, width);
  std::string line = percent_text(*share);
  line.insert(0, line.size() < 4 ? 4 - line.size() : 0, ' ');
  // What the numbers leave of the line is the bar's; on a narrow terminal there is none.
  const std::size_t taken = line.size() + numbers.size() + 6;
  if (width >= taken + kNarrowestBar) {
    const std::size_t cells = std::min(kWidestBar, width - taken);
    const auto full = static_cast<std::size_t>(*share * static_cast<double>(cells));
    line += "  [" + std::string(full, '#') + std::string(cells - full, '-') + "]";
  }
  return (line + "  " + numbers).substr(0, width);
}

std::string plain_line(const LoadProgress& progress, const RateMeter::Rates& rates) {
  std::string line = progress.phase == LoadProgress::Phase::loading ? "loading" : progress.phase == LoadProgress::Phase::publishing ? "publishing" : "done";
  if (const auto share = share_done(progress)) line += ": " + percent_text(*share) + ", ";
  else line += ": ";
  line += bytes_text(progress) + ", " + std::to_string(progress.rows_committed) + " rows committed, " + std::to_string(progress.rows_rejected) + " rejected, " +
          format("%.1f MB/s", rates.bytes_per_second / kMegabyte) + ", " + format("%.0f rows/s", rates.rows_per_second);
  if (const std::string left = time_left(progress, rates.bytes_per_second); !left.empty() && progress.phase == LoadProgress::Phase::loading) line += ", " + left;
  return line;
}

ProgressDisplay::Style ProgressDisplay::style_for(const std::string& when, bool is_terminal) {
  if (when == "never") return Style::none;
  if (is_terminal) return Style::bar;
  return when == "always" ? Style::lines : Style::none;
}

void ProgressDisplay::update(const LoadProgress& progress) {
  if (style_ == Style::none) return;
  const std::lock_guard lock(mutex_);
  const auto now = now_();
  if (finished_) return;
  const bool new_phase = progress.phase != last_.phase;
  last_ = progress;
  meter_.add(now, progress);
  if (style_ == Style::lines) {
    if (!shown_) shown_ = now;  // the first line after the first ten seconds
    if (now - *shown_ < kLineEvery) return;
    ErrorScreen::instance().write(plain_line(progress, meter_.rates()) + "\n");
  } else {
    if (shown_ && now - *shown_ < kRedraw && !new_phase) return;
    ErrorScreen::instance().show_bar(bar_line(progress, meter_.rates(), ErrorScreen::columns() - std::min(ErrorScreen::columns(), kMargin)));
  }
  shown_ = now;
}

void ProgressDisplay::finish() {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = true;
  if (style_ == Style::bar) ErrorScreen::instance().erase_bar();
  if (style_ == Style::lines && shown_) ErrorScreen::instance().write(plain_line(last_, meter_.rates()) + "\n");
}

}  // namespace millrace::cli
