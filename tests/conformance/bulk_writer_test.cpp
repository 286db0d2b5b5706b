// The fast way in.

#include <algorithm>
#include <cmath>
#include <limits>

#include "conformance/database.hpp"
#include "conformance/type_cases.hpp"

using namespace millrace;
using namespace millrace::conformance;

namespace {

bool same(const Value& a, const Value& b) {
  const auto* const x = std::get_if<double>(&a.storage());
  const auto* const y = std::get_if<double>(&b.storage());
  if (x && y && std::isnan(*x) && std::isnan(*y)) return true;
  return a == b;
}

void create(Database& db) {
  db.run({"CREATE TABLE t (id " + db.type(TypeKind::integer) + " PRIMARY KEY, v " + db.type(TypeKind::text) + ")"});
}

/// Rows (first, ""), (first + 1, "x"), (first + 2, NULL), ...
Rows numbered(int first, int rows) {
  Rows values;
  for (int i = first; i < first + rows; ++i) values.push_back({i, i % 3 == 2 ? Value() : Value(std::string(static_cast<std::size_t>(i % 3), 'x'))});
  return values;
}

}  // namespace

CONFORMANCE_TEST("values of every type, extremes and NULL, survive the stream") {
  for (const TypeCase& c : type_cases(db.quirks())) {
    INFO(to_string(c.type) << ", stored as " << db.type(c.type));
    db.drop("t");
    db.run({"CREATE TABLE t (id integer PRIMARY KEY, v " + db.type(c.type) + ")"});
    Rows rows = {{-1, nullptr}};
    for (const Value& value : c.values) rows.push_back({rows.size() - 1, value});
    rows.push_back({rows.size() - 1, nullptr});
    auto stream = db.open_stream("t");
    stream.write(rows);
    CHECK(stream.finish() == static_cast<std::int64_t>(rows.size()));
    const ResultSet result = db->query("SELECT v FROM t ORDER BY id");
    REQUIRE(result.size() == rows.size());
    CHECK(result[0][0].is_null());
    CHECK(result[rows.size() - 1][0].is_null());
    for (std::size_t i = 0; i < c.values.size(); ++i) {
      const Value want = expected(c.values[i], c.type, db.quirks());
      INFO("value " << i << ": sent \"" << c.values[i].to_text().substr(0, 200) << "\", read \"" << result[i + 1][0].to_text().substr(0, 200) << "\"");
      CHECK(same(result[i + 1][0], want));
    }
  }
}

CONFORMANCE_TEST("the stream stores exactly what a bound value stores") {
  for (const TypeCase& c : type_cases(db.quirks())) {
    INFO(to_string(c.type));
    db.drop("t");
    db.run({"CREATE TABLE t (id integer, v " + db.type(c.type) + ")"});
    Rows rows;
    for (const Value& value : c.values) {
      db->execute("INSERT INTO t VALUES (?, ?)", {rows.size(), value});
      rows.push_back({rows.size(), value});
    }
    auto stream = db.open_stream("t");
    stream.write(rows);
    stream.finish();
    const std::string differs = db.dialect().differs("a.v", "b.v", db.describe("t").find(db.name("v"))->type);
    CHECK(db->query_value("SELECT COUNT(*) FROM t").as<std::size_t>() == 2 * rows.size());
    CHECK(db->query_value("SELECT COUNT(*) FROM t AS a, t AS b WHERE a.id = b.id AND (" + differs + ")").as<int>() == 0);
  }
}

CONFORMANCE_TEST("NaN follows the driver's traits") {
  if (db.quirks().knows_nan_before_connecting) CHECK(db.traits().stores_nan == db.quirks().stores_nan);
  db.run({"CREATE TABLE t (v " + db.type(TypeKind::double_precision) + ")"});
  auto stream = db.open_stream("t");
  const auto write = [&] { stream.write({{std::numeric_limits<double>::quiet_NaN()}}), stream.finish(); };
  if (db.quirks().stores_nan) CHECK_NOTHROW(write());
  else CHECK(error_of(write).code == ErrorCode::data);
}

CONFORMANCE_TEST("rows are conserved around every boundary of buffer and batch") {
  create(db);
  WriterOptions options;
  int next = 0;
  std::int64_t expected_rows = 0;
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{64}, std::size_t{9000}, std::size_t{1} << 20}) {
    options.max_bytes = bytes;
    for (const int rows : {0, 1, 2, 7, 8, 9, 63, 64, 65, 511, 512, 513, 1023, 1024, 1025}) {
      INFO(bytes << " bytes, " << rows << " rows");
      auto stream = db.open_stream("t", {}, options);
      stream.write(numbered(next, rows));
      CHECK(stream.finish() == rows);
      next += rows;
      expected_rows += rows;
      CHECK(db.count("t") == expected_rows);
    }
  }
  CHECK(db->query_value("SELECT COUNT(*) FROM t WHERE (id - id / 3 * 3 = 2 AND v IS NOT NULL) OR (id - id / 3 * 3 <> 2 AND v IS NULL)").as<int>() == 0);
  CHECK(db->query_value("SELECT COUNT(*) FROM t WHERE CAST(v AS VARCHAR(20)) <> CASE id - id / 3 * 3 WHEN 0 THEN '' ELSE 'x' END").as<int>() == 0);
}

