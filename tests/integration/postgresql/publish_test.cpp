// The dialect's statements against a server: they are text until one runs them.

#include <map>

#include "integration/postgresql/support.hpp"
#include "products/postgresql/dialect.hpp"

using namespace millrace;
using namespace millrace::test;
using millrace::postgresql::PostgresDialect;

namespace {

struct Publication {
  Workspace workspace{shared_server()};
  std::unique_ptr<Connection> connection = workspace.connect();
  PublishSpec spec;

  /// A target and a staging table of the dialect's own making for the loaded columns.
  void prepare(const std::string& definition, std::vector<std::string> columns, std::vector<std::string> key) {
    workspace.psql("CREATE TABLE t (" + definition + ")");
    spec.target = connection->describe(workspace.table("t"));
    StagingTable staging;
    staging.name = workspace.table("stg");
    staging.src_row = "src_row";
    for (const std::string& name : columns) staging.columns.push_back(*spec.target.find(name));
    for (const std::string& sql : connection->dialect().create_staging(staging)) connection->execute(sql);
    spec.staged = {staging.name, {}, staging.src_row};
    spec.columns = std::move(columns);
    spec.key = std::move(key);
  }

  std::int64_t run(const std::vector<PublishStatement>& statements) {
    std::int64_t rows = 0;
    for (const PublishStatement& statement : statements) rows += connection->execute(statement.sql);
    return rows;
  }
  std::pair<int, int> counters(const std::string& sql) {
    const ResultSet result = connection->query(sql);
    return {result[0][0].as<int>(), result[0][1].as<int>()};
  }
};

const std::vector<int> kMajors{14, 15};

}  // namespace

TEST_CASE("a merge inserts, updates what changed and keeps the rest, on every version's SQL") {
  for (const int major : kMajors) {
    for (const bool unique_index : {true, false}) {
      INFO("PostgreSQL " << major << (unique_index ? "" : ", key without a unique index"));
      Publication p;
      p.prepare("id bigint " + std::string(unique_index ? "PRIMARY KEY" : "NOT NULL") + ", name text, doc json, touched boolean DEFAULT false",
                {"id", "name", "doc"}, {"id"});
      p.spec.sets = {{"touched", "true", false, true}};
      p.workspace.psql("INSERT INTO t VALUES (1, 'same', '{}'), (2, 'old', '{}'), (3, NULL, '{}'), (4, 'x', '{\"a\":1}'), (9, 'kept', NULL)");
      p.workspace.psql("INSERT INTO stg VALUES (1, 'same', '{}', 1), (2, 'first', '{}', 2), (2, 'new', '{}', 3), (3, 'now', '{}', 4), "
                       "(4, 'x', '{\"a\":2}', 5), (5, 'inserted', NULL, 6), (6, 'older', NULL, 7), (6, 'newer', NULL, 8)");
      const PostgresDialect dialect(major);
      const std::string counters = *dialect.change_counters(p.spec.target);
      Transaction transaction(*p.connection);
      for (const std::string& lock : dialect.lock_for_publish(p.spec.target)) p.connection->execute(lock);
      CHECK(p.counters(dialect.counting_join(p.spec)) == std::pair(2, 3));
      const auto before = p.counters(counters);
      CHECK(p.run(dialect.merge(p.spec)) == 5);
      const auto after = p.counters(counters);
      CHECK(std::pair(after.first - before.first, after.second - before.second) == std::pair(2, 3));
      CHECK(p.run(dialect.merge(p.spec)) == 0);  // nothing differs any more
      transaction.commit();
      CHECK(p.workspace.psql("SELECT id, name, touched FROM t ORDER BY id") ==
            "1|same|f\n2|new|t\n3|now|t\n4|x|t\n5|inserted|f\n6|newer|f\n9|kept|f");
    }
  }
}

