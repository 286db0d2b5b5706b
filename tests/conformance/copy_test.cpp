// Rows of a program's own into tables.

#include "millrace/access/copy.hpp"

#include <iterator>
#include <string>
#include <tuple>
#include <vector>

#include "conformance/database.hpp"
#include "conformance/type_cases.hpp"
#include "millrace/access/database.hpp"
#include "millrace/access/query.hpp"

using namespace millrace;
using namespace millrace::conformance;
using namespace std::chrono_literals;

namespace {

using Line = std::tuple<int, std::optional<std::string>>;
constexpr int kRows = 10;

void create(millrace::conformance::Database& db) { db.run({"CREATE TABLE t (id integer PRIMARY KEY, v " + db.type(TypeKind::text) + ")"}); }

std::vector<Line> lines() {
  std::vector<Line> rows;
  for (int i = 0; i < kRows; ++i) rows.emplace_back(i, "row " + std::to_string(i));
  return rows;
}

std::vector<Line> stored(Connection& connection) { return query<Line>(connection, "SELECT id, v FROM t ORDER BY id"); }

/// Several flushes for a few rows.
CopyOptions small_flushes() {
  CopyOptions options;
  options.flush_rows = 3;
  return options;
}

millrace::Database open(millrace::conformance::Database& db) {
  DatabaseConfig config;
  config.connection = db.config_in_schema();
  config.pool.size = 1;
  config.pool.overflow = 0;
  config.pool.acquire_timeout = 10s;
  config.retry.initial_delay = 1ms;
  return millrace::Database::open(config, db.registry());
}

DatabaseError transient() {
  ErrorInfo info;
  info.code = ErrorCode::serialization;
  info.message = "try again";
  info.safe_to_retry = true;
  return DatabaseError(info);
}

/// Rows that are gone once they were read, like those of a file or a socket.
class ReadOnce {
 public:
  struct Iterator {
    using value_type = Line;
    using difference_type = std::ptrdiff_t;
    ReadOnce* rows;
    Line operator*() const { return {rows->next_, "row " + std::to_string(rows->next_)}; }
    Iterator& operator++() { ++rows->next_; return *this; }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return rows->next_ == kRows; }
  };
  Iterator begin() { return {this}; }
  std::default_sentinel_t end() const { return {}; }

 private:
  int next_ = 0;
};

}  // namespace

CONFORMANCE_TEST("unescaped commas and newlines, NULL mixed up with the empty string") {
  create(db);
  const std::vector<Line> rows{{1, "a,b"}, {2, "two\nlines"}, {3, "\"quoted\""},
                                {4, "back\\slash \\N \\."}, {5, ""}, {6, std::nullopt}, {7, "NULL"}, {8, "\t\r\n;'"},
                                {9, hostile_text()}, {10, "\\."}};
  CHECK(copy_from_records(db.connection(), "t", rows) == 10);
  CHECK(stored(db.connection()) == rows);
  CHECK(query_one<int>(db.connection(), "SELECT id FROM t WHERE v IS NULL") == 6);
  CHECK(query_one<int>(db.connection(), "SELECT id FROM t WHERE CAST(v AS VARCHAR(20)) = ''") == 5);
}

CONFORMANCE_TEST("values of every type, extremes and NULL, survive being copied from records") {
  for (const TypeCase& c : type_cases(db.quirks())) {
    INFO(to_string(c.type) << ", stored as " << db.type(c.type));
    if (c.type.kind == TypeKind::real || c.type.kind == TypeKind::double_precision) continue;  // NaN equals nothing; the bulk writer's tests have them
    db.drop("t");
    db.run({"CREATE TABLE t (id integer PRIMARY KEY, v " + db.type(c.type) + ")"});
    Rows rows;
    for (std::size_t i = 0; i < c.values.size(); ++i) rows.push_back({i, c.values[i]});
    rows.push_back({c.values.size(), nullptr});
    CHECK(copy_from_records(db.connection(), "t", rows) == static_cast<std::int64_t>(rows.size()));
    const std::vector<Value> read = query<Value>(db.connection(), "SELECT v FROM t ORDER BY id");
    REQUIRE(read.size() == rows.size());
    for (std::size_t i = 0; i < c.values.size(); ++i) {
      INFO("value " << i << ": \"" << c.values[i].to_text().substr(0, 200) << "\" became \"" << read[i].to_text().substr(0, 200) << "\"");
      CHECK(read[i] == expected(c.values[i], c.type, db.quirks()));
    }
    CHECK(read.back().is_null());
  }
}

CONFORMANCE_TEST("copied rows are there once, in all flushes, and nothing of the copy stays open") {
  create(db);
  CHECK(copy_from_records(db.connection(), "t", lines(), {}, small_flushes()) == kRows);
  CHECK_FALSE(db->in_transaction());
  const auto other = db.connect();
  CHECK(stored(*other) == lines());
  CHECK(copy_from_records(db.connection(), "t", std::vector<Line>{}) == 0);
}

CONFORMANCE_TEST("a copy of some columns leaves the others to their defaults") {
  db.run({"CREATE TABLE \"Odd, \"\"Table\" (id " + db.quirks().identity_by_default + ", \"Name\" " + db.type(TypeKind::text) + " NOT NULL, a integer DEFAULT 7, c integer " +
          db.quirks().generated_stored + ")"});
  const TableRef table = "\"Odd, \"\"Table\"";
  CHECK(copy_from_records(db.connection(), table, std::vector<std::tuple<std::string>>{{"x"}, {"y"}}, {"name"}) == 2);
  CHECK(copy_from_records(db.connection(), table, std::vector<std::tuple<int, std::string, int>>{{50, "z", 1}}) == 1);  // all but the generated one
  CHECK(values_of(db->query("SELECT \"Name\", a, c FROM \"Odd, \"\"Table\" ORDER BY id")) == Rows{{"x", 7, 8}, {"y", 7, 8}, {"z", 1, 2}});
  CHECK(error_of([&] { copy_from_records(db.connection(), table, std::vector<int>{1}, {"c"}); }).code == ErrorCode::config);
  CHECK(error_of([&] { copy_from_records(db.connection(), table, std::vector<int>{1}, {"a"}); }).code == ErrorCode::config);  // "Name" would be NULL
}

