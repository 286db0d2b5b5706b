// The SQL that reconciles: exact sums, counts by range, differences.

#include <algorithm>
#include <limits>

#include "conformance/publish.hpp"
#include "millrace/data/decode.hpp"

using namespace millrace;
using namespace millrace::conformance;

namespace {

Value sum(Database& db, const SqlType& type) { return db->query_value("SELECT " + db.dialect().sum_expression(db.name("v"), type) + " FROM t"); }

void check_sum(Database& db, const SqlType& type, const std::vector<Value>& values, std::string_view want) {
  INFO(to_string(type));
  db.drop("t");
  db.run({"CREATE TABLE t (v " + db.type(type) + ")"});
  CHECK(sum(db, type).is_null());
  Rows rows;
  for (const Value& value : values) rows.push_back({value});
  auto stream = db.open_stream("t");
  stream.write(rows);
  stream.finish();
  const int scale = type.kind == TypeKind::decimal ? type.scale : 0;
  const Value found = sum(db, type);
  REQUIRE(std::holds_alternative<std::string>(found.storage()));
  INFO(found.to_text());
  CHECK(ExactSum::parse(found.to_text(), scale) == ExactSum::parse(want, scale));
}

}  // namespace

CONFORMANCE_TEST("sums are exact, however large, and text") {
  if (!db.quirks().lacks_exact_sums.empty()) SKIP(db.quirks().lacks_exact_sums);
  const std::vector<Value> big(10, Value(std::numeric_limits<std::int64_t>::max()));
  check_sum(db, SqlType::of(TypeKind::bigint), big, "92233720368547758070");
  check_sum(db, SqlType::of(TypeKind::bigint), std::vector<Value>(3, Value(std::numeric_limits<std::int64_t>::min())), "-27670116110564327424");
  check_sum(db, SqlType::of(TypeKind::bigint), {9007199254740993LL, nullptr, -1}, "9007199254740992");
  check_sum(db, SqlType::of(TypeKind::integer), {2147483647, 2147483647, -1}, "4294967293");
  check_sum(db, SqlType::of(TypeKind::smallint), {-32768, -32768}, "-65536");
  check_sum(db, SqlType::decimal(15, 2), {Decimal::parse("0.10"), Decimal::parse("0.20"), Decimal::parse("-0.40"), nullptr}, "-0.10");
  check_sum(db, SqlType::decimal(15, 2), std::vector<Value>(1000, Value(Decimal::parse("9999999999999.99"))), "9999999999999990.00");
  const int digits = db.quirks().decimal_digits;
  const auto times = [&](char digit, int fewer = 0) { return std::string(static_cast<std::size_t>(digits - fewer), digit); };
  const Value most = Decimal::parse(times('9')), least = Decimal::parse("-" + times('9'));
  check_sum(db, SqlType::decimal(digits, 0), {most, most, Decimal::parse("2")}, "2" + times('0'));
  check_sum(db, SqlType::decimal(digits, 0), {least, least, least}, "-2" + times('9', 1) + "7");
  check_sum(db, SqlType::decimal(digits, 0), {most, least, Decimal::parse("1")}, "1");
  check_sum(db, SqlType::decimal(digits, digits), {Decimal::parse("0." + times('9')), Decimal::parse("0." + times('0', 1) + "2")}, "1." + times('0', 1) + "1");
  check_sum(db, SqlType::decimal(digits, 10), {Decimal::parse(times('7', 10) + ".0123456789"), Decimal::parse("-0.0123456789")}, times('7', 10));
}

CONFORMANCE_TEST("rows are counted in an integer of 64 bits, none of them as 0") {
  db.run({"CREATE TABLE t (v " + db.type(SqlType::of(TypeKind::integer)) + ")"});
  const auto count = [&] { return db->query("SELECT " + db.dialect().count_rows() + " FROM t"); };
  CHECK(count()[0][0].as<std::int64_t>() == 0);
  db.run({"INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (NULL)", "INSERT INTO t VALUES (1)"});
  const auto counted = count();
  CHECK(counted[0][0].as<std::int64_t>() == 3);
  CHECK(counted.columns()[0].type.kind != TypeKind::integer);   // of 32 bits
}

