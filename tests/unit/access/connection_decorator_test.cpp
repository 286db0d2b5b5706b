#include "millrace/access/connection_decorator.hpp"

#include <catch2/catch_test_macros.hpp>

#include "millrace/data/batch_builder.hpp"
#include "millrace/testing/fake_connection.hpp"

using namespace millrace;

namespace {

// Adds nothing but a way to close.
class Plain : public ConnectionDecorator {
 public:
  explicit Plain(std::unique_ptr<Connection> inner) : ConnectionDecorator(std::move(inner)) {}
  using ConnectionDecorator::close_inner;
  using ConnectionDecorator::has_inner;
};

// Sees every statement and every row on its way.
class Watching : public Plain {
 public:
  using Plain::Plain;
  std::vector<std::string> seen;

 private:
  std::int64_t do_execute(const std::string& sql, const std::vector<Value>& values) override {
    seen.push_back(sql);
    return Plain::do_execute(sql, values);
  }
  void write(BulkWriter& inner, const RecordBatch& batch) override {
    seen.push_back("write " + std::to_string(batch.rows()));
    Plain::write(inner, batch);
  }
  WriteResult finish(BulkWriter& inner) override {
    seen.emplace_back("finish");
    return Plain::finish(inner);
  }
  bool next(BatchReader& inner, RecordBatch& batch) override {
    seen.emplace_back("next");
    return Plain::next(inner, batch);
  }
};

struct Fixture {
  testing::FakeDatabase database;
  Plain connection{database.connect()};
  TableName table{"s", "t"};
  std::vector<ColumnInfo> columns{column()};

