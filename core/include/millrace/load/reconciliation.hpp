#pragma once
// The audit trail of a run's checks.

#include <string>
#include <string_view>
#include <vector>

#include "millrace/access/connection.hpp"
#include "millrace/load/ledger.hpp"
#include "millrace/load/report.hpp"

namespace millrace {

/// Checks of a publish. The two sides of each come from different places: the source's splitter and decoders on one, the server on the other.
class Reconciliation {
 public:
  void expect(std::string name, std::int64_t expected, std::int64_t actual) { checks_.push_back({std::move(name), std::to_string(expected), std::to_string(actual)}); }
  void expect(std::string name, std::string expected, std::string actual) { checks_.push_back({std::move(name), std::move(expected), std::move(actual)}); }
  const std::vector<ReconciliationCheck>& checks() const { return checks_; }
  bool ok() const;
  /// One sentence naming the checks that failed, with both sides.
  std::string failure() const;

 private:
  std::vector<ReconciliationCheck> checks_;
};

/// Rows of millrace_reconciliation. Checks of a failed publish are kept as well: each attempt has its number.
class ReconciliationRepository {
 public:
  ReconciliationRepository(Connection& connection, StateTables tables) : connection_(connection), tables_(std::move(tables)) {}
  void save(std::string_view run_id, const std::vector<ReconciliationCheck>& checks);
  /// All attempts, oldest first.
  std::vector<ReconciliationCheck> of_run(std::string_view run_id);

 private:
  Connection& connection_;
  StateTables tables_;
};

}  // namespace millrace
