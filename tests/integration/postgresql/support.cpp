#include "integration/postgresql/support.hpp"

#include <atomic>
#include <thread>

#include <unistd.h>

#include "millrace/backends.hpp"
#include "millrace/data/decode.hpp"

namespace millrace::test {

std::unique_ptr<Connection> connect_to(const std::string& url) { return connect_with(ConnectionConfig::from_url(url)); }

std::unique_ptr<Connection> connect_with(const ConnectionConfig& config) {
  DriverRegistry registry;
  register_postgresql_backend(registry);
  return registry.connect(config);
}

Workspace::Workspace(const PostgresCluster& server) : server_(server) {
  static std::atomic<int> count = 0;
  schema_ = "test_" + std::to_string(getpid()) + "_" + std::to_string(++count);
  server_.psql("DROP SCHEMA IF EXISTS " + schema_ + " CASCADE; CREATE SCHEMA " + schema_);
}

Workspace::~Workspace() {
  try {
    server_.psql("SET client_min_messages = error; DROP SCHEMA IF EXISTS " + schema_ + " CASCADE");
  } catch (const std::exception& error) {
    WARN("the schema " << schema_ << " was not dropped: " << error.what());
  }
}

std::unique_ptr<Connection> Workspace::connect() const {
  auto connection = connect_to(server_.url());
  connection->execute("SET search_path TO " + schema_);
  return connection;
}

std::string Workspace::psql(const std::string& sql) const { return server_.psql("SET search_path TO " + schema_ + ";\n" + sql); }

const PostgresCluster& shared_server() {
  const PostgresCluster* server = PostgresCluster::shared();
  if (!server) SKIP("no PostgreSQL server is installed, and MILLRACE_TEST_POSTGRESQL_URL is not set");
  return *server;
}

std::string backend_pid(Connection& connection) { return connection.query_value("SELECT pg_backend_pid()").as<std::string>(); }

RecordBatch batch_of(const std::vector<ColumnInfo>& columns, const std::vector<std::vector<const char*>>& rows) {
  std::vector<SqlType> types;
  for (const ColumnInfo& column : columns) types.push_back(column.type);
  RecordBatch batch(types);
  for (const auto& row : rows) {
    REQUIRE(row.size() == columns.size());
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (!row[c]) {
        batch.column(c).append_null();
      } else {
        INFO(columns[c].name << ": " << row[c]);
        REQUIRE(append_text(batch.column(c), row[c]) == DecodeStatus::ok);
      }
    }
  }
  return batch;
}

void wait_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) FAIL("waited ten seconds in vain");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace millrace::test
