#include "millrace/access/batch_reader.hpp"

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/connection.hpp"
#include "millrace/testing/fake_connection.hpp"

using namespace millrace;

namespace {

/// Two batches, then the end; or an error instead of one of them.
class ScriptedReader final : public BatchReader {
 public:
  ScriptedReader() { columns_ = {{"a", SqlType::of(TypeKind::bigint)}}; }
  ~ScriptedReader() override { close(); }
  int fail_at = -1;
  int calls = 0;
  int closed = 0;

 private:
  bool do_next(RecordBatch& batch) override {
    batch.column(0).append_fixed<std::int64_t>(calls);
    if (calls == fail_at) throw DatabaseError(ErrorCode::invalid_value, "scripted");
    if (calls == 2) batch.clear();
    return calls++ < 2;
  }
  void do_close() noexcept override { ++closed; }
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

struct Fixture {
  testing::FakeDatabase database;
  std::unique_ptr<Connection> owner = database.connect();
  Connection& connection = *owner;
  void answer_rows(int count) {
    std::vector<std::vector<Value>> rows;
    for (int i = 0; i < count; ++i) rows.push_back({i});
    database.answer(ResultSet({{"a", SqlType::of(TypeKind::bigint)}}, rows));
  }
};

}  // namespace

TEST_CASE("a reader replaces the batch's rows and is not closed again behind its end") {
  ScriptedReader reader;
  RecordBatch batch = reader.make_batch();
  REQUIRE(batch.column_count() == 1);
  REQUIRE(reader.next(batch));
  REQUIRE(reader.next(batch));
  CHECK(batch.rows() == 1);
  CHECK(batch.column(0).values<std::int64_t>()[0] == 1);
  CHECK_FALSE(reader.next(batch));
  CHECK(batch.rows() == 0);
  CHECK_FALSE(reader.next(batch));
  CHECK(reader.calls == 3);
  reader.close();
  CHECK(reader.closed == 0);  // nothing was left to close
  CHECK(code_of([&] { reader.next(batch); }) == ErrorCode::misuse);
}

TEST_CASE("a reader is closed once") {
  ScriptedReader reader;
  RecordBatch batch = reader.make_batch();
  REQUIRE(reader.next(batch));
  reader.close();
  reader.close();
  CHECK(reader.closed == 1);
  CHECK(code_of([&] { reader.next(batch); }) == ErrorCode::misuse);
}

TEST_CASE("a next that throws closes the reader and leaves no half batch") {
  ScriptedReader reader;
  reader.fail_at = 1;
  RecordBatch batch = reader.make_batch();
  REQUIRE(reader.next(batch));
  CHECK(code_of([&] { reader.next(batch); }) == ErrorCode::invalid_value);
  CHECK(reader.closed == 1);
  CHECK(batch.rows() == 0);
  CHECK(code_of([&] { reader.next(batch); }) == ErrorCode::misuse);
}

TEST_CASE_METHOD(Fixture, "a connection is busy from a reader's opening to its end") {
  answer_rows(3);
  const auto reader = connection.open_reader("SELECT a FROM t WHERE b = ?", {1}, {.max_rows = 2});
  CHECK(database.calls().back() == "open_reader SELECT a FROM t WHERE b = $1");
  CHECK(connection.touched());
  const auto before = database.calls();
  CHECK(code_of([&] { connection.execute("x"); }) == ErrorCode::misuse);
  CHECK(code_of([&] { connection.open_reader("x"); }) == ErrorCode::misuse);
  CHECK(code_of([&] { connection.begin(); }) == ErrorCode::misuse);
  CHECK(code_of([&] { connection.reset(); }) == ErrorCode::misuse);
  CHECK(database.calls() == before);
  RecordBatch batch = reader->make_batch();
  CHECK(reader->next(batch));
  CHECK(batch.rows() == 2);
  CHECK(code_of([&] { connection.ping(); }) == ErrorCode::misuse);
  CHECK(reader->next(batch));
  CHECK_FALSE(reader->next(batch));
  connection.execute("x");
  CHECK(connection.usable());
}

TEST_CASE_METHOD(Fixture, "a connection is free again when its reader is closed or gone") {
  answer_rows(3);
  auto reader = connection.open_reader("SELECT a");
  reader->close();
  connection.execute("x");
  answer_rows(3);
  reader = connection.open_reader("SELECT a");
  reader.reset();
  connection.execute("y");
}

TEST_CASE_METHOD(Fixture, "a rollback frees a connection from its reader") {
  connection.begin();
  answer_rows(3);
  const auto reader = connection.open_reader("SELECT a");
  connection.rollback();
  connection.execute("x");
  answer_rows(1);
  const auto second = connection.open_reader("SELECT a");
  reader->close();  // of the first: the second one is still open
  CHECK(code_of([&] { connection.execute("y"); }) == ErrorCode::misuse);
}

TEST_CASE_METHOD(Fixture, "a reader may outlive its connection") {
  answer_rows(3);
  const auto reader = connection.open_reader("SELECT a");
  owner.reset();
  RecordBatch batch = reader->make_batch();
  CHECK(reader->next(batch));
  reader->close();
}

TEST_CASE_METHOD(Fixture, "a reader needs room for a row") {
  CHECK(code_of([&] { connection.open_reader("x", {}, {.max_rows = 0}); }) == ErrorCode::misuse);
  CHECK(code_of([&] { connection.open_reader("x", {}, {.max_bytes = 0}); }) == ErrorCode::misuse);
  CHECK(database.count("open_reader") == 0);
}
