// Single values: bound, stored and read back.

#include <algorithm>
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

/// Of how many values the database says that they are equal to this one of them.
int equal_to(const Value& value, const std::vector<Value>& values, const Quirks& quirks) {
  const auto* const text = std::get_if<std::string>(&value.storage());
  if (!text || quirks.blanks_count) return 1;
  const auto without_blanks = [](const std::string& padded) { return padded.substr(0, padded.find_last_not_of(' ') + 1); };
  return static_cast<int>(std::count_if(values.begin(), values.end(), [&](const Value& other) { return without_blanks(other.to_text()) == without_blanks(*text); }));
}

}  // namespace

CONFORMANCE_TEST("values of every type, extremes and NULL, survive being bound and read") {
  for (const TypeCase& c : type_cases(db.quirks())) {
    INFO(to_string(c.type) << ", stored as " << db.type(c.type));
    db.drop("t");
    db.run({"CREATE TABLE t (id integer PRIMARY KEY, v " + db.type(c.type) + ")"});
    Transaction transaction(db.connection());
    for (std::size_t i = 0; i < c.values.size(); ++i) CHECK(db->execute("INSERT INTO t (id, v) VALUES (?, ?)", {i, c.values[i]}) == 1);
    CHECK(db->execute("INSERT INTO t (id, v) VALUES (:id, :v)", Params::named({{"v", nullptr}, {"id", c.values.size()}})) == 1);
    transaction.commit();
    const ResultSet result = db->query("SELECT v FROM t ORDER BY id");
    REQUIRE(result.size() == c.values.size() + 1);
    for (std::size_t i = 0; i < c.values.size(); ++i) {
      const Value want = expected(c.values[i], c.type, db.quirks());
      INFO("value " << i << ": stored \"" << c.values[i].to_text().substr(0, 200) << "\", read \"" << result[i][0].to_text().substr(0, 200) << "\", index "
                    << result[i][0].storage().index());
      CHECK(same(result[i][0], want));
    }
    CHECK(result[c.values.size()][0].is_null());
  }
}

CONFORMANCE_TEST("a bound value finds the row that holds it") {
  for (const TypeCase& c : type_cases(db.quirks())) {
    if (!db.quirks().has_equality(c.type.kind)) continue;
    INFO(to_string(c.type));
    db.drop("t");
    db.run({"CREATE TABLE t (id integer PRIMARY KEY, v " + db.type(c.type) + ")"});
    Transaction transaction(db.connection());
    for (std::size_t i = 0; i < c.values.size(); ++i) db->execute("INSERT INTO t (id, v) VALUES (?, ?)", {i, c.values[i]});
    transaction.commit();
    for (std::size_t i = 0; i < c.values.size(); ++i) {
      INFO("value " << i << ": \"" << c.values[i].to_text().substr(0, 200) << "\"");
      CHECK(db->query_value("SELECT COUNT(*) FROM t WHERE v = ?", {c.values[i]}).as<int>() == equal_to(c.values[i], c.values, db.quirks()));
    }
  }
}

CONFORMANCE_TEST("an empty string is not NULL") {
  db.run({"CREATE TABLE t (id integer, v " + db.type(TypeKind::text) + ")"});
  db->execute("INSERT INTO t VALUES (1, ?), (2, ?)", {"", nullptr});
  CHECK(db->query_value("SELECT id FROM t WHERE v IS NULL").as<int>() == 2);
  CHECK(db->query_value("SELECT id FROM t WHERE CAST(v AS VARCHAR(20)) = ''").as<int>() == 1);
  CHECK(db->query_value("SELECT v FROM t WHERE id = 1") == Value(""));
  CHECK(db->query_value("SELECT v FROM t WHERE id = 2").is_null());
}

CONFORMANCE_TEST("text in literals means what the dialect quoted") {
  const std::string text = hostile_text();
  CHECK(db->query_value(db.select("CAST(" + db.dialect().string_literal(text) + " AS " + db.type(TypeKind::text) + ")")) == Value(text));
}

