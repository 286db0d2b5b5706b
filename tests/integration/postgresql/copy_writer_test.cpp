#include <string>
#include <thread>

#include "integration/postgresql/support.hpp"
#include "millrace/access/error.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

struct Target {
  Workspace workspace;
  std::unique_ptr<Connection> connection;
  TableInfo info;

  explicit Target(const std::string& definition, const PostgresCluster& server = shared_server())
      : workspace(server), connection(workspace.connect()) {
    workspace.psql("CREATE TABLE t (" + definition + ")");
    info = connection->describe(workspace.table("t"));
  }
  std::unique_ptr<BulkWriter> open(std::size_t max_bytes = 128 * 1024) { return connection->open_writer(info.name, info.columns, WriterOptions{max_bytes}); }
  RecordBatch batch(const std::vector<std::vector<const char*>>& rows) const { return batch_of(info.columns, rows); }
  std::string count() const { return workspace.psql("SELECT count(*) FROM t"); }
};

RecordBatch numbers(const Target& target, std::int64_t first, std::int64_t count) {
  RecordBatch batch({target.info.columns[0].type});
  for (std::int64_t i = first; i < first + count; ++i) batch.column(0).append_fixed(i);
  return batch;
}

}  // namespace

TEST_CASE("a stream of many buffers stores every row once") {
  Target target("n bigint");
  Transaction transaction(*target.connection);
  auto writer = target.open(8 * 1024);
  for (int i = 0; i < 20; ++i) writer->write(numbers(target, i * 5000, 5000));
  CHECK(writer->finish().rows == 100'000);
  transaction.commit();
  CHECK(target.workspace.psql("SELECT count(*), count(DISTINCT n), sum(n) FROM t") == "100000|100000|4999950000");
}

TEST_CASE("an empty stream stores nothing and is no error") {
  Target target("n bigint");
  CHECK(target.open()->finish().rows == 0);
  CHECK(target.count() == "0");
}

TEST_CASE("an abandoned stream stores nothing and leaves the connection usable") {
  Target target("n bigint");
  Transaction transaction(*target.connection);
  {
    auto writer = target.open();
    writer->write(numbers(target, 0, 50'000));
    writer->abandon();
    writer->abandon();
  }
  transaction.rollback();
  CHECK(target.connection->usable());
  CHECK(target.connection->query_value("SELECT count(*) FROM t").as<int>() == 0);
}

TEST_CASE("a destroyed writer abandons its stream") {
  Target target("n bigint");
  { target.open()->write(numbers(target, 0, 10)); }
  target.connection->ping();
  CHECK(target.count() == "0");
}

TEST_CASE("the row that the server names counts from the stream's first row") {
  Target target("n bigint CHECK (n <> 70123)");
  Transaction transaction(*target.connection);
  auto writer = target.open();
  for (int i = 0; i < 8; ++i) writer->write(numbers(target, i * 10'000, 10'000));
  const auto error = error_of<DatabaseError>([&] { writer->finish(); });
  CHECK(error.code() == ErrorCode::check_violation);
  CHECK(error.sqlstate() == "23514");
  CHECK(error.info().row == 70'123);
  CHECK(error.info().constraint == "t_n_check");
  CHECK_FALSE(error.poisons_connection());
  transaction.rollback();
  target.connection->ping();
  CHECK(target.count() == "0");
}

TEST_CASE("a text COPY names the row as well, line feeds in the data notwithstanding") {
  Target target("a inet, b text CHECK (b <> 'bad')");
  auto writer = target.open();
  writer->write(target.batch({{"::1", "two\nlines"}, {"::1", "x\r\ny"}, {"::1", "bad"}, {"::1", "z"}}));
  CHECK(error_of<DatabaseError>([&] { writer->finish(); }).info().row == 2);
  target.connection->ping();
}

TEST_CASE("a value that only the server refuses names its row") {
  Target target("n integer, a inet");
  auto writer = target.open();
  writer->write(target.batch({{"1", "10.0.0.1"}, {"2", "no address"}}));
  const auto error = error_of<DatabaseError>([&] { writer->finish(); });
  CHECK(error.code() == ErrorCode::invalid_value);
  CHECK(error.info().row == 1);
}

TEST_CASE("duplicate keys and missing parents are told apart") {
  Target target("n bigint PRIMARY KEY, parent bigint REFERENCES t");
  auto writer = target.open();
  writer->write(target.batch({{"1", nullptr}, {"1", nullptr}}));
  const auto duplicate = error_of<DatabaseError>([&] { writer->finish(); });
  CHECK(duplicate.code() == ErrorCode::unique_violation);
  CHECK(duplicate.info().constraint == "t_pkey");
  writer = target.open();
  writer->write(target.batch({{"1", "99"}}));
  const auto orphan = error_of<DatabaseError>([&] { writer->finish(); });
  CHECK(orphan.code() == ErrorCode::foreign_key_violation);
  CHECK(orphan.info().row == -1);  // the server checks at the end and names no line
}

TEST_CASE("rows that a trigger drops are an error, not a silent loss") {
  Target target("n bigint");
  target.workspace.psql("CREATE FUNCTION drop_odd() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.n % 2 = 1 THEN RETURN NULL; END IF; RETURN NEW; END';"
                        "CREATE TRIGGER odd BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION drop_odd()");
  auto writer = target.open();
  writer->write(numbers(target, 0, 10));
  CHECK_THROWS_AS(writer->finish(), DatabaseError);
}

TEST_CASE("an encoder's error survives the end of its COPY") {
  Target target("v numeric");
  Transaction transaction(*target.connection);
  auto writer = target.open();
  writer->write(target.batch({{"1"}, {"2"}}));
  RecordBatch batch({target.info.columns[0].type});
  batch.column(0).append_bytes("3");
  batch.column(0).append_bytes("1e999999");
  const auto error = error_of<DataError>([&] { writer->write(batch); });
  CHECK(error.info().row == 3);
  CHECK(error.info().column == "v");
  CHECK_THROWS_AS(writer->finish(), Error);
  transaction.rollback();
  target.connection->ping();
  CHECK(target.count() == "0");
}

TEST_CASE("opening a writer on what does not exist throws and leaves the connection usable") {
  Target target("n bigint");
  const auto missing = error_of<DatabaseError>([&] { target.connection->open_writer(target.workspace.table("missing"), target.info.columns); });
  CHECK(missing.code() == ErrorCode::undefined_object);
  target.connection->ping();
}

TEST_CASE("while a writer is open the connection does nothing else") {
  Target target("n bigint");
  Transaction transaction(*target.connection);
  auto writer = target.open();
  writer->write(numbers(target, 0, 10));
  CHECK(error_of([&] { target.connection->query("SELECT 1"); }).code() == ErrorCode::misuse);
  CHECK(error_of([&] { target.connection->open_writer(target.info.name, target.info.columns); }).code() == ErrorCode::misuse);
  CHECK(writer->finish().rows == 10);  // the COPY is still whole
  transaction.commit();
  CHECK(target.count() == "10");
}

TEST_CASE("a rollback under an open writer ends its COPY, and the writer can do no harm any more") {
  Target target("n bigint");
  target.connection->begin();
  auto writer = target.open(8 * 1024);
  writer->write(numbers(target, 0, 100));
  target.connection->rollback();
  CHECK(target.connection->usable());
  target.connection->ping();
  CHECK_THROWS_AS(writer->write(numbers(target, 0, 100'000)), Error);
  writer.reset();
  target.connection->ping();
  CHECK(target.count() == "0");
}

TEST_CASE("a session that is ended during COPY is a lost connection, safe to retry") {
  Target target("n bigint");
  const std::string pid = backend_pid(*target.connection);
  target.connection->begin();
  auto writer = target.open(8 * 1024);
  writer->write(numbers(target, 0, 10'000));
  target.workspace.psql("SELECT pg_terminate_backend(" + pid + ")");
  const auto error = error_of<ConnectionError>([&] {
    for (int i = 0; i < 100; ++i) writer->write(numbers(target, 0, 10'000));
    writer->finish();
  });
  CHECK(error.poisons_connection());
  CHECK(error.safe_to_retry());
  target.connection->rollback();
  CHECK_FALSE(target.connection->usable());
  writer.reset();
  CHECK(target.count() == "0");
}

TEST_CASE("a killed server process during COPY is a lost connection, and nothing of the COPY stays") {
  if (!PostgresCluster::available()) SKIP("no PostgreSQL server is installed");
  const PostgresCluster server;
  Target target("n bigint", server);
  const std::string pid = backend_pid(*target.connection);
  auto writer = target.open(8 * 1024);  // no transaction around it
  writer->write(numbers(target, 0, 10'000));
  server.kill_backend(pid);
  const auto error = error_of<ConnectionError>([&] {
    for (int i = 0; i < 100; ++i) writer->write(numbers(target, 0, 10'000));
    writer->finish();
  });
  CHECK(error.safe_to_retry());
  CHECK_FALSE(target.connection->usable());
  wait_until([&] { return server.answers(); });
  CHECK(target.count() == "0");
}

TEST_CASE("a bulk stream that loses its connection at its end without a word is in doubt, but not inside a transaction") {
  if (!PostgresCluster::available()) SKIP("no PostgreSQL server is installed");
  const PostgresCluster server;
  for (const bool in_transaction : {false, true}) {
    Target target("n bigint", server);
    target.workspace.psql("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(30); RETURN NULL; END';"
                          "CREATE TRIGGER slow AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION wait()");
    const std::string pid = backend_pid(*target.connection);
    if (in_transaction) target.connection->begin();
    const auto writer = target.open();
    writer->write(numbers(target, 0, 10));
    std::jthread killer([&] {
      wait_until([&] { return server.psql("SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = " + pid) == "t"; });
      server.kill_backend(pid);
    });
    const auto error = error_of([&] { writer->finish(); });
    killer.join();
    CHECK(error.code() == (in_transaction ? ErrorCode::connection_lost : ErrorCode::in_doubt));
    CHECK(error.safe_to_retry() == in_transaction);
    CHECK(target.connection->lost());
    wait_until([&] { return server.answers(); });
  }
}

TEST_CASE("many short writers on one connection") {
  Target target("n bigint");
  for (int i = 0; i < 200; ++i) {
    Transaction transaction(*target.connection);
    auto writer = target.open();
    writer->write(numbers(target, i * 10, 10));
    writer->finish();
    transaction.commit();
  }
  CHECK(target.count() == "2000");
}

TEST_CASE("hostile names are quoted in COPY") {
  const Workspace workspace(shared_server());
  workspace.psql(R"(CREATE TABLE "Ta""ble ; --" ("co""l" integer, "select" text, "a b" inet))");
  const auto connection = workspace.connect();
  const TableInfo info = connection->describe(workspace.table("Ta\"ble ; --"));
  auto writer = connection->open_writer(info.name, info.columns);
  writer->write(batch_of(info.columns, {{"1", "x", "::1"}}));
  CHECK(writer->finish().rows == 1);
}
