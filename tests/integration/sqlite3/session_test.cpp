// Reset, time-outs, cancel, native handles.

#include <atomic>
#include <chrono>
#include <thread>

#include <catch2/matchers/catch_matchers_string.hpp>
#include <sqlite3.h>

#include "integration/sqlite3/support.hpp"
#include "millrace/backends.hpp"
#include "millrace/native.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

std::unique_ptr<Connection> open_with(const ConnectionConfig& config) {
  DriverRegistry registry;
  register_sqlite3_backend(registry);
  return registry.connect(config);
}

ConnectionConfig config_of(const std::string& path) {
  ConnectionConfig config;
  config.scheme = "sqlite";
  config.database = path;
  config.create_database = true;
  return config;
}

}  // namespace

TEST_CASE("a reset keeps the database itself, in memory too") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a)");
  connection->execute("INSERT INTO t VALUES (1)");
  connection->execute("CREATE TEMP TABLE t(a)");
  connection->reset();
  CHECK(dump(*connection, "SELECT a FROM t") == "1");
  CHECK(connection->query_value("SELECT last_insert_rowid()").as<int>() == 0);
}

TEST_CASE("a reset drops temporary tables, views and triggers, and detaches files") {
  const TempDir dir;
  const auto connection = open_sqlite(dir / "x.db");
  connection->execute("CREATE TABLE t(a)");
  connection->execute("CREATE TEMP TABLE log(a)");
  connection->execute("CREATE TEMP VIEW v AS SELECT * FROM log");
  connection->execute("CREATE TEMP TRIGGER audit AFTER INSERT ON main.t BEGIN INSERT INTO log VALUES (new.a); END");
  connection->execute("ATTACH DATABASE '" + (dir / "other.db").string() + "' AS other");
  connection->execute("CREATE TABLE other.o(a)");
  connection->reset();
  connection->execute("INSERT INTO t VALUES (1)");  // no trigger any more
  CHECK(error_of([&] { connection->query("SELECT * FROM log"); }).code == ErrorCode::undefined_object);
  CHECK(error_of([&] { connection->query("SELECT * FROM v"); }).code == ErrorCode::undefined_object);
  CHECK(error_of([&] { connection->query("SELECT * FROM other.o"); }).code == ErrorCode::undefined_object);
  std::filesystem::remove(dir / "other.db");
}

TEST_CASE("a reset lets go of an exclusive lock") {
  const TempDir dir;
  open_sqlite(dir / "x.db")->execute("CREATE TABLE t(a)");
  const auto greedy = open_sqlite(dir / "x.db"), other = open_sqlite(dir / "x.db");
  greedy->query("PRAGMA locking_mode = EXCLUSIVE");
  greedy->execute("DELETE FROM t");
  other->prepare_for_load({20ms});
  CHECK(error_of([&] { other->query("SELECT * FROM t"); }).code == ErrorCode::lock_timeout);
  greedy->reset();
  CHECK(dump(*other, "SELECT count(*) FROM t") == "0");
}

TEST_CASE("a reset brings the lock time-out and cache of a load back") {
  const TempDir dir;
  const auto holder = open_sqlite(dir / "x.db"), connection = open_sqlite(dir / "x.db");
  holder->execute("CREATE TABLE t(a)");
  const std::string cache = dump(*connection, "PRAGMA cache_size");
  connection->prepare_for_load({1ms});
  CHECK(dump(*connection, "PRAGMA cache_size") != cache);
  connection->query("PRAGMA busy_timeout = 1");
  connection->reset();
  CHECK(dump(*connection, "PRAGMA cache_size") == cache);
  Transaction held(*holder);
  std::jthread releaser([&] {
    std::this_thread::sleep_for(150ms);
    held.rollback();
  });
  CHECK(connection->execute("INSERT INTO t VALUES (1)") == 1);  // waited
}

TEST_CASE("a reset leaves a WAL file a WAL file, whoever made it one") {
  const TempDir dir;
  const auto connection = open_sqlite(dir / "x.db");
  connection->execute("CREATE TABLE t(a)");
  connection->query("PRAGMA journal_mode = WAL");
  connection->reset();
  CHECK(dump(*connection, "PRAGMA journal_mode") == "wal");
}

