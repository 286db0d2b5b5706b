// Batch readers: a query's rows as batches, and what happens when they are left early.

#include <cmath>
#include <thread>

#include "conformance/database.hpp"
#include "conformance/type_cases.hpp"

using namespace millrace;
using namespace millrace::conformance;

namespace {

/// All rows, each batch checked to be of one length and not empty.
Rows read_all(BatchReader& reader, std::vector<std::size_t>* sizes = nullptr) {
  Rows rows;
  RecordBatch batch = reader.make_batch();
  while (reader.next(batch)) {
    CHECK(batch.rows() > 0);
    if (sizes) sizes->push_back(batch.rows());
    for (const Column& column : batch.columns()) REQUIRE(column.rows() == batch.rows());
    for (std::size_t r = 0; r < batch.rows(); ++r) {
      auto& row = rows.emplace_back();
      for (const Column& column : batch.columns()) row.push_back(column.value(r));
    }
  }
  CHECK(batch.rows() == 0);
  CHECK_FALSE(reader.next(batch));  // and again
  return rows;
}

Rows numbered(int from, int to) {
  Rows rows;
  for (int i = from; i <= to; ++i) rows.push_back({i, i % 7 == 0 ? Value() : Value("row " + std::to_string(i))});
  return rows;
}

void make_rows(Database& db, int count) {
  db.run({"CREATE TABLE t (i bigint, t " + db.type(TypeKind::text) + ")"});
  Stream stream = db.open_stream("t");
  stream.write(numbered(1, count));
  CHECK(stream.finish() == count);
}

}  // namespace

CONFORMANCE_TEST("a reader gives every row once, in order, in batches of the size asked for") {
  make_rows(db, 1000);
  std::vector<std::size_t> sizes;
  const auto reader = db->open_reader("SELECT i, t FROM t ORDER BY i", {}, {.max_rows = 300});
  REQUIRE(reader->columns().size() == 2);
  CHECK(reader->columns()[0].name == db.name("i"));
  CHECK(reader->columns()[0].type.kind == TypeKind::bigint);
  CHECK(reader->columns()[1].type.kind == TypeKind::text);
  CHECK((read_all(*reader, &sizes) == numbered(1, 1000)));
  CHECK(sizes == std::vector<std::size_t>{300, 300, 300, 100});
  CHECK(db.count("t") == 1000);  // the session is free again, the reader still there
}

CONFORMANCE_TEST("a batch ends with the row that reaches its limit of bytes") {
  make_rows(db, 1000);
  std::vector<std::size_t> sizes;
  read_all(*db->open_reader("SELECT t FROM t", {}, {.max_bytes = 1}), &sizes);
  CHECK(sizes.size() == 1000);
  sizes.clear();
  read_all(*db->open_reader("SELECT t FROM t", {}, {.max_bytes = 1000}), &sizes);
  CHECK((sizes.size() > 3 && sizes.size() < 100));
}

CONFORMANCE_TEST("a reader binds parameters of both kinds") {
  make_rows(db, 10);
  CHECK(read_all(*db->open_reader("SELECT i, t FROM t WHERE i > ? AND CAST(t AS VARCHAR(20)) = ?", {2, "row 5"})) == numbered(5, 5));
  CHECK(read_all(*db->open_reader("SELECT i, t FROM t WHERE i BETWEEN :a AND :b ORDER BY i", Params::named({{"b", 9}, {"a", 7}}))) == numbered(7, 9));
  CHECK(error_of([&] { db->open_reader("SELECT ?", {}); }).code == ErrorCode::misuse);
}

CONFORMANCE_TEST("an empty result has its columns and types") {
  if (!db.quirks().lacks_result_types.empty()) SKIP(db.quirks().lacks_result_types);
  db.run({"CREATE TABLE t (a " + db.type(TypeKind::bigint) + ", b " + db.type(SqlType::decimal(15, 2)) + ", \"C d\" " + db.type(TypeKind::text) +
          ", e " + db.type(TypeKind::date) + ")"});
  const auto reader = db->open_reader("SELECT a, b, \"C d\", e FROM t");
  REQUIRE(reader->columns().size() == 4);
  CHECK(reader->columns()[0].type.kind == TypeKind::bigint);
  CHECK(reader->columns()[1].type == SqlType::decimal(15, 2));
  CHECK(reader->columns()[2].name == "C d");
  CHECK(reader->columns()[3].type.kind == TypeKind::date);
  CHECK(read_all(*reader).empty());
}

