// The facade: sessions over a pool, against real databases.

#include "millrace/access/database.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "conformance/database.hpp"

using namespace millrace;
using namespace millrace::conformance;
using namespace std::chrono_literals;

namespace {

/// @param connections  1: whoever comes next gets the connection that the last one used
millrace::Database open(millrace::conformance::Database& db, std::size_t connections = 1) {
  DatabaseConfig config;
  config.connection = db.config_in_schema();
  config.pool.size = connections;
  config.pool.overflow = 0;
  config.pool.acquire_timeout = 10s;
  config.retry.initial_delay = 1ms;
  return millrace::Database::open(config, db.registry());
}

DatabaseError transient() {
  ErrorInfo info;
  info.code = ErrorCode::serialization;
  info.message = "try again";
  info.safe_to_retry = true;
  return DatabaseError(info);
}

}  // namespace

CONFORMANCE_TEST("what a session function did is there for all when it returned, and for none when it threw") {
  db.run({"CREATE TABLE t (a integer PRIMARY KEY)"});
  millrace::Database database = open(db);
  CHECK(database.with_session([](Session& session) { return session->execute("INSERT INTO t VALUES (1)"); }) == 1);
  CHECK(db.count("t") == 1);
  CHECK_THROWS_AS(database.with_session([](Session& session) { session->execute("INSERT INTO t VALUES (2)"); throw std::runtime_error("x"); }), std::runtime_error);
  CHECK_THROWS_AS(database.with_session([](Session& session) { session->execute("INSERT INTO t VALUES (3)"); session->execute("INSERT INTO t VALUES (1)"); }), DatabaseError);
  CHECK(db.count("t") == 1);
  {
    Session session = database.session();
    session->execute("INSERT INTO t VALUES (4)");
  }
  {
    Session session = database.session();
    session->execute("INSERT INTO t VALUES (5)");
    session.commit();
  }
  CHECK(values_of(db->query("SELECT a FROM t ORDER BY a")) == Rows{{1}, {5}});
}

CONFORMANCE_TEST("a session function that is run again finds nothing of its first run") {
  db.run({"CREATE TABLE t (a integer PRIMARY KEY)"});
  millrace::Database database = open(db);
  int runs = 0;
  const auto rows = database.with_session([&](Session& session) {
    session->execute("INSERT INTO t VALUES (1)");
    if (++runs < 3) throw transient();
    return session->query_value("SELECT COUNT(*) FROM t").as<int>();
  });
  CHECK(runs == 3);
  CHECK(rows == 1);
  CHECK(db.count("t") == 1);
}

CONFORMANCE_TEST("a failed MERGE handing back an open transaction") {
  db.run({"CREATE TABLE t (a integer PRIMARY KEY)", "CREATE TABLE staged (a integer)", "INSERT INTO t VALUES (1)", "INSERT INTO staged VALUES (2), (1)"});
  millrace::Database database = open(db);
  const auto merge = [](Connection& connection) {
    connection.execute("DELETE FROM t WHERE a > 100");
    connection.execute("INSERT INTO t SELECT a FROM staged");  // 1 is there already
  };
  CHECK(error_of([&] { database.with_session([&](Session& session) { merge(*session); }); }).code == ErrorCode::unique_violation);
  CHECK(error_of([&] {
          const Pool::Lease lease = database.pool().acquire();
          lease->begin();
          merge(*lease);
        }).code == ErrorCode::unique_violation);
  // The same connection again: no transaction is open, no lock is held, and what follows is its own.
  const Pool::Lease lease = database.pool().acquire();
  CHECK_FALSE(lease->in_transaction());
  CHECK(database.pool().statistics().opened == 1);
  db->prepare_for_load(LoadSession{1s});
  db.run({"DROP TABLE t", "CREATE TABLE t (a integer PRIMARY KEY)"});
  CHECK(lease->execute("INSERT INTO t VALUES (1)") == 1);
  CHECK(db.count("t") == 1);
}