TEST_CASE("a merge of key columns alone inserts what is missing") {
  for (const int major : kMajors) {
    Publication p;
    p.prepare("a integer, b text, PRIMARY KEY (a, b)", {"a", "b"}, {"a", "b"});
    p.workspace.psql("INSERT INTO t VALUES (1, 'x'); INSERT INTO stg VALUES (1, 'x', 1), (1, 'y', 2), (1, 'y', 3)");
    CHECK(p.run(PostgresDialect(major).merge(p.spec)) == 1);
    CHECK(p.workspace.psql("SELECT count(*) FROM t") == "2");
    CHECK(p.counters(PostgresDialect(major).counting_join(p.spec)) == std::pair(0, 0));
  }
}

TEST_CASE("identities that are always generated take the loaded values") {
  for (const int major : kMajors) {
    Publication p;
    p.prepare("id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text", {"id", "name"}, {"id"});
    p.workspace.psql("INSERT INTO stg VALUES (70, 'a', 1)");
    CHECK(p.run(PostgresDialect(major).merge(p.spec)) == 1);
    p.workspace.psql("UPDATE stg SET name = 'b'");
    CHECK(p.run(PostgresDialect(major).merge(p.spec)) == 1);
    CHECK(p.workspace.psql("SELECT * FROM t") == "70|b");
    CHECK(p.run(PostgresDialect(major).replace(p.spec, ReloadKind::swap, false)) >= 1);
    CHECK(p.workspace.psql("SELECT * FROM t") == "70|b");
  }
}

TEST_CASE("a merge into a partitioned table counts over its partitions") {
  Publication p;
  p.prepare("id integer PRIMARY KEY, v text) PARTITION BY RANGE (id", {"id", "v"}, {"id"});
  p.workspace.psql("CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20);"
                   "INSERT INTO t VALUES (1, 'a'), (11, 'b'); INSERT INTO stg VALUES (1, 'x', 1), (11, 'b', 2), (12, 'y', 3)");
  const std::string sql = *p.connection->dialect().change_counters(p.spec.target);
  Transaction transaction(*p.connection);
  const auto before = p.counters(sql);
  CHECK(p.run(p.connection->dialect().merge(p.spec)) == 2);
  const auto after = p.counters(sql);
  CHECK(std::pair(after.first - before.first, after.second - before.second) == std::pair(1, 1));
}

TEST_CASE("columns of every type merge, with equality or without") {
  Publication p;
  p.workspace.psql("CREATE TYPE mood AS ENUM ('a', 'b')");
  p.prepare("id integer PRIMARY KEY, j json, b jsonb, p point, x xml, i inet, m mood, a integer[], v interval, c text COLLATE \"C\"",
            {"id", "j", "b", "p", "x", "i", "m", "a", "v", "c"}, {"id"});
  const std::string row = "1, '{\"a\": 1}', '{}', '(1,2)', '<a/>', '::1', 'a', '{1,2}', '1 day', 'c'";
  p.workspace.psql("INSERT INTO t VALUES (" + row + "); INSERT INTO stg VALUES (" + row + ", 1)");
  for (const int major : kMajors) {
    CHECK(p.run(PostgresDialect(major).merge(p.spec)) == 0);
    p.workspace.psql(major == 14 ? "UPDATE stg SET p = '(1,3)'" : "UPDATE stg SET m = 'b'");
    CHECK(p.run(PostgresDialect(major).merge(p.spec)) == 1);
  }
}

TEST_CASE("staged rows are counted by the ledger's ranges, lost ones are missed") {
  Publication p;
  p.prepare("id integer", {"id"}, {});
  p.workspace.psql("CREATE TABLE ledger (first_src_row bigint); INSERT INTO ledger VALUES (1), (101), (201);"
                   "INSERT INTO stg SELECT n, n FROM generate_series(1, 250) n WHERE n NOT BETWEEN 101 AND 110; INSERT INTO stg VALUES (0, 0)");
  for (const int major : {13, 15}) {
    std::map<std::string, int> counts;
    for (const Row row : p.connection->query(PostgresDialect(major).count_by_range(p.spec.staged, "SELECT first_src_row FROM ledger"))) {
      counts[row[0].to_text()] = row[1].as<int>();
    }
    CHECK(counts == std::map<std::string, int>{{"", 1}, {"1", 100}, {"101", 90}, {"201", 50}});
  }
  p.connection->execute("DELETE FROM ledger");
  CHECK_NOTHROW(p.connection->query(PostgresDialect(15).count_by_range(p.spec.staged, "SELECT first_src_row FROM ledger")));
}