CONFORMANCE_TEST("a sum agrees with the one that the decoder keeps") {
  if (!db.quirks().lacks_exact_sums.empty()) SKIP(db.quirks().lacks_exact_sums);
  const SqlType type = SqlType::decimal(db.quirks().decimal_digits, 4);
  uint128 limit = 1;
  for (int digit = 0; digit < db.quirks().decimal_digits - 2; ++digit) limit *= 10;
  db.run({"CREATE TABLE t (v " + db.type(type) + ")"});
  Rows rows;
  int128 value = 1;
  for (int i = 0; i < 2000; ++i) {
    value = static_cast<int128>((static_cast<uint128>(value) * 6364136223846793005u + 1442695040888963407u) % limit);
    rows.push_back({i % 11 == 0 ? Value() : Value(Decimal{i % 2 ? -value : value, 4})});
  }
  auto stream = db.open_stream("t");
  const RecordBatch batch = stream.batch(rows);
  stream.writer->write(batch);
  stream.finish();
  ExactSum kept;
  add_column(kept, batch.column(0));
  CHECK(ExactSum::parse(sum(db, type).to_text(), 4) == kept);
}

CONFORMANCE_TEST("a sum of an oddly named column") {
  if (!db.quirks().lacks_exact_sums.empty()) SKIP(db.quirks().lacks_exact_sums);
  db.run({"CREATE TABLE t (\"Sum \"\"x\"\"\" integer)", "INSERT INTO t VALUES (1), (2)"});
  CHECK(db->query_value("SELECT " + db.dialect().sum_expression("Sum \"x\"", SqlType::of(TypeKind::integer)) + " FROM t").to_text() == "3");
}

CONFORMANCE_TEST("differs is null-safe inequality for every type") {
  const std::vector<std::pair<SqlType, std::pair<Value, Value>>> cases = {
      {SqlType::of(TypeKind::integer), {1, 2}},
      {SqlType::of(TypeKind::text), {"", " "}},
      {SqlType::of(TypeKind::text), {"a", "A"}},
      {SqlType::decimal(38, 2), {Decimal::parse("1.00"), Decimal::parse("1.01")}},
      {SqlType::of(TypeKind::boolean), {true, false}},
      {SqlType::of(TypeKind::binary), {Bytes{}, Bytes{std::byte{0}}}},
      {SqlType::of(TypeKind::json), {"1", "2"}},
      {SqlType::of(TypeKind::date), {Date{0}, Date{1}}}};
  for (const auto& [type, values] : cases) {
    INFO(to_string(type));
    db.drop("t");
    db.run({"CREATE TABLE t (id integer, l " + db.type(type) + ", r " + db.type(type) + ")"});
    const Value& a = values.first;
    const Value& b = values.second;
    const Rows rows = {{1, a, a}, {2, a, b}, {3, b, a}, {4, a, nullptr}, {5, nullptr, a}, {6, nullptr, nullptr}};
    auto stream = db.open_stream("t");
    stream.write(rows);
    stream.finish();
    const std::string condition = db.dialect().differs("t.l", "t.r", db.describe("t").find(db.name("l"))->type);
    CHECK(values_of(db->query("SELECT id FROM t WHERE " + condition + " ORDER BY id")) == Rows{{2}, {3}, {4}, {5}});
    CHECK(values_of(db->query("SELECT id FROM t WHERE NOT (" + condition + ") ORDER BY id")) == Rows{{1}, {6}});
  }
}

CONFORMANCE_TEST("staged rows are counted by ledger range") {
  db.run({"CREATE TABLE t (id integer PRIMARY KEY)", "CREATE TABLE ledger (first_src_row " + db.type(TypeKind::bigint) + ")"});
  Rows rows;
  for (int i = 1; i <= 30; ++i) rows.push_back({i});
  const auto spec = stage(db, "t", {"id"}, {"id"}, rows);
  const auto counted = [&](const StagedRows& staged) {
    Rows known;
    for (const auto& row : values_of(db->query(db.dialect().count_by_range(staged, "SELECT first_src_row FROM ledger")))) {
      REQUIRE(row.size() == 2);
      if (!row[0].is_null() && row[1].as<int>() > 0) known.push_back({row[0].as<std::int64_t>(), row[1].as<std::int64_t>()});
    }
    std::sort(known.begin(), known.end(), [](const auto& a, const auto& b) { return a[0].template as<int>() < b[0].template as<int>(); });
    return known;
  };
  CHECK(counted(spec.staged).empty());
  db.run({"INSERT INTO ledger VALUES (21), (1), (11), (31)"});
  CHECK(counted(spec.staged) == Rows{{1, 10}, {11, 10}, {21, 10}});
  db.run({"DELETE FROM t_stg WHERE src_row IN (11, 20) OR src_row > 20"});
  CHECK(counted(spec.staged) == Rows{{1, 10}, {11, 8}});
  db.run({"DELETE FROM ledger WHERE first_src_row = 1"});
  CHECK(counted(spec.staged) == Rows{{11, 8}});
  auto filtered = spec.staged;
  filtered.filter = db.dialect().quote(db.name("id")) + " = 15";
  CHECK(counted(filtered) == Rows{{11, 1}});
  db.run({"DELETE FROM t_stg"});
  CHECK(counted(spec.staged).empty());
}
