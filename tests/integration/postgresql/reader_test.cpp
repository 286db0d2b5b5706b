// Batch readers over PostgreSQL: types, values that have no place, memory, lost connections.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <catch2/matchers/catch_matchers_string.hpp>

#include "integration/postgresql/support.hpp"
#include "millrace/access/error.hpp"

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

namespace {

SqlType type_of(Connection& connection, const std::string& expression) { return connection.open_reader("SELECT " + expression)->columns().at(0).type; }

std::string text_of(Connection& connection, const std::string& expression) {
  const auto reader = connection.open_reader("SELECT " + expression);
  RecordBatch batch = reader->make_batch();
  REQUIRE(reader->next(batch));
  return batch.column(0).value(0).to_text();
}

std::size_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

}  // namespace

TEST_CASE("a reader's types carry their modifiers") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  CHECK(type_of(*connection, "1::numeric(15,2)") == [] { SqlType t = SqlType::decimal(15, 2); t.native = "numeric"; return t; }());
  CHECK(type_of(*connection, "1::numeric(15,2)").is_fixed_decimal());
  CHECK_FALSE(type_of(*connection, "1::numeric").is_fixed_decimal());
  CHECK_FALSE(type_of(*connection, "1::numeric(50,2)").is_fixed_decimal());
  CHECK(type_of(*connection, "'x'::varchar(7)").length == 7);
  CHECK(type_of(*connection, "'x'::char(7)").kind == TypeKind::character);
  CHECK(type_of(*connection, "now()").kind == TypeKind::timestamp_tz);
  CHECK(type_of(*connection, "'{1,2}'::integer[]").kind == TypeKind::other);
}

TEST_CASE("a commit that fails behind a reader's rows is an error, and nothing is stored") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  connection->execute("CREATE TABLE parent (id int PRIMARY KEY)");
  connection->execute("CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)");
  const auto reader = connection->open_reader("INSERT INTO child VALUES (7) RETURNING id");
  RecordBatch batch = reader->make_batch();
  CHECK(error_of([&] { while (reader->next(batch)) {} }).code() == ErrorCode::foreign_key_violation);
  CHECK(error_of([&] { connection->open_reader("INSERT INTO child VALUES (8)"); }).code() == ErrorCode::foreign_key_violation);
  CHECK(connection->query_value("SELECT count(*) FROM child").as<int>() == 0);
}

TEST_CASE("types without a layout of their own come as the server's text") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  CHECK(text_of(*connection, "'{1,2}'::integer[]") == "{1,2}");
  CHECK(text_of(*connection, "inet '10.0.0.1/8'") == "10.0.0.1/8");
  CHECK(text_of(*connection, "interval '1 day 2 hours'") == "1 day 02:00:00");
  CHECK(text_of(*connection, "123456789012345678901234567890.123::numeric") == "123456789012345678901234567890.123");
  CHECK(text_of(*connection, "'NaN'::numeric") == "NaN");
  CHECK(text_of(*connection, "1.50::numeric(50,2)") == "1.50");
  CHECK(text_of(*connection, "repeat('[', 2000)::text || repeat(']', 2000)").size() == 4000);
  CHECK(text_of(*connection, "(repeat('[', 2000) || repeat(']', 2000))::json").size() == 4000);
}

TEST_CASE("a value that its column's type can not hold names column and row") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  for (const std::string bad : {"'NaN'::numeric", "'infinity'::date", "'0044-03-15 BC'::timestamp", "'-infinity'::timestamptz", "'10000-01-01'::date"}) {
    INFO(bad);
    const std::string type = bad.find("numeric") != std::string::npos ? "numeric(15,2)" : bad.substr(bad.find("::") + 2);
    const std::string good = type == "numeric(15,2)" ? "1" : "'2023-01-01'";
    const std::string sql = "SELECT i, CASE i WHEN 17 THEN " + bad + " ELSE " + good + "::" + type + " END::" + type +
                            " AS \"the value\" FROM (SELECT generate_series(1, 1000000) AS i) AS numbers";
    connection->begin();
    const auto reader = connection->open_reader(sql, {}, {.max_rows = 10});
    RecordBatch batch = reader->make_batch();
    REQUIRE(reader->next(batch));
    const auto error = error_of<DataError>([&] { reader->next(batch); });
    CHECK(error.info().row == 16);
    CHECK(error.info().column == "the value");
    CHECK_THAT(error.what(), ContainsSubstring("\"the value\"") && ContainsSubstring("row 17"));
    CHECK(error.statement().starts_with("SELECT i"));
    CHECK(connection->query_value("SELECT 1").as<int>() == 1);  // the transaction goes on: the server saw no error
    connection->commit();
  }
}

