#include "odbc/products.hpp"

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/error.hpp"

using namespace millrace;
using namespace millrace::cli_odbc;
using namespace std::chrono_literals;

namespace {

using Statements = Product::Statements;

std::unique_ptr<Product> postgresql(const char* version = "15.0.4") { return product_of("PostgreSQL", version); }
std::unique_ptr<Product> sqlite() { return product_of("SQLite", "3.40.1"); }
std::unique_ptr<Product> other() { return product_of("Acme DB", "1.0"); }

/// As a session does: the message is the record's until the product has looked at it.
ErrorInfo interpreted(const Product& product, const Diagnostic& record) {
  ErrorInfo info;
  info.message = record.message;
  info.sqlstate = record.sqlstate;
  info.native_code = record.native;
  product.interpret(record, info);
  return info;
}

SqlType type_of(const Product& product, SQLSMALLINT sql_type, SQLULEN size, SQLSMALLINT scale, std::string type_name) {
  return product.result_type({"c", sql_type, size, scale, std::move(type_name)});
}

template <class F> ErrorCode code_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::unknown;
}

PublishSpec merge_spec() {
  PublishSpec spec;
  spec.target.name = {"app", "t"};
  spec.target.columns.resize(2);
  spec.target.columns[0].name = "id";
  spec.target.columns[1].name = "v";
  spec.target.unique_keys = {{"t_pkey", {"id"}, true}};
  spec.staged = {{"app", "s"}, {}, "src_row"};
  spec.columns = {"id", "v"};
  spec.key = {"id"};
  return spec;
}

}  // namespace

TEST_CASE("a product is known by what its driver calls it") {
  const struct { const char* product; const char* dialect; } cases[] = {
      {"PostgreSQL", "postgresql"}, {"SQLite", "sqlite3"}, {"DB2/LINUXX8664", "db2"}, {"DB2/NT64", "db2"}, {"DB2", "db2"},
      {"Microsoft SQL Server", "sqlserver"}, {"Oracle", "ansi"}, {"Acme DB", "ansi"}, {"", "ansi"},
  };
  for (const auto& [product, dialect] : cases) {
    INFO(product);
    CHECK(product_of(product, "11.05.0800")->dialect()->name() == dialect);
  }
}

TEST_CASE("every dialect behind ODBC has question marks, and so have its copies") {
  for (const char* name : {"PostgreSQL", "SQLite", "DB2/LINUXX8664", "Microsoft SQL Server", "Acme DB"}) {
    const auto dialect = product_of(name, "1")->dialect();
    CHECK(dialect->placeholder(2) == "?");
    CHECK(dialect->clone()->placeholder(2) == "?");
    CHECK(dialect->clone()->name() == dialect->name());
  }
}

TEST_CASE("PostgreSQL's release decides how it merges") {
  const auto merge = [](const char* version) { return postgresql(version)->dialect()->merge(merge_spec()).at(0).sql; };
  for (const char* version : {"15.0.4", "16.2", "015.0.4", "v17"}) CHECK(merge(version).starts_with("MERGE INTO"));
  for (const char* version : {"14.0.11", "14"}) CHECK(merge(version).starts_with("INSERT INTO"));
}

TEST_CASE("SQLite behind ODBC does without functions of our own") {
  CHECK(sqlite()->dialect()->sum_expression("a", SqlType::decimal(15, 2)).empty());
  CHECK(sqlite()->dialect()->now_expression().find("millrace_now") == std::string::npos);
}

TEST_CASE("a product is pinged with a query that it understands") {
  CHECK(postgresql()->ping() == "SELECT 1");
  CHECK(sqlite()->ping() == "SELECT 1");
  CHECK(product_of("Microsoft SQL Server", "16")->ping() == "SELECT 1");
  CHECK(product_of("DB2/LINUXX8664", "11.05")->ping() == "SELECT 1 FROM SYSIBM.SYSDUMMY1");
  CHECK(other()->ping().empty());
}

