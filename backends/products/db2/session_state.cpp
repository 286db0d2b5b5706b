#include "products/db2/session_state.hpp"

#include <algorithm>

namespace millrace::db2 {

std::vector<std::string> load_settings(std::chrono::milliseconds lock_timeout) {
  constexpr std::chrono::seconds kShortest{1}, kLongest{32767};
  const auto seconds = std::clamp(std::chrono::ceil<std::chrono::seconds>(lock_timeout), kShortest, kLongest);
  return {"SET CURRENT LOCK TIMEOUT = " + std::to_string(seconds.count())};
}

std::vector<std::string> reset_statements() { return {kDefaultIsolation, "SET CURRENT LOCK TIMEOUT = NULL"}; }

// Db2's names for what others call repeatable read and serializable.
std::string isolation_statement(Isolation isolation) {
  switch (isolation) {
    case Isolation::read_committed: return "SET CURRENT ISOLATION = CS";
    case Isolation::repeatable_read: return "SET CURRENT ISOLATION = RS";
    case Isolation::serializable: return "SET CURRENT ISOLATION = RR";
    case Isolation::server_default: break;
  }
  return {};
}

}  // namespace millrace::db2