TEST_CASE("text that is no UTF-8 has no place in a batch") {
  const Workspace workspace(shared_server());
  const std::string name = workspace.schema() + "_ascii";
  workspace.server().psql("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'");
  {
    const auto connection = connect_to(workspace.server().url_for("postgres", "", name));
    connection->execute("CREATE TABLE t AS SELECT 'x'::text AS a");
    connection->execute("SET client_encoding TO 'SQL_ASCII'");
    connection->execute("UPDATE t SET a = convert_from('\\xff'::bytea, 'SQL_ASCII')");
    const auto reader = connection->open_reader("SELECT a FROM t");
    RecordBatch batch = reader->make_batch();
    const auto error = error_of<DataError>([&] { reader->next(batch); });
    CHECK(error.info().column == "a");
    CHECK(error.info().row == 0);
    connection->ping();
  }
  workspace.server().psql("DROP DATABASE " + name);
}

TEST_CASE("a reader inside a transaction leaves no savepoint and disturbs none") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  connection->execute("CREATE TABLE t (n integer)");
  Transaction transaction(*connection);
  Savepoint outer(*connection, "outer");
  connection->execute("INSERT INTO t VALUES (1)");
  for (const bool early : {false, true}) {
    const auto reader = connection->open_reader("SELECT generate_series(1, 100000) AS i");
    RecordBatch batch = reader->make_batch();
    if (early) REQUIRE(reader->next(batch));
    else while (reader->next(batch)) {}
    reader->close();
    CHECK(error_of<DatabaseError>([&] {
            const Savepoint inner(*connection, "inner");
            connection->rollback_to("millrace_reader");
          }).sqlstate() == "3B001");
  }
  outer.release();
  transaction.commit();
  CHECK(workspace.psql("SELECT count(*) FROM t") == "1");
}

TEST_CASE("a lost connection ends a reader and its connection") {
  const Workspace workspace(shared_server());
  for (const bool writes : {false, true}) {
    const auto connection = workspace.connect();
    const std::string pid = backend_pid(*connection);
    connection->execute("CREATE TABLE IF NOT EXISTS t (n integer)");
    const char* const sql = writes ? "INSERT INTO t SELECT generate_series(1, 1000000) RETURNING n" : "SELECT generate_series(1, 100000000)";
    const auto reader = connection->open_reader(sql);
    RecordBatch batch = reader->make_batch();
    REQUIRE(reader->next(batch));
    workspace.psql("SELECT pg_terminate_backend(" + pid + ", 5000)");
    const auto error = error_of([&] { while (reader->next(batch)) {} });
    CHECK(error.poisons_connection());
    CHECK_FALSE(connection->usable());
    CHECK(connection->lost());
    CHECK(batch.rows() == 0);
    CHECK(error_of([&] { reader->next(batch); }).code() == ErrorCode::misuse);
  }
  CHECK(workspace.psql("SELECT count(*) FROM t") == "0");
}

// MILLRACE_TEST_READER_ROWS=10000000 is the size that the memory is promised to be flat for.
TEST_CASE("reading takes the same memory for many rows as for few") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  const char* const given = std::getenv("MILLRACE_TEST_READER_ROWS");
  const long rows = given ? std::atol(given) : 300'000;
  const auto reader = connection->open_reader("SELECT i, i::numeric(15,2) / 100 AS amount, 'account ' || i AS account, "
                                              "date '2023-01-01' + (i % 1000)::int AS day FROM (SELECT generate_series(1::bigint, " + std::to_string(rows) + ") AS i) AS numbers");
  RecordBatch batch = reader->make_batch();
  long read = 0;
  std::int64_t sum = 0;
  std::size_t after_some = 0, most = 0;
  while (reader->next(batch)) {
    for (const std::int64_t i : batch.column(0).values<std::int64_t>()) sum += i;
    read += static_cast<long>(batch.rows());
    if (after_some == 0 && read >= 50'000) after_some = resident_kib();
    most = std::max(most, resident_kib());
  }
  CHECK(read == rows);
  CHECK(sum == static_cast<std::int64_t>(rows) * (rows + 1) / 2);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  WARN("memory is not measured under sanitizers, which keep what was freed");
#else
  if (given) std::printf("%ld rows: resident %zu KiB after 50,000 rows, at most %zu KiB\n", read, after_some, most);
  CHECK(most < after_some + 8 * 1024);
#endif
}
