// Not run against a Db2: the answers are written after the manual's description of SYSCAT.

#include "products/db2/catalog.hpp"

#include "unit/backends/products/fake_ask.hpp"

using namespace millrace;
using millrace::db2::describe_table;
using millrace::db2::type_of;
using millrace::testing_specs::FakeAsk;

namespace {

std::vector<std::string> column(std::string name, std::string type, std::string length, std::string scale, std::string nulls = "Y", std::string has_default = "N", std::string identity = "N",
                                std::string generated = "") {
  return {std::move(name), "SYSIBM  ", std::move(type), std::move(length), std::move(scale), "", "", "1208", std::move(nulls), std::move(has_default), std::move(identity), std::move(generated)};
}

}  // namespace

TEST_CASE("a table's description is read from Db2's catalog") {
  FakeAsk fake;
  fake.answer("CURRENT SCHEMA", {{"APP"}});
  fake.answer("SYSCAT.TABLES", {{"APP     ", "T", "T", "", ""}});
  fake.answer("SYSCAT.COLUMNS", {column("K", "BIGINT", "8", "0", "N", "N", "Y", "D"), column("A", "DECIMAL", "15", "2", "Y", "Y"), column("N", "INTEGER", "4", "0", "Y", "N", "N", "A"),
                                 column("I", "BIGINT", "8", "0", "N", "N", "Y", "A")});
  fake.answer("SYSCAT.INDEXES", {{"APP", "IX_P", "P", "PK", "K", "N"}, {"APP", "IX_1", "U", "UQ", "A", "N"}, {"APP", "IX_1", "U", "UQ", "K", "N"}, {"APP", "IX_2", "U", "IX_2", "K00", "Y"}});
  fake.answer("SYSCAT.REFERENCES", {{"FK", "OTHER   ", "CHILD"}});
  const auto info = describe_table(fake.ask(), {"", "T"});
  REQUIRE(info);
  CHECK(info->name == TableName{"APP", "T"});
  REQUIRE(info->columns.size() == 4);
  CHECK(info->columns[0].type == SqlType::of(TypeKind::bigint));
  CHECK_FALSE(info->columns[0].nullable);
  CHECK(info->columns[0].identity == Identity::by_default);
  CHECK_FALSE(info->columns[0].generated);
  CHECK(info->columns[1].type == SqlType::decimal(15, 2));
  CHECK(info->columns[1].has_default);
  CHECK(info->columns[2].generated);
  CHECK(info->columns[3].identity == Identity::always);
  CHECK(info->columns[3].generated);   // nobody can write it
  REQUIRE(info->unique_keys.size() == 2);   // the one over an expression is left out
  CHECK(info->unique_keys[0].name == "PK");
  CHECK(info->unique_keys[0].primary);
  CHECK(info->unique_keys[1].name == "UQ");
  CHECK(info->unique_keys[1].columns == std::vector<std::string>{"A", "K"});
  REQUIRE(info->referenced_by.size() == 1);
  CHECK(info->referenced_by[0].table == TableName{"OTHER", "CHILD"});
}

TEST_CASE("an alias of Db2's is described as what it stands for") {
  FakeAsk fake;
  fake.answer("SYSCAT.TABLES", {{"APP", "A", "A", "BASE    ", "T"}});
  fake.answer("SYSCAT.TABLES", {{"BASE", "T", "T", "", ""}});
  const auto info = describe_table(fake.ask(), {"APP", "A"});
  REQUIRE(info);
  CHECK(info->name == TableName{"BASE", "T"});
  CHECK(fake.asked.at(1).texts == std::vector<std::string>{"T", "BASE"});
}

TEST_CASE("aliases in a circle, unknown tables and impossible names are none") {
  FakeAsk circle;
  for (int i = 0; i < 100; ++i) circle.answer("SYSCAT.TABLES", {{"APP", "A", "A", "APP", "A"}});
  CHECK_FALSE(describe_table(circle.ask(), {"APP", "A"}));
  FakeAsk none;
  CHECK_FALSE(describe_table(none.ask(), {"APP", "A"}));
  CHECK_FALSE(describe_table(none.ask(), {"APP", std::string(129, 'x')}));
  CHECK(none.asked.size() == 1);
}

TEST_CASE("Db2's types are read from its catalog") {
  const struct { const char* name; int length, scale; const char* units; int units_length; bool bits; SqlType type; const char* native; } cases[] = {
      {"CHARACTER", 3, 0, "OCTETS", 3, false, SqlType::character(3), "CHAR(3)"},
      {"VARCHAR", 20, 0, "", 0, false, SqlType::varchar(20), "VARCHAR(20)"},
      {"VARCHAR", 80, 0, "CODEUNITS32", 20, false, SqlType::varchar(20), "VARCHAR(20 CODEUNITS32)"},
      {"VARCHAR", 20, 0, "", 0, true, SqlType::of(TypeKind::binary), "VARCHAR(20) FOR BIT DATA"},
      {"LONG VARCHAR", 32700, 0, "", 0, true, SqlType::of(TypeKind::binary), "LONG VARCHAR FOR BIT DATA"},
      {"VARGRAPHIC", 10, 0, "CODEUNITS16", 10, false, SqlType::varchar(10), "VARGRAPHIC(10)"},
      {"CLOB", 1048576, 0, "OCTETS", 1048576, false, SqlType::of(TypeKind::text), "CLOB(1048576)"},
      {"BLOB", 100, 0, "", 0, true, SqlType::of(TypeKind::binary), "BLOB(100)"},
      {"VARBINARY", 8, 0, "", 0, true, SqlType::of(TypeKind::binary), "VARBINARY(8)"},
      {"DECIMAL", 31, 10, "", 0, true, SqlType::decimal(31, 10), "DECIMAL(31,10)"},
      {"DECFLOAT", 8, 0, "", 0, true, SqlType::of(TypeKind::decimal), "DECFLOAT(16)"},
      {"DECFLOAT", 16, 0, "", 0, true, SqlType::of(TypeKind::decimal), "DECFLOAT(34)"},
      {"TIMESTAMP", 13, 12, "", 0, true, SqlType::of(TypeKind::timestamp), "TIMESTAMP(12)"},
      {"TIME", 3, 0, "", 0, true, SqlType::of(TypeKind::time), "TIME"},
      {"XML", 0, 0, "", 0, true, SqlType::of(TypeKind::other), "XML"},
      {"ROWID", 40, 0, "", 0, true, SqlType::of(TypeKind::other), "ROWID"},
  };
  for (const auto& [name, length, scale, units, units_length, bits, type, native] : cases) {
    INFO(native);
    const SqlType found = type_of({"SYSIBM", name, length, scale, units, units_length, bits});
    CHECK(found == type);
    CHECK(found.native == native);
  }
  CHECK(type_of({"APP", "PRI\"CE", 8, 0, "", 0, false}).native == R"("APP"."PRI""CE")");
}
