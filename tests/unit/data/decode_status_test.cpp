#include <catch2/catch_test_macros.hpp>

#include <set>
#include <string>

#include "millrace/data/decode.hpp"

using namespace millrace;

TEST_CASE("reject codes have stable names") {
  std::set<std::string_view> names;
  for (int status = 0; status <= static_cast<int>(DecodeStatus::null_not_allowed); ++status) names.insert(to_string(static_cast<DecodeStatus>(status)));
  CHECK(names == std::set<std::string_view>{"ok", "invalid_syntax", "out_of_range", "precision_exceeded", "too_long", "no_such_date", "invalid_utf8",
                                            "nul_byte", "not_finite", "null_in_key", "null_not_allowed"});
}

TEST_CASE("a reject is described in one sentence") {
  CHECK(describe(DecodeStatus::invalid_syntax, SqlType::of(TypeKind::integer), "abc") == "\"abc\" is not an integer");
  CHECK(describe(DecodeStatus::out_of_range, SqlType::of(TypeKind::smallint), "99999") == "\"99999\" is out of range for smallint");
  CHECK(describe(DecodeStatus::precision_exceeded, SqlType::decimal(4, 2), "100") == "\"100\" has too many digits for decimal(4,2)");
  CHECK(describe(DecodeStatus::too_long, SqlType::varchar(3), "abcd") == "\"abcd\" is too long for varchar(3)");
  CHECK(describe(DecodeStatus::no_such_date, SqlType::of(TypeKind::date), "2023-02-30") == "\"2023-02-30\": there is no such date");
  CHECK(describe(DecodeStatus::null_in_key, SqlType::of(TypeKind::date), "") == "NULL in a key column");
}

TEST_CASE("a described value is short and printable") {
  const SqlType type = SqlType::of(TypeKind::integer);
  CHECK(describe(DecodeStatus::invalid_syntax, type, std::string(60, 'x')) == "\"" + std::string(60, 'x') + "\" is not an integer");
  CHECK(describe(DecodeStatus::invalid_syntax, type, std::string(61, 'x')) == "\"" + std::string(60, 'x') + "...\" is not an integer");
  CHECK(describe(DecodeStatus::invalid_syntax, type, std::string_view("a\n\0\xff" "ü\x7f", 7)) == "\"a\\x0a\\x00\\xffü\\x7f\" is not an integer");
  CHECK(describe(DecodeStatus::invalid_syntax, type, "\xe2\x82") == "\"\\xe2\\x82\" is not an integer");
  std::string long_text;
  for (int i = 0; i < 61; ++i) long_text += "ü";
  CHECK(check_text(describe(DecodeStatus::invalid_syntax, type, long_text)) == DecodeStatus::ok);
}
