#pragma once
// Durations as configuration and job files write them.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// What time-outs can be told to clients and servers: 32 bits of milliseconds, 24 days.
inline constexpr std::chrono::milliseconds kLongestDuration{2'147'483'647};

enum class DurationUnit : bool { optional, required };

/// A decimal number with a unit: "500ms", "1.5s", "2m", "1h"; where the unit is optional a bare number counts seconds. Rounded to milliseconds, but
/// never to 0 unless it is 0. nullopt: anything else, or longer than kLongestDuration.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text, DurationUnit unit);
std::optional<std::chrono::milliseconds> duration_of_seconds(double seconds);

/// "30s", "1500ms"
std::string to_text(std::chrono::milliseconds duration);

}  // namespace millrace
