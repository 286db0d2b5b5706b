#include "integration/sqlite3/support.hpp"

#include <atomic>
#include <thread>

#include <catch2/matchers/catch_matchers_string.hpp>

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* kEndless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) ";

/// Cancels the connection until the call returns.
template <class F> ErrorInfo cancelled(Connection& connection, F&& call) {
  std::atomic<bool> done = false;
  std::thread canceller([&] { while (!done) { connection.cancel(); std::this_thread::yield(); } });
  const ErrorInfo error = error_of(call);
  done = true;
  canceller.join();
  return error;
}

}  // namespace

TEST_CASE("a second writer waits for the lock time-out and may try again") {
  const TempDir dir;
  const auto first = open_sqlite(dir / "x.db"), second = open_sqlite(dir / "x.db");
  first->execute("CREATE TABLE t(a)");
  second->prepare_for_load({std::chrono::milliseconds(20)});
  Transaction writing(*first);
  const ErrorInfo error = error_of([&] { second->begin(); });
  CHECK(error.code == ErrorCode::lock_timeout);
  CHECK(error.sqlstate == "55P03");
  CHECK(error.safe_to_retry);
  CHECK_FALSE(second->in_transaction());
  writing.commit();
  Transaction(*second).commit();
  CHECK(second->usable());
}

TEST_CASE("readers see the old state until the commit") {
  const TempDir dir;
  const auto writer = open_sqlite(dir / "x.db"), reader = open_sqlite(dir / "x.db");
  writer->execute("CREATE TABLE t(a)");
  {
    Transaction transaction(*writer);
    writer->execute("INSERT INTO t VALUES (1)");
    CHECK(dump(*reader, "SELECT count(*) FROM t") == "0");
    transaction.commit();
  }
  CHECK(dump(*reader, "SELECT count(*) FROM t") == "1");
}

TEST_CASE("a commit that a reader blocks fails as retryable and leaves nothing open") {
  const TempDir dir;
  const auto writer = open_sqlite(dir / "x.db"), reader = open_sqlite(dir / "x.db");
  writer->execute("CREATE TABLE t(a)");
  writer->prepare_for_load({std::chrono::milliseconds(20)});
  Transaction reading(*reader, {Isolation::server_default, true});
  CHECK(dump(*reader, "SELECT count(*) FROM t") == "0");
  writer->begin();
  writer->execute("INSERT INTO t VALUES (1)");
  const ErrorInfo error = error_of([&] { writer->commit(); });
  CHECK(error.code == ErrorCode::lock_timeout);
  CHECK(error.safe_to_retry);
  CHECK_FALSE(writer->in_transaction());
  reading.rollback();
  CHECK(dump(*reader, "SELECT count(*) FROM t") == "0");
}

TEST_CASE("a read-only transaction refuses writes, the next one does not") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a)");
  {
    Transaction transaction(*connection, {Isolation::server_default, true});
    CHECK(error_of([&] { connection->execute("INSERT INTO t VALUES (1)"); }).code == ErrorCode::read_only);
    transaction.commit();
  }
  { Transaction rolled_back(*connection, {Isolation::server_default, true}); }
  CHECK(connection->execute("INSERT INTO t VALUES (1)") == 1);
}

TEST_CASE("a failed statement undoes itself and leaves the transaction alive") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a UNIQUE)");
  Transaction transaction(*connection);
  connection->execute("INSERT INTO t VALUES (1)");
  CHECK(error_of([&] { connection->execute("INSERT INTO t VALUES (2), (3), (1)"); }).code == ErrorCode::unique_violation);
  connection->execute("INSERT INTO t VALUES (4)");
  transaction.commit();
  CHECK(dump(*connection, "SELECT a FROM t") == "1 4");
}

TEST_CASE("savepoints undo a part") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a)");
  Transaction transaction(*connection);
  connection->execute("INSERT INTO t VALUES (1)");
  { Savepoint lost(*connection, "s\"1"); connection->execute("INSERT INTO t VALUES (2)"); }
  { Savepoint kept(*connection, "s\"1"); connection->execute("INSERT INTO t VALUES (3)"); kept.release(); }
  transaction.commit();
  CHECK(dump(*connection, "SELECT a FROM t") == "1 3");
}