  static ColumnInfo column() {
    ColumnInfo info;
    info.name = "a";
    info.type = SqlType::of(TypeKind::integer);
    return info;
  }
  static RecordBatch batch(int rows) {
    BatchBuilder builder({{"a", SqlType::of(TypeKind::integer)}});
    for (int i = 0; i < rows; ++i) builder.append(i);
    return builder.take();
  }
  ErrorInfo lost() const { return testing::typical_error(ErrorCode::connection_lost); }
};

ErrorCode code_of(auto&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  FAIL("nothing was thrown");
  return ErrorCode::unknown;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a decorator forwards every call once") {
  connection.execute("UPDATE t SET a = ? WHERE b ?? ?", {1, 2});
  connection.query("SELECT :a", Params::named({{"a", 1}}));
  connection.set_statement_timeout(std::chrono::milliseconds(5));
  connection.prepare_for_load({});
  connection.ping();
  connection.begin();
  connection.savepoint("p");
  connection.truncate(table, true);
  connection.commit();
  CHECK_FALSE(connection.table_exists(table));
  connection.cancel();
  CHECK(connection.settle_cancel());
  connection.begin();
  connection.rollback();
  connection.reset();
  CHECK(database.calls() == std::vector<std::string>{"connect", "execute UPDATE t SET a = $1 WHERE b ? $2", "query SELECT $1", "set_statement_timeout 5",
                                                     "prepare_for_load", "ping", "begin", "execute SAVEPOINT \"p\"", "truncate s.t cascade", "commit",
                                                     "describe s.t", "cancel", "settle_cancel", "begin", "rollback", "reset"});
  CHECK(connection.dialect().name() == "fake");
  CHECK(connection.server().product == "Fake");
  CHECK(connection.native_handle().client == &database);
}

TEST_CASE_METHOD(Fixture, "a decorator needs a connection") { CHECK(code_of([] { Plain nothing(nullptr); }) == ErrorCode::misuse); }

TEST_CASE_METHOD(Fixture, "a decorated writer and reader do what those inside do") {
  auto writer = connection.open_writer(table, columns);
  writer->write(batch(2));
  CHECK(writer->finish().rows == 2);
  writer = connection.open_writer(table, columns);
  writer.reset();
  CHECK(database.count("abandon") == 1);
  database.answer(ResultSet({{"a", SqlType::of(TypeKind::integer)}}, {{1}, {2}, {3}}));
  auto reader = connection.open_reader("SELECT a FROM t", {}, ReaderOptions{.max_rows = 2});
  CHECK(reader->columns().size() == 1);
  RecordBatch rows;
  CHECK(reader->next(rows));
  CHECK(rows.rows() == 2);
  CHECK(reader->next(rows));
  CHECK_FALSE(reader->next(rows));
}

TEST_CASE_METHOD(Fixture, "a derived class sees the calls that it overrides") {
  Watching watching(database.connect());
  watching.execute("a");
  auto writer = watching.open_writer(table, columns);
  writer->write(batch(3));
  writer->finish();
  RecordBatch rows;
  watching.open_reader("b")->next(rows);
  CHECK(watching.seen == std::vector<std::string>{"a", "write 3", "finish", "next"});
}

TEST_CASE_METHOD(Fixture, "an error inside poisons the decorator as it does the connection inside") {
  SECTION("of a statement") {
    database.fail("execute", lost());
    CHECK_THROWS_AS(connection.execute("a"), ConnectionError);
  }
  SECTION("of a call of another kind") {
    database.fail("describe", lost());
    CHECK_THROWS_AS(connection.table_exists(table), ConnectionError);
  }
  SECTION("of a writer, past the connection's own functions") {
    auto writer = connection.open_writer(table, columns);
    database.fail("write", lost());
    CHECK_THROWS_AS(writer->write(batch(1)), ConnectionError);
  }
  CHECK_FALSE(connection.usable());
  CHECK(connection.lost());
  CHECK(code_of([&] { connection.execute("b"); }) == ErrorCode::misuse);
}

TEST_CASE_METHOD(Fixture, "a rollback that fails inside, silently, makes the decorator unusable") {
  connection.begin();
  database.fail("rollback", ErrorCode::unknown);
  connection.rollback();
  CHECK_FALSE(connection.usable());
}

TEST_CASE_METHOD(Fixture, "a failed commit leaves no transaction open, inside or outside") {
  connection.begin();
  database.fail("commit", ErrorCode::serialization);
  CHECK(code_of([&] { connection.commit(); }) == ErrorCode::serialization);
  CHECK(database.count("rollback") == 1);
  CHECK(connection.usable());
  connection.begin();
  connection.commit();
}

TEST_CASE_METHOD(Fixture, "a commit in doubt stays in doubt") {
  connection.begin();
  database.fail("commit", ErrorCode::in_doubt);
  CHECK_THROWS_AS(connection.commit(), InDoubtError);
  CHECK(connection.lost());
  CHECK(database.count("rollback") == 0);
}

TEST_CASE_METHOD(Fixture, "a closed decorator has closed the session inside, and is lost") {
  const Dialect& dialect = connection.dialect();
  auto writer = connection.open_writer(table, columns);
  connection.close_inner();
  CHECK(database.open_connections() == 0);
  CHECK(database.count("abandon") == 1);
  CHECK_FALSE(connection.has_inner());
  CHECK(connection.lost());
  CHECK(code_of([&] { connection.execute("a"); }) == ErrorCode::misuse);
  CHECK(code_of([&] { writer->write(batch(1)); }) == ErrorCode::connection_lost);
  CHECK(dialect.quote("x") == "\"x\"");
  CHECK(connection.server().product == "Fake");
  connection.rollback();
  connection.cancel();
  connection.close_inner();
  CHECK(database.calls() == std::vector<std::string>{"connect", "open_writer s.t", "abandon", "close"});
}

TEST_CASE_METHOD(Fixture, "a writer may outlive its decorator") {
  auto other = std::make_unique<Plain>(database.connect());
  auto writer = other->open_writer(table, columns);
  other.reset();
  writer->write(batch(1));
  CHECK(writer->finish().rows == 1);
}
