#include "conformance/database.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <optional>

#include "millrace/backends.hpp"
#include "millrace/testing/fault_driver.hpp"
#include "support/derby_server.hpp"
#include "support/odbc_drivers.hpp"
#include "support/postgres_cluster.hpp"

namespace millrace::conformance {
namespace {

/// Unlike that of any other run that shares a server or a directory.
std::string unique_name() {
  static std::atomic<int> counter = 0;
  return "millrace_conformance_" + std::to_string(getpid()) + "_" + std::to_string(++counter);
}

/// With MILLRACE_TEST_DECORATED the suite runs through a decorator that has nothing to do: nobody may notice.
DriverRegistry drivers() {
  static const DriverRegistry real = default_drivers();
  if (!std::getenv("MILLRACE_TEST_DECORATED")) return real;
  DriverRegistry decorated;
  for (const char* scheme : {"sqlite", "postgresql", "odbc", "db2"}) {
    const auto known = real.schemes();
    if (std::find(known.begin(), known.end(), scheme) != known.end()) decorated.add(std::make_shared<testing::FaultDriver>(real.find(scheme)));
  }
  return decorated;
}

std::string with_schema(std::string statement, const std::string& schema) {
  for (auto at = statement.find("{}"); at != std::string::npos; at = statement.find("{}", at)) statement.replace(at, 2, schema);
  return statement;
}

}  // namespace

Database::Database(const Quirks& quirks, std::string url)
    : quirks_(quirks), registry_(drivers()), server_(ConnectionConfig::from_url(url)), schema_(unique_name()) {
  server_.create_database = true;
  config_ = server_;
  connection_ = registry_.connect(config_);
  schema_ = connection_->dialect().fold(schema_);
  if (!quirks_.create_schema.empty()) connection_->execute(with_schema(quirks_.create_schema, schema_));
  if (quirks_.use_schema.empty() && !quirks_.schema_parameter.key.empty()) {
    config_ = config_in_schema();
    connection_ = registry_.connect(config_);
  }
  prepare(*connection_);
}

Database::~Database() {
  try {
    if (quirks_.drop_schema.empty()) return;
    connection_.reset();  // it may hold locks, or be broken
    drop_schema();
  } catch (const Error& error) {
    WARN("the schema " << schema_ << " is left behind: " << error.what());
  }
}

void Database::drop_schema() const {
  const auto connection = registry_.connect(server_);
  constexpr int kPasses = 10;   // views of views of tables
  for (int pass = 0; pass < kPasses && !quirks_.drops_of_schema.empty(); ++pass) {
    const ResultSet drops = connection->query(in_schema(quirks_.drops_of_schema));
    if (drops.empty()) break;
    for (const Row drop : drops) {
      try {
        const Dialect& dialect = connection->dialect();
        std::string sql = drop[0].as<std::string>() + dialect.quote(drop[1].as<std::string>());
        if (!drop[3].is_null()) sql += drop[2].as<std::string>() + dialect.quote(drop[3].as<std::string>());
        connection->execute(sql);
      } catch (const DatabaseError&) {   // another one has to go first
      }
    }
  }
  connection->execute(in_schema(quirks_.drop_schema));
}

ConnectionConfig Database::config_in_schema() const {
  ConnectionConfig config = server_;
  const auto& [key, value, separator] = quirks_.schema_parameter;
  if (!key.empty()) config.parameters[key] += (config.parameters[key].empty() ? "" : separator) + in_schema(value);
  return config;
}

std::string Database::in_schema(std::string statement) const { return with_schema(std::move(statement), schema_); }

DriverTraits Database::traits() const { return registry_.find(config_.scheme).traits(); }

std::unique_ptr<Connection> Database::connect(const ConnectionConfig& config) const {
  auto connection = registry_.connect(config);
  prepare(*connection);
  return connection;
}

std::unique_ptr<Connection> Database::connect_through(std::shared_ptr<testing::FaultPlan> plan) const {
  auto connection = testing::FaultDriver(registry_.find(config_.scheme), std::move(plan)).connect(config_);
  prepare(*connection);
  return connection;
}

void Database::prepare(Connection& connection) const {
  if (!quirks_.use_schema.empty()) connection.execute(with_schema(quirks_.use_schema, schema_));
}

void Database::run(const std::vector<std::string>& statements) {
  for (const std::string& statement : statements) {
    INFO(statement);
    connection_->execute(statement);
  }
}

std::vector<std::string> Database::names(const std::vector<std::string>& unquoted) {
  std::vector<std::string> folded;
  for (const std::string& each : unquoted) folded.push_back(name(each));
  return folded;
}

bool Database::sees_only(Connection& other, std::string_view table, std::int64_t committed) const {
  try {
    return other.query_value("SELECT COUNT(*) FROM " + std::string(table)).as<std::int64_t>() == committed && !quirks_.readers_lock;
  } catch (const DatabaseError& error) {
    return quirks_.readers_lock && error.code() == ErrorCode::lock_timeout;
  }
}

Stream Database::open_stream(std::string_view name, const std::vector<std::string>& columns, const WriterOptions& options) {
  const TableInfo info = describe(name);
  if (columns.empty()) return open_stream(info.name, info.columns, options);
  std::vector<ColumnInfo> chosen;
  for (const std::string& column : columns) {
    const ColumnInfo* const found = info.find(column_name(info, column));
    REQUIRE(found);
    chosen.push_back(*found);
  }
  return open_stream(info.name, chosen, options);
}

Stream Database::open_stream(const TableName& name, const std::vector<ColumnInfo>& columns, const WriterOptions& options) {
  Stream stream{connection_->open_writer(name, columns, options), {}};
  for (const ColumnInfo& column : columns) stream.types.push_back(column.type);
  return stream;
}

RecordBatch Stream::batch(const Rows& rows) const {
  std::vector<BatchColumn> columns;
  for (const SqlType& type : types) columns.push_back({"c" + std::to_string(columns.size()), type});
  BatchBuilder builder(columns);
  for (const auto& row : rows) builder.append_row(row);
  return builder.take();
}

namespace {

/// Runs a body with a database in a new directory.
void run_with_file(const Quirks& quirks, const std::string& url_prefix, void (*body)(Database&)) {
  const auto directory = std::filesystem::temp_directory_path() / unique_name();
  std::filesystem::create_directory(directory);
  struct Remove {
    const std::filesystem::path& path;
    ~Remove() { std::filesystem::remove_all(path); }
  } const remove{directory};
  Database database(quirks, url_prefix + (directory / "test.db").string());
  body(database);
}

}  // namespace

void Sqlite3::run(void (*body)(Database&)) { run_with_file(kSqlite3Quirks, "sqlite:", body); }

void OdbcSqlite3::run(void (*body)(Database&)) {
  const auto driver = test::odbc_driver(test::OdbcDriver::sqlite);
  if (!driver) SKIP("SQLite is not tested through ODBC: " << test::how_to_get(test::OdbcDriver::sqlite));
  run_with_file(kOdbcSqlite3Quirks, "odbc:Driver=" + *driver + ";Database=", body);
}

void Postgresql::run(void (*body)(Database&)) {
  const auto* const cluster = test::PostgresCluster::shared();
  if (!cluster) SKIP("PostgreSQL is not tested: no server is installed, and MILLRACE_TEST_POSTGRESQL_URL names none");
  Database database(kPostgresqlQuirks, cluster->url());
  body(database);
}

void OdbcPostgresql::run(void (*body)(Database&)) {
  const auto* const cluster = test::PostgresCluster::shared();
  if (!cluster) SKIP("PostgreSQL is not tested: no server is installed, and MILLRACE_TEST_POSTGRESQL_URL names none");
  const auto driver = test::odbc_driver(test::OdbcDriver::postgresql);
  if (!driver) SKIP("PostgreSQL is not tested through ODBC: " << test::how_to_get(test::OdbcDriver::postgresql));
  Database database(kOdbcPostgresqlQuirks, test::odbc_url(*driver, cluster->url()));
  body(database);
}

void Db2::run(void (*body)(Database&)) {
  const auto* const server = test::DerbyServer::shared();
  if (!server) SKIP("Db2's protocol is not tested: " << test::DerbyServer::how_to_get() << ", and MILLRACE_TEST_DB2_URL names no server");
  Database database(kDerbyQuirks, server->url());
  body(database);
}

Rows values_of(const ResultSet& result) {
  Rows rows;
  for (const Row row : result) {
    auto& values = rows.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) values.push_back(row[i]);
  }
  return rows;
}

}  // namespace millrace::conformance
