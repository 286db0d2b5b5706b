#include "millrace/load/reconciliation.hpp"

#include <algorithm>

namespace millrace {

bool Reconciliation::ok() const {
  return std::all_of(checks_.begin(), checks_.end(), [](const ReconciliationCheck& check) { return check.ok(); });
}

std::string Reconciliation::failure() const {
  std::string text;
  for (const ReconciliationCheck& check : checks_) {
    if (!check.ok()) text += (text.empty() ? "" : "; ") + check.name + ": expected " + check.expected + ", found " + check.actual;
  }
  return text;
}

void ReconciliationRepository::save(std::string_view run_id, const std::vector<ReconciliationCheck>& checks) {
  const Dialect& dialect = connection_.dialect();
  const auto q = [&](const char* name) { return dialect.quote(dialect.fold(name)); };
  const Value last = connection_.query_value("SELECT max(" + q("attempt") + ") FROM " + dialect.quote(tables_.reconciliation) + " WHERE " + q("run_id") + " = ?", {run_id});
  const int attempt = last.is_null() ? 1 : last.as<int>() + 1;
  const std::string sql = "INSERT INTO " + dialect.quote(tables_.reconciliation) + " (" + q("run_id") + ", " + q("attempt") + ", " + q("check_no") + ", " + q("name") + ", " + q("expected") + ", " +
                          q("actual") + ", " + q("checked_at") + ") VALUES (?, ?, ?, ?, ?, ?, " + dialect.now_expression() + ")";
  for (std::size_t i = 0; i < checks.size(); ++i) connection_.execute(sql, {run_id, attempt, i + 1, checks[i].name, checks[i].expected, checks[i].actual});
}

std::vector<ReconciliationCheck> ReconciliationRepository::of_run(std::string_view run_id) {
  const Dialect& dialect = connection_.dialect();
  const auto q = [&](const char* name) { return dialect.quote(dialect.fold(name)); };
  std::vector<ReconciliationCheck> checks;
  for (const Row row : connection_.query("SELECT " + q("name") + ", " + q("expected") + ", " + q("actual") + " FROM " + dialect.quote(tables_.reconciliation) + " WHERE " + q("run_id") + " = ? ORDER BY " +
                                             q("attempt") + ", " + q("check_no"), {run_id})) {
    checks.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>()});
  }
  return checks;
}

}  // namespace millrace