TEST_CASE("a reset of a read-only transaction's session may write again") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a)");
  connection->begin({.read_only = true});
  connection->reset();
  CHECK(connection->execute("INSERT INTO t VALUES (1)") == 1);
}

TEST_CASE("a statement time-out names itself, and an expired one does not reach the next statement") {
  const auto connection = open_memory();
  connection->set_statement_timeout(30ms);
  const char* const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
  const ErrorInfo error = error_of([&] { connection->query(endless); });
  CHECK(error.code == ErrorCode::statement_timeout);
  CHECK_THAT(error.message, ContainsSubstring("30 ms"));
  std::this_thread::sleep_for(50ms);
  const char* const short_one = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT count(*) FROM n";
  CHECK(connection->query_value(short_one).as<int>() == 5000);
  connection->set_statement_timeout(0ms);
  connection->query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500000) SELECT count(*) FROM n");
}

TEST_CASE("a reader's time-out counts from its opening") {
  const auto connection = open_memory();
  connection->set_statement_timeout(50ms);
  const auto reader = connection->open_reader("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n", {}, {.max_rows = 100000});
  RecordBatch batch = reader->make_batch();
  CHECK(error_of([&] { while (reader->next(batch)) {} }).code == ErrorCode::statement_timeout);
  connection->ping();
}

TEST_CASE("a commit that runs into the statement time-out rolls back") {
  const TempDir dir;
  const auto writer = open_sqlite(dir / "x.db"), reader = open_sqlite(dir / "x.db");
  writer->execute("CREATE TABLE t(a)");
  Transaction reading(*reader, {.read_only = true});
  CHECK(dump(*reader, "SELECT count(*) FROM t") == "0");
  writer->begin({.statement_timeout = 30ms});
  writer->execute("INSERT INTO t VALUES (1)");
  const ErrorInfo error = error_of([&] { writer->commit(); });
  CHECK(error.code == ErrorCode::statement_timeout);
  CHECK_THAT(error.message, ContainsSubstring("waiting for a lock"));
  CHECK_FALSE(writer->in_transaction());
  reading.rollback();
  CHECK(dump(*reader, "SELECT count(*) FROM t") == "0");
}

TEST_CASE("TLS settings that a file can not keep are refused by name") {
  ConnectionConfig config = config_of(":memory:");
  for (const TlsMode mode : {TlsMode::require, TlsMode::verify_ca, TlsMode::verify_full}) {
    config.tls.mode = mode;
    const ErrorInfo error = error_of([&] { open_with(config); });
    CHECK(error.code == ErrorCode::config);
    CHECK_THAT(error.message, ContainsSubstring("TLS") && ContainsSubstring(std::string(to_string(mode))));
  }
  config.tls.mode = TlsMode::driver_default;
  config.tls.root_certificate = "/ca.crt";
  CHECK(error_of([&] { open_with(config); }).code == ErrorCode::config);
  config.tls.root_certificate.clear();
  config.tls.mode = TlsMode::prefer;
  open_with(config)->ping();
}

TEST_CASE("the native handle is the session's own") {
  const auto connection = open_memory();
  connection->reset();
  ::sqlite3* const handle = sqlite3_handle(*connection);
  CHECK(connection->touched());
  REQUIRE(sqlite3_exec(handle, "CREATE TABLE t(a)", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(connection->table_exists({"", "t"}));
  CHECK_NOTHROW(soci_session(*connection));
  CHECK(error_of([&] { postgresql_handle(*connection); }).code == ErrorCode::misuse);
}

TEST_CASE("a cancel that no statement hears is forgotten") {
  const auto connection = open_memory();
  connection->cancel();
  CHECK(connection->cancel_pending());
  CHECK(connection->settle_cancel());
  CHECK_FALSE(connection->cancel_pending());
  connection->query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000) SELECT count(*) FROM n");
}