CONFORMANCE_TEST("a session reads at the isolation that was asked for, and the next one as the server does by itself") {
  db.run({"CREATE TABLE t (a integer)"});
  millrace::Database database = open(db);
  SessionOptions options;
  options.transaction.isolation = Isolation::repeatable_read;
  options.transaction.read_only = db.quirks().lacks_read_only.empty();
  if (db.quirks().readers_lock) {
    const auto change = [&] { return db->execute("UPDATE t SET a = a + 1"); };
    db->execute("INSERT INTO t VALUES (1)");
    database.with_session([&](Session& session) {
      CHECK(session->query_value("SELECT a FROM t").as<int>() == 1);
      CHECK(error_of(change).code == ErrorCode::lock_timeout);
      CHECK(session->query_value("SELECT a FROM t").as<int>() == 1);
    }, options);
    database.with_session([&](Session& session) {
      CHECK(session->query_value("SELECT a FROM t").as<int>() == 1);
      CHECK(change() == 1);
      CHECK(session->query_value("SELECT a FROM t").as<int>() == 2);  // read committed
    });
    return;
  }
  database.with_session([&](Session& session) {
    CHECK(session->query_value("SELECT COUNT(*) FROM t").as<int>() == 0);
    if (db.quirks().writers_wait) db->execute("INSERT INTO t VALUES (1)");
    CHECK(session->query_value("SELECT COUNT(*) FROM t").as<int>() == 0);
  }, options);
  if (!db.quirks().writers_wait) return;
  database.with_session([&](Session& session) {
    CHECK(session->query_value("SELECT COUNT(*) FROM t").as<int>() == 1);
    db->execute("INSERT INTO t VALUES (2)");
    CHECK(session->query_value("SELECT COUNT(*) FROM t").as<int>() == 2);  // read committed
  });
}

CONFORMANCE_TEST("a read-only session refuses to write, and the next one on its connection writes") {
  if (!db.quirks().lacks_read_only.empty()) SKIP(db.quirks().lacks_read_only);
  db.run({"CREATE TABLE t (a integer)"});
  millrace::Database database = open(db);
  SessionOptions options;
  options.transaction.read_only = true;
  const auto write = [](Session& session) { session->execute("INSERT INTO t VALUES (1)"); };
  CHECK(error_of([&] { database.with_session(write, options); }).code == ErrorCode::read_only);
  CHECK(db.count("t") == 0);
  database.with_session(write);
  CHECK(db.count("t") == 1);
}

CONFORMANCE_TEST("a session's statement time-out ends its own statements and nobody else's") {
  if (!db.quirks().lacks_statement_timeout.empty()) SKIP(db.quirks().lacks_statement_timeout);
  millrace::Database database = open(db);
  SessionOptions options;
  options.transaction.statement_timeout = 50ms;
  const auto endless = [&](Session& session) { session->query(db.quirks().endless_query); };
  CHECK(error_of([&] { database.with_session(endless, options); }).code == ErrorCode::statement_timeout);
  // On the same connection, without a time-out: only the cancel ends it, 200 ms later.
  Session session = database.session();
  CHECK(database.pool().statistics().opened == (db.quirks().survives_cancel ? 1u : 2u));
  std::jthread canceller([&] {
    std::this_thread::sleep_for(200ms);
    session->cancel();
  });
  CHECK(error_of([&] { endless(session); }).code == ErrorCode::cancelled);
}

CONFORMANCE_TEST("a savepoint undoes a part of a session") {
  db.run({"CREATE TABLE t (a integer PRIMARY KEY)"});
  millrace::Database database = open(db);
  database.with_session([](Session& session) {
    session->execute("INSERT INTO t VALUES (1)");
    try {
      Savepoint part(*session, "part");
      session->execute("INSERT INTO t VALUES (2)");
      session->execute("INSERT INTO t VALUES (1)");
      part.release();
    } catch (const DatabaseError& error) {
      CHECK(error.code() == ErrorCode::unique_violation);
    }
    session->execute("INSERT INTO t VALUES (3)");
  });
  CHECK(values_of(db->query("SELECT a FROM t ORDER BY a")) == Rows{{1}, {3}});
}

CONFORMANCE_TEST("two sessions do not see each other's work before it is committed") {
  db.run({"CREATE TABLE t (a integer)"});
  millrace::Database database = open(db, 2);
  SessionOptions reading;
  reading.transaction.read_only = db.quirks().lacks_read_only.empty();
  Session writer = database.session();
  writer->execute("INSERT INTO t VALUES (1)");
  {
    Session reader = database.session(reading);
    CHECK(db.sees_only(*reader, "t", 0));
  }
  writer.commit();
  CHECK(database.session(reading)->query_value("SELECT COUNT(*) FROM t").as<int>() == 1);
}

CONFORMANCE_TEST("a database that answers is healthy, one that is closed is not") {
  millrace::Database database = open(db);
  const Health health = database.health_check();
  INFO(health.reason);
  CHECK(health.ok);
  CHECK(health.latency > 0us);
  CHECK(database.close());
  CHECK_FALSE(database.health_check().ok);
  CHECK(error_of([&] { database.session(); }).code == ErrorCode::pool_closed);
}

CONFORMANCE_TEST("a session leads to the client's own handle") {
  millrace::Database database = open(db);
  const Session session = database.session();
  const NativeHandle handle = session->native_handle();
  CHECK(handle.backend == database.driver().name());
  CHECK(handle.client != nullptr);
}
