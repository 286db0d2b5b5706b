// Out through an Arrow stream and in again.

#include "millrace/access/arrow.hpp"

#include <cmath>

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

constexpr TimeOfDay kEndOfDay{86'400'000'000};

/// Arrow has no 24:00:00, which a test of its own is about.
std::vector<TypeCase> arrow_cases(const Quirks& quirks) {
  std::vector<TypeCase> cases = type_cases(quirks);
  for (TypeCase& c : cases) std::erase(c.values, Value(kEndOfDay));
  return cases;
}

std::string column_name(std::size_t index) { return "c" + std::to_string(index); }

/// One column of each type.
std::string columns_of(Database& db, const std::vector<TypeCase>& cases) {
  std::string list = "id integer";
  for (std::size_t i = 0; i < cases.size(); ++i) list += ", " + column_name(i) + " " + db.type(cases[i].type);
  return list;
}

/// Every value of every type, each column in a rhythm of its own, and NULLs between them.
Rows rows_of(const std::vector<TypeCase>& cases) {
  std::size_t rows = 0;
  for (const TypeCase& c : cases) rows = std::max(rows, c.values.size() + 1);
  Rows out;
  for (std::size_t row = 0; row < rows; ++row) {
    auto& values = out.emplace_back();
    values.emplace_back(row);
    for (const TypeCase& c : cases) {
      const std::size_t at = row % (c.values.size() + 1);
      values.push_back(at < c.values.size() ? c.values[at] : Value());
    }
  }
  return out;
}

void copy(Connection& from, const std::string& sql, Connection& to, std::string_view table, std::int64_t rows) {
  OwnedArrowStream stream;
  copy_to_arrow(from, sql, stream.out());
  CHECK(copy_from_arrow(to, table, stream.get()) == rows);
  CHECK_FALSE(stream);
}

void create_numbers(Database& db) { db.run({"CREATE TABLE t (a " + db.type(TypeKind::smallint) + ", b " + db.type(TypeKind::text) + ")"}); }

/// A stream of rows that the other session makes: numbers up to `last`.
OwnedArrowStream numbers(Database& db, Connection& connection, int last) {
  OwnedArrowStream stream;
  std::string sql = db.quirks().numbers;
  sql.replace(sql.find("{}"), 2, std::to_string(last));
  copy_to_arrow(connection, sql, stream.out());
  return stream;
}

}  // namespace

CONFORMANCE_TEST("values of every type, extremes and NULL, survive an Arrow stream") {
  const std::vector<TypeCase> cases = arrow_cases(db.quirks());
  const Rows rows = rows_of(cases);
  db.run({"CREATE TABLE s (" + columns_of(db, cases) + ")", "CREATE TABLE t (" + columns_of(db, cases) + ")"});
  auto stream = db.open_stream("s");
  stream.write(rows);
  REQUIRE(stream.finish() == static_cast<std::int64_t>(rows.size()));
  const auto other = db.connect();
  copy(*other, "SELECT * FROM s", db.connection(), "t", static_cast<std::int64_t>(rows.size()));

  const ResultSet sent = db->query("SELECT * FROM s ORDER BY id");
  const ResultSet arrived = db->query("SELECT * FROM t ORDER BY id");
  REQUIRE(arrived.size() == rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t c = 0; c < cases.size(); ++c) {
      INFO(to_string(cases[c].type) << ", row " << row << ": sent \"" << sent[row][c + 1].to_text().substr(0, 200) << "\", read \""
                                    << arrived[row][c + 1].to_text().substr(0, 200) << "\"");
      CHECK(same(arrived[row][c + 1], sent[row][c + 1]));
      CHECK(arrived[row][c + 1].is_null() == rows[row][c + 1].is_null());
    }
  }
}

CONFORMANCE_TEST("24:00:00, which Arrow does not have, is refused on the way out") {
  if (!db.quirks().lacks_end_of_day.empty()) SKIP(db.quirks().lacks_end_of_day);
  db.run({"CREATE TABLE s (a integer, b " + db.type(TypeKind::time) + ")"});
  db->execute("INSERT INTO s VALUES (?, ?), (?, ?)", {1, TimeOfDay{1}, 2, kEndOfDay});
  OwnedArrowStream stream;
  copy_to_arrow(db.connection(), "SELECT a, b FROM s ORDER BY a", stream.out());
  OwnedArrowArray batch;
  REQUIRE(stream->get_next(stream.get(), batch.out()) != 0);
  CHECK(std::string_view(stream->get_last_error(stream.get())).starts_with("column \"b\", row 2 of the result: 24:00:00 is no time of day in Arrow"));
  CHECK(db.count("s") == 2);  // the connection is free again
}

CONFORMANCE_TEST("many batches pass through an Arrow stream without losing a row") {
  create_numbers(db);
  const auto other = db.connect();
  copy_from_arrow(db.connection(), "t", numbers(db, *other, 20'000).get());
  CHECK(db.count("t") == 20'000);
  CHECK(db->query_value("SELECT COUNT(DISTINCT a) FROM t").as<int>() == 20'000);
}

CONFORMANCE_TEST("an empty result keeps its columns as a stream and is skipped as an input") {
  create_numbers(db);
  const auto other = db.connect();
  OwnedArrowStream stream;
  copy_to_arrow(*other, "SELECT a, b FROM t", stream.out());
  OwnedArrowSchema schema;
  REQUIRE(stream->get_schema(stream.get(), schema.out()) == 0);
  REQUIRE(schema->n_children == 2);
  CHECK(std::string_view(schema->children[0]->name) == db.name("a"));
  CHECK(copy_from_arrow(db.connection(), "t", stream.get()) == 0);
}

CONFORMANCE_TEST("a stream that is released early leaves its connection free") {
  const auto other = db.connect();
  numbers(db, *other, 100'000).reset();
  CHECK(other->query_value(db.select("1")).as<int>() == 1);
}

CONFORMANCE_TEST("a copy from Arrow that fails takes back its own rows alone") {
  create_numbers(db);
  const auto other = db.connect();
  Transaction transaction(db.connection());
  db->execute("INSERT INTO t (a) VALUES (0)");
  const ErrorInfo info = error_of([&] { copy_from_arrow(db.connection(), "t", numbers(db, *other, 40'000).get()); });
  CHECK(info.code == ErrorCode::data);
  CHECK(info.column == db.name("a"));
  CHECK(info.row == 32767);
  transaction.commit();
  CHECK(db.count("t") == 1);
}

CONFORMANCE_TEST("columns of an Arrow stream are chosen, and what is missing is refused by name") {
  create_numbers(db);
  const auto other = db.connect();
  CHECK(copy_from_arrow(db.connection(), "t", numbers(db, *other, 3).get(), {"b"}) == 3);
  CHECK(db->query_value("SELECT COUNT(*) FROM t WHERE a IS NULL AND CAST(b AS VARCHAR(20)) = 'x'").as<int>() == 3);
  const ErrorInfo info = error_of([&] { copy_from_arrow(db.connection(), "t", numbers(db, *other, 3).get(), {"a", "nowhere"}); });
  CHECK(info.message.find("\"nowhere\"") != std::string::npos);
  CHECK(db.count("t") == 3);
}