CONFORMANCE_TEST("a copy that fails half way leaves no row, and the transaction around it goes on") {
  create(db);
  auto rows = lines();
  SECTION("for a value that does not fit") {
    db.run({"DROP TABLE t", "CREATE TABLE t (id smallint PRIMARY KEY, v " + db.type(TypeKind::text) + ")"});
    std::get<0>(rows.back()) = 70'000;
    const ErrorInfo error = error_of([&] { copy_from_records(db.connection(), "t", rows, {}, small_flushes()); });
    CHECK(error.code == ErrorCode::data);
    CHECK(error.column == db.name("id"));
    CHECK(error.row == kRows - 1);
  }
  SECTION("for the server") {
    std::get<0>(rows.back()) = 0;
    CHECK(error_of([&] { copy_from_records(db.connection(), "t", rows, {}, small_flushes()); }).code == ErrorCode::unique_violation);
  }
  CHECK_FALSE(db->in_transaction());
  CHECK(db.count("t") == 0);
  Transaction transaction(db.connection());
  db->execute("INSERT INTO t VALUES (100, 'before')");
  CHECK_THROWS_AS(copy_from_records(db.connection(), "t", rows, {}, small_flushes()), Error);
  db->execute("INSERT INTO t VALUES (101, 'behind')");
  CHECK(copy_from_records(db.connection(), "t", std::vector<Line>{{102, "a copy that fits"}}) == 1);
  transaction.commit();
  CHECK(query<int>(db.connection(), "SELECT id FROM t ORDER BY id") == std::vector<int>{100, 101, 102});
}

CONFORMANCE_TEST("a retried bulk insert doubling committed batches and losing the iterator's rows") {
  create(db);
  millrace::Database database = open(db);
  int runs = 0;
  SECTION("a range that can be read again is copied again, whole") {
    const auto rows = lines();
    database.with_session([&](Session& session) {
      CHECK(copy_from_records(*session, "t", rows, {}, small_flushes()) == kRows);
      if (++runs < 3) throw transient();
    });
    CHECK(runs == 3);
    CHECK(stored(db.connection()) == lines());
  }
  SECTION("a range that is used up is not copied a second time without its rows") {
    ReadOnce rows;
    const ErrorInfo error = error_of([&] {
      database.with_session([&](Session& session) {
        ++runs;
        copy_from_records(*session, "t", rows, {}, small_flushes());
        throw transient();
      });
    });
    CHECK(runs == 1);
    CHECK(error.code == ErrorCode::serialization);
    CHECK_FALSE(error.safe_to_retry);
    CHECK(db.count("t") == 0);
  }
  SECTION("what a retry() around a scoped session repeats is the whole transaction") {
    const auto rows = lines();
    retry(database.config().retry, [&] {
      Session session = database.session();
      copy_from_records(*session, "t", rows, {}, small_flushes());
      if (++runs < 3) throw transient();
      session.commit();
    });
    CHECK(stored(db.connection()) == lines());
  }
}

CONFORMANCE_TEST("table_exists in the wrong schema") {
  struct Other {
    millrace::conformance::Database& db;
    explicit Other(millrace::conformance::Database& database) : db(database) { db->execute(db.in_schema(db.quirks().create_other_schema)); }
    ~Other() {
      try {
        db->execute(db.in_schema("DROP TABLE {}_other.t"));
        db->execute(db.in_schema(db.quirks().drop_other_schema));
      } catch (const Error& error) {
        WARN("the other schema is left behind: " << error.what());
      }
    }
  } const other{db};
  db->execute(db.in_schema("CREATE TABLE {}_other.t (a integer)"));
  Connection& connection = db.connection();
  CHECK(table_exists(connection, db.in_schema("{}_other.t")));
  CHECK_FALSE(table_exists(connection, db.schema() + ".t"));
  CHECK(table_exists(connection, "t") == db.quirks().searches_every_schema);
  if (!db.quirks().searches_every_schema) CHECK(error_of([&] { connection.query("SELECT * FROM t"); }).code == ErrorCode::undefined_object);
  db->execute("CREATE TABLE " + db.schema() + ".t (a integer)");
  CHECK(table_exists(connection, "t"));
  CHECK(table_exists(connection, "T"));  // folds, or is the same in any case
  CHECK(table_exists(connection, db.schema() + ".t"));
  CHECK_FALSE(table_exists(connection, "no_such_schema.t"));
  CHECK_FALSE(table_exists(connection, "\"%\""));
}

CONFORMANCE_TEST("tables are emptied by the names that people write") {
  create(db);
  copy_from_records(db.connection(), "t", lines());
  db.run({"CREATE TABLE \"T, \"\"2\" (a integer)", "INSERT INTO \"T, \"\"2\" VALUES (1)"});
  truncate_table(db.connection(), db.schema() + ".T");
  CHECK(db.count("t") == 0);
  truncate_table(db.connection(), "\"T, \"\"2\"", true);
  CHECK(db.count("\"T, \"\"2\"") == 0);
}
