#include <algorithm>

#include "load/publisher.hpp"
#include "millrace/load/staging.hpp"

namespace millrace {
namespace {

/// Whether publishing the staged rows up to `last` fails; always rolled back.
bool fails_up_to(Connection& connection, const LoadPlan& plan, std::int64_t last) {
  const Dialect& dialect = connection.dialect();
  PublishSpec spec = plan.publish_spec(true);
  const std::string bound = dialect.quote(spec.staged.src_row) + " <= " + std::to_string(last);
  spec.staged.filter = spec.staged.filter.empty() ? bound : spec.staged.filter + " AND " + bound;
  Transaction transaction(connection);
  try {
    const PublishPlan sql = plan.strategy()->plan(spec, dialect);
    for (const std::string& lock : sql.locks) connection.execute(lock);
    for (const PublishStatement& statement : sql.statements) connection.execute(statement.sql);
    return false;
  } catch (const Error& error) {
    if (!connection.usable() || error.safe_to_retry()) throw;
    return true;
  }
}

std::string key_of_row(Connection& connection, const LoadPlan& plan, const std::string& constraint, std::int64_t src_row) {
  const Dialect& dialect = connection.dialect();
  const auto violated = std::find_if(plan.target.unique_keys.begin(), plan.target.unique_keys.end(), [&](const UniqueKey& key) { return key.name == constraint; });
  std::vector<std::string> wanted = plan.key;
  if (wanted.empty()) {
    if (violated != plan.target.unique_keys.end()) wanted = violated->columns;
    else if (const UniqueKey* primary = plan.target.primary_key()) wanted = primary->columns;
  }
  std::erase_if(wanted, [&](const std::string& name) { return std::none_of(plan.columns.begin(), plan.columns.end(), [&](const ColumnInfo& c) { return c.name == name; }); });
  if (wanted.empty()) return {};
  const ResultSet row = connection.query("SELECT " + dialect.quote_list(wanted) + " FROM " + dialect.quote(plan.staged_rows.table) + " WHERE " + dialect.quote(plan.staged_rows.src_row) + " = ?" +
                                             (plan.staged_rows.filter.empty() ? "" : " AND " + plan.staged_rows.filter), {src_row});
  if (row.empty()) return {};
  std::string text = " (key ";
  for (std::size_t i = 0; i < wanted.size(); ++i) text += (i ? ", " : "") + wanted[i] + " = " + row[0][i].to_text();
  return text + ")";
}

}  // namespace

std::string find_refused_row(Connection& connection, const LoadPlan& plan, const Error& error) {
  try {
    const Dialect& dialect = connection.dialect();
    const ResultSet bounds = connection.query("SELECT min(" + dialect.quote(plan.staged_rows.src_row) + "), max(" + dialect.quote(plan.staged_rows.src_row) + ") FROM " + dialect.quote(plan.staged_rows.table) +
                                              (plan.staged_rows.filter.empty() ? "" : " WHERE " + plan.staged_rows.filter));
    if (bounds.empty() || bounds[0][0].is_null()) return {};
    std::int64_t low = bounds[0][0].as<std::int64_t>(), high = bounds[0][1].as<std::int64_t>();
    if (!fails_up_to(connection, plan, high)) return {};
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      if (fails_up_to(connection, plan, middle)) high = middle;
      else low = middle + 1;
    }
    return ": record " + std::to_string(low) + key_of_row(connection, plan, error.info().constraint, low);
  } catch (const Error&) {
    return {};  // the search is a courtesy: the error itself is what counts
  }
}

}  // namespace millrace
