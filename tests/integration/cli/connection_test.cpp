#include "cli_support.hpp"

using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("ping tells product, version and round trip") {
  const Workplace place;
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"ping", kTo}, {"ping", "--to", kTo}}) {
    const Result result = place.run(arguments);
    CHECK(result.status == 0);
    CHECK_THAT(result.out, ContainsSubstring("SQLite 3.") && ContainsSubstring("round trip"));
  }
}

TEST_CASE("a database that can not be reached fails with status 1 and is not made") {
  const Workplace place;
  const Result result = place.run({"ping", "sqlite:absent.db"});
  CHECK(result.status == 1);
  CHECK_THAT(result.err, ContainsSubstring("absent.db"));
  CHECK_FALSE(place.has("absent.db"));
}

TEST_CASE("the database comes from the environment or from .env, the option wins") {
  const Workplace place;
  place.write(".env", "# settings\nOTHER=1\nexport DATABASE_URL='sqlite:x.db'  # here\n");
  CHECK(place.run({"ping"}).status == 0);
  CHECK(millrace::test::millrace(place, {"ping"}, "", {{"DATABASE_URL", "sqlite:absent.db"}}).status == 1);
  CHECK(millrace::test::millrace(place, {"ping", "--to", kTo}, "", {{"DATABASE_URL", "sqlite:absent.db"}}).status == 0);
  CHECK(place.run({"load", "a.csv", "--table", "t"}).status == 0);
}

TEST_CASE("without a database the command says where it looked") {
  const Workplace place;
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"ping"}, {"runs"}, {"load", "a.csv", "--table", "t"}}) {
    const Result result = place.run(arguments);
    CHECK(result.status == 64);
    CHECK_THAT(result.err, ContainsSubstring("--to is not given") && ContainsSubstring("DATABASE_URL") && ContainsSubstring(".env does not exist"));
  }
}

TEST_CASE("a .env file that can not be understood is wrong usage, and has no say beside --to") {
  const Workplace place;
  place.write(".env", "DATABASE_URL='sqlite:x.db\n");
  const Result result = place.run({"ping"});
  CHECK(result.status == 64);
  CHECK_THAT(result.err, ContainsSubstring("line 1 of the file .env has a quote that is not closed"));
  CHECK(place.run({"ping", "--to", kTo}).status == 0);
}

TEST_CASE("PG* variables alone name a database, and a refused connection tells no password") {
  const Workplace place;
  place.write(".env", "PGHOST=127.0.0.1\nPGPORT=1\nPGUSER=loader\nPGPASSWORD=hunter2\n");
  const Result result = place.run({"ping"});
  CHECK(result.status == 1);
  CHECK_THAT(result.err, ContainsSubstring("127.0.0.1") && ContainsSubstring("loader") && !ContainsSubstring("hunter"));
}

TEST_CASE("ddl prints the state tables as a script that can be run, and creates nothing") {
  const Workplace place;
  const Result result = place.run({"ddl", "--state", "--to", kTo});
  CHECK(result.status == 0);
  for (const char* table : {"millrace_run", "millrace_ledger", "millrace_reconciliation", "millrace_meta"}) CHECK_THAT(result.out, ContainsSubstring(table));
  CHECK(result.out.ends_with(";\n"));
  CHECK(place.rows("sqlite_master WHERE name LIKE 'millrace%'") == 0);
}
