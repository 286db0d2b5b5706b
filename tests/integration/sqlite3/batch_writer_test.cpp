#include "integration/sqlite3/support.hpp"

#include <cmath>
#include <limits>

using namespace millrace;
using namespace millrace::test;

namespace {

std::vector<TextRow> numbered(int first, int last) {
  std::vector<TextRow> rows;
  for (int i = first; i <= last; ++i) rows.push_back({std::to_string(i)});
  return rows;
}

}  // namespace

TEST_CASE("no, one and many batches store exactly their rows") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a BIGINT)");
  CHECK(load(*connection, {"", "t"}, {}) == 0);
  CHECK(load(*connection, {"", "t"}, {{"0"}}) == 1);
  for (const std::size_t batch_rows : {1, 7, 1000}) CHECK(load(*connection, {"", "t"}, numbered(1, 1000), batch_rows) == 1000);
  CHECK(dump(*connection, "SELECT count(*), sum(a) FROM t") == "3001|1501500");
}

TEST_CASE("every layout goes in with and without NULLs") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(id INTEGER, b BOOLEAN, s SMALLINT, g BIGINT, f REAL, n DECIMAL(15,2), i DECIMAL(9,0), w DECIMAL_TEXT(38,2), x BLOB, d DATE, m TIME, ts TIMESTAMP, "
                      "tz TIMESTAMPTZ, u UUID, j JSON, e TEXT)");
  const TextRow full{"1", "t", "-7", "9223372036854775807", "0.5", "-0.05", "12", "123456789012345678901234567890.10", "\\x00ff", "2024-02-29", "01:02:03.5", "2024-02-29 00:00:00",
                     "2024-02-29 12:00:00+02", "00112233-4455-6677-8899-aabbccddeeff", "[]", ""};
  TextRow empty(full.size());
  empty[0] = "2";
  TextRow last = full;
  last[0] = "3";
  CHECK(load(*connection, {"", "t"}, {full, empty, last}) == 3);
  const std::string expected = "|1|-7|9223372036854775807|0.5|-0.05|12|'123456789012345678901234567890.10'|X'00FF'|'2024-02-29'|'01:02:03.5'|'2024-02-29 00:00:00'|"
                               "'2024-02-29 10:00:00+00:00'|'00112233-4455-6677-8899-aabbccddeeff'|'[]'|''";
  const std::string columns = "quote(id), quote(b), quote(s), quote(g), quote(f), quote(n), quote(i), quote(w), quote(x), quote(d), quote(m), quote(ts), quote(tz), quote(u), quote(j), quote(e)";
  CHECK(dump(*connection, "SELECT " + columns + " FROM t WHERE id = 1") == "1" + expected);
  CHECK(dump(*connection, "SELECT " + columns + " FROM t WHERE id = 3") == "3" + expected);
  std::string nulls = "2";
  for (std::size_t i = 1; i < full.size(); ++i) nulls += "|NULL";
  CHECK(dump(*connection, "SELECT " + columns + " FROM t WHERE id = 2") == nulls);
}

TEST_CASE("narrow layouts go in from programs that build their own batches") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a INTEGER, b REAL, c TEXT, d TEXT)");
  const std::vector<ColumnInfo> columns{{"a", SqlType::of(TypeKind::integer)}, {"b", SqlType::of(TypeKind::real)}, {"c", SqlType::of(TypeKind::double_precision)}, {"d", SqlType::of(TypeKind::binary)}};
  RecordBatch batch({columns[0].type, columns[1].type, columns[2].type, columns[3].type});
  batch.column(0).append_fixed<std::int32_t>(std::numeric_limits<std::int32_t>::min());
  batch.column(1).append_fixed<float>(0.5f);
  batch.column(2).append_fixed<double>(0.1 + 0.2);
  batch.column(3).append_bytes("");
  const auto writer = connection->open_writer({"", "t"}, columns);
  writer->write(batch);
  CHECK(writer->finish().rows == 1);
  CHECK(dump(*connection, "SELECT quote(a), quote(b), quote(c), quote(d) FROM t") == "-2147483648|0.5|'0.30000000000000004'|X''");
}

TEST_CASE("a batch of empty texts stores empty texts, not NULLs") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a TEXT NOT NULL)");
  CHECK(load(*connection, {"", "t"}, {{""}, {""}}) == 2);
  CHECK(dump(*connection, "SELECT group_concat(quote(a)) FROM t") == "'',''");
}