TEST_CASE("a transaction that SQLite ended by itself can not go on statement by statement") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a UNIQUE ON CONFLICT ROLLBACK)");
  connection->begin();
  connection->execute("INSERT INTO t VALUES (1)");
  CHECK(error_of([&] { connection->execute("INSERT INTO t VALUES (1)"); }).code == ErrorCode::unique_violation);
  CHECK(error_of([&] { connection->execute("INSERT INTO t VALUES (2)"); }).sqlstate == "25P02");
  CHECK(error_of([&] { connection->query("SELECT 1"); }).sqlstate == "25P02");
  CHECK(error_of([&] { connection->open_writer({"", "t"}, {ColumnInfo{"a", SqlType{}}}); }).sqlstate == "25P02");
  CHECK(error_of([&] { connection->commit(); }).sqlstate == "25P02");
  CHECK(dump(*connection, "SELECT count(*) FROM t") == "0");
  CHECK(connection->usable());
}

TEST_CASE("cancel stops a query, and the connection goes on") {
  const auto connection = open_memory();
  connection->cancel();  // nothing runs: nothing happens
  const ErrorInfo error = cancelled(*connection, [&] { connection->query(std::string(kEndless) + "SELECT max(i) FROM n"); });
  CHECK(error.code == ErrorCode::cancelled);
  CHECK(error.sqlstate == "57014");
  CHECK(dump(*connection, "SELECT 1") == "1");
}

TEST_CASE("a cancelled write takes its transaction along") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a)");
  connection->begin();
  connection->execute("INSERT INTO t VALUES (0)");
  CHECK(cancelled(*connection, [&] { connection->execute(std::string(kEndless) + "INSERT INTO t SELECT i FROM n"); }).code == ErrorCode::cancelled);
  CHECK(error_of([&] { connection->execute("INSERT INTO t VALUES (1)"); }).sqlstate == "25P02");
  connection->rollback();
  CHECK(dump(*connection, "SELECT count(*) FROM t") == "0");
}

TEST_CASE("a full disk fails the load and leaves the database as it was") {
  const TempDir dir;
  const auto connection = open_sqlite(dir / "x.db");
  connection->execute("CREATE TABLE t(a TEXT)");
  connection->query("PRAGMA max_page_count = 20");
  connection->begin();
  const std::vector<TextRow> rows(200, {std::string(1000, 'x')});
  const ErrorInfo error = error_of([&] { load(*connection, {"", "t"}, rows); });
  CHECK(error.code == ErrorCode::disk_full);
  CHECK(error.sqlstate == "53100");
  CHECK_THAT(error.message, ContainsSubstring("free space"));
  connection->rollback();
  CHECK(connection->usable());
  CHECK(dump(*connection, "SELECT count(*) FROM t") == "0");
  CHECK(dump(*connection, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("a deferred foreign key fails the commit, which leaves nothing behind") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE p(id INTEGER PRIMARY KEY)");
  connection->execute("CREATE TABLE c(p REFERENCES p DEFERRABLE INITIALLY DEFERRED)");
  connection->begin();
  connection->execute("INSERT INTO c VALUES (1)");
  const ErrorInfo error = error_of([&] { connection->commit(); });
  CHECK(error.code == ErrorCode::foreign_key_violation);
  CHECK(error.sqlstate == "23503");
  CHECK_FALSE(connection->in_transaction());
  CHECK(dump(*connection, "SELECT count(*) FROM c") == "0");
}

TEST_CASE("truncate empties a table; cascade empties what refers to it, down to the last table and around circles") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE p(id INTEGER PRIMARY KEY, g REFERENCES g DEFERRABLE INITIALLY DEFERRED)");
  connection->execute("CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p)");
  connection->execute("CREATE TABLE g(id INTEGER PRIMARY KEY, c REFERENCES c)");
  const auto fill = [&] {
    Transaction transaction(*connection);
    for (const char* sql : {"INSERT INTO p VALUES (1, 1)", "INSERT INTO c VALUES (1, 1)", "INSERT INTO g VALUES (1, 1)"}) connection->execute(sql);
    transaction.commit();
  };
  fill();
  CHECK(error_of([&] { connection->truncate({"", "c"}); }).code == ErrorCode::foreign_key_violation);
  connection->truncate({"main", "p"}, true);
  CHECK(dump(*connection, "SELECT (SELECT count(*) FROM p) + (SELECT count(*) FROM c) + (SELECT count(*) FROM g)") == "0");
  CHECK(error_of([&] { connection->truncate({"", "nowhere"}); }).code == ErrorCode::undefined_object);
  CHECK(error_of([&] { connection->truncate({"", "nowhere"}, true); }).code == ErrorCode::undefined_object);
}
