#include <catch2/catch_test_macros.hpp>

#include "millrace/data/types.hpp"

using namespace millrace;

namespace {
void check_type(const char* text, const SqlType& expected) {
  INFO(text);
  const SqlType type = parse_type(text);
  CHECK(type == expected);
  CHECK(type.native == text);
}
}  // namespace

TEST_CASE("types are read as people and databases write them") {
  check_type("numeric(15, 2)", SqlType::decimal(15, 2));
  check_type("NUMERIC ( 15 ,2 ) ", SqlType::decimal(15, 2));
  check_type("decimal(5)", SqlType::decimal(5, 0));
  check_type("numeric", SqlType::decimal(0, 0));
  check_type("numeric(3,-2)", SqlType::decimal(3, -2));
  check_type("CHARACTER  VARYING(20)", SqlType::varchar(20));
  check_type("varchar", SqlType::varchar(0));
  check_type("char", SqlType::character(1));
  check_type("character(8)", SqlType::character(8));
  check_type("bpchar", SqlType::character(0));
  check_type("int4", SqlType::of(TypeKind::integer));
  check_type("INTEGER", SqlType::of(TypeKind::integer));
  check_type("int(11)", SqlType::of(TypeKind::integer));
  check_type("int2", SqlType::of(TypeKind::smallint));
  check_type(" bigint\t", SqlType::of(TypeKind::bigint));
  check_type("double\nprecision", SqlType::of(TypeKind::double_precision));
  check_type("float", SqlType::of(TypeKind::double_precision));
  check_type("float(24)", SqlType::of(TypeKind::real));
  check_type("float(25)", SqlType::of(TypeKind::double_precision));
  check_type("real", SqlType::of(TypeKind::real));
  check_type("timestamptz", SqlType::of(TypeKind::timestamp_tz));
  check_type("timestamp(3) with time zone", SqlType::of(TypeKind::timestamp_tz));
  check_type("timestamp (3) without time zone", SqlType::of(TypeKind::timestamp));
  check_type("time without time zone", SqlType::of(TypeKind::time));
  check_type("jsonb", SqlType::of(TypeKind::json));
  check_type("bytea", SqlType::of(TypeKind::binary));
  check_type("BLOB", SqlType::of(TypeKind::binary));
  check_type("uuid", SqlType::of(TypeKind::uuid));
  check_type("boolean", SqlType::of(TypeKind::boolean));
}

TEST_CASE("what is not known is `other` and keeps its spelling") {
  for (const char* text : {"inet", "integer[]", "varchar(20)[]", "time with time zone", "interval", "\"char\"", "varchar(", "varchar(x)",
                           "varchar(0)", "varchar(20 octets)", "numeric(1,2,3)", "numeric(0)", "", "char(10) for bit data"}) {
    check_type(text, SqlType::of(TypeKind::other));
  }
}

TEST_CASE("types print as messages want them") {
  CHECK(to_string(SqlType::decimal(15, 2)) == "decimal(15,2)");
  CHECK(to_string(SqlType::decimal(0, 0)) == "decimal");
  CHECK(to_string(SqlType::varchar(20)) == "varchar(20)");
  CHECK(to_string(SqlType::varchar(0)) == "varchar");
  CHECK(to_string(SqlType::of(TypeKind::timestamp_tz)) == "timestamp with time zone");
  CHECK(to_string(parse_type("inet")) == "inet");
}

TEST_CASE("a printed type reads back as itself") {
  for (int kind = 0; kind < static_cast<int>(TypeKind::other); ++kind) {
    SqlType type = SqlType::of(static_cast<TypeKind>(kind));
    if (type.kind == TypeKind::character) type.length = 3;  // plain char means char(1)
    INFO(to_string(type));
    CHECK(parse_type(to_string(type)) == type);
  }
}

TEST_CASE("decimals travel as int128 only when 38 digits hold them") {
  CHECK(layout_of(SqlType::decimal(38, 38)) == Layout::int128);
  CHECK(layout_of(SqlType::decimal(1, 0)) == Layout::int128);
  CHECK(layout_of(SqlType::decimal(39, 0)) == Layout::bytes);
  CHECK(layout_of(SqlType::decimal(0, 0)) == Layout::bytes);
  CHECK(layout_of(SqlType::decimal(3, 5)) == Layout::bytes);
  CHECK(layout_of(SqlType::decimal(3, -2)) == Layout::bytes);
}

TEST_CASE("a table finds its columns and its primary key") {
  TableInfo table;
  table.columns.push_back({.name = "a"});
  table.columns.push_back({.name = "B"});
  table.unique_keys.push_back({"u", {"a"}, false});
  CHECK(table.find("B") == &table.columns[1]);
  CHECK(table.find("b") == nullptr);
  CHECK(table.primary_key() == nullptr);
  table.unique_keys.push_back({"p", {"B"}, true});
  CHECK(table.primary_key()->name == "p");
  CHECK(to_string(TableName{"s", "t"}) == "s.t");
  CHECK(to_string(TableName{"", "t"}) == "t");
}
