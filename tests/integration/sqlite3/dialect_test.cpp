#include "integration/sqlite3/support.hpp"

#include <random>
#include <map>

using namespace millrace;
using namespace millrace::test;

namespace {

StagingTable staging_for(const TableInfo& target, const std::string& name, bool permanent) {
  StagingTable table;
  table.name = {"main", name};
  table.columns = target.columns;
  table.src_row = permanent ? "SRC_ROW" : "millrace_src_row";
  table.permanent = permanent;
  table.key = {target.columns.front().name};
  table.own_names = {"STG_ID", "RUN_ID", "WORKER_ID", "SRC_ROW", "INSERT_TS"};
  return table;
}

}  // namespace

TEST_CASE("staging has the target's types and collations to the letter, and nothing else of its columns") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE \"t\"\"x\"(k TEXT PRIMARY KEY COLLATE NOCASE, n DECIMAL(15,2) NOT NULL DEFAULT 5 CHECK (n > 0), w \"we\"\"ird (1); --\" , none, i INTEGER, "
                      "d DECIMAL_TEXT(38,2), z \"select\", s CHAR(3))");
  const TableInfo target = connection->describe({"", "t\"x"});
  for (const bool permanent : {false, true}) {
    const StagingTable staging = staging_for(target, permanent ? "stg\"p" : "stg\"r", permanent);
    for (const std::string& sql : connection->dialect().create_staging(staging)) connection->execute(sql);
    const TableInfo made = connection->describe(staging.name);
    for (const ColumnInfo& column : target.columns) {
      const ColumnInfo* const copy = made.find(column.name);
      REQUIRE(copy);
      INFO(column.name);
      CHECK(copy->type == column.type);
      CHECK(copy->type.native == column.type.native);
      CHECK(copy->collation == column.collation);
      CHECK(copy->nullable);
      CHECK_FALSE(copy->has_default);
    }
    CHECK(made.find(staging.src_row)->type == SqlType::of(TypeKind::bigint));
    connection->execute(connection->dialect().drop_table(staging.name));
    CHECK_FALSE(connection->table_exists(staging.name));
  }
}

TEST_CASE("a type that the dialect names keeps its meaning and every value of it") {
  const auto connection = open_memory();
  for (SqlType type : {SqlType::of(TypeKind::boolean), SqlType::of(TypeKind::smallint), SqlType::of(TypeKind::bigint), SqlType::of(TypeKind::double_precision), SqlType::decimal(15, 2),
                       SqlType::decimal(16, 2), SqlType::decimal(38, 38), SqlType::of(TypeKind::decimal), SqlType::varchar(7), SqlType::varchar(0), SqlType::character(3),
                       SqlType::of(TypeKind::text), SqlType::of(TypeKind::binary), SqlType::of(TypeKind::date), SqlType::of(TypeKind::time), SqlType::of(TypeKind::timestamp),
                       SqlType::of(TypeKind::timestamp_tz), SqlType::of(TypeKind::uuid), SqlType::of(TypeKind::json)}) {
    INFO(to_string(type));
    connection->execute("CREATE TABLE t(a " + connection->dialect().type_name(type) + ")");
    const auto columns = connection->columns({"", "t"});
    CHECK(columns[0].type == type);
    CHECK_NOTHROW(connection->open_writer({"", "t"}, columns));
    connection->execute("DROP TABLE t");
  }
}

TEST_CASE("now is a timestamp of this moment") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a TIMESTAMP)");
  connection->execute("INSERT INTO t VALUES (" + connection->dialect().now_expression() + ")");
  CHECK(connection->query_value("SELECT a FROM t").as<Timestamp>() > Timestamp{1'600'000'000'000'000});
}

TEST_CASE("staged rows are counted by ledger range, in both kinds of staging") {
  const auto connection = open_memory();
  const Dialect& dialect = connection->dialect();
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    connection->execute("CREATE TABLE ledger(first_src_row BIGINT PRIMARY KEY)");
    connection->execute("CREATE TABLE run(src INTEGER PRIMARY KEY)");
    connection->execute("CREATE TABLE shared(id INTEGER PRIMARY KEY, run TEXT, src BIGINT)");
    std::map<std::int64_t, std::int64_t> expected;
    for (std::int64_t row = 1; row <= 60; row += 1 + random() % 20) {
      expected[row] = 0;
      connection->execute("INSERT INTO ledger VALUES (?)", {row});
    }
    for (std::int64_t row = 1; row <= 80; ++row) {
      if (random() % 3 == 0) continue;
      ++std::prev(expected.upper_bound(row))->second;
      connection->execute("INSERT INTO run VALUES (?)", {row});
      connection->execute("INSERT INTO shared(run, src) VALUES ('x', ?), ('y', ?)", {row, row});
    }
    std::erase_if(expected, [](const auto& range) { return range.second == 0; });
    const auto counts = [&](const StagedRows& staged) {
      std::map<std::int64_t, std::int64_t> found;
      for (const Row row : connection->query(dialect.count_by_range(staged, "SELECT first_src_row FROM ledger"))) found[row[0].as<std::int64_t>()] = row[1].as<std::int64_t>();
      return found;
    };
    REQUIRE(counts({{"main", "run"}, "", "src"}) == expected);
    REQUIRE(counts({{"main", "shared"}, "\"run\" = 'x'", "src"}) == expected);
    for (const char* table : {"ledger", "run", "shared"}) connection->execute(std::string("DROP TABLE ") + table);
  }
}

TEST_CASE("a replacement removes all rows and says how many; cascade empties referring tables first") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(id BIGINT PRIMARY KEY, v TEXT)");
  connection->execute("CREATE TABLE c(t REFERENCES t)");
  connection->execute("CREATE TABLE s(src INTEGER PRIMARY KEY, id BIGINT, v TEXT)");
  connection->execute("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
  connection->execute("INSERT INTO c VALUES (1)");
  connection->execute("INSERT INTO s VALUES (2, 8, 'y'), (1, 9, 'x')");
  PublishSpec spec;
  spec.target = connection->describe({"", "t"});
  spec.staged = {{"main", "s"}, "", "src"};
  spec.columns = {"id", "v"};
  const auto publish = [&](bool cascade) {
    Transaction transaction(*connection);
    std::string counts;
    for (const PublishStatement& statement : connection->dialect().replace(spec, ReloadKind::swap, cascade)) counts += std::to_string(connection->execute(statement.sql)) + " ";
    transaction.commit();
    return counts;
  };
  CHECK(error_of([&] { publish(false); }).code == ErrorCode::foreign_key_violation);
  CHECK(dump(*connection, "SELECT count(*) FROM t") == "3");
  CHECK(publish(true) == "1 3 2 ");
  CHECK(dump(*connection, "SELECT * FROM t ORDER BY rowid") == "9|x 8|y");
}
