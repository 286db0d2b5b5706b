#include "millrace/access/bulk_writer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "millrace/testing/fake_connection.hpp"

using namespace millrace;

namespace {

struct Fixture {
  testing::FakeDatabase database;
  std::unique_ptr<Connection> connection = database.connect();
  std::unique_ptr<BulkWriter> writer = connection->open_writer({"", "t"}, {ColumnInfo{"a", SqlType::of(TypeKind::bigint)}});

  static RecordBatch batch(int rows) {
    RecordBatch out({SqlType::of(TypeKind::bigint)});
    for (int i = 0; i < rows; ++i) out.column(0).append_fixed<std::int64_t>(i);
    return out;
  }
  void check_closed() {
    const auto before = database.calls();
    for (int i = 0; i < 2; ++i) {
      try {
        i == 0 ? writer->write(batch(1)) : static_cast<void>(writer->finish());
        FAIL("nothing was thrown");
      } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::misuse);
      }
    }
    writer->abandon();
    CHECK(database.calls() == before);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a finished writer reports its rows and is closed") {
  writer->write(batch(2));
  writer->write(batch(3));
  CHECK(writer->finish().rows == 5);
  check_closed();
  writer.reset();
  CHECK(database.count("abandon") == 0);
}

TEST_CASE_METHOD(Fixture, "an empty stream is a valid one") {
  writer->write(batch(0));
  writer->write(RecordBatch());
  CHECK(database.count("write") == 0);
  CHECK(writer->finish().rows == 0);
}

TEST_CASE_METHOD(Fixture, "an abandoned writer is closed") {
  writer->write(batch(2));
  writer->abandon();
  check_closed();
  writer.reset();
  CHECK(database.count("abandon") == 1);
  CHECK(database.count("finish") == 0);
}

TEST_CASE_METHOD(Fixture, "a destroyed writer abandons, never finishes") {
  writer->write(batch(2));
  writer.reset();
  CHECK(database.count("abandon") == 1);
  CHECK(database.count("finish") == 0);
}

TEST_CASE_METHOD(Fixture, "a write that fails discards the stream") {
  writer->write(batch(1));
  database.fail("write", ErrorCode::data);
  CHECK_THROWS_AS(writer->write(batch(1)), DataError);
  CHECK(database.count("abandon") == 1);
  check_closed();
}

TEST_CASE_METHOD(Fixture, "a finish that fails discards the stream") {
  writer->write(batch(1));
  database.fail("finish", ErrorCode::unique_violation);
  CHECK_THROWS_AS(writer->finish(), DatabaseError);
  CHECK(database.count("abandon") == 1);
  check_closed();
}

TEST_CASE_METHOD(Fixture, "a server that counts other rows than were sent is an error") {
  const int reported = GENERATE(1, 3);
  database.report_rows(reported);
  writer->write(batch(2));
  CHECK_THROWS_AS(writer->finish(), DatabaseError);
  check_closed();
  CHECK(database.count("abandon") == 0);  // the stream has ended: there is nothing to discard
}
