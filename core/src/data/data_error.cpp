#include "millrace/data/data_error.hpp"

#include <array>

namespace millrace {
namespace {

// In the order of ErrorCode.
constexpr std::array<std::string_view, static_cast<std::size_t>(ErrorCode::internal) + 1> kNames = {
    "unknown", "misuse", "config", "data",
    "connection_refused", "connection_lost", "authentication",
    "constraint", "unique_violation", "foreign_key_violation", "not_null_violation", "check_violation",
    "invalid_value", "syntax", "undefined_object", "duplicate_object", "permission",
    "serialization", "deadlock", "lock_timeout", "resources", "disk_full", "read_only", "unsupported",
    "cancelled", "statement_timeout", "server_shutdown", "in_doubt",
    "pool_timeout", "pool_full", "pool_closed", "retries_exhausted", "io", "internal"};
static_assert(!kNames.back().empty());

ErrorInfo make_info(ErrorCode code, std::string message) {
  ErrorInfo info;
  info.code = code;
  info.message = std::move(message);
  return info;
}

}  // namespace

std::string_view to_string(ErrorCode code) {
  const auto index = static_cast<std::size_t>(code);
  return index < kNames.size() ? kNames[index] : "unknown";
}

Error::Error(ErrorInfo info) : info_(std::make_shared<const ErrorInfo>(std::move(info))) {}
Error::Error(ErrorCode code, std::string message) : Error(make_info(code, std::move(message))) {}

const char* Error::what() const noexcept { return info_->message.c_str(); }

}  // namespace millrace