TEST_CASE("PostgreSQL's constraint is read from psqlODBC's message, and its noise cut off") {
  const std::string said = "duplicate key value violates unique constraint \"t_pkey\"";
  const ErrorInfo info = interpreted(*postgresql(), {"23505", 1, "ERROR: " + said + " DETAIL: Key (id)=(1) already exists.; Error while executing the query", 0});
  CHECK(info.code == ErrorCode::unique_violation);
  CHECK(info.constraint == "t_pkey");
  CHECK(info.column.empty());
  CHECK(info.message == said + " (Key (id)=(1) already exists.)");
  CHECK(info.detail == "Key (id)=(1) already exists.");
  CHECK(info.sqlstate == "23505");
  CHECK(info.native_code == 1);
}

TEST_CASE("PostgreSQL's column is read where a NULL was refused, and only there") {
  const auto server = postgresql();
  const std::string refused = "ERROR: null value in column \"a\" of relation \"t\" violates not-null constraint";
  const ErrorInfo null = interpreted(*server, {"23502", 1, refused + " DETAIL: Failing row contains (null).", 0});
  CHECK(null.code == ErrorCode::not_null_violation);
  CHECK(null.column == "a");
  CHECK(null.constraint.empty());
  const ErrorInfo check = interpreted(*server, {"23514", 1, "ERROR: new row for relation \"t\" violates check constraint \"positive\"", 0});
  CHECK(check.code == ErrorCode::check_violation);
  CHECK(check.constraint == "positive");
  CHECK(check.column.empty());
  const ErrorInfo key = interpreted(*server, {"23503", 1, "ERROR: insert or update on table \"c\" violates foreign key constraint \"c_fk\"", 0});
  CHECK(key.code == ErrorCode::foreign_key_violation);
  CHECK(key.constraint == "c_fk");
  const ErrorInfo name = interpreted(*server, {"42703", 1, "ERROR: column \"b\" of relation \"t\" does not exist", 0});
  CHECK(name.code == ErrorCode::undefined_object);
  CHECK(name.column.empty());
}

TEST_CASE("psqlODBC's words about preparing are cut off too") {
  CHECK(interpreted(*postgresql(), {"42P01", 1, "ERROR: relation \"t\" does not exist; Error while preparing parameters", 0}).message == "relation \"t\" does not exist");
  CHECK(interpreted(*postgresql(), {"HY000", 1, "something else; Error in another place", 0}).message == "something else; Error in another place");
}

TEST_CASE("PostgreSQL's SQLSTATEs go before ODBC's, and ODBC's own are still known") {
  const auto server = postgresql();
  CHECK(interpreted(*server, {"40P01", 1, "ERROR: deadlock detected", 0}).code == ErrorCode::deadlock);
  CHECK(interpreted(*server, {"40P01", 1, "ERROR: deadlock detected", 0}).safe_to_retry);
  CHECK(interpreted(*server, {"57P01", 1, "FATAL: terminating connection due to administrator command", 0}).poisons_connection);
  CHECK(interpreted(*server, {"08S01", 35, "could not send query to backend", 0}).code == ErrorCode::connection_lost);
  CHECK(interpreted(*server, {"08S01", 35, "could not send query to backend", 0}).poisons_connection);
  CHECK(interpreted(*server, {"HY000", 1, "general error", 0}).code == ErrorCode::internal);
  CHECK(interpreted(*server, {"HYT00", 1, "time-out", 0}).code == ErrorCode::statement_timeout);
  CHECK(interpreted(*server, {"07002", 1, "too few parameters", 0}).code == ErrorCode::misuse);
  CHECK(interpreted(*server, {"99999", 1, "?", 0}).code == ErrorCode::unknown);
}

TEST_CASE("PostgreSQL's end of a statement is a time-out or a cancel by its words") {
  CHECK(interpreted(*postgresql(), {"57014", 1, "ERROR: canceling statement due to statement timeout", 0}).code == ErrorCode::statement_timeout);
  CHECK(interpreted(*postgresql(), {"57014", 1, "ERROR: canceling statement due to user request", 0}).code == ErrorCode::cancelled);
}

