// Query results as a program's own types.

#include "millrace/access/query.hpp"

#include <string>
#include <tuple>
#include <vector>

#include "conformance/database.hpp"

using namespace millrace;
using namespace millrace::conformance;

namespace {

struct Trade {
  std::string acct_id;
  std::optional<Decimal> amount;
  Date day;
  std::optional<Timestamp> at;
  std::optional<std::string> note;
  bool settled = false;
  static auto row_mapping() {
    return millrace::row_mapping(field("acct_id", &Trade::acct_id), field("amount", &Trade::amount), field("day", &Trade::day), field("made_at", &Trade::at),
                                 field("note", &Trade::note), field("settled", &Trade::settled));
  }
  friend bool operator==(const Trade&, const Trade&) = default;
};

void create_trades(millrace::conformance::Database& db) {
  db.run({"CREATE TABLE trades (note " + db.type(TypeKind::text) + ", settled " + db.type(TypeKind::boolean) + ", made_at " + db.type(TypeKind::timestamp) +
          ", day " + db.type(TypeKind::date) + ", amount " + db.type(SqlType::decimal(15, 2)) + ", acct_id " + db.type(SqlType::varchar(20)) + ")"});
}

}  // namespace

CONFORMANCE_TEST("rows are read into structs, tuples and values") {
  create_trades(db);
  const Timestamp noon = Value("2024-02-29 12:00:00.5").as<Timestamp>();
  const std::vector<Trade> trades{{"AC1", Decimal::parse("12.55"), make_date(2024, 2, 29), noon, "", true},
                                  {"AC2", std::nullopt, make_date(1999, 12, 31), std::nullopt, std::nullopt, false}};
  for (const Trade& t : trades) {
    db->execute("INSERT INTO trades (acct_id, amount, day, made_at, note, settled) VALUES (?, ?, ?, ?, ?, ?)", {t.acct_id, t.amount, t.day, t.at, t.note, t.settled});
  }
  CHECK(query<Trade>(db.connection(), "SELECT * FROM trades ORDER BY acct_id") == trades);
  CHECK(query<std::pair<std::string, std::optional<std::string>>>(db.connection(), "SELECT acct_id, note FROM trades ORDER BY acct_id") ==
        std::vector<std::pair<std::string, std::optional<std::string>>>{{"AC1", ""}, {"AC2", std::nullopt}});
  CHECK(query_one<std::int64_t>(db.connection(), "SELECT COUNT(*) FROM trades") == 2);
  CHECK(query_optional<Date>(db.connection(), "SELECT day FROM trades WHERE acct_id = ?", {"AC2"}) == make_date(1999, 12, 31));
  CHECK(query_optional<Date>(db.connection(), "SELECT day FROM trades WHERE acct_id = ?", {"AC3"}) == std::nullopt);
}

CONFORMANCE_TEST("an empty result keeps its columns, by their exact names") {
  create_trades(db);
  const ResultSet result = db->query("SELECT acct_id, day AS \"Trade Day\" FROM trades");
  CHECK(result.empty());
  REQUIRE(result.columns().size() == 2);
  CHECK(result.columns()[0].name == db.name("acct_id"));
  CHECK(result.columns()[1].name == "Trade Day");
  CHECK(query<Trade>(db.connection(), "SELECT * FROM trades").empty());
  CHECK(error_of([&] { query<Trade>(db.connection(), "SELECT acct_id, day FROM trades"); }).column == "amount");
}

CONFORMANCE_TEST("a row's columns are found by their exact names, and ambiguous ones are refused") {
  const ResultSet result = db->query(db.select("1 AS \"a\", 2 AS \"A\", 3 AS \"b\", 4 AS \"b\""));
  CHECK(result[0]["a"].as<std::string>() == "1");
  CHECK(result[0]["A"].as<int>() == 2);
  CHECK(result[0][3].as<int>() == 4);
  CHECK(error_of([&] { result[0]["B"]; }).code == ErrorCode::misuse);
  CHECK(error_of([&] { result[0]["b"]; }).code == ErrorCode::misuse);
}

CONFORMANCE_TEST("a NULL that nothing can hold names its column and row") {
  create_trades(db);
  db->execute("INSERT INTO trades (acct_id, day, settled) VALUES ('a', ?, ?), ('b', NULL, ?)", {make_date(2024, 1, 1), true, false});
  const ErrorInfo error = error_of([&] { query<Trade>(db.connection(), "SELECT * FROM trades ORDER BY acct_id"); });
  CHECK(error.code == ErrorCode::data);
  CHECK(error.column == db.name("day"));
  CHECK(error.row == 1);
}