TEST_CASE("2000 columns, SQLite's limit, go in") {
  const auto connection = open_memory();
  std::string sql = "CREATE TABLE t(";
  TextRow row;
  for (int i = 0; i < 2000; ++i) {
    sql += (i == 0 ? "c" : ", c") + std::to_string(i) + " INTEGER";
    row.push_back(std::to_string(i));
  }
  connection->execute(sql + ")");
  CHECK(load(*connection, {"", "t"}, {row, row, row}) == 3);
  CHECK(dump(*connection, "SELECT count(*), sum(c0), sum(c1999), min(c1000) FROM t") == "3|0|5997|1000");
}

TEST_CASE("names are data") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE \"a\"\"; DROP TABLE x; --\"(\"select\" TEXT, \"c0\" TEXT, \"'\"\"\xE6\x9D\xB1 \" TEXT, \"?1 :n\" TEXT)");
  CHECK(load(*connection, {"main", "a\"; DROP TABLE x; --"}, {{"1", "2", "3", "4"}}) == 1);
  CHECK(dump(*connection, "SELECT * FROM \"a\"\"; DROP TABLE x; --\"") == "1|2|3|4");
}

TEST_CASE("a violation names the stream's row, and the batches before it stay") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a BIGINT PRIMARY KEY CHECK (a <> 77))");
  connection->begin();
  const ErrorInfo duplicate = error_of([&] {
    auto rows = numbered(1, 10);
    rows.push_back({"4"});
    load(*connection, {"", "t"}, rows, 4);
  });
  CHECK(duplicate.code == ErrorCode::unique_violation);
  CHECK(duplicate.sqlstate == "23505");
  CHECK(duplicate.row == 10);
  CHECK(duplicate.constraint == "t.a");
  CHECK(dump(*connection, "SELECT count(*) FROM t") == "8");
  CHECK(error_of([&] { load(*connection, {"", "t"}, numbered(70, 80)); }).row == 7);
  CHECK(load(*connection, {"", "t"}, {{"100"}}) == 1);
  connection->commit();
  CHECK(dump(*connection, "SELECT count(*) FROM t") == "9");
}

TEST_CASE("a row that cannot be told is not guessed") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE p(id INTEGER PRIMARY KEY)");
  connection->execute("CREATE TABLE c(p INTEGER REFERENCES p)");
  const ErrorInfo orphan = error_of([&] { load(*connection, {"", "c"}, {{"1"}, {"2"}}); });
  CHECK(orphan.code == ErrorCode::foreign_key_violation);
  CHECK(orphan.row == -1);
  connection->execute("CREATE TABLE t(a BIGINT UNIQUE)");
  connection->execute("CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT CASE WHEN new.a = 3 THEN RAISE(ABORT, 'no threes') END; END");
  const ErrorInfo raised = error_of([&] { load(*connection, {"", "t"}, numbered(1, 5)); });
  CHECK(raised.message == "no threes");
  CHECK((raised.row == -1 || raised.row == 2));
}

TEST_CASE("rows that a trigger drops are missed") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a BIGINT)");
  connection->execute("CREATE TRIGGER g BEFORE INSERT ON t WHEN new.a = 2 BEGIN SELECT RAISE(IGNORE); END");
  CHECK(error_of([&] { load(*connection, {"", "t"}, numbered(1, 3)); }).code == ErrorCode::data);
}

TEST_CASE("a STRICT table refuses what is not of its type") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a INTEGER) STRICT");
  RecordBatch batch({SqlType::of(TypeKind::double_precision)});
  batch.column(0).append_fixed(1.0);
  batch.column(0).append_fixed(1.5);
  const ErrorInfo error = error_of([&] { connection->open_writer({"", "t"}, {ColumnInfo{"a", SqlType::of(TypeKind::double_precision)}})->write(batch); });
  CHECK(error.code == ErrorCode::invalid_value);
  CHECK(error.sqlstate == "22018");
  CHECK(error.row == 1);
}

TEST_CASE("a NaN is an error, never a silent NULL") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a REAL)");
  RecordBatch batch({SqlType::of(TypeKind::double_precision)});
  batch.column(0).append_fixed(std::numeric_limits<double>::infinity());
  batch.column(0).append_fixed(std::nan(""));
  const ErrorInfo error = error_of([&] { connection->open_writer({"", "t"}, connection->columns({"", "t"}))->write(batch); });
  CHECK(error.code == ErrorCode::data);
  CHECK(error.column == "a");
  CHECK(error.row == 1);
}