CONFORMANCE_TEST("a stream is many batches, or none") {
  create(db);
  CHECK(db.open_stream("t").finish() == 0);
  {
    auto stream = db.open_stream("t");
    stream.write(numbered(0, 0));
    CHECK(stream.finish() == 0);
  }
  auto stream = db.open_stream("t");
  stream.write(numbered(0, 10));
  stream.write(numbered(10, 0));
  stream.write(numbered(10, 1));
  stream.write(numbered(11, 5));
  CHECK(stream.finish() == 16);
  CHECK(db.count("t") == 16);
  CHECK(db->query_value("SELECT SUM(id) FROM t").as<int>() == 120);
}

CONFORMANCE_TEST("one reused batch is written again with its new rows") {
  create(db);
  auto stream = db.open_stream("t");
  RecordBatch batch = stream.batch(numbered(0, 3));
  const RecordBatch next = stream.batch({{100, "again"}});
  stream.writer->write(batch);
  batch.clear();
  for (std::size_t c = 0; c < batch.column_count(); ++c) batch.column(c).append_from(next.column(c), 0);
  stream.writer->write(batch);
  CHECK(stream.finish() == 4);
  CHECK(db->query_value("SELECT v FROM t WHERE id = 100") == Value("again"));
}

CONFORMANCE_TEST("columns may be some of the table's, in any order") {
  db.run({"CREATE TABLE t (a " + db.type(TypeKind::integer) + ", b " + db.type(TypeKind::text) + " DEFAULT 'd', c " + db.type(TypeKind::text) + ")"});
  auto stream = db.open_stream("t", {"c", "a"});
  stream.write({{"x", 1}, {nullptr, 2}});
  CHECK(stream.finish() == 2);
  CHECK(values_of(db->query("SELECT a, b, c FROM t ORDER BY a")) == Rows{{1, "d", "x"}, {2, "d", nullptr}});
}

CONFORMANCE_TEST("a table of very many columns is written") {
  std::string columns;
  std::vector<Value> row;
  for (int i = 0; i < 300; ++i) {
    columns += (i ? ", c" : "c") + std::to_string(i) + " " + db.type(TypeKind::integer);
    row.push_back(i % 5 == 4 ? Value() : Value(i));
  }
  db.run({"CREATE TABLE t (" + columns + ")"});
  auto stream = db.open_stream("t");
  stream.write(Rows(257, row));
  CHECK(stream.finish() == 257);
  CHECK(db->query_value("SELECT COUNT(*) FROM t WHERE c0 = 0 AND c4 IS NULL AND c298 = 298 AND c299 IS NULL").as<int>() == 257);
}

CONFORMANCE_TEST("a value larger than every buffer is written whole") {
  create(db);
  std::string text;
  while (text.size() < (1 << 20)) text += hostile_text();
  WriterOptions options;
  options.max_bytes = 4096;
  auto stream = db.open_stream("t", {}, options);
  stream.write({{1, "before"}, {2, text}, {3, "behind"}});
  stream.write({{4, text}});
  CHECK(stream.finish() == 4);
  CHECK((db->query_value("SELECT v FROM t WHERE id = 2") == Value(text)));
  CHECK((db->query_value("SELECT v FROM t WHERE id = 4") == Value(text)));
  CHECK(db->query_value("SELECT v FROM t WHERE id = 3") == Value("behind"));
}

CONFORMANCE_TEST("streamed rows are the transaction's: visible inside, gone with its rollback") {
  create(db);
  const auto other = db.connect();
  {
    Transaction transaction(db.connection());
    auto stream = db.open_stream("t");
    stream.write(numbered(0, 5));
    stream.finish();
    CHECK(db.count("t") == 5);
    CHECK(db.sees_only(*other, "t", 0));
  }
  CHECK(db.count("t") == 0);
  Transaction transaction(db.connection());
  for (int i = 0; i < 3; ++i) {
    auto stream = db.open_stream("t");
    stream.write(numbered(10 * i, 10));
    stream.finish();
  }
  transaction.commit();
  CHECK(other->query_value("SELECT COUNT(*) FROM t").as<int>() == 30);
}

CONFORMANCE_TEST("an abandoned stream leaves nothing, and the session goes on") {
  create(db);
  {
    Transaction transaction(db.connection());
    auto stream = db.open_stream("t");
    stream.write(numbered(0, 5000));
    stream.writer->abandon();
    stream.writer->abandon();
    CHECK(error_of([&] { stream.write(numbered(0, 1)); }).code == ErrorCode::misuse);
    CHECK(error_of([&] { stream.finish(); }).code == ErrorCode::misuse);
    transaction.rollback();
  }
  CHECK(db->usable());
  CHECK(db.count("t") == 0);
  auto stream = db.open_stream("t");
  stream.write(numbered(0, 1));
  CHECK(stream.finish() == 1);
}

