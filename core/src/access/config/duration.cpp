#include "access/config/duration.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace millrace {
namespace {

std::optional<std::chrono::milliseconds> rounded(double milliseconds) {
  if (!(milliseconds >= 0) || milliseconds > static_cast<double>(kLongestDuration.count())) return std::nullopt;
  const auto count = static_cast<std::chrono::milliseconds::rep>(std::llround(milliseconds));
  return std::chrono::milliseconds(count == 0 && milliseconds > 0 ? 1 : count);
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text, DurationUnit unit) {
  constexpr std::array<std::pair<std::string_view, double>, 4> kUnits = {{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;  // from_chars would take -1, inf and nan
  double number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (status != std::errc()) return std::nullopt;
  std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  if (name.empty()) return unit == DurationUnit::optional ? duration_of_seconds(number) : std::nullopt;
  while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  for (const auto& [known, factor] : kUnits) {
    if (name == known) return rounded(number * factor);
  }
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> duration_of_seconds(double seconds) { return rounded(seconds * 1000); }

std::string to_text(std::chrono::milliseconds duration) {
  return duration.count() % 1000 == 0 ? std::to_string(duration.count() / 1000) + "s" : std::to_string(duration.count()) + "ms";
}

}  // namespace millrace
