// What a session's user leaves behind, and that reset() takes it away.

#include <chrono>

#include "conformance/database.hpp"

using namespace millrace;
using namespace millrace::conformance;

CONFORMANCE_TEST("a reset takes every setting of the session back") {
  if (!db.quirks().lacks_session_reset.empty()) SKIP(db.quirks().lacks_session_reset);
  for (const Quirks::Setting& setting : db.quirks().settings) {
    const auto session = db.connect();
    session->reset();
    const Value fresh = session->query_value(setting.shown_by);
    session->query(setting.change);
    INFO(setting.change);
    const Value changed = session->query_value(setting.shown_by);
    CHECK(changed != fresh);
    session->reset();
    CHECK(session->query_value(setting.shown_by) == fresh);
  }
}

CONFORMANCE_TEST("one reset takes everything back at once") {
  if (!db.quirks().lacks_session_reset.empty()) SKIP(db.quirks().lacks_session_reset);
  const auto session = db.connect();
  session->reset();
  std::vector<Value> fresh;
  for (const Quirks::Setting& setting : db.quirks().settings) fresh.push_back(session->query_value(setting.shown_by));
  for (const Quirks::Setting& setting : db.quirks().settings) {
    try {
      session->query(setting.change);
    } catch (const DatabaseError&) {  // what one setting forbids the next one need not change
    }
  }
  session->reset();
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    INFO(db.quirks().settings[i].change);
    CHECK(session->query_value(db.quirks().settings[i].shown_by) == fresh[i]);
  }
  session->reset();  // and once more, with nothing to do
}

CONFORMANCE_TEST("a reset rolls the open transaction back") {
  db.run({"CREATE TABLE t (a integer)"});
  const auto session = db.connect();
  const std::string table = db.dialect().quote(db.describe("t").name);
  session->begin();
  session->execute("INSERT INTO " + table + " VALUES (1)");
  session->reset();
  CHECK_FALSE(session->in_transaction());
  if (db.quirks().begins_by_sql) session->execute("BEGIN");  // behind the session's back
  else session->begin();
  session->execute("INSERT INTO " + table + " VALUES (2)");
  session->reset();
  CHECK(db.count("t") == 0);
  Transaction next(*session);
  session->execute("INSERT INTO " + table + " VALUES (3)");
  next.commit();
  CHECK(db.count("t") == 1);
}

CONFORMANCE_TEST("a reset ends what a load asked of the session") {
  if (!db.quirks().lacks_statement_timeout.empty()) SKIP(db.quirks().lacks_statement_timeout);
  db.run({"CREATE TABLE t (a integer PRIMARY KEY)", "INSERT INTO t VALUES (1)"});
  ConnectionConfig config = db.config();
  config.statement_timeout = std::chrono::milliseconds(100);
  const auto session = db.connect(config);
  session->prepare_for_load({});
  session->reset();
  CHECK(error_of([&] { session->query(db.quirks().endless_query); }).code == ErrorCode::statement_timeout);
}

CONFORMANCE_TEST("a session knows whether it was touched since its last reset") {
  const auto session = db.connect();
  session->reset();
  CHECK_FALSE(session->touched());
  session->ping();
  { Transaction transaction(*session); }
  CHECK_FALSE(session->touched());
  session->query(db.select("1"));
  CHECK(session->touched());
  session->reset();
  CHECK_FALSE(session->touched());
}
