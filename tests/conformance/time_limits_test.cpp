// Statement time-outs: of a session, of a transaction, and never of a load.

#include <chrono>
#include <thread>

#include "conformance/database.hpp"

using namespace millrace;
using namespace millrace::conformance;
using namespace std::chrono_literals;

namespace {

/// Runs the endless query into its time-out.
void check_times_out(Database& db, Connection& session) {
  const auto begin = std::chrono::steady_clock::now();
  const ErrorInfo error = error_of([&] { session.query(db.quirks().endless_query); });
  CHECK(error.code == ErrorCode::statement_timeout);
  CHECK(error.sqlstate == db.quirks().timeout_sqlstate);
  CHECK_FALSE(error.safe_to_retry);
  CHECK(error.poisons_connection != db.quirks().survives_cancel);
  CHECK(session.usable() == db.quirks().survives_cancel);
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
}

}  // namespace

CONFORMANCE_TEST("the configured statement time-out ends a session's statements") {
  if (!db.quirks().lacks_statement_timeout.empty()) SKIP(db.quirks().lacks_statement_timeout);
  ConnectionConfig config = db.config();
  config.statement_timeout = 50ms;
  auto session = db.connect(config);
  check_times_out(db, *session);
  const auto go_on = [&] { if (!db.quirks().survives_cancel) session = db.connect(config); };
  go_on();
  session->ping();
  CHECK(session->query_value(db.select("1")).as<int>() == 1);
  session->set_statement_timeout(20ms);
  check_times_out(db, *session);
  go_on();
  session->set_statement_timeout(1h);
  session->reset();
  check_times_out(db, *session);
}

CONFORMANCE_TEST("a transaction's statement time-out ends with it") {
  if (!db.quirks().lacks_statement_timeout.empty()) SKIP(db.quirks().lacks_statement_timeout);
  auto session = db.connect();
  const auto go_on = [&] { if (!db.quirks().survives_cancel) session = db.connect(); };
  {
    Transaction transaction(*session, {.statement_timeout = 50ms});
    check_times_out(db, *session);
  }
  go_on();
  session->set_statement_timeout(50ms);
  {
    Transaction transaction(*session, {.statement_timeout = 0ms});
    std::jthread canceller([&] {
      std::this_thread::sleep_for(200ms);
      session->cancel();
    });
    CHECK(error_of([&] { session->query(db.quirks().endless_query); }).code == ErrorCode::cancelled);  // not by the session's 50 ms
  }
  if (db.quirks().survives_cancel) {
    REQUIRE(session->settle_cancel());
    check_times_out(db, *session);
  }
  go_on();
  CHECK(error_of([&] { session->begin({.statement_timeout = -1ms}); }).code == ErrorCode::misuse);
  CHECK(error_of([&] { session->set_statement_timeout(-1ms); }).code == ErrorCode::misuse);
  CHECK_FALSE(session->in_transaction());
}

CONFORMANCE_TEST("a session prepared for a load has no statement time-out") {
  if (!db.quirks().lacks_statement_timeout.empty()) SKIP(db.quirks().lacks_statement_timeout);
  ConnectionConfig config = db.config();
  config.statement_timeout = 50ms;
  const auto session = db.connect(config);
  session->prepare_for_load({});
  std::jthread canceller([&] {
    std::this_thread::sleep_for(200ms);
    session->cancel();
  });
  const auto begin = std::chrono::steady_clock::now();
  CHECK(error_of([&] { session->query(db.quirks().endless_query); }).code == ErrorCode::cancelled);
  CHECK(std::chrono::steady_clock::now() - begin > 150ms);
}

CONFORMANCE_TEST("a bulk stream longer than the statement time-out goes on in a session prepared for a load") {
  if (!db.quirks().lacks_statement_timeout.empty()) SKIP(db.quirks().lacks_statement_timeout);
  db.run({"CREATE TABLE t (a integer)"});
  ConnectionConfig config = db.config();
  config.statement_timeout = 50ms;
  const auto session = db.connect(config);
  session->prepare_for_load({});
  const TableInfo info = session->describe(db.table("t"));
  session->begin();
  Stream stream{session->open_writer(info.name, info.columns), {info.columns[0].type}};
  for (int i = 0; i < 5; ++i) {
    stream.write({{i}});
    std::this_thread::sleep_for(30ms);
  }
  CHECK(stream.finish() == 5);
  session->commit();
  CHECK(db.count("t") == 5);
}

CONFORMANCE_TEST("the statement time-out counts waiting for a lock") {
  if (!db.quirks().lacks_statement_timeout.empty()) SKIP(db.quirks().lacks_statement_timeout);
  db.run({"CREATE TABLE t (a integer PRIMARY KEY)", "INSERT INTO t VALUES (1)"});
  ConnectionConfig config = db.config();
  config.statement_timeout = 50ms;
  const auto waiting = db.connect(config);
  Transaction holder(db.connection());
  db->execute("UPDATE t SET a = 2");
  const ErrorInfo error = error_of([&] { waiting->execute("UPDATE t SET a = 3"); });
  CHECK(error.code == ErrorCode::statement_timeout);
  CHECK(waiting->usable() == db.quirks().survives_cancel);
}

CONFORMANCE_TEST("a statement that waits for a lock can be cancelled") {
  if (!db.quirks().lacks_cancel.empty()) SKIP(db.quirks().lacks_cancel);
  db.run({"CREATE TABLE t (a integer PRIMARY KEY)", "INSERT INTO t VALUES (1)"});
  const auto waiting = db.connect();
  Transaction holder(db.connection());
  db->execute("UPDATE t SET a = 2");
  std::jthread canceller([&] {
    std::this_thread::sleep_for(100ms);
    waiting->cancel();
  });
  CHECK(error_of([&] { waiting->execute("UPDATE t SET a = 3"); }).code == ErrorCode::cancelled);
  canceller.join();
  CHECK(waiting->settle_cancel() == db.quirks().survives_cancel);
  holder.commit();
  CHECK((db.quirks().survives_cancel ? *waiting : db.connection()).execute("UPDATE t SET a = 3") == 1);
}

CONFORMANCE_TEST("a cancel that came too late is settled without harm") {
  if (!db.quirks().lacks_cancel.empty()) SKIP(db.quirks().lacks_cancel);
  const auto session = db.connect();
  CHECK(session->settle_cancel());
  for (int i = 0; i < 20; ++i) {
    session->cancel();
    CHECK(session->cancel_pending());
    REQUIRE(session->settle_cancel());
    CHECK_FALSE(session->cancel_pending());
    CHECK(session->query_value(db.select("1")).as<int>() == 1);
  }
}
