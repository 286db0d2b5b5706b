// The types of tables that --create makes of a file.

#include <catch2/catch_test_macros.hpp>

#include "products/derby/dialect.hpp"
#include "products/postgresql/dialect.hpp"
#include "products/sqlserver/dialect.hpp"

using namespace millrace;

TEST_CASE("a table that is made of a file has texts that can be keys, as far as they go") {
  const auto made = [](const Dialect& dialect, int longest) {
    SqlType text = SqlType::of(TypeKind::text);
    text.length = longest;
    return dialect.type_name(dialect.created_type(text));
  };
  const ansi::AnsiDialect standard;
  const derby::DerbyDialect derby;
  const db2::Db2Dialect db2;
  const sqlserver::SqlServerDialect server;
  for (const Dialect* dialect : {static_cast<const Dialect*>(&standard), static_cast<const Dialect*>(&derby), static_cast<const Dialect*>(&db2), static_cast<const Dialect*>(&server)}) {
    CAPTURE(dialect->name());
    CHECK(made(*dialect, 0) == "VARCHAR(255)");
    CHECK(made(*dialect, 127) == "VARCHAR(255)");
    CHECK(made(*dialect, 128) == "VARCHAR(2000)");
    CHECK(made(*dialect, 2'000) == "VARCHAR(4000)");
    CHECK(dialect->created_type(SqlType::decimal(18, 2)) == SqlType::decimal(18, 2));
  }
  CHECK(made(standard, 2'001) == "CLOB");
  CHECK(made(server, 4'000) == "VARCHAR(8000)");
  CHECK(made(server, 4'001) == "VARCHAR(MAX)");
  CHECK(made(derby, 16'336) == "VARCHAR(32672)");
  CHECK(made(derby, 16'337) == "CLOB");
  CHECK(made(db2, 16'336) == "VARCHAR(32672)");
  CHECK(made(db2, 16'337) == "CLOB(1G)");
  CHECK(made(postgresql::PostgresDialect(15), 16'337) == "text");
}
