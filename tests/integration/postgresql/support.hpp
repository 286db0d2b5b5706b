#pragma once
// What the integration tests of PostgreSQL share.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/connection.hpp"
#include "millrace/access/config.hpp"
#include "support/postgres_cluster.hpp"

namespace millrace::test {

std::unique_ptr<Connection> connect_to(const std::string& url);
std::unique_ptr<Connection> connect_with(const ConnectionConfig& config);

/// A schema of the test's own on a server, dropped at the end.
class Workspace {
 public:
  explicit Workspace(const PostgresCluster& server);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  const PostgresCluster& server() const { return server_; }
  const std::string& schema() const { return schema_; }
  TableName table(std::string name) const { return {schema_, std::move(name)}; }
  /// A connection whose search_path is the schema.
  std::unique_ptr<Connection> connect() const;
  /// What psql prints; the schema is in its search_path.
  std::string psql(const std::string& sql) const;

 private:
  const PostgresCluster& server_;
  std::string schema_;
};

/// The shared server; SKIPs the test, loudly, when none is installed.
const PostgresCluster& shared_server();

/// The backend's process id, as text.
std::string backend_pid(Connection& connection);

/// A batch from texts, decoded as the loader would; a null pointer is NULL.
RecordBatch batch_of(const std::vector<ColumnInfo>& columns, const std::vector<std::vector<const char*>>& rows);

/// What `action` throws; fails the test when it throws nothing.
template <class E = Error> E error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const E& error) {
    return error;
  }
  FAIL("no error was thrown");
  return E(ErrorInfo{});
}

/// Waits until `condition` holds; fails the test after ten seconds.
void wait_until(const std::function<bool()>& condition);

}  // namespace millrace::test
