#pragma once
// The suite's frame: CONFORMANCE_TEST runs a body once for every backend, each time with an empty database of its own.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include "conformance/quirks.hpp"
#include "millrace/access/driver.hpp"
#include "millrace/data/batch_builder.hpp"
#include "millrace/testing/fault_plan.hpp"

namespace millrace::conformance {

using Rows = std::vector<std::vector<Value>>;

/// A bulk writer that takes rows of values.
struct Stream {
  std::unique_ptr<BulkWriter> writer;
  std::vector<SqlType> types;

  RecordBatch batch(const Rows& rows) const;
  void write(const Rows& rows) { writer->write(batch(rows)); }
  std::int64_t finish() { return writer->finish().rows; }
};

/// An empty database (a schema, a file) that is gone after the test.
class Database {
 public:
  Database(const Quirks& quirks, std::string url);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const Quirks& quirks() const { return quirks_; }
  Connection& connection() { return *connection_; }
  Connection* operator->() { return connection_.get(); }
  const Dialect& dialect() { return connection_->dialect(); }
  DriverTraits traits() const;
  /// The schema that describe() tells.
  const std::string& schema() const { return quirks_.schema.empty() ? schema_ : quirks_.schema; }
  /// Another session on the same database.
  std::unique_ptr<Connection> connect() const { return connect(config_); }
  /// The same, configured in another way.
  std::unique_ptr<Connection> connect(const ConnectionConfig& config) const;
  const ConnectionConfig& config() const { return config_; }
  /// Leads to the test's own schema by itself, for connections that somebody else opens.
  ConnectionConfig config_in_schema() const;
  const DriverRegistry& registry() const { return registry_; }
  /// A statement with {} replaced by the schema's name.
  std::string in_schema(std::string statement) const;
  /// The same, with faults in front of it.
  std::unique_ptr<Connection> connect_through(std::shared_ptr<testing::FaultPlan> plan) const;

  /// Runs statements in order.
  void run(const std::vector<std::string>& statements);
  std::string type(const SqlType& type) { return dialect().type_name(type); }
  std::string type(TypeKind kind) { return type(SqlType::of(kind)); }
  /// A column or table as the database stores an unquoted name.
  std::string name(std::string_view unquoted) { return dialect().fold(unquoted); }
  std::vector<std::string> names(const std::vector<std::string>& unquoted);
  /// A column of a table by its exact name, else by its unquoted one.
  std::string column_name(const TableInfo& table, const std::string& column) { return table.find(column) ? column : name(column); }
  /// A query of one row that needs no table.
  std::string select(std::string_view columns) const { return "SELECT " + std::string(columns) + quirks_.from_nowhere; }
  /// Drops a table if it exists.
  void drop(const TableName& name) { if (connection_->table_exists(name)) connection_->execute(dialect().drop_table(name)); }
  void drop(std::string_view name) { drop(table(name)); }
  /// True where another session counts that many rows of a table to which an open transaction writes, or waits for it in vain where readers lock.
  bool sees_only(Connection& other, std::string_view table, std::int64_t committed) const;
  /// A table as SQL finds it, by the name that SQL uses.
  TableName table(std::string_view name) { return dialect().parse_table(name); }
  TableInfo describe(std::string_view name) { return connection_->describe(table(name)); }
  std::int64_t count(std::string_view table) { return connection_->query_value("SELECT COUNT(*) FROM " + std::string(table)).as<std::int64_t>(); }
  /// A stream into these columns of a table; all of them when none are named.
  Stream open_stream(std::string_view table, const std::vector<std::string>& columns = {}, const WriterOptions& options = {});
  Stream open_stream(const TableName& table, const std::vector<ColumnInfo>& columns, const WriterOptions& options = {});

 private:
  void prepare(Connection& connection) const;
  void drop_schema() const;

  const Quirks& quirks_;
  DriverRegistry registry_;
  ConnectionConfig server_;   ///< as the URL says
  ConnectionConfig config_;
  std::string schema_;
  std::unique_ptr<Connection> connection_;
};

struct Sqlite3 {
  static void run(void (*body)(Database&));
};
struct Postgresql {
  static void run(void (*body)(Database&));
};
/// The same two servers through unixODBC: psqlODBC, and SQLite's driver.
struct OdbcPostgresql {
  static void run(void (*body)(Database&));
};
struct OdbcSqlite3 {
  static void run(void (*body)(Database&));
};
/// Apache Derby, or whatever MILLRACE_TEST_DB2_URL names.
struct Db2 {
  static void run(void (*body)(Database&));
};

/// All values of a result, row by row.
Rows values_of(const ResultSet& result);
/// The code of the Error that `call` throws; a test failure when it throws none.
template <class F> ErrorInfo error_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.info();
  }
  FAIL("no error was thrown");
  return {};
}

#if defined(MILLRACE_HAS_DB2)
#define MILLRACE_CONFORMANCE_DB2 , ::millrace::conformance::Db2
#else
#define MILLRACE_CONFORMANCE_DB2
#endif
#define MILLRACE_CONFORMANCE_BODY_2(line) conformance_body_##line
#define MILLRACE_CONFORMANCE_BODY(line) MILLRACE_CONFORMANCE_BODY_2(line)
/// CONFORMANCE_TEST("what every backend does") { db->execute(...); }
#define CONFORMANCE_TEST(name)                                                                    \
  static void MILLRACE_CONFORMANCE_BODY(__LINE__)(::millrace::conformance::Database & db);        \
  TEMPLATE_TEST_CASE(name, "", ::millrace::conformance::Sqlite3, ::millrace::conformance::Postgresql, \
                     ::millrace::conformance::OdbcPostgresql, ::millrace::conformance::OdbcSqlite3 MILLRACE_CONFORMANCE_DB2) { \
    TestType::run(&MILLRACE_CONFORMANCE_BODY(__LINE__));                                          \
  }                                                                                               \
  static void MILLRACE_CONFORMANCE_BODY(__LINE__)([[maybe_unused]] ::millrace::conformance::Database & db)

}  // namespace millrace::conformance
