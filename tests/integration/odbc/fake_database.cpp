#include <algorithm>

#include "integration/odbc/fake_handles.hpp"

namespace millrace::fake_odbc {
namespace {

std::map<std::string, Database>& databases() {
  static std::map<std::string, Database> all;
  return all;
}

}  // namespace

Database& database(const std::string& name) { return databases()[name]; }

void Transaction::insert(const Database& base, std::optional<std::int64_t> id, Text value, std::size_t most_bytes) {
  if (!id) throw Record{"23502", "[Fake][Driver]column ID must not be NULL"};
  if (base.rows.contains(*id) || rows_.contains(*id)) throw Record{"23505", "[Fake][Driver]the key of T has " + std::to_string(*id) + " already"};
  if (value && value->size() > most_bytes) throw Record{"22001", "[Fake][Driver]the text for V is longer than " + std::to_string(most_bytes)};
  rows_.emplace(*id, std::move(value));
}

void Transaction::commit(Database& base) {
  base.rows.merge(rows_);
  rollback();
}

Rows Transaction::visible(const Database& base) const {
  Rows all = base.rows;
  all.insert(rows_.begin(), rows_.end());
  return all;
}

// The youngest of a name is the one that counts.
std::size_t Transaction::find(const std::string& name) const {
  const auto found = std::find_if(savepoints_.rbegin(), savepoints_.rend(), [&](const auto& savepoint) { return savepoint.first == name; });
  if (found == savepoints_.rend()) throw Record{"3B001", "[Fake][Driver]there is no savepoint " + name};
  return static_cast<std::size_t>(savepoints_.rend() - found) - 1;
}

void Transaction::rollback_to(const std::string& name) {
  const std::size_t at = find(name);
  rows_ = savepoints_[at].second;
  savepoints_.resize(at + 1);
}

void Transaction::release(const std::string& name) { savepoints_.resize(find(name)); }

void Connection::die() {
  dead = true;
  transaction.rollback();
  throw Record{"08S01", "[Fake][Driver]the server has closed the connection"};
}

}  // namespace millrace::fake_odbc

FAKE_ODBC_API FakeOdbcStatistics fake_odbc_statistics(const char* database) {
  const auto& all = millrace::fake_odbc::databases();
  const auto found = all.find(database);
  if (found == all.end()) return {};
  FakeOdbcStatistics statistics = found->second.statistics;
  statistics.rows = found->second.rows.size();
  return statistics;
}