CONFORMANCE_TEST("a reader's values of every type are those that were stored") {
  if (!db.quirks().lacks_result_types.empty()) SKIP(db.quirks().lacks_result_types);
  for (const TypeCase& c : type_cases(db.quirks())) {
    INFO(to_string(c.type) << ", stored as " << db.type(c.type));
    db.drop("t");
    db.run({"CREATE TABLE t (id integer PRIMARY KEY, v " + db.type(c.type) + ")"});
    Transaction transaction(db.connection());
    for (std::size_t i = 0; i < c.values.size(); ++i) db->execute("INSERT INTO t (id, v) VALUES (?, ?)", {i, c.values[i]});
    db->execute("INSERT INTO t (id, v) VALUES (?, NULL)", {c.values.size()});
    transaction.commit();
    const auto reader = db->open_reader("SELECT v FROM t ORDER BY id", {}, {.max_rows = 2});
    const Rows rows = read_all(*reader);
    REQUIRE(rows.size() == c.values.size() + 1);
    for (std::size_t i = 0; i < c.values.size(); ++i) {
      const Value want = expected(c.values[i], c.type, db.quirks());
      INFO("value " << i << ": stored \"" << c.values[i].to_text().substr(0, 200) << "\", read \"" << rows[i][0].to_text().substr(0, 200) << "\"");
      const auto* const number = std::get_if<double>(&want.storage());
      if (number && std::isnan(*number)) CHECK(std::isnan(rows[i][0].as<double>()));
      else CHECK(rows[i][0] == want);
    }
    CHECK(rows.back()[0].is_null());
  }
}

CONFORMANCE_TEST("while a reader is open its session refuses everything else") {
  make_rows(db, 100);
  auto reader = db->open_reader("SELECT i FROM t", {}, {.max_rows = 10});
  const auto refused = [&](auto&& call) {
    const ErrorInfo error = error_of(call);
    CHECK(error.code == ErrorCode::misuse);
    CHECK(error.message.find("batch reader") != std::string::npos);
  };
  refused([&] { db->execute("DELETE FROM t"); });
  refused([&] { db->query(db.select("1")); });
  refused([&] { db->open_reader(db.select("1")); });
  refused([&] { db->describe({{}, "t"}); });
  refused([&] { db->truncate({{}, "t"}); });
  refused([&] { db->open_writer({{}, "t"}, {ColumnInfo{"i", SqlType::of(TypeKind::bigint)}}); });
  refused([&] { db->begin(); });
  refused([&] { db->ping(); });
  refused([&] { db->reset(); });
  refused([&] { db->set_statement_timeout(std::chrono::seconds(1)); });
  CHECK(db->usable());
  CHECK(read_all(*reader).size() == 100);
  CHECK(db->execute("DELETE FROM t") == 100);
}

CONFORMANCE_TEST("a reader that is closed early leaves the session usable") {
  for (const int batches : {0, 1, 3}) {
    const auto reader = db->open_reader(db.quirks().endless_rows);
    RecordBatch batch = reader->make_batch();
    for (int i = 0; i < batches; ++i) REQUIRE(reader->next(batch));
    reader->close();
    reader->close();
    CHECK(error_of([&] { reader->next(batch); }).code == ErrorCode::misuse);
    CHECK(db->query_value(db.select("1")).as<int>() == 1);
  }
  db->open_reader(db.quirks().endless_rows);  // gone at once
  CHECK(db->query_value(db.select("2")).as<int>() == 2);
  CHECK_FALSE(db->cancel_pending());
}

CONFORMANCE_TEST("a transaction goes on after a reader in it was closed early") {
  make_rows(db, 10);
  db->begin();
  db->execute("INSERT INTO t VALUES (11, 'before')");
  {
    const auto reader = db->open_reader(db.quirks().endless_rows);
    RecordBatch batch = reader->make_batch();
    REQUIRE(reader->next(batch));
  }
  db->execute("INSERT INTO t VALUES (12, 'after')");
  CHECK(read_all(*db->open_reader("SELECT i, t FROM t")).size() == 12);
  db->commit();
  CHECK(db.count("t") == 12);
}

