// The session itself: ping, cancel, server, preparation.

#include <atomic>
#include <chrono>
#include <thread>

#include "conformance/database.hpp"

using namespace millrace;
using namespace millrace::conformance;

CONFORMANCE_TEST("a session answers a ping and knows its server") {
  db->ping();
  const ServerInfo server = db->server();
  CHECK_FALSE(server.product.empty());
  CHECK(server.major > 0);
  CHECK(server.version.starts_with(std::to_string(server.major)));
}

CONFORMANCE_TEST("a running statement is cancelled from another thread, and the session lives on or is unusable") {
  if (!db.quirks().lacks_cancel.empty()) SKIP(db.quirks().lacks_cancel);
  std::atomic<bool> done = false;
  // A cancel before the statement runs does nothing, so it is repeated until it hits.
  std::thread canceller([&] {
    while (!done) {
      db->cancel();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  ErrorInfo error;
  try {
    db->query(db.quirks().endless_query);
  } catch (const Error& e) {
    error = e.info();
  }
  done = true;
  canceller.join();
  CHECK(error.code == ErrorCode::cancelled);
  CHECK(error.poisons_connection != db.quirks().survives_cancel);
  CHECK(db->usable() == db.quirks().survives_cancel);
  if (db.quirks().survives_cancel) db->ping();
  else CHECK(error_of([&] { db->ping(); }).poisons_connection);
}

CONFORMANCE_TEST("a cancel without a statement does nothing") {
  db->cancel();
  db->ping();
  Transaction transaction(db.connection());
  db->cancel();
  db.run({"CREATE TABLE t (a integer)"});
  transaction.commit();
  CHECK(db.count("t") == 0);
}

CONFORMANCE_TEST("a session prepared for a load gives up waiting for a lock") {
  db.run({"CREATE TABLE t (a integer PRIMARY KEY)", "INSERT INTO t VALUES (1)"});
  const auto other = db.connect();
  other->prepare_for_load(LoadSession{std::chrono::milliseconds(50)});
  Transaction holder(db.connection());
  db->execute("UPDATE t SET a = 2");
  const ErrorInfo error = error_of([&] {
    Transaction waiter(*other);
    other->execute("UPDATE t SET a = 3");
  });
  CHECK(error.code == ErrorCode::lock_timeout);
  CHECK(error.safe_to_retry);
  CHECK(other->usable());
  holder.commit();
  CHECK(other->execute("UPDATE t SET a = 3") == 1);
}

CONFORMANCE_TEST("truncate empties a table and nothing else") {
  db.run({"CREATE TABLE t (a integer)", "CREATE TABLE u (a integer)", "INSERT INTO t VALUES (1), (2)", "INSERT INTO u VALUES (1)"});
  db->truncate(db.table("t"));
  CHECK(db.count("t") == 0);
  CHECK(db.count("u") == 1);
  db->execute("INSERT INTO t VALUES (1)");
  {
    Transaction transaction(db.connection());
    db->truncate(db.describe("t").name);
    CHECK(db.count("t") == 0);
  }
  CHECK(db.count("t") == 1);
  CHECK(error_of([&] { db->truncate({{}, "no_such_table"}); }).code == ErrorCode::undefined_object);
}

CONFORMANCE_TEST("truncate spares or empties the tables that refer to it, as asked") {
  db.run({"CREATE TABLE parent (id integer PRIMARY KEY)", "CREATE TABLE child (id integer PRIMARY KEY, p integer REFERENCES parent (id))",
          "INSERT INTO parent VALUES (1)", "INSERT INTO child VALUES (1, NULL)"});
  if (db.quirks().truncate_needs_cascade) {
    CHECK_THROWS_AS(db->truncate(db.table("parent")), Error);
    CHECK(db.count("parent") == 1);
  }
  db->execute("UPDATE child SET p = 1");
  CHECK_THROWS_AS(db->truncate(db.table("parent")), Error);
  CHECK(db.count("parent") == 1);
  CHECK(db.count("child") == 1);
  db->truncate(db.table("parent"), true);
  CHECK(db.count("parent") == 0);
  CHECK(db.count("child") == 0);
}

CONFORMANCE_TEST("work goes on in one session while another has failed") {
  db.run({"CREATE TABLE t (a integer PRIMARY KEY)"});
  const auto other = db.connect();
  CHECK_THROWS_AS(other->execute("nonsense"), DatabaseError);
  db->execute("INSERT INTO t VALUES (1)");
  CHECK(other->query_value("SELECT a FROM t").as<int>() == 1);
}

CONFORMANCE_TEST("a session's native handle is there, and whoever asks for it touches the session") {
  db->reset();
  const NativeHandle handle = db->native_handle();
  CHECK(handle.backend == db.quirks().backend);
  CHECK(handle.client != nullptr);
  CHECK(handle.soci_session != nullptr);
  CHECK(db->touched());
}
