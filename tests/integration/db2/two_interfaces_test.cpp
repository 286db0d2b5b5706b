// One process that loads through ODBC and through db2: at the same time. Both interfaces have the same calls, whose names must not meet.

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "millrace/access/driver.hpp"
#include "millrace/backends.hpp"
#include "millrace/data/batch_builder.hpp"
#include "support/derby_server.hpp"
#include "support/odbc_drivers.hpp"

using namespace millrace;
using test::DerbyServer;

namespace {

constexpr int kRows = 20'000, kBatch = 1'000, kWriters = 2;
const std::vector<BatchColumn> kColumns = {{"ID", SqlType::of(TypeKind::integer)}, {"NAME", SqlType::varchar(40)}};

std::string name_of(int id) { return id % 7 == 0 ? std::string() : "row " + std::to_string(id * 31 % 1'000); }

/// Rows first, first + step, ...: batches in transactions of their own, each read back by a statement with a parameter.
void load(Connection& connection, const TableName& table, const std::string& quoted, int first, int step) {
  std::vector<ColumnInfo> columns;
  for (const BatchColumn& column : kColumns) columns.push_back({column.name, column.type});
  for (int id = first; id < kRows;) {
    Transaction transaction(connection);
    const auto writer = connection.open_writer(table, columns);
    BatchBuilder rows(kColumns);
    const int begin = id;
    for (int n = 0; n < kBatch && id < kRows; ++n, id += step) rows.append(id, name_of(id));
    writer->write(rows.take());
    writer->finish();
    transaction.commit();
    const Value name = connection.query_value("SELECT NAME FROM " + quoted + " WHERE ID = ?", {begin});
    if (name.as<std::string>() != name_of(begin)) throw std::runtime_error("row " + std::to_string(begin) + " is '" + name.as<std::string>() + "'");
  }
}

struct Databases {
  const DerbyServer* server = DerbyServer::shared();
  std::string schema = "TWO_" + std::to_string(getpid());
  std::filesystem::path file = std::filesystem::temp_directory_path() / ("millrace-two-interfaces." + std::to_string(getpid()) + ".db");
  std::string odbc;

  Databases() {
    const auto driver = test::odbc_driver(test::OdbcDriver::sqlite);
    if (!driver) SKIP(test::how_to_get(test::OdbcDriver::sqlite));
    if (!server) SKIP(DerbyServer::how_to_get());
    if (!server->is_derby()) SKIP("MILLRACE_TEST_DB2_URL names the server");
    odbc = "odbc:Driver=" + *driver + ";Database=" + file.string() + ";Timeout=30000";
    std::filesystem::remove(file);
    std::ofstream(file).flush();
    server->ij("CREATE SCHEMA " + schema + "; CREATE TABLE " + schema + ".T (ID INT NOT NULL PRIMARY KEY, NAME VARCHAR(40))");
  }
  ~Databases() {
    std::filesystem::remove(file);
    if (!server) return;
    try {
      server->ij("DROP TABLE " + schema + ".T; DROP SCHEMA " + schema + " RESTRICT");
    } catch (const std::exception&) {   // it is in nobody's way
    }
  }
  Databases(const Databases&) = delete;
  Databases& operator=(const Databases&) = delete;
};

}  // namespace

TEST_CASE("one process loads through ODBC and through db2 at the same time") {
  const Databases databases;
  const DriverRegistry drivers = default_drivers();
  const auto connect = [&](const std::string& url) { return drivers.connect(ConnectionConfig::from_url(url)); };
  connect(databases.odbc)->execute("CREATE TABLE T (ID INTEGER NOT NULL PRIMARY KEY, NAME VARCHAR(40))");

  std::vector<std::function<void()>> jobs = {[&] { load(*connect(databases.odbc), {"", "T"}, "T", 0, 1); }};   // SQLite has one writer
  for (int writer = 0; writer < kWriters; ++writer) {
    jobs.push_back([&, writer] { load(*connect(databases.server->url()), {databases.schema, "T"}, databases.schema + ".T", writer, kWriters); });
  }
  // Errors of both in between: each has to read its own interface's diagnostics.
  std::vector<ErrorCode> codes(2, ErrorCode::unknown);
  const std::vector<std::pair<std::string, std::string>> wrong = {{databases.odbc, "INSERT INTO T VALUES (-1, 'a')"}, {databases.server->url(), "INSERT INTO " + databases.schema + ".T VALUES (-1, 'a')"}};
  for (std::size_t which = 0; which < wrong.size(); ++which) {
    jobs.push_back([&, which] {
      const auto connection = connect(wrong[which].first);
      connection->execute(wrong[which].second);
      try {
        connection->execute(wrong[which].second);
      } catch (const Error& error) {
        codes[which] = error.code();
      }
    });
  }
  std::vector<std::exception_ptr> errors(jobs.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    threads.emplace_back([&, i] {
      try {
        jobs[i]();
      } catch (...) {
        errors[i] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
  CHECK(codes == std::vector<ErrorCode>(2, ErrorCode::unique_violation));

  std::int64_t letters = 0;
  for (int id = 0; id < kRows; ++id) letters += static_cast<std::int64_t>(name_of(id).size());
  const std::vector<std::string> expected = {std::to_string(kRows), std::to_string(std::int64_t{kRows} * (kRows - 1) / 2), std::to_string(letters)};
  CHECK(databases.server->rows("SELECT COUNT(*), SUM(CAST(ID AS BIGINT)), SUM(LENGTH(NAME)) FROM " + databases.schema + ".T WHERE ID >= 0") == std::vector<std::vector<std::string>>{expected});
  const auto sqlite = connect("sqlite:" + databases.file.string());   // not through the driver
  const ResultSet found = sqlite->query("SELECT count(*), sum(ID), sum(length(NAME)) FROM T WHERE ID >= 0");
  CHECK(std::vector<std::string>{found[0][0].to_text(), found[0][1].to_text(), found[0][2].to_text()} == expected);
}
