// Errors carry the code that programs act on.

#include "conformance/database.hpp"

using namespace millrace;
using namespace millrace::conformance;

namespace {

ErrorInfo failure_of(Database& db, std::string_view sql, const Params& params = {}) {
  const ErrorInfo error = error_of([&] { db->execute(sql, params); });
  INFO(sql << ": " << error.message);
  CHECK(db->usable());
  CHECK_FALSE(error.poisons_connection);
  CHECK_FALSE(error.safe_to_retry);
  CHECK_FALSE(error.message.empty());
  CHECK(error.message.find('\n') == std::string::npos);
  CHECK(error.statement == sql);
  CHECK(error.backend == db.quirks().backend);
  CHECK(error.sqlstate.size() == 5);
  return error;
}

}  // namespace

CONFORMANCE_TEST("violations of constraints have codes of their own") {
  db.run({"CREATE TABLE parent (id integer PRIMARY KEY)",
          "CREATE TABLE t (a integer NOT NULL, b integer CONSTRAINT b_positive CHECK (b > 0), c integer CONSTRAINT c_once UNIQUE,\n"
          "  p integer CONSTRAINT to_parent REFERENCES parent (id))",
          "INSERT INTO t VALUES (1, 1, 1, NULL)"});
  CHECK(failure_of(db, "INSERT INTO t VALUES (1, 1, 1, NULL)").code == ErrorCode::unique_violation);
  CHECK(failure_of(db, "INSERT INTO parent VALUES (1), (1)").code == ErrorCode::unique_violation);
  CHECK(failure_of(db, "INSERT INTO t VALUES (NULL, 1, 2, NULL)").code == ErrorCode::not_null_violation);
  CHECK(failure_of(db, "UPDATE t SET a = NULL").code == ErrorCode::not_null_violation);
  CHECK(failure_of(db, "INSERT INTO t VALUES (1, -1, 2, NULL)").code == ErrorCode::check_violation);
  CHECK(failure_of(db, "INSERT INTO t VALUES (1, 1, 2, 99)").code == ErrorCode::foreign_key_violation);
  CHECK(db.count("t") == 1);
}

CONFORMANCE_TEST("a violation names its constraint or column") {
  db.run({"CREATE TABLE t (a integer NOT NULL, c integer CONSTRAINT c_once UNIQUE)", "INSERT INTO t VALUES (1, 1)"});
  const ErrorInfo unique = failure_of(db, "INSERT INTO t VALUES (1, 1)");
  if (db.quirks().names_constraints) CHECK(unique.constraint == db.name("c_once"));
  CHECK(failure_of(db, "INSERT INTO t VALUES (NULL, 2)").column == db.name("a"));
}

CONFORMANCE_TEST("statements that make no sense are told apart") {
  db.run({"CREATE TABLE t (a integer)"});
  CHECK(failure_of(db, "SELEC 1").code == ErrorCode::syntax);
  CHECK(failure_of(db, "SELECT * FROM t WHERE").code == ErrorCode::syntax);
  CHECK(failure_of(db, "SELECT * FROM no_such_table").code == ErrorCode::undefined_object);
  CHECK(failure_of(db, "SELECT no_such_column FROM t").code == ErrorCode::undefined_object);
  CHECK(failure_of(db, "DROP TABLE no_such_table").code == ErrorCode::undefined_object);
  CHECK(failure_of(db, "CREATE TABLE t (a integer)").code == ErrorCode::duplicate_object);
}

CONFORMANCE_TEST("values that are none of their column's type are refused where types are checked") {
  db.run({"CREATE TABLE t (i integer, d " + db.type(TypeKind::date) + ")"});
  if (!db.quirks().checks_types) SKIP("this database stores any value in any column");
  CHECK(failure_of(db, "INSERT INTO t (i) VALUES (?)", {"abc"}).code == ErrorCode::invalid_value);
  CHECK(failure_of(db, "INSERT INTO t (i) VALUES (?)", {std::int64_t{1} << 40}).code == ErrorCode::invalid_value);
  CHECK(failure_of(db, "INSERT INTO t (d) VALUES (?)", {"2023-02-30"}).code == ErrorCode::invalid_value);
}

CONFORMANCE_TEST("bound values are not in an error's statement") {
  db.run({"CREATE TABLE t (a " + db.type(SqlType::varchar(20)) + " UNIQUE)", "INSERT INTO t VALUES ('hunter')"});
  const ErrorInfo error = error_of([&] { db->execute("INSERT INTO t VALUES (?)", {"hunter"}); });
  CHECK(error.statement == "INSERT INTO t VALUES (?)");
}

CONFORMANCE_TEST("a long statement is shortened in its error") {
  const ErrorInfo error = error_of([&] { db->execute("SELECT '" + std::string(5000, 'x') + "' FROM no_such_table"); });
  CHECK(error.statement.size() < 250);
}

CONFORMANCE_TEST("a missing database object is described by name and with advice") {
  const ErrorInfo error = error_of([&] { db->describe({{}, "no_such_table"}); });
  CHECK(error.code == ErrorCode::undefined_object);
  CHECK(error.message.find("no_such_table") != std::string::npos);
}