CONFORMANCE_TEST("a NUL in bound text is refused or kept, never cut off") {
  db.run({"CREATE TABLE t (v " + db.type(TypeKind::text) + ")"});
  const std::string text("a\0b", 3);
  try {
    db->execute("INSERT INTO t VALUES (?)", {text});
    CHECK(db->query_value("SELECT v FROM t") == Value(text));
  } catch (const Error&) {
    CHECK(db.count("t") == 0);
  }
  CHECK(db->usable());
}

CONFORMANCE_TEST("one megabyte of text is bound and read whole") {
  db.run({"CREATE TABLE t (v " + db.type(TypeKind::text) + ")"});
  std::string text;
  while (text.size() < (1 << 20)) text += hostile_text();
  db->execute("INSERT INTO t VALUES (?)", {text});
  CHECK((db->query_value("SELECT v FROM t") == Value(text)));
}

CONFORMANCE_TEST("placeholders stand where literals, comments and quoted names do not") {
  const std::string text = db.type(TypeKind::text);
  if (db.quirks().marks_in_comments) {
    CHECK(db->query_value(db.select("'?:x''?' || CAST(? AS " + text + ")"), {"!"}) == Value("?:x'?!"));
  } else {
    CHECK(db->query_value(db.select("'?:x''?' || CAST(? AS " + text + ")") + " -- ? :x", {"!"}) == Value("?:x'?!"));
    CHECK(db->query_value(db.select("/* ? ' */ CAST(:a AS " + text + ") AS \"?:b\""), Params::named({{"a", "x"}})) == Value("x"));
  }
  const auto twice = db->query(db.select("CAST(:a AS " + text + ") || CAST(:a AS " + text + "), CAST(:b AS integer)"), Params::named({{"b", 7}, {"a", "x"}}));
  CHECK(twice[0][0] == Value("xx"));
  CHECK(twice[0][1].as<int>() == 7);
  CHECK(error_of([&] { db->query("SELECT ?", {}); }).code == ErrorCode::misuse);
}

CONFORMANCE_TEST("a named value may be compared and tested for NULL in one statement") {
  db.run({"CREATE TABLE t (a integer)", "INSERT INTO t VALUES (1), (2)"});
  const char* sql = "SELECT COUNT(*) FROM t WHERE CAST(:a AS integer) IS NULL OR a = :a";
  CHECK(db->query_value(sql, Params::named({{"a", 1}})).as<int>() == 1);
  CHECK(db->query_value(sql, Params::named({{"a", nullptr}})).as<int>() == 2);
}

CONFORMANCE_TEST("an empty result keeps its columns and their types") {
  if (!db.quirks().lacks_result_types.empty()) SKIP(db.quirks().lacks_result_types);
  db.run({"CREATE TABLE t (a " + db.type(TypeKind::bigint) + ", b " + db.type(SqlType::decimal(10, 2)) + ", \"C d\" " + db.type(TypeKind::text) + ")"});
  const ResultSet result = db->query("SELECT a, b, \"C d\" FROM t");
  CHECK(result.empty());
  REQUIRE(result.columns().size() == 3);
  CHECK(result.columns()[0].name == db.name("a"));
  CHECK(result.columns()[0].type.kind == TypeKind::bigint);
  CHECK(result.columns()[1].type == SqlType::decimal(10, 2));
  CHECK(result.columns()[2].name == "C d");
  CHECK(result.columns()[2].type.kind == TypeKind::text);
  CHECK(db->query_value("SELECT a FROM t").is_null());
}

CONFORMANCE_TEST("execute counts the rows that a statement changed") {
  CHECK(db->execute("CREATE TABLE t (a integer)") == 0);
  CHECK(db->execute("INSERT INTO t VALUES (1), (2), (3)") == 3);
  CHECK(db->execute("UPDATE t SET a = a + 1 WHERE a > ?", {1}) == 2);
  CHECK(db->execute("UPDATE t SET a = 0 WHERE a = 99") == 0);
  CHECK(db->execute("SELECT a FROM t") == 0);
  CHECK(db->execute("DELETE FROM t") == 3);
  CHECK(db->execute("DROP TABLE t") == 0);
}
