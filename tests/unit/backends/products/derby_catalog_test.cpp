#include "products/derby/catalog.hpp"

#include "unit/backends/products/fake_ask.hpp"

using namespace millrace;
using millrace::derby::catalog_type;
using millrace::derby::describe_table;
using millrace::testing_specs::FakeAsk;

TEST_CASE("a table's description is read from Derby's catalog") {
  FakeAsk fake;
  fake.answer("CURRENT SCHEMA", {{"MILLRACE   "}});
  fake.answer("SYS.SYSTABLES t JOIN SYS.SYSSCHEMAS s", {{"id-1", "MILLRACE", "T"}});
  fake.answer("SYS.SYSCOLUMNS", {{"K", "1", "BIGINT NOT NULL", "GENERATED_BY_DEFAULT", "1"},
                                 {"A", "3", "DECIMAL(15,2)", "1", "0"},
                                 {"N", "4", "INTEGER", "GENERATED ALWAYS AS ( \"K\"+1 )", "0"},
                                 {"I", "5", "BIGINT NOT NULL", "", "1"},
                                 {"S", "6", "VARCHAR(40)", "'GENERATED_BY_DEFAULT'", "0"}});
  fake.answer("SYS.SYSCONGLOMERATES", {{"A_U", "U", "UNIQUE WITH DUPLICATE NULLS BTREE (3 DESC, 6)"}, {"GONE", "", "UNIQUE BTREE (2)"}, {"PLAIN", "", "BTREE (3)"}, {"ZPK", "P", "UNIQUE BTREE (1)"}});
  fake.answer("SYS.SYSFOREIGNKEYS", {{"FK", "OTHER", "CHILD"}});
  const auto info = describe_table(fake.ask(), {"", "T"});
  REQUIRE(info);
  CHECK(info->name == TableName{"MILLRACE", "T"});
  REQUIRE(info->columns.size() == 5);
  const ColumnInfo& key = info->columns[0];
  CHECK(key.type == SqlType::of(TypeKind::bigint));
  CHECK_FALSE(key.nullable);
  CHECK(key.identity == Identity::by_default);
  CHECK_FALSE(key.generated);
  CHECK_FALSE(key.has_default);
  const ColumnInfo& amount = info->columns[1];
  CHECK(amount.type == SqlType::decimal(15, 2));
  CHECK(amount.nullable);
  CHECK(amount.has_default);
  CHECK(info->columns[2].generated);
  CHECK_FALSE(info->columns[2].has_default);
  CHECK(info->columns[3].identity == Identity::always);
  CHECK(info->columns[3].generated);   // nobody can write it
  CHECK(info->columns[4].has_default);
  CHECK(info->columns[4].identity == Identity::none);
  REQUIRE(info->unique_keys.size() == 2);   // the key over a column that is not there is left out
  CHECK(info->unique_keys[0].name == "ZPK");
  CHECK(info->unique_keys[0].primary);
  CHECK(info->unique_keys[0].columns == std::vector<std::string>{"K"});
  CHECK(info->unique_keys[1].columns == std::vector<std::string>{"A", "S"});
  REQUIRE(info->referenced_by.size() == 1);
  CHECK(info->referenced_by[0].name == "FK");
  CHECK(info->referenced_by[0].table == TableName{"OTHER", "CHILD"});
  CHECK(fake.asked.at(1).texts == std::vector<std::string>{"T", "MILLRACE"});
}

TEST_CASE("a table that Derby does not have is none") {
  FakeAsk fake;
  CHECK_FALSE(describe_table(fake.ask(), {"APP", "T"}));
  REQUIRE(fake.asked.size() == 1);   // the schema is known
  CHECK(fake.asked[0].texts == std::vector<std::string>{"T", "APP"});
}

TEST_CASE("a name that only differs in its blanks is another table to us") {
  FakeAsk fake;
  fake.answer("SYS.SYSTABLES", {{"id-1", "APP", "T "}});
  CHECK_FALSE(describe_table(fake.ask(), {"APP", "T"}));
}

TEST_CASE("a name that can not be one is not asked for") {
  FakeAsk fake;
  CHECK_FALSE(describe_table(fake.ask(), {"APP", std::string(129, 'x')}));
  CHECK_FALSE(describe_table(fake.ask(), {"APP", std::string("T\0U", 3)}));
  CHECK(fake.asked.empty());
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "ä";
  CHECK_FALSE(describe_table(fake.ask(), {"APP", umlauts}));
  CHECK(fake.asked.size() == 1);
}

TEST_CASE("Derby's types are read as its catalog spells them") {
  const struct { const char* spelled; SqlType type; } cases[] = {
      {"VARCHAR (32672) FOR BIT DATA NOT NULL", SqlType::of(TypeKind::binary)}, {"CHAR (5) FOR BIT DATA", SqlType::of(TypeKind::binary)}, {"LONG VARCHAR FOR BIT DATA", SqlType::of(TypeKind::binary)},
      {"BLOB(2147483647)", SqlType::of(TypeKind::binary)}, {"LONG VARCHAR", SqlType::of(TypeKind::text)}, {"CLOB(10)", SqlType::of(TypeKind::text)}, {"CHAR(3) NOT NULL", SqlType::character(3)},
      {"VARCHAR(20)", SqlType::varchar(20)}, {"NUMERIC(5,0)", SqlType::decimal(5, 0)}, {"DOUBLE", SqlType::of(TypeKind::double_precision)}, {"TIMESTAMP", SqlType::of(TypeKind::timestamp)},
      {"XML", SqlType::of(TypeKind::other)}, {"\"APP\".\"PRICE\"", SqlType::of(TypeKind::other)}};
  for (const auto& [spelled, type] : cases) {
    INFO(spelled);
    CHECK(catalog_type(spelled).kind == type.kind);
    CHECK(catalog_type(spelled).precision == type.precision);
    CHECK(catalog_type(spelled).native.find("NOT NULL") == std::string::npos);
  }
  CHECK(catalog_type("VARCHAR(20)") == SqlType::varchar(20));
  CHECK(catalog_type("CHAR(3) NOT NULL") == SqlType::character(3));
  CHECK(catalog_type("VARCHAR (5) FOR BIT DATA NOT NULL").native == "VARCHAR (5) FOR BIT DATA");
}