TEST_CASE("inserts keep the source's order and reloads replace everything") {
  Publication p;
  p.prepare("id integer, seq bigint GENERATED BY DEFAULT AS IDENTITY", {"id"}, {});
  p.workspace.psql("INSERT INTO t VALUES (99); INSERT INTO stg VALUES (3, 3), (1, 1), (2, 2)");
  for (const ReloadKind kind : {ReloadKind::swap, ReloadKind::direct, ReloadKind::delete_rows}) {
    Transaction transaction(*p.connection);
    p.run(p.connection->dialect().replace(p.spec, kind, false));
    transaction.commit();
    CHECK(p.workspace.psql("SELECT string_agg(id::text, ',' ORDER BY seq) FROM t") == "1,2,3");
  }
}

TEST_CASE("a permanent staging table has its columns, its identity and its index") {
  Publication p;
  p.workspace.psql("CREATE TABLE t (id bigint PRIMARY KEY, name varchar(20) COLLATE \"C\" NOT NULL DEFAULT 'x')");
  StagingTable staging;
  staging.name = p.workspace.table("t_stg");
  staging.columns = p.connection->columns(p.workspace.table("t"));
  staging.permanent = true;
  staging.key = {"id"};
  for (const std::string& sql : p.connection->dialect().create_staging(staging)) p.connection->execute(sql);
  const TableInfo info = p.connection->describe(staging.name);
  std::vector<std::string> names;
  for (const ColumnInfo& column : info.columns) names.push_back(column.name);
  CHECK(names == std::vector<std::string>{"stg_id", "run_id", "worker_id", "src_row", "id", "name", "insert_ts"});
  CHECK(info.find("stg_id")->identity == Identity::always);
  CHECK(info.find("name")->nullable);
  CHECK_FALSE(info.find("name")->has_default);
  CHECK(info.find("name")->collation == "pg_catalog.\"C\"");
  CHECK(p.workspace.psql("SELECT count(*) FROM pg_indexes WHERE tablename = 't_stg' AND indexdef LIKE '%(run_id, id)'") == "1");
}

TEST_CASE("sums are exact and plain digits") {
  const Workspace workspace(shared_server());
  workspace.psql("CREATE TABLE t (\"N\" bigint, d numeric(38,10)); INSERT INTO t SELECT 9223372036854775807, 9999999999999999999999999999.9999999999 FROM generate_series(1, 3)");
  const auto connection = workspace.connect();
  const Dialect& dialect = connection->dialect();
  CHECK(connection->query_value("SELECT " + dialect.sum_expression("N", SqlType::of(TypeKind::bigint)) + " FROM t").as<std::string>() == "27670116110564327421");
  CHECK(connection->query_value("SELECT " + dialect.sum_expression("d", SqlType::decimal(38, 10)) + " FROM t").as<std::string>() ==
        "29999999999999999999999999999.9999999997");
  CHECK(connection->query_value("SELECT " + dialect.sum_expression("d", SqlType::decimal(38, 10)) + " FROM t WHERE false").is_null());
}

TEST_CASE("an advisory lock keeps a second session out until the transaction ends") {
  const Workspace workspace(shared_server());
  const auto one = workspace.connect();
  const auto two = workspace.connect();
  const std::string sql = one->dialect().advisory_lock(workspace.schema());
  one->begin();
  one->query(sql);
  two->prepare_for_load(LoadSession{std::chrono::milliseconds(50)});
  two->begin();
  CHECK(error_of([&] { two->query(sql); }).code() == ErrorCode::lock_timeout);
  two->rollback();
  one->rollback();
  two->begin();
  two->query(sql);
}
