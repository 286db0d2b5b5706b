// The SQL that publishes: merge, insert, replace.

#include <map>
#include <random>

#include "conformance/publish.hpp"

using namespace millrace;
using namespace millrace::conformance;

namespace {

/// t(id, a, b, touched): id is the key, a and b are loaded, touched is not.
void create(Database& db) {
  db.run({"CREATE TABLE t (id " + db.type(TypeKind::integer) + " PRIMARY KEY, a " + db.type(TypeKind::integer) + ", b " + db.type(TypeKind::text) + ", touched " +
          db.type(SqlType::varchar(20)) + " DEFAULT 'default')"});
}

const std::vector<std::string> kColumns = {"id", "a", "b"};

}  // namespace

CONFORMANCE_TEST("a merge inserts new keys, updates changed rows and leaves the others") {
  create(db);
  db.run({"INSERT INTO t VALUES (1, 1, 'one', 'x'), (2, 2, 'two', 'x'), (3, NULL, NULL, 'x'), (9, 9, 'nine', 'x')"});
  const auto spec = stage(db, "t", kColumns, {"id"}, {{1, 1, "one"}, {2, 2, "TWO"}, {3, nullptr, nullptr}, {4, nullptr, "four"}, {5, 5, ""}});
  CHECK(foretold(db, spec) == Changes{2, 1, 0});
  CHECK(merge(db, spec) == Changes{2, 1, 0});
  CHECK(rows_of(db, "t") == Rows{{1, 1, "one", "x"}, {2, 2, "TWO", "x"}, {3, nullptr, nullptr, "x"}, {4, nullptr, "four", "default"}, {5, 5, "", "default"}, {9, 9, "nine", "x"}});
  CHECK(foretold(db, spec) == Changes{});
  CHECK(merge(db, spec) == Changes{});
}

CONFORMANCE_TEST("a merge sees NULL become a value, a value become NULL, and empty text as neither") {
  create(db);
  db.run({"INSERT INTO t VALUES (1, NULL, NULL, NULL), (2, 2, '', NULL), (3, NULL, '', NULL), (4, 0, NULL, NULL)"});
  const auto spec = stage(db, "t", kColumns, {"id"}, {{1, nullptr, ""}, {2, nullptr, ""}, {3, nullptr, ""}, {4, nullptr, nullptr}});
  CHECK(foretold(db, spec) == Changes{0, 3, 0});
  CHECK(merge(db, spec) == Changes{0, 3, 0});
  CHECK(rows_of(db, "t", "id, a, b") == Rows{{1, nullptr, ""}, {2, nullptr, ""}, {3, nullptr, ""}, {4, nullptr, nullptr}});
}

CONFORMANCE_TEST("of many staged rows with one key the last wins") {
  create(db);
  db.run({"INSERT INTO t VALUES (1, 0, 'old', 'x'), (2, 7, 'last', 'x')"});
  const auto spec = stage(db, "t", kColumns, {"id"},
                          {{3, 1, "first"}, {1, 5, "z"}, {3, 2, nullptr}, {2, 0, "first"}, {1, 4, "a"}, {3, nullptr, "last"}, {2, 7, "last"}});
  CHECK(foretold(db, spec) == Changes{1, 1, 0});
  CHECK(merge(db, spec) == Changes{1, 1, 0});
  CHECK(rows_of(db, "t", "id, a, b") == Rows{{1, 4, "a"}, {2, 7, "last"}, {3, nullptr, "last"}});
}

CONFORMANCE_TEST("a merge of unique keys may say so") {
  create(db);
  db.run({"INSERT INTO t VALUES (1, 0, 'old', 'x')"});
  auto spec = stage(db, "t", kColumns, {"id"}, {{1, 1, "a"}, {2, 2, "b"}});
  spec.duplicate_keys = false;
  CHECK(foretold(db, spec) == Changes{1, 1, 0});
  CHECK(merge(db, spec) == Changes{1, 1, 0});
}

