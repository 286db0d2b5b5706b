#include "db2/cli/sql_text.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace millrace::db2::cli;

TEST_CASE("markers are counted outside of quotes and comments") {
  CHECK(look_at("INSERT INTO t VALUES (?, ?, ?)").markers == 3);
  CHECK(look_at("SELECT '?', \"a?b\", ? -- ?\n FROM t /* ? /* ? */ ? */ WHERE x = ?").markers == 2);
  CHECK(look_at("SELECT 'it''s ?' FROM t WHERE a = ?").markers == 1);
  CHECK(look_at("SELECT 'open ?").markers == 0);
  CHECK(look_at("SELECT 1 /* open ?").markers == 0);
  CHECK(look_at("--").markers == 0);
  CHECK(look_at("").markers == 0);
}

TEST_CASE("a statement's first word stands behind comments and parentheses") {
  CHECK(look_at("  select 1").first_word == "SELECT");
  CHECK(look_at("-- hello\n/* x */ ((Values 1").first_word == "VALUES");
  CHECK(look_at("").first_word.empty());
  CHECK(look_at("'x' select").first_word.empty());
  CHECK(may_be_query(look_at("WITH a AS (SELECT 1) SELECT * FROM a")));
  CHECK(may_be_query(look_at("CALL p()")));
  CHECK_FALSE(may_be_query(look_at("CREATE TABLE t (i INT)")));
  CHECK(changes_rows(look_at("MERGE INTO t")));
  CHECK_FALSE(changes_rows(look_at("CREATE TABLE t")));
}

TEST_CASE("a quoted text keeps its quotes") { CHECK(quoted("it's") == "'it''s'"); }