TEST_CASE("a batch of another shape is misuse") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a DECIMAL(5,2), b TEXT)");
  const auto columns = connection->columns({"", "t"});
  const auto code = [&](const std::vector<SqlType>& types) {
    RecordBatch batch(types);
    for (std::size_t i = 0; i < types.size(); ++i) batch.column(i).append_null();
    return error_of([&] { connection->open_writer({"", "t"}, columns)->write(batch); }).code;
  };
  CHECK(code({columns[0].type}) == ErrorCode::misuse);
  CHECK(code({columns[0].type, SqlType::of(TypeKind::date)}) == ErrorCode::misuse);
  CHECK(code({SqlType::decimal(5, 3), columns[1].type}) == ErrorCode::misuse);
}

TEST_CASE("unknown tables and columns are named, and columns match in any case") {
  const auto connection = open_memory();
  CHECK(error_of([&] { connection->open_writer({"", "no"}, {ColumnInfo{"a", SqlType{}}}); }).code == ErrorCode::undefined_object);
  connection->execute("CREATE TABLE t(Name TEXT)");
  CHECK(error_of([&] { connection->open_writer({"", "t"}, {ColumnInfo{"b", SqlType{}}}); }).code == ErrorCode::undefined_object);
  CHECK_NOTHROW(connection->open_writer({"", "T"}, {ColumnInfo{"NAME", SqlType{}}}));
}

TEST_CASE("generated columns cannot be written, and left-out columns take their default") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a BIGINT, g BIGINT AS (a * 2) STORED, d TEXT DEFAULT 'x')");
  const auto columns = connection->columns({"", "t"});
  CHECK_THROWS_AS(connection->open_writer({"", "t"}, {columns[1]}), DatabaseError);
  const auto writer = connection->open_writer({"", "t"}, {columns[0]});
  writer->write(batch_of({columns[0]}, {{"4"}}));
  writer->finish();
  CHECK(dump(*connection, "SELECT * FROM t") == "4|8|x");
}

TEST_CASE("a writer leaves nothing on its connection, and the next one may have other columns") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a BIGINT)");
  connection->execute("CREATE TABLE u(a BIGINT, b TEXT, c DATE)");
  const std::string before = dump(*connection, "SELECT group_concat(name) FROM pragma_database_list");
  for (int i = 0; i < 3; ++i) {
    load(*connection, {"", "t"}, {{"1"}});
    load(*connection, {"", "u"}, {{"1", "x", "2020-01-01"}});
  }
  connection->open_writer({"", "t"}, connection->columns({"", "t"}))->abandon();
  { const auto dropped = connection->open_writer({"", "u"}, connection->columns({"", "u"})); }
  CHECK(dump(*connection, "SELECT count(*) FROM u") == "3");
  CHECK(dump(*connection, "SELECT group_concat(name) FROM pragma_database_list") == before);
  CHECK(error_of([&] { connection->query("SELECT * FROM sqlite_millrace_batch"); }).code == ErrorCode::undefined_object);
}

TEST_CASE("writing goes on in attached and temporary databases") {
  const TempDir dir;
  const auto connection = open_sqlite(dir / "x.db");
  connection->execute("ATTACH ? AS other", {(dir / "y.db").string()});
  connection->execute("CREATE TABLE other.t(a BIGINT)");
  connection->execute("CREATE TEMP TABLE w(a BIGINT)");
  CHECK(load(*connection, {"other", "t"}, {{"1"}}) == 1);
  CHECK(load(*connection, {"", "w"}, {{"2"}}) == 1);
  CHECK(dump(*connection, "SELECT * FROM other.t UNION ALL SELECT * FROM temp.w") == "1 2");
}

TEST_CASE("a stream of its own whose rows a trigger drops is rolled back, not committed and then called a failure") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(a BIGINT)");
  connection->execute("CREATE TRIGGER drops BEFORE INSERT ON t WHEN new.a = 2 BEGIN SELECT RAISE(IGNORE); END");
  const auto writer = connection->open_writer({"", "t"}, connection->columns({"", "t"}));
  writer->write(batch_of(connection->columns({"", "t"}), {{"1"}, {"2"}, {"3"}}));
  CHECK(error_of([&] { writer->finish(); }).code == ErrorCode::data);
  CHECK(dump(*connection, "SELECT count(*) FROM t") == "0");
  connection->execute("INSERT INTO t VALUES (9)");
  CHECK_FALSE(connection->in_transaction());
}