CONFORMANCE_TEST("set columns are filled on insert, on update or on both, and are no changes themselves") {
  db.run({"CREATE TABLE t (id integer PRIMARY KEY, a integer, made " + db.type(SqlType::varchar(9)) + ", changed " + db.type(SqlType::varchar(9)) + ", run " +
              db.type(SqlType::varchar(9)) + ", stamp " + db.type(TypeKind::timestamp) + ")",
          "INSERT INTO t VALUES (1, 1, 'm0', 'c0', 'r0', NULL), (2, 2, 'm0', 'c0', 'r0', NULL)"});
  auto spec = stage(db, "t", {"id", "a"}, {"id"}, {{1, 1}, {2, 22}, {3, 3}});
  spec.sets = {{db.name("made"), db.dialect().string_literal("m'1"), true, false},
               {db.name("changed"), db.dialect().string_literal("c1"), false, true},
               {db.name("run"), db.dialect().string_literal("r1"), true, true},
               {db.name("stamp"), db.dialect().now_expression(), true, true}};
  CHECK(foretold(db, spec) == Changes{1, 1, 0});
  CHECK(merge(db, spec) == Changes{1, 1, 0});
  CHECK(rows_of(db, "t", "id, a, made, changed, run") ==
        Rows{{1, 1, "m0", "c0", "r0"}, {2, 22, "m0", "c1", "r1"}, {3, 3, "m'1", nullptr, "r1"}});
  CHECK(db->query_value("SELECT stamp FROM t WHERE id = 1").is_null());
  CHECK(db->query_value("SELECT stamp FROM t WHERE id = 2").as<Timestamp>().micros > 1'600'000'000'000'000);
  if (db.quirks().one_now) CHECK(db->query_value("SELECT stamp FROM t WHERE id = 3") == db->query_value("SELECT stamp FROM t WHERE id = 2"));
}

CONFORMANCE_TEST("a table of nothing but its key is merged") {
  db.run({"CREATE TABLE t (k1 integer, k2 " + db.type(SqlType::varchar(5)) + ", PRIMARY KEY (k1, k2))", "INSERT INTO t VALUES (1, 'a')"});
  auto spec = stage(db, "t", {"k1", "k2"}, {"k1", "k2"}, {{1, "a"}, {1, "b"}, {2, "a"}, {1, "b"}});
  CHECK(foretold(db, spec) == Changes{2, 0, 0});
  CHECK(merge(db, spec) == Changes{2, 0, 0});
  CHECK(rows_of(db, "t") == Rows{{1, "a"}, {1, "b"}, {2, "a"}});
}

CONFORMANCE_TEST("a table of nothing but its key has its set columns filled on insert only") {
  db.run({"CREATE TABLE t (k integer PRIMARY KEY, run " + db.type(SqlType::varchar(5)) + ")", "INSERT INTO t VALUES (1, 'r0')"});
  auto spec = stage(db, "t", {"k"}, {"k"}, {{1}, {2}});
  spec.sets = {{db.name("run"), "'r1'", true, true}};
  CHECK(merge(db, spec) == Changes{1, 0, 0});
  CHECK(rows_of(db, "t") == Rows{{1, "r0"}, {2, "r1"}});
}

CONFORMANCE_TEST("a merge writes only the loaded columns, and names may be odd") {
  db.run({"CREATE TABLE \"Odd T\" (\"Key \"\"1\"\"\" integer PRIMARY KEY, \"select\" integer, \"t\" integer, \"s\" integer DEFAULT 7, \"target\" integer, \"staged\" integer)",
          "INSERT INTO \"Odd T\" VALUES (1, 1, 1, 1, 1, 1)"});
  const std::vector<std::string> columns = {"t", "Key \"1\"", "select", "staged", "target"};
  const auto spec = stage(db, "\"Odd T\"", columns, {"Key \"1\""}, {{5, 1, 5, 5, 5}, {6, 2, 6, 6, 6}});
  CHECK(foretold(db, spec) == Changes{1, 1, 0});
  CHECK(merge(db, spec) == Changes{1, 1, 0});
  CHECK(rows_of(db, "\"Odd T\"") == Rows{{1, 5, 5, 1, 5, 5}, {2, 6, 6, 7, 6, 6}});
}

CONFORMANCE_TEST("a merge compares every type, the ones without equality as text") {
  db.run({"CREATE TABLE t (id integer PRIMARY KEY, d " + db.type(SqlType::decimal(38, 10)) + ", f " + db.type(TypeKind::double_precision) + ", x " +
          db.type(TypeKind::binary) + ", ts " + db.type(TypeKind::timestamp_tz) + ", u " + db.type(TypeKind::uuid) + ", j " + db.type(TypeKind::json) + ", flag " +
          db.type(TypeKind::boolean) + ")"});
  const std::string whole = std::string("1234567890123456789012345678").substr(0, static_cast<std::size_t>(db.quirks().decimal_digits - 10));
  const Value decimal = Decimal::parse(whole + ".0123456789"), close = Decimal::parse(whole + ".0123456788");
  const Value bytes = Bytes{std::byte{0}, std::byte{255}}, more = Bytes{std::byte{0}, std::byte{255}, std::byte{0}};
  const std::vector<Value> row = {decimal, 0.1, bytes, TimestampTz{1}, Uuid{}, "{\"a\": 1}", true};
  const std::vector<Value> other = {close, 0.10000000000000002, more, TimestampTz{2}, Uuid{{1}}, "{\"a\": 2}", false};
  Rows first, second;
  for (std::size_t i = 0; i <= row.size(); ++i) {
    auto a = row, b = row;
    if (i < row.size()) b[i] = other[i];
    a.insert(a.begin(), i);
    b.insert(b.begin(), i);
    first.push_back(a);
    second.push_back(b);
  }
  const std::vector<std::string> columns = {"id", "d", "f", "x", "ts", "u", "j", "flag"};
  const auto inserted = static_cast<std::int64_t>(first.size());
  CHECK(merge(db, stage(db, "t", columns, {"id"}, first)) == Changes{inserted, 0, 0});
  CHECK(merge(db, stage(db, "t", columns, {"id"}, first)) == Changes{});
  const auto spec = stage(db, "t", columns, {"id"}, second);
  const std::int64_t changed = inserted - 1;  // the last row is the same
  CHECK(foretold(db, spec) == Changes{0, changed, 0});
  CHECK(merge(db, spec) == Changes{0, changed, 0});
  CHECK(merge(db, stage(db, "t", columns, {"id"}, second)) == Changes{});
}

CONFORMANCE_TEST("merging at random is what a map would do") {
  create(db);
  std::mt19937 random(20231121);
  const auto small = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const auto number = [&]() -> Value { const int n = small(4); return n == 3 ? Value() : Value(n); };
  const auto text = [&]() -> Value { const int n = small(4); return n == 3 ? Value() : Value(std::string(static_cast<std::size_t>(n), 'x')); };
  std::map<int, std::vector<Value>> model;
  for (int round = 0; round < 25; ++round) {
    INFO("round " << round);
    Rows staged;
    std::map<int, std::vector<Value>> winners;
    const int rows = small(60);
    for (int i = 0; i < rows; ++i) {
      const int id = small(50) - 25;
      staged.push_back({id, number(), text()});
      winners[id] = staged.back();
    }
    Changes want;
    for (const auto& [id, row] : winners) {
      const auto [place, is_new] = model.try_emplace(id, row);
      if (is_new) ++want.inserted;
      else if (place->second != row) place->second = row, ++want.updated;
    }
    const auto spec = stage(db, "t", kColumns, {"id"}, staged);
    CHECK(foretold(db, spec) == want);
    CHECK(merge(db, spec) == want);
    Rows expected_rows;
    for (const auto& [id, row] : model) expected_rows.push_back(row);
    CHECK(values_of(db->query("SELECT id, a, b FROM t ORDER BY id")) == expected_rows);
  }
}

CONFORMANCE_TEST("a merge by a unique index that is not the primary key") {
  db.run({"CREATE TABLE t (id integer PRIMARY KEY, code " + db.type(SqlType::varchar(9)) + " NOT NULL UNIQUE, a integer)", "INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2)"});
  const auto spec = stage(db, "t", {"id", "code", "a"}, {"code"}, {{1, "x", 10}, {3, "z", 3}});
  CHECK(foretold(db, spec) == Changes{1, 1, 0});
  CHECK(merge(db, spec) == Changes{1, 1, 0});
  CHECK(rows_of(db, "t") == Rows{{1, "x", 10}, {2, "y", 2}, {3, "z", 3}});
}

CONFORMANCE_TEST("a merge on columns that no index makes unique") {
  db.run({"CREATE TABLE t (k integer NOT NULL, a integer)", "INSERT INTO t VALUES (1, 1), (2, 2)"});
  const auto spec = stage(db, "t", {"k", "a"}, {"k"}, {{1, 10}, {3, 3}, {3, 30}});
  CHECK(foretold(db, spec) == Changes{1, 1, 0});
  CHECK(merge(db, spec) == Changes{1, 1, 0});
  CHECK(rows_of(db, "t") == Rows{{1, 10}, {2, 2}, {3, 30}});
}

CONFORMANCE_TEST("a merge writes identity columns") {
  for (const std::string& identity : {db.quirks().identity_by_default, db.quirks().identity_always}) {
    if (identity.empty() || (identity == db.quirks().identity_always && !db.quirks().writes_identity_always)) continue;
    INFO(identity);
    db.drop("t");
    db.run({"CREATE TABLE t (id " + identity + ", a integer)"});
    const auto spec = stage(db, "t", {"id", "a"}, {"id"}, {{10, 1}, {20, 2}});
    CHECK(merge(db, spec) == Changes{2, 0, 0});
    CHECK(merge(db, stage(db, "t", {"id", "a"}, {"id"}, {{10, 1}, {20, 3}})) == Changes{0, 1, 0});
    CHECK(rows_of(db, "t") == Rows{{10, 1}, {20, 3}});
  }
}

CONFORMANCE_TEST("a merge counts its own changes, not those made before it in the transaction or session") {
  create(db);
  for (int i = 0; i < 3; ++i) {
    const auto spec = stage(db, "t", kColumns, {"id"}, {{i, 1, "x"}, {0, i, "y"}});
    CHECK(merge(db, spec) == (i == 0 ? Changes{1, 0, 0} : Changes{1, 1, 0}));
  }
}

CONFORMANCE_TEST("a merge of nothing changes nothing") {
  create(db);
  db.run({"INSERT INTO t VALUES (1, 1, 'one', 'x')"});
  const auto spec = stage(db, "t", kColumns, {"id"}, {});
  CHECK(foretold(db, spec) == Changes{});
  CHECK(merge(db, spec) == Changes{});
  CHECK(db.count("t") == 1);
}

CONFORMANCE_TEST("a violation while publishing leaves the target as it was") {
  db.run({"CREATE TABLE t (id integer PRIMARY KEY, a integer CHECK (a < 100))", "INSERT INTO t VALUES (1, 1)"});
  const auto spec = stage(db, "t", {"id", "a"}, {"id"}, {{1, 2}, {2, 100}});
  CHECK(error_of([&] { merge(db, spec); }).code == ErrorCode::check_violation);
  CHECK_FALSE(db->in_transaction());
  CHECK(rows_of(db, "t") == Rows{{1, 1}});
}

CONFORMANCE_TEST("an insert publishes all rows in the order of the source, duplicates too") {
  db.run({"CREATE TABLE t (n " + db.quirks().identity_by_default + ", a integer, b " + db.type(TypeKind::text) + ", run " + db.type(SqlType::varchar(5)) + ")"});
  Rows rows;
  for (int i = 0; i < 500; ++i) rows.push_back({(i * 7) % 13, i % 3 == 0 ? Value() : Value("x")});
  auto spec = stage(db, "t", {"a", "b"}, {}, rows);
  spec.sets = {{db.name("run"), "'r1'", true, false}};
  CHECK(publish(db, spec, db.dialect().insert(spec)) == Changes{500, 0, 0});
  CHECK(values_of(db->query("SELECT a, b FROM t ORDER BY n")) == rows);
  CHECK(db->query_value("SELECT COUNT(*) FROM t WHERE run = 'r1'").as<int>() == 500);
}

CONFORMANCE_TEST("a duplicate key is an error where rows are only inserted") {
  create(db);
  const auto spec = stage(db, "t", kColumns, {}, {{1, 1, "a"}, {1, 2, "b"}});
  CHECK(error_of([&] { publish(db, spec, db.dialect().insert(spec)); }).code == ErrorCode::unique_violation);
  CHECK(db.count("t") == 0);
}

CONFORMANCE_TEST("a replacement leaves exactly the staged rows") {
  for (const ReloadKind kind : {ReloadKind::swap, ReloadKind::delete_rows}) {
    db.drop("t");
    create(db);
    db.run({"INSERT INTO t VALUES (1, 1, 'old', 'x'), (2, 2, 'old', 'x')"});
    const auto spec = stage(db, "t", kColumns, {}, {{2, 20, "new"}, {3, 30, "new"}, {4, nullptr, nullptr}});
    const Changes changes = publish(db, spec, db.dialect().replace(spec, kind, false));
    CHECK(changes.inserted == 3);
    CHECK((changes.removed == 2 || changes.removed == 0));  // 0: the server does not say
    if (kind == ReloadKind::delete_rows) CHECK(changes.removed == 2);
    CHECK(rows_of(db, "t") == Rows{{2, 20, "new", "default"}, {3, 30, "new", "default"}, {4, nullptr, nullptr, "default"}});
  }
}

CONFORMANCE_TEST("a replacement that fails keeps the old rows") {
  for (const ReloadKind kind : {ReloadKind::swap, ReloadKind::delete_rows}) {
    db.drop("t");
    create(db);
    db.run({"INSERT INTO t VALUES (1, 1, 'old', 'x')"});
    const auto spec = stage(db, "t", kColumns, {}, {{2, 1, "a"}, {2, 2, "b"}});
    CHECK_THROWS_AS(publish(db, spec, db.dialect().replace(spec, kind, false)), DatabaseError);
    CHECK(rows_of(db, "t", "id, b") == Rows{{1, "old"}});
  }
}

CONFORMANCE_TEST("a replacement that cascades empties the tables that refer to the target") {
  db.run({"CREATE TABLE t (id integer PRIMARY KEY)", "CREATE TABLE child (p integer REFERENCES t (id))", "INSERT INTO t VALUES (1)", "INSERT INTO child VALUES (1)"});
  const auto spec = stage(db, "t", {"id"}, {}, {{2}});
  CHECK_THROWS_AS(publish(db, spec, db.dialect().replace(spec, ReloadKind::swap, false)), DatabaseError);
  CHECK(db.count("child") == 1);
  CHECK(publish(db, spec, db.dialect().replace(spec, ReloadKind::swap, true)).inserted == 1);
  CHECK(db.count("child") == 0);
  CHECK(rows_of(db, "t") == Rows{{2}});
}
