// The copy as a whole: names, transactions, the stream's life, on a fake database.

#include "millrace/access/arrow.hpp"

#include <cerrno>

#include "millrace/access/log.hpp"
#include "millrace/testing/fake_connection.hpp"
#include "unit/access/arrow/hand_made.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

ColumnInfo column(std::string name, SqlType type) {
  ColumnInfo info;
  info.name = std::move(name);
  info.type = std::move(type);
  return info;
}

struct Fixture {
  Fixture() {
    TableInfo table;
    table.name = {"s", "t"};
    table.columns = {column("a", SqlType::of(TypeKind::integer)), column("b", SqlType::of(TypeKind::text)), column("Long Name", SqlType::of(TypeKind::bigint))};
    database.add_table(table);
    connection = database.connect();
  }

  testing::FakeDatabase database;
  std::unique_ptr<Connection> connection;
};

HandColumn named(HandColumn column, std::string name) {
  column.name = std::move(name);
  return column;
}
HandColumn column_a() { return named(fixed<std::int32_t>("i", {1, 2, 3}), "a"); }
HandColumn column_b() { return named(texts({"x", "y", "z"}), "b"); }
HandColumn list_column() { return {"tags", "+l", {3, {std::nullopt, std::nullopt}, 0, 0, nullptr}, ""}; }

}  // namespace

TEST_CASE_METHOD(Fixture, "a copy outside a transaction is one of its own") {
  HandStream stream({column_a(), column_b()});
  stream.repeat(2);
  CHECK(copy_from_arrow(*connection, "s.t", stream.get()) == 6);
  CHECK(stream.released());
  CHECK(database.count("open_writer s.t") == 1);
  CHECK(database.count("write 3") == 2);
  CHECK(database.count("commit") == 1);
  CHECK_FALSE(connection->in_transaction());
}

TEST_CASE_METHOD(Fixture, "a copy inside a transaction leaves the commit to its owner") {
  HandStream stream({column_a()});
  Transaction transaction(*connection);
  CHECK(copy_from_arrow(*connection, TableName{"s", "t"}, stream.get()) == 3);
  CHECK(database.count("commit") == 0);
  CHECK(connection->in_transaction());
}

TEST_CASE_METHOD(Fixture, "a stream without rows is skipped with a log line") {
  std::vector<std::string> events;
  set_log_sink([&](const LogRecord& record) { events.push_back(std::string(record.event) + " " + std::string(to_string(record.level))); });
  HandStream none({column_a()});
  none.repeat(0);
  CHECK(copy_from_arrow(*connection, "s.t", none.get()) == 0);
  HandStream empty({{"a", "i", {0, {std::nullopt, std::nullopt}, 0, 0, nullptr}, ""}});
  empty.repeat(3);
  CHECK(copy_from_arrow(*connection, "s.t", empty.get()) == 0);
  HandStream nothing({});
  nothing.repeat(0);
  CHECK(copy_from_arrow(*connection, "s.t", nothing.get()) == 0);
  set_log_sink({});
  CHECK(events == std::vector<std::string>(3, "copy.skipped info"));
  CHECK(database.count("open_writer") == 0);
  CHECK(database.count("begin") == 0);
  CHECK((none.released() && empty.released() && nothing.released()));
}

TEST_CASE_METHOD(Fixture, "batches without rows between others are passed over") {
  HandStream stream({column_a()});
  HandStream::Root root{0, 0, std::nullopt, 0};
  HandStream empty({column_a()}, root);
  empty.repeat(2);
  CHECK(copy_from_arrow(*connection, "s.t", empty.get()) == 0);
  CHECK(copy_from_arrow(*connection, "s.t", stream.get()) == 3);
}

TEST_CASE_METHOD(Fixture, "a list of columns selects and orders; others are not looked at") {
  HandStream stream({list_column(), column_b(), column_a()});
  CHECK(copy_from_arrow(*connection, "s.t", stream.get(), {"a", "b"}) == 3);
  HandStream refused({list_column(), column_a()});
  CHECK(error_of([&] { copy_from_arrow(*connection, "s.t", refused.get()); }).code == ErrorCode::config);  // the table has no such column
}

TEST_CASE_METHOD(Fixture, "names match in any case where that is unique") {
  HandStream stream({named(column_a(), "A"), named(column_a(), "long name")});
  CHECK(copy_from_arrow(*connection, "s.t", stream.get(), {"a", "LONG NAME"}) == 3);
}