TEST_CASE("SQLite's message says what its one SQLSTATE does not") {
  const ErrorInfo info = interpreted(*sqlite(), {"HY000", 19, "UNIQUE constraint failed: t.a, t.b (19)", 0});
  CHECK(info.code == ErrorCode::unique_violation);
  CHECK(info.sqlstate == "23505");
  CHECK(info.message == "UNIQUE constraint failed: t.a, t.b");
  CHECK(info.constraint == "t.a, t.b");
  const ErrorInfo null = interpreted(*sqlite(), {"HY000", 19, "NOT NULL constraint failed: t.a (19)", 0});
  CHECK(null.code == ErrorCode::not_null_violation);
  CHECK(null.column == "a");
  CHECK(null.constraint.empty());
  CHECK(interpreted(*sqlite(), {"HY000", 19, "CHECK constraint failed: positive (19)", 0}).constraint == "positive");
}

TEST_CASE("only SQLite's own result code is cut off its message") {
  CHECK(interpreted(*sqlite(), {"HY000", 1, "no such table: t (1)", 0}).message == "no such table: t");
  CHECK(interpreted(*sqlite(), {"HY000", 1, "no such function: f (2)", 0}).message == "no such function: f (2)");
  CHECK(interpreted(*sqlite(), {"HY000", 1, "(1)", 0}).message == "(1)");
}

TEST_CASE("a lock of SQLite's is known by its result code where the driver has no words for it") {
  const ErrorInfo info = interpreted(*sqlite(), {"HY000", 5, "not an error (5)", 0});
  CHECK(info.code == ErrorCode::lock_timeout);
  CHECK(info.sqlstate == "55P03");
  CHECK(info.safe_to_retry);
  CHECK_FALSE(info.poisons_connection);
}

TEST_CASE("SQLite's driver has SQLSTATEs of ODBC's as well, and errors that nobody knows") {
  CHECK(interpreted(*sqlite(), {"08003", 21, "connection closed", 0}).code == ErrorCode::connection_lost);
  CHECK(interpreted(*sqlite(), {"08003", 21, "connection closed", 0}).sqlstate == "08003");
  const ErrorInfo unknown = interpreted(*sqlite(), {"HY000", 1, "a trigger's own words (1)", 0});
  CHECK(unknown.code == ErrorCode::unknown);
  CHECK(unknown.sqlstate == "HY000");
  CHECK(unknown.message == "a trigger's own words");
}

TEST_CASE("of a product that is not known ODBC's SQLSTATE is all there is") {
  for (const char* name : {"DB2/LINUXX8664", "Microsoft SQL Server", "Acme DB"}) {
    const ErrorInfo info = interpreted(*product_of(name, "1"), {"40001", -911, "SQL0911N The current transaction has been rolled back because of a deadlock", 0});
    CHECK(info.code == ErrorCode::serialization);
    CHECK(info.safe_to_retry);
    CHECK(info.message.starts_with("SQL0911N"));
    CHECK(interpreted(*product_of(name, "1"), {"08S01", 0, "communication link failure", 0}).poisons_connection);
  }
}

