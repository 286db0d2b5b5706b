#include "db2/cli/diagnostics.hpp"

#include <catch2/catch_test_macros.hpp>

#include "common/cli/diagnostics.hpp"

using namespace millrace::db2::cli;

TEST_CASE("a message fits where it is read, and keeps its SQLSTATE at its end") {
  Diagnostics d;
  std::string text;
  while (text.size() < 3000) text += "\xC3\xA4";
  d.add("23505", -803, text);
  CHECK(d[0].text.size() <= SQL_MAX_MESSAGE_LENGTH);
  CHECK(d[0].text.size() >= SQL_MAX_MESSAGE_LENGTH - 1);
  CHECK(d[0].text.ends_with("\xC3\xA4 SQLSTATE=23505"));
  CHECK(d[0].text.starts_with("[Millrace][DRDA] \xC3\xA4"));
  d.add("42", 1, std::string("a\0b", 3));
  CHECK(d[1].state == "HY000");
  CHECK(millrace::cli_db2::plain_message(d[1].text) == "a b SQLSTATE=HY000");
}

TEST_CASE("texts are cut between characters") {
  CHECK(cut_text("a\xC3\xA4z", 4) == "a\xC3\xA4z");
  CHECK(cut_text("a\xC3\xA4z", 3) == "a\xC3\xA4");
  CHECK(cut_text("a\xC3\xA4z", 2) == "a");
  CHECK(cut_text("abc", 0).empty());
  char room[3] = "xx";
  CHECK_FALSE(put_text("a\xC3\xA4", room, sizeof room));
  CHECK(std::string(room) == "a");
  CHECK(put_text("ab", room, sizeof room));
  CHECK_FALSE(put_text("ab", nullptr, 0));
}