CONFORMANCE_TEST("a writer that is destroyed or outlives its transaction leaves nothing") {
  create(db);
  {
    Transaction transaction(db.connection());
    auto stream = db.open_stream("t");
    stream.write(numbered(0, 5000));
  }
  CHECK(db.count("t") == 0);
  {
    Stream stream;
    Transaction transaction(db.connection());
    stream = db.open_stream("t");
    stream.write(numbered(0, 10));
    transaction.rollback();
    CHECK_THROWS_AS(stream.finish(), Error);
  }
  CHECK(db->usable());
  CHECK(db.count("t") == 0);
  db->ping();
}

CONFORMANCE_TEST("a stream outside a transaction is all or nothing") {
  create(db);
  db->execute("INSERT INTO t VALUES (7, 'old')");
  {
    auto stream = db.open_stream("t");
    CHECK_THROWS_AS((stream.write(numbered(0, 5)), stream.write(numbered(5, 10)), stream.finish()), DatabaseError);
  }
  CHECK(db->usable());
  CHECK(db.count("t") == 1);
  { auto stream = db.open_stream("t"); stream.write(numbered(100, 5)); }
  CHECK(db.count("t") == 1);
}

CONFORMANCE_TEST("a violation inside the stream is an error with its code, and the session goes on after a rollback") {
  db.run({"CREATE TABLE t (id " + db.type(TypeKind::integer) + " PRIMARY KEY, v " + db.type(TypeKind::text) + " NOT NULL)"});
  const auto failure = [&](const Rows& rows) {
    Transaction transaction(db.connection());
    auto stream = db.open_stream("t");
    const ErrorInfo error = error_of([&] {
      stream.write({{1, "a"}, {2, "b"}});
      stream.write(rows);
      stream.finish();
    });
    CHECK(error_of([&] { stream.finish(); }).code == ErrorCode::misuse);
    stream.writer->abandon();
    return error;
  };
  const ErrorInfo unique = failure({{3, "c"}, {2, "again"}, {4, "d"}});
  CHECK(unique.code == ErrorCode::unique_violation);
  if (db.quirks().names_failing_row) CHECK(unique.row == 3);
  const ErrorInfo not_null = failure({{3, "c"}, {4, nullptr}});
  CHECK(not_null.code == ErrorCode::not_null_violation);
  if (db.quirks().names_failing_row) CHECK(not_null.row == 3);
  CHECK(not_null.column == db.name("v"));
  CHECK(db->usable());
  CHECK(db.count("t") == 0);
}

CONFORMANCE_TEST("a savepoint undoes a stream that failed") {
  create(db);
  Transaction transaction(db.connection());
  db->execute("INSERT INTO t VALUES (1, 'kept')");
  {
    Savepoint savepoint(db.connection(), "unit");
    auto stream = db.open_stream("t");
    CHECK_THROWS_AS((stream.write(numbered(0, 5)), stream.finish()), DatabaseError);
  }
  auto stream = db.open_stream("t");
  stream.write(numbered(2, 1));
  stream.finish();
  transaction.commit();
  CHECK(db.count("t") == 2);
}

CONFORMANCE_TEST("a savepoint undoes a stream that was abandoned or succeeded") {
  create(db);
  Transaction transaction(db.connection());
  for (const bool finish : {true, false}) {
    Savepoint savepoint(db.connection(), "unit");
    auto stream = db.open_stream("t");
    stream.write(numbered(0, 100));
    if (finish) stream.finish();
    else stream.writer->abandon();
  }
  CHECK(db.count("t") == 0);
  transaction.commit();
}

CONFORMANCE_TEST("a batch that does not fit the columns is misuse, not data") {
  create(db);
  Transaction transaction(db.connection());
  auto stream = db.open_stream("t");
  RecordBatch one_column({stream.types[0]});
  one_column.column(0).append_null();
  CHECK_THROWS_AS(stream.writer->write(one_column), Error);
  transaction.rollback();
  CHECK(db->usable());
  CHECK(db.count("t") == 0);
}

CONFORMANCE_TEST("a writer into what does not exist is refused") {
  create(db);
  const ColumnInfo missing{"no_such_column", SqlType::of(TypeKind::integer)};
  CHECK(error_of([&] { db->open_writer(db.table("no_such_table"), {missing}); }).code == ErrorCode::undefined_object);
  CHECK(error_of([&] { db->open_writer(db.table("t"), {missing}); }).code == ErrorCode::undefined_object);
  CHECK(db->usable());
  db->ping();
}

CONFORMANCE_TEST("an open writer has its session to itself") {
  create(db);
  Transaction transaction(db.connection());
  auto stream = db.open_stream("t");
  stream.write(numbered(0, 3));
  // Whatever a statement in between does, it must not harm the stream.
  try {
    db->execute("INSERT INTO t VALUES (100, 'x')");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::misuse);
  }
  stream.write(numbered(3, 3));
  CHECK(stream.finish() == 6);
  transaction.commit();
  CHECK(db->query_value("SELECT COUNT(*) FROM t WHERE id < 100").as<int>() == 6);
}
