#include "products/postgresql/session_state.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace millrace::postgresql {
namespace {

// Texts read and written by this library must not depend on the role's or the database's settings.
constexpr const char* kPins =
    "SET client_encoding TO 'UTF8'; SET DateStyle TO 'ISO, YMD'; SET TimeZone TO 'UTC'; SET IntervalStyle TO 'postgres'; "
    "SET bytea_output TO 'hex'; SET extra_float_digits TO 1; SET standard_conforming_strings TO on";

// The parts that DISCARD ALL has by its manual page, in their order. RESET ROLE is one more: where a role has a default role, DISCARD ALL forgets it.
constexpr const char* kDiscardAll =
    "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; RESET ALL; DEALLOCATE ALL; UNLISTEN *; SELECT pg_catalog.pg_advisory_unlock_all(); "
    "DISCARD PLANS; DISCARD TEMP; DISCARD SEQUENCES; ";

constexpr int kHasIdleSessionTimeout = 140000;
constexpr int kHasTransactionTimeout = 170000;

}  // namespace

std::string timeout_value(std::chrono::milliseconds timeout) {
  return std::to_string(std::clamp<std::int64_t>(timeout.count(), 0, std::numeric_limits<std::int32_t>::max()));
}

std::string baseline_settings(const ConnectionConfig& config) {
  std::string sql = kPins;
  if (config.statement_timeout) sql += "; SET statement_timeout TO " + timeout_value(*config.statement_timeout);
  return sql;
}

std::string reset_statements(const std::string& baseline, bool open_transaction) {
  return (open_transaction ? "ROLLBACK; " : "") + (kDiscardAll + baseline);
}

std::string load_settings(int server_version, std::chrono::milliseconds lock_timeout) {
  std::string sql = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = " + timeout_value(lock_timeout);
  if (server_version >= kHasIdleSessionTimeout) sql += "; SET idle_session_timeout = 0";
  if (server_version >= kHasTransactionTimeout) sql += "; SET transaction_timeout = 0";
  return sql;
}

}  // namespace millrace::postgresql