TEST_CASE_METHOD(Fixture, "missing columns are refused by name before anything is written") {
  SECTION("those that the stream does not have") {
    HandStream stream({column_a()});
    const ErrorInfo info = error_of([&] { copy_from_arrow(*connection, "s.t", stream.get(), {"a", "b", "Long Name"}); });
    CHECK(info.message == "nothing was copied: the Arrow stream (a) does not have these columns: \"b\", \"Long Name\"");
    CHECK(stream.released());
  }
  SECTION("those that the table does not have") {
    HandStream stream({column_a(), named(column_a(), "x"), named(column_b(), "y")});
    const ErrorInfo info = error_of([&] { copy_from_arrow(*connection, "s.t", stream.get()); });
    CHECK(info.message.find("\"x\", \"y\"") != std::string::npos);
    CHECK(stream.released());
  }
  SECTION("two of one name") {
    HandStream stream({column_a(), column_a()});
    CHECK(error_of([&] { copy_from_arrow(*connection, "s.t", stream.get()); }).message == "the Arrow stream has several columns \"a\": rename all but one");
  }
  CHECK(database.count("open_writer") == 0);
  CHECK(database.count("begin") == 0);
}

TEST_CASE_METHOD(Fixture, "a type that is not read is refused before anything is written") {
  HandStream stream({column_a(), named(list_column(), "b")});
  const ErrorInfo info = error_of([&] { copy_from_arrow(*connection, "s.t", stream.get()); });
  CHECK(info.column == "b");
  CHECK(info.message.find("of type list") != std::string::npos);
  CHECK(database.count("open_writer") == 0);
  CHECK(stream.released());
}

TEST_CASE_METHOD(Fixture, "a value that does not fit takes the whole copy back") {
  HandStream stream({named(fixed<std::int64_t>("l", {1, 1LL << 40}), "a")});
  const ErrorInfo info = error_of([&] { copy_from_arrow(*connection, "s.t", stream.get()); });
  CHECK(info.column == "a");
  CHECK(info.row == 1);
  CHECK(database.count("commit") == 0);
  CHECK(stream.released());
}

TEST_CASE_METHOD(Fixture, "a stream that fails behind its first batch takes the whole copy back") {
  HandStream stream({column_a()});
  stream.repeat(5);
  stream.fail_batch(3, EIO, "lost");
  CHECK(error_of([&] { copy_from_arrow(*connection, "s.t", stream.get()); }).code == ErrorCode::data);
  CHECK(database.count("write") == 3);
  CHECK(database.count("abandon") == 1);
  CHECK(database.count("rollback") == 1);
  CHECK(database.count("commit") == 0);
  CHECK(stream.released());
}

TEST_CASE_METHOD(Fixture, "a server's error releases the stream and is not safe to retry: its rows are gone") {
  ErrorInfo lost;
  lost.code = ErrorCode::deadlock;
  lost.message = "deadlock";
  lost.safe_to_retry = true;
  database.fail("write", lost);
  HandStream stream({column_a()});
  const ErrorInfo info = error_of([&] { copy_from_arrow(*connection, "s.t", stream.get()); });
  CHECK(info.code == ErrorCode::deadlock);
  CHECK_FALSE(info.safe_to_retry);
  CHECK(stream.released());
}

TEST_CASE_METHOD(Fixture, "an error before the first row is not safe to retry either: the stream is taken") {
  database.fail("describe", ErrorCode::connection_lost);
  HandStream stream({column_a()});
  const ErrorInfo info = error_of([&] { copy_from_arrow(*connection, "s.t", stream.get()); });
  CHECK(info.code == ErrorCode::connection_lost);
  CHECK_FALSE(info.safe_to_retry);
  CHECK(stream.released());
}

TEST_CASE_METHOD(Fixture, "a missing table releases the stream too") {
  HandStream stream({column_a()});
  CHECK(error_of([&] { copy_from_arrow(*connection, "s.none", stream.get()); }).code == ErrorCode::undefined_object);
  CHECK(stream.released());
}

TEST_CASE_METHOD(Fixture, "a stream can be consumed once") {
  HandStream stream({column_a()});
  copy_from_arrow(*connection, "s.t", stream.get());
  CHECK(error_of([&] { copy_from_arrow(*connection, "s.t", stream.get()); }).code == ErrorCode::misuse);
  CHECK(error_of([&] { copy_from_arrow(*connection, "s.t", nullptr); }).code == ErrorCode::misuse);
}