TEST_CASE("the columns of a product that is not known have the types of their codes") {
  const auto product = other();
  const struct { SQLSMALLINT code; TypeKind kind; } cases[] = {
      {SQL_BIT, TypeKind::boolean}, {SQL_TINYINT, TypeKind::smallint}, {SQL_SMALLINT, TypeKind::smallint}, {SQL_INTEGER, TypeKind::integer},
      {SQL_BIGINT, TypeKind::bigint}, {SQL_REAL, TypeKind::real}, {SQL_FLOAT, TypeKind::double_precision}, {SQL_DOUBLE, TypeKind::double_precision},
      {SQL_NUMERIC, TypeKind::decimal}, {SQL_DECIMAL, TypeKind::decimal}, {SQL_CHAR, TypeKind::character}, {SQL_WCHAR, TypeKind::character},
      {SQL_VARCHAR, TypeKind::varchar}, {SQL_WVARCHAR, TypeKind::varchar}, {SQL_LONGVARCHAR, TypeKind::text}, {SQL_WLONGVARCHAR, TypeKind::text},
      {SQL_BINARY, TypeKind::binary}, {SQL_VARBINARY, TypeKind::binary}, {SQL_LONGVARBINARY, TypeKind::binary}, {SQL_TYPE_DATE, TypeKind::date},
      {SQL_TYPE_TIME, TypeKind::time}, {SQL_TYPE_TIMESTAMP, TypeKind::timestamp}, {SQL_GUID, TypeKind::uuid}, {-370, TypeKind::other},
  };
  for (const auto& [code, kind] : cases) {
    INFO(code);
    const SqlType type = type_of(*product, code, 10, 2, "NATIVE");
    CHECK(to_string(type.kind) == to_string(kind));
    CHECK(type.native == "NATIVE");
  }
}

TEST_CASE("sizes are taken where a type has one") {
  const auto product = other();
  CHECK(type_of(*product, SQL_DECIMAL, 15, 2, "DECIMAL") == SqlType::decimal(15, 2));
  CHECK(type_of(*product, SQL_NUMERIC, 0, 0, "NUMERIC") == SqlType::of(TypeKind::decimal));
  CHECK(type_of(*product, SQL_VARCHAR, 20, 0, "VARCHAR") == SqlType::varchar(20));
  CHECK(type_of(*product, SQL_CHAR, 3, 0, "CHAR") == SqlType::character(3));
  CHECK(type_of(*product, SQL_VARCHAR, 0, 0, "VARCHAR").length == 0);
  CHECK(type_of(*product, SQL_VARCHAR, SQLULEN{1} << 40, 0, "VARCHAR").length > 0);   // no overflow
  CHECK(type_of(*product, SQL_INTEGER, 10, 0, "INTEGER") == SqlType::of(TypeKind::integer));
}

TEST_CASE("PostgreSQL's columns have the types of their names") {
  const auto server = postgresql();
  CHECK(type_of(*server, SQL_BIGINT, 19, 0, "int8").kind == TypeKind::bigint);
  CHECK(type_of(*server, SQL_TYPE_TIMESTAMP, 26, 6, "timestamptz").kind == TypeKind::timestamp_tz);
  CHECK(type_of(*server, SQL_TYPE_TIMESTAMP, 26, 6, "timestamp").kind == TypeKind::timestamp);
  CHECK(type_of(*server, SQL_CHAR, 5, 0, "bool").kind == TypeKind::boolean);
  CHECK(type_of(*server, SQL_GUID, 37, 0, "uuid").kind == TypeKind::uuid);
  CHECK(type_of(*server, SQL_LONGVARCHAR, 8190, 0, "jsonb").kind == TypeKind::json);
  CHECK(type_of(*server, SQL_LONGVARBINARY, 0, 0, "bytea").kind == TypeKind::binary);
  CHECK(type_of(*server, SQL_VARCHAR, 255, 0, "inet").kind == TypeKind::other);
  const SqlType unknown = type_of(*server, SQL_LONGVARCHAR, 8190, 0, "unknown");
  CHECK(unknown.kind == TypeKind::other);
  CHECK(unknown.native.empty());    // no table has a column of it
}

TEST_CASE("what psqlODBC says of types without parameters is not taken for theirs") {
  const auto server = postgresql();
  CHECK(type_of(*server, SQL_NUMERIC, 15, 2, "numeric") == SqlType::decimal(15, 2));
  CHECK(type_of(*server, SQL_NUMERIC, 28, 6, "numeric") == SqlType::of(TypeKind::decimal));
  CHECK(type_of(*server, SQL_VARCHAR, 20, 0, "varchar") == SqlType::varchar(20));
  CHECK(type_of(*server, SQL_VARCHAR, 255, 0, "varchar") == SqlType::varchar(0));
  CHECK(type_of(*server, SQL_CHAR, 3, 0, "bpchar") == SqlType::character(3));
  CHECK(type_of(*server, SQL_LONGVARCHAR, 8190, 0, "text") == SqlType::of(TypeKind::text));
}

