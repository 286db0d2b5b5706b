#include <algorithm>
#include <array>

#include "millrace/access/config.hpp"

namespace millrace {
namespace {

constexpr std::array<std::pair<TlsMode, std::string_view>, 6> kModes = {{
    {TlsMode::driver_default, "driver-default"}, {TlsMode::disable, "disable"}, {TlsMode::prefer, "prefer"},
    {TlsMode::require, "require"}, {TlsMode::verify_ca, "verify-ca"}, {TlsMode::verify_full, "verify-full"},
}};

}  // namespace

std::string_view to_string(TlsMode mode) {
  const auto found = std::find_if(kModes.begin(), kModes.end(), [&](const auto& entry) { return entry.first == mode; });
  return found == kModes.end() ? kModes.front().second : found->second;
}

std::optional<TlsMode> parse_tls_mode(std::string_view text) {
  const auto found = std::find_if(kModes.begin(), kModes.end(), [&](const auto& entry) { return entry.second == text; });
  return found == kModes.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace millrace
