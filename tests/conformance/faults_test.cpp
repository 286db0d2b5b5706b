// What a fault driver makes of each backend: the faults look the same, and the database is as it would be after the real ones.

#include "conformance/database.hpp"

using namespace millrace;
using namespace millrace::conformance;
using namespace millrace::testing;

namespace {

struct Faulty {
  explicit Faulty(Database& db) : connection(db.connect_through(plan)) {}
  Connection* operator->() const { return connection.get(); }

  std::shared_ptr<FaultPlan> plan = std::make_shared<FaultPlan>();
  std::unique_ptr<Connection> connection;
};

void make_table(Database& db) { db.run({"CREATE TABLE t (a integer PRIMARY KEY)", "INSERT INTO t VALUES (1)"}); }

}  // namespace

CONFORMANCE_TEST("a chosen error takes the place of the statement, and the session lives on") {
  make_table(db);
  const Faulty faulty(db);
  faulty.plan->add(Fault::error(FaultCall::statement, ErrorCode::deadlock).on("INSERT"));
  {
    Transaction transaction(*faulty.connection);
    const ErrorInfo error = error_of([&] { faulty->execute("INSERT INTO t VALUES (2)"); });
    CHECK(error.code == ErrorCode::deadlock);
    CHECK(error.safe_to_retry);
  }
  CHECK(faulty->usable());
  faulty->execute("INSERT INTO t VALUES (3)");
  CHECK(db.count("t") == 2);
}

CONFORMANCE_TEST("a dropped session is gone from the database, with its transaction and its locks") {
  make_table(db);
  const Faulty faulty(db);
  faulty.plan->add(Fault::drop(FaultCall::statement).on("SELECT"));
  faulty->begin();
  faulty->execute("UPDATE t SET a = 2");
  CHECK(error_of([&] { faulty->query("SELECT a FROM t"); }).code == ErrorCode::connection_lost);
  CHECK(faulty->lost());
  CHECK(error_of([&] { faulty->query("SELECT a FROM t"); }).poisons_connection);
  CHECK(db->query_value("SELECT a FROM t").as<int>() == 1);
  db->prepare_for_load(LoadSession{std::chrono::milliseconds(50)});
  CHECK(db->execute("UPDATE t SET a = 3") == 1);
}

CONFORMANCE_TEST("a commit that was dropped before it was sent had no effect") {
  make_table(db);
  const Faulty faulty(db);
  faulty.plan->add(Fault::drop(FaultCall::commit));
  faulty->begin();
  faulty->execute("INSERT INTO t VALUES (2)");
  const ErrorInfo error = error_of([&] { faulty->commit(); });
  CHECK(error.code == ErrorCode::connection_lost);
  CHECK(error.safe_to_retry);
  CHECK(db.count("t") == 1);
}

CONFORMANCE_TEST("a commit whose answer was dropped is in doubt, and done") {
  make_table(db);
  const Faulty faulty(db);
  faulty.plan->add(Fault::drop_after(FaultCall::commit));
  faulty->begin();
  faulty->execute("INSERT INTO t VALUES (2)");
  CHECK_THROWS_AS(faulty->commit(), InDoubtError);
  CHECK(db.count("t") == 2);
}

CONFORMANCE_TEST("a failed commit rolls back, and the session can be used again") {
  make_table(db);
  const Faulty faulty(db);
  faulty.plan->add(Fault::error(FaultCall::commit, ErrorCode::serialization));
  faulty->begin();
  faulty->execute("INSERT INTO t VALUES (2)");
  CHECK(error_of([&] { faulty->commit(); }).code == ErrorCode::serialization);
  CHECK(db.count("t") == 1);
  faulty->begin();
  faulty->execute("INSERT INTO t VALUES (2)");
  faulty->commit();
  CHECK(db.count("t") == 2);
}

CONFORMANCE_TEST("a stream that fails while it is written leaves nothing behind") {
  make_table(db);
  const Faulty faulty(db);
  const TableInfo info = db.describe("t");
  const auto write = [&] {
    Stream stream{faulty->open_writer(info.name, info.columns), {info.columns.front().type}};
    stream.write({{Value(2)}});
    stream.write({{Value(3)}});
    stream.finish();
  };
  SECTION("with an error") {
    faulty.plan->add(Fault::error(FaultCall::write, ErrorCode::disk_full).nth(2));
    {
      Transaction transaction(*faulty.connection);
      CHECK(error_of(write).code == ErrorCode::disk_full);
    }
    CHECK(faulty->usable());
    CHECK(db.count("t") == 1);
    Transaction transaction(*faulty.connection);
    write();
    transaction.commit();
    CHECK(db.count("t") == 3);
  }
  SECTION("with the end of the session") {
    faulty.plan->add(Fault::drop(FaultCall::finish));
    Transaction transaction(*faulty.connection);
    CHECK(error_of(write).code == ErrorCode::connection_lost);
    CHECK(faulty->lost());
    CHECK(db.count("t") == 1);
  }
}

CONFORMANCE_TEST("a reader that fails ends, and the session goes on or is lost") {
  make_table(db);
  const Faulty faulty(db);
  RecordBatch rows;
  faulty.plan->add(Fault::error(FaultCall::next, ErrorCode::cancelled));
  CHECK(error_of([&] { faulty->open_reader("SELECT a FROM t")->next(rows); }).code == ErrorCode::cancelled);
  CHECK(faulty->query_value("SELECT a FROM t").as<int>() == 1);
  faulty.plan->add(Fault::drop(FaultCall::next));
  CHECK(error_of([&] { faulty->open_reader("SELECT a FROM t")->next(rows); }).code == ErrorCode::connection_lost);
  CHECK(faulty->lost());
}