CONFORMANCE_TEST("a rollback ends an open reader") {
  db->begin();
  const auto reader = db->open_reader(db.quirks().endless_rows);
  RecordBatch batch = reader->make_batch();
  REQUIRE(reader->next(batch));
  db->rollback();
  CHECK(db->query_value(db.select("1")).as<int>() == 1);
  const auto second = db->open_reader(db.select("2 AS two"));
  CHECK(error_of([&] { while (reader->next(batch)) {} }).code == ErrorCode::misuse);
  CHECK(read_all(*second).size() == 1);
}

CONFORMANCE_TEST("a commit with an open reader is refused and commits nothing") {
  make_rows(db, 10);
  db->begin();
  db->execute("DELETE FROM t");
  const auto reader = db->open_reader(db.quirks().endless_rows);
  CHECK(error_of([&] { db->commit(); }).code == ErrorCode::misuse);
  CHECK_FALSE(db->in_transaction());
  CHECK(db.count("t") == 10);
}

CONFORMANCE_TEST("a statement that makes no sense fails when its reader is opened") {
  const ErrorInfo error = error_of([&] { db->open_reader("SELECT * FROM no_such_table"); });
  CHECK(error.code == ErrorCode::undefined_object);
  CHECK(error.statement == "SELECT * FROM no_such_table");
  CHECK(db->query_value(db.select("1")).as<int>() == 1);
  CHECK(error_of([&] { db->open_reader(db.select("1"), {}, {.max_rows = 0}); }).code == ErrorCode::misuse);
}

CONFORMANCE_TEST("a query that fails on its way throws and lets the session go on") {
  if (!db.quirks().lacks_streaming.empty()) SKIP(db.quirks().lacks_streaming);
  const auto reader = db->open_reader(db.quirks().failing_rows, {}, {.max_rows = 1000});
  RecordBatch batch = reader->make_batch();
  std::size_t rows = 0;
  const ErrorInfo error = error_of([&] { while (reader->next(batch)) rows += batch.rows(); });
  CHECK(rows == db.quirks().rows_before_failure);
  CHECK(batch.rows() == 0);
  CHECK(error.statement.starts_with(db.quirks().failing_rows.substr(0, 20)));
  CHECK_FALSE(error.poisons_connection);
  CHECK(error_of([&] { reader->next(batch); }).code == ErrorCode::misuse);
  CHECK(db->query_value(db.select("1")).as<int>() == 1);
}

CONFORMANCE_TEST("a reader is cancelled from another thread, and the session lives on or is unusable") {
  if (!db.quirks().lacks_cancel.empty()) SKIP(db.quirks().lacks_cancel);
  if (!db.quirks().lacks_streaming.empty()) SKIP(db.quirks().lacks_streaming);
  const auto reader = db->open_reader(db.quirks().endless_rows);
  RecordBatch batch = reader->make_batch();
  std::jthread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    db->cancel();
  });
  const ErrorInfo error = error_of([&] { while (reader->next(batch)) {} });
  canceller.join();
  CHECK(error.code == ErrorCode::cancelled);
  CHECK(db->settle_cancel() == db.quirks().survives_cancel);
  CHECK(db->usable() == db.quirks().survives_cancel);
  if (db.quirks().survives_cancel) CHECK(db->query_value(db.select("1")).as<int>() == 1);
}

CONFORMANCE_TEST("a statement without rows has a reader without columns") {
  const auto reader = db->open_reader("CREATE TABLE t (a integer)");
  CHECK(reader->columns().empty());
  CHECK(read_all(*reader).empty());
  CHECK(db.count("t") == 0);
}

CONFORMANCE_TEST("a reader may outlive its connection") {
  auto session = db.connect();
  const auto reader = session->open_reader(db.quirks().endless_rows);
  RecordBatch batch = reader->make_batch();
  REQUIRE(reader->next(batch));
  session.reset();
  CHECK(reader->next(batch));
  reader->close();
}

CONFORMANCE_TEST("what a reader gives a bulk writer takes") {
  make_rows(db, 100);
  db.run({"CREATE TABLE u (i bigint, t " + db.type(TypeKind::text) + ")"});
  std::vector<RecordBatch> batches;
  {
    const auto reader = db->open_reader("SELECT i, t FROM t", {}, {.max_rows = 30});
    for (RecordBatch batch = reader->make_batch(); reader->next(batch);) batches.push_back(batch);
  }
  Stream stream = db.open_stream("u");
  for (const RecordBatch& batch : batches) stream.writer->write(batch);
  CHECK(stream.finish() == 100);
  CHECK(read_all(*db->open_reader("SELECT i, t FROM u ORDER BY i")) == numbered(1, 100));
}
