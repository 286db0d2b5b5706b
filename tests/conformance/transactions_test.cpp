#include <stdexcept>

#include "conformance/database.hpp"

using namespace millrace;
using namespace millrace::conformance;

namespace {
void create(Database& db) { db.run({"CREATE TABLE t (a integer PRIMARY KEY)"}); }
}

CONFORMANCE_TEST("a statement outside a transaction is one of its own") {
  create(db);
  const auto other = db.connect();
  db->execute("INSERT INTO t VALUES (1)");
  CHECK_FALSE(db->in_transaction());
  CHECK(other->query_value("SELECT COUNT(*) FROM t").as<int>() == 1);
  CHECK(error_of([&] { db->execute("INSERT INTO t VALUES (2), (1)"); }).code == ErrorCode::unique_violation);
  CHECK(db.count("t") == 1);
}

CONFORMANCE_TEST("a commit shows everything, and nothing before it") {
  create(db);
  const auto other = db.connect();
  Transaction transaction(db.connection());
  db->execute("INSERT INTO t VALUES (1)");
  db->execute("INSERT INTO t VALUES (2)");
  CHECK(db.sees_only(*other, "t", 0));
  transaction.commit();
  CHECK(other->query_value("SELECT COUNT(*) FROM t").as<int>() == 2);
}

CONFORMANCE_TEST("leaving the scope rolls back, by exception too") {
  create(db);
  {
    Transaction transaction(db.connection());
    db->execute("INSERT INTO t VALUES (1)");
  }
  try {
    Transaction transaction(db.connection());
    db->execute("INSERT INTO t VALUES (1)");
    throw std::runtime_error("x");
  } catch (const std::runtime_error&) {
  }
  CHECK_FALSE(db->in_transaction());
  CHECK(db->usable());
  CHECK(db.count("t") == 0);
}

CONFORMANCE_TEST("DDL is rolled back with its transaction") {
  {
    Transaction transaction(db.connection());
    create(db);
    CHECK(db->table_exists(db.table("t")));
  }
  CHECK_FALSE(db->table_exists(db.table("t")));
}

CONFORMANCE_TEST("after an error a transaction either goes on or refuses to commit, never half of it") {
  create(db);
  Transaction transaction(db.connection());
  db->execute("INSERT INTO t VALUES (1)");
  CHECK(error_of([&] { db->execute("INSERT INTO t VALUES (2), (1)"); }).code == ErrorCode::unique_violation);
  CHECK(db->usable());
  if (db.quirks().error_aborts_transaction) {
    CHECK(error_of([&] { db->execute("INSERT INTO t VALUES (3)"); }).sqlstate == "25P02");
    CHECK_THROWS_AS(transaction.commit(), DatabaseError);
    CHECK_FALSE(db->in_transaction());
    CHECK(db.count("t") == 0);
  } else {
    db->execute("INSERT INTO t VALUES (3)");
    transaction.commit();
    CHECK(db.count("t") == 2);
  }
  CHECK(db->usable());
  { Transaction next(db.connection()); next.commit(); }
}

CONFORMANCE_TEST("the commit of an aborted transaction is an error") {
  create(db);
  Transaction transaction(db.connection());
  db->execute("INSERT INTO t VALUES (1)");
  CHECK_THROWS_AS(db->execute("this is no SQL"), DatabaseError);
  if (db.quirks().error_aborts_transaction) {
    const ErrorInfo error = error_of([&] { transaction.commit(); });
    CHECK_FALSE(error.safe_to_retry);
    CHECK_FALSE(error.poisons_connection);
    CHECK(db.count("t") == 0);
  } else {
    transaction.commit();
    CHECK(db.count("t") == 1);
  }
}

CONFORMANCE_TEST("a savepoint undoes what came behind it and keeps the rest") {
  create(db);
  Transaction transaction(db.connection());
  db->execute("INSERT INTO t VALUES (1)");
  {
    Savepoint dropped(db.connection(), "s");
    db->execute("INSERT INTO t VALUES (2)");
  }
  {
    Savepoint kept(db.connection(), "s");
    db->execute("INSERT INTO t VALUES (3)");
    kept.release();
  }
  {
    Savepoint outer(db.connection(), "Odd \"name\"; ?");
    db->execute("INSERT INTO t VALUES (4)");
    if (db.quirks().nested_savepoints) {
      Savepoint inner(db.connection(), "s");
      CHECK_THROWS_AS(db->execute("INSERT INTO t VALUES (1)"), DatabaseError);
    }
    db->execute("INSERT INTO t VALUES (5)");
    outer.release();
  }
  transaction.commit();
  CHECK(values_of(db->query("SELECT a FROM t ORDER BY a")) == std::vector<std::vector<Value>>{{1}, {3}, {4}, {5}});
}

CONFORMANCE_TEST("a savepoint mends a transaction that an error aborted") {
  create(db);
  Transaction transaction(db.connection());
  db->savepoint("a");
  db->execute("INSERT INTO t VALUES (1)");
  CHECK_THROWS_AS(db->execute("INSERT INTO t VALUES (1)"), DatabaseError);
  db->rollback_to("a");
  db->execute("INSERT INTO t VALUES (2)");
  db->rollback_to("a");  // it is still there
  db->execute("INSERT INTO t VALUES (3)");
  db->release("a");
  CHECK_THROWS_AS(db->release("a"), DatabaseError);
  transaction.rollback();
  CHECK(db.count("t") == 0);
}

CONFORMANCE_TEST("a read-only transaction refuses to write") {
  if (!db.quirks().lacks_read_only.empty()) SKIP(db.quirks().lacks_read_only);
  create(db);
  TransactionOptions options;
  options.read_only = true;
  {
    Transaction transaction(db.connection(), options);
    CHECK(db.count("t") == 0);
    CHECK(error_of([&] { db->execute("INSERT INTO t VALUES (1)"); }).code == ErrorCode::read_only);
  }
  db->execute("INSERT INTO t VALUES (1)");  // and the next one writes again
}

CONFORMANCE_TEST("a serializable transaction reads one snapshot") {
  create(db);
  const auto other = db.connect();
  TransactionOptions options;
  options.isolation = Isolation::serializable;
  options.read_only = db.quirks().lacks_read_only.empty();
  Transaction transaction(db.connection(), options);
  CHECK(db.count("t") == 0);
  const auto write = [&] { other->execute("INSERT INTO t VALUES (1)"); };
  if (db.quirks().readers_lock) CHECK(error_of(write).code == ErrorCode::lock_timeout);
  else if (db.quirks().writers_wait) write();
  CHECK(db.count("t") == 0);
}