TEST_CASE("SQLite's columns have the types of their declarations") {
  const auto file = sqlite();
  CHECK(type_of(*file, SQL_INTEGER, 10, 0, "INTEGER").kind == TypeKind::bigint);
  CHECK(type_of(*file, SQL_DOUBLE, 15, 0, "REAL").kind == TypeKind::double_precision);
  CHECK(type_of(*file, SQL_VARCHAR, 255, 0, "DECIMAL_TEXT").kind == TypeKind::decimal);
  CHECK(type_of(*file, SQL_VARCHAR, 255, 0, "VARCHAR") == SqlType::varchar(0));
  CHECK(type_of(*file, SQL_VARCHAR, 20, 0, "VARCHAR(20)") == SqlType::varchar(0));
  CHECK(type_of(*file, SQL_VARCHAR, 255, 0, "").kind == TypeKind::text);
}

TEST_CASE("a transaction is begun in each product's words") {
  TransactionOptions options;
  CHECK(other()->begin(options).empty());
  CHECK_FALSE(other()->begins_by_statement());
  CHECK(sqlite()->begin(options) == Statements{"BEGIN IMMEDIATE"});
  CHECK(sqlite()->begins_by_statement());
  options.isolation = Isolation::repeatable_read;
  CHECK(other()->begin(options) == Statements{"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"});
  options.read_only = true;
  options.statement_timeout = 1500ms;
  CHECK(postgresql()->begin(options) ==
        Statements{"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SET TRANSACTION READ ONLY", "SET LOCAL statement_timeout = 1500"});
}

TEST_CASE("a transaction of SQLite's that only reads keeps nobody off, and is put back behind it") {
  TransactionOptions options;
  CHECK(sqlite()->after(options).empty());
  options.read_only = true;
  CHECK(sqlite()->begin(options) == Statements{"BEGIN", "PRAGMA query_only = ON"});
  CHECK(sqlite()->after(options) == Statements{"PRAGMA query_only = OFF"});
}

TEST_CASE("what a product can not do is refused as unsupported") {
  TransactionOptions options;
  options.read_only = true;
  CHECK(code_of([&] { other()->begin(options); }) == ErrorCode::unsupported);
  CHECK(code_of([&] { other()->statement_timeout(1s); }) == ErrorCode::unsupported);
  CHECK(code_of([&] { sqlite()->statement_timeout(1s); }) == ErrorCode::unsupported);
  CHECK(code_of([&] { other()->truncate(*other()->dialect(), {"APP", "T"}, true); }) == ErrorCode::unsupported);
  CHECK(other()->statement_timeout(0ms).empty());   // none is what it has
  CHECK(sqlite()->statement_timeout(0ms).empty());
}

TEST_CASE("a configured statement time-out is part of a session, or refused") {
  ConnectionConfig config;
  config.statement_timeout = 1500ms;
  CHECK(postgresql()->baseline(config).at(0).find("statement_timeout TO 1500") != std::string::npos);
  CHECK(code_of([&] { other()->baseline(config); }) == ErrorCode::unsupported);
  CHECK(code_of([&] { sqlite()->baseline(config); }) == ErrorCode::unsupported);
}

TEST_CASE("a table is emptied in each product's words") {
  CHECK(postgresql()->truncate(*postgresql()->dialect(), {"app", "t"}, true) == Statements{R"(TRUNCATE "app"."t" CASCADE)"});
  CHECK(postgresql()->truncates_cascading());
  CHECK(other()->truncate(*other()->dialect(), {"APP", "T"}, false) == Statements{R"(DELETE FROM "APP"."T")"});
  CHECK_FALSE(other()->truncates_cascading());
}
