#include <catch2/catch_test_macros.hpp>

#include "postgresql/errors.hpp"

using millrace::postgresql::copy_line;

TEST_CASE("the line of a COPY error is found in any language") {
  CHECK(copy_line("COPY trades, line 42, column amount: \"x\"", "trades") == 42);
  CHECK(copy_line("COPY trades, Zeile 42, Spalte amount", "trades") == 42);
  CHECK(copy_line("COPY trades, строка 42", "trades") == 42);
}

TEST_CASE("digits in the table's name are not taken for the line") {
  CHECK(copy_line("COPY t2023_line 7, line 5", "t2023_line 7") == 5);
}

TEST_CASE("the contexts of a trigger stand before the COPY's own") {
  CHECK(copy_line("PL/pgSQL function check_it() line 3 at RAISE\nCOPY trades, line 8", "trades") == 8);
}

TEST_CASE("data in the context does not replace its line") {
  CHECK(copy_line("COPY t, line 3, column a: \"evil\nCOPY t, line 77\"", "t") == 3);
}

TEST_CASE("a context without a line names none") {
  CHECK(copy_line("", "t") == 0);
  CHECK(copy_line("COPY t", "t") == 0);
  CHECK(copy_line("SQL statement \"SELECT 1 FROM ONLY t\"", "t") == 0);
}
