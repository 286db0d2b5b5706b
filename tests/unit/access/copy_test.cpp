#include "millrace/access/copy.hpp"

#include <array>
#include <list>
#include <exception>
#include <iterator>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "millrace/access/error.hpp"
#include "millrace/access/log.hpp"
#include "millrace/access/retry.hpp"
#include "millrace/testing/fake_connection.hpp"

using namespace millrace;
using Calls = std::vector<std::string>;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

struct Trade {
  std::string acct_id;
  std::optional<int> amount;
  static auto row_mapping() { return millrace::row_mapping(millrace::field("acct_id", &Trade::acct_id), millrace::field("amount", &Trade::amount)); }
};

ColumnInfo column(std::string name, TypeKind kind, bool nullable = true) {
  ColumnInfo info;
  info.name = std::move(name);
  info.type = SqlType::of(kind);
  info.nullable = nullable;
  return info;
}

struct Fixture {
  testing::FakeDatabase database;
  std::unique_ptr<Connection> owner = database.connect();
  Connection& connection = *owner;

  Fixture() {
    TableInfo trades;
    trades.name = {"", "trades"};
    trades.columns = {column("id", TypeKind::bigint, false), column("acct_id", TypeKind::text, false), column("amount", TypeKind::smallint),
                      column("twice", TypeKind::integer)};
    trades.columns[0].identity = Identity::always;
    trades.columns[3].generated = true;
    database.add_table(trades);
    TableInfo one;
    one.name = {"ods", "One"};
    one.columns = {column("a", TypeKind::integer)};
    database.add_table(one);
  }
  /// Calls behind the connecting and the describing.
  Calls sent() const {
    Calls calls;
    for (const std::string& call : database.calls()) {
      if (call != "connect" && !call.starts_with("describe")) calls.push_back(call);
    }
    return calls;
  }
  void fail_once(const char* call, ErrorCode code = ErrorCode::deadlock) {
    ErrorInfo info;
    info.code = code;
    info.message = "scripted";
    info.safe_to_retry = true;
    database.fail(call, info);
  }
};

template <class E, class F> E thrown(F&& call) {
  try {
    call();
  } catch (const E& error) {
    return error;
  }
  FAIL("it was not thrown");
  return E(ErrorInfo{});
}

/// The numbers from 1 to 3, once.
class Numbers {
 public:
  explicit Numbers(int throws_at = 0,
                   std::exception_ptr error = std::make_exception_ptr(std::runtime_error("the range failed"))) : throws_at_(throws_at), error_(error) {}
  struct Iterator {
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    Numbers* numbers;
    int operator*() const {
      if (numbers->next_ == numbers->throws_at_) std::rethrow_exception(numbers->error_);
      return numbers->next_;
    }
    Iterator& operator++() { ++numbers->next_; return *this; }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return numbers->next_ > 3; }
  };
  Iterator begin() { return {this}; }
  std::default_sentinel_t end() const { return {}; }

 private:
  int throws_at_;
  std::exception_ptr error_;
  int next_ = 1;
};
static_assert(std::ranges::input_range<Numbers> && !std::ranges::forward_range<Numbers>);

const std::string kSave = "execute SAVEPOINT \"millrace_copy\"";
const std::string kRelease = "execute RELEASE SAVEPOINT \"millrace_copy\"";
const std::string kBack = "execute ROLLBACK TO SAVEPOINT \"millrace_copy\"";

}  // namespace

TEST_CASE_METHOD(Fixture, "copied rows are a transaction of their own, sent every fifty thousand") {
  const std::vector<std::tuple<std::string, int>> rows(120'001, {"a", 1});
  CHECK(copy_from_records(connection, "trades", rows) == 120'001);
  CHECK(sent() == Calls{"begin", "open_writer trades", "write 50000", "write 50000", "write 20001", "finish", "commit"});
}

TEST_CASE_METHOD(Fixture, "rows are sent earlier when they are wide") {
  CopyOptions options;
  options.flush_bytes = 1000;
  const std::vector<std::tuple<std::string, int>> rows(512, {"a wide row", 1});
  CHECK(copy_from_records(connection, "trades", rows, {}, options) == 512);
  CHECK(database.count("write 100") == 5);
  CHECK(database.count("write 12") == 1);
}

TEST_CASE_METHOD(Fixture, "a few very wide rows are sent before they fill the memory, and one that is too wide goes alone") {
  CopyOptions options;
  options.flush_bytes = 1000;
  const std::vector<std::tuple<std::string, int>> rows{{std::string(400, 'a'), 1}, {std::string(400, 'b'), 2}, {std::string(5000, 'c'), 3}, {"d", 4}};
  CHECK(copy_from_records(connection, "trades", rows, {}, options) == 4);
  CHECK(sent() == Calls{"begin", "open_writer trades", "write 2", "write 1", "write 1", "finish", "commit"});
}

TEST_CASE_METHOD(Fixture, "inside a transaction a copy stands behind a savepoint, and its owner commits") {
  Transaction transaction(connection);
  CHECK(copy_from_records(connection, "trades", std::vector<std::tuple<std::string, int>>{{"a", 1}}) == 1);
  CHECK(sent() == Calls{"begin", kSave, "open_writer trades", "write 1", "finish", kRelease});
  transaction.commit();
}

TEST_CASE_METHOD(Fixture, "rows are tuples, pairs, arrays, vectors of values, structs or single values, in any container") {
  CHECK(copy_from_records(connection, "trades", std::list<std::pair<std::string_view, std::optional<int>>>{{"a", 1}, {"b", std::nullopt}}) == 2);
  CHECK(copy_from_records(connection, "trades", std::array<std::array<const char*, 2>, 1>{{{"a", "1"}}}) == 1);
  CHECK(copy_from_records(connection, "trades", std::vector<std::vector<Value>>{{"a", 1}, {"b", nullptr}, {"", 2.0}}) == 3);
  CHECK(copy_from_records(connection, "trades", std::vector<Trade>{{"a", 1}, {"b", {}}}) == 2);
  CHECK(copy_from_records(connection, "ods.\"One\"", std::vector<int>{1, 2, 3}) == 3);
  CHECK(copy_from_records(connection, TableName{"ods", "One"}, std::vector<float>{1}) == 1);
  const Trade trades[] = {{"a", 1}};
  CHECK(copy_from_records(connection, "trades", trades) == 1);
  CHECK(copy_from_records(connection, TableName{"ods", "One"}, Numbers()) == 3);
}

TEST_CASE_METHOD(Fixture, "no rows: nothing is sent, and the log says so") {
  std::vector<std::string> logged;
  set_log_sink([&](const LogRecord& r) { logged.push_back(std::string(to_string(r.level)) + " " + std::string(r.event)); });
  CHECK(copy_from_records(connection, "trades", std::vector<Trade>{}) == 0);
  set_log_sink({});
  CHECK(sent().empty());
  CHECK(logged == std::vector<std::string>{"info copy.skipped"});
}

TEST_CASE_METHOD(Fixture, "wrong columns are refused by name before anything is sent") {
  const std::vector<std::tuple<std::string, int>> rows{{"a", 1}};
  const auto refusal = [&](const std::vector<std::string>& columns) {
    return std::string(thrown<ConfigError>([&] { copy_from_records(connection, "trades", rows, columns); }).what());
  };
  CHECK(refusal({"acct", "acct_id", "sum"}) == "nothing was copied into trades: the table (id, acct_id, amount, twice) does not have these columns: \"acct\", \"sum\"");
  CHECK_THAT(refusal({"acct_id", "twice"}), ContainsSubstring("GENERATED") && ContainsSubstring("\"twice\""));
  CHECK_THAT(refusal({"acct_id", "ACCT_ID"}), ContainsSubstring("named twice: \"acct_id\""));
  CHECK_THAT(refusal({"id", "amount"}), ContainsSubstring("NOT NULL") && ContainsSubstring("\"acct_id\""));
  CHECK_THAT(std::string(thrown<ConfigError>([&] { copy_from_records(connection, "trades", std::vector<Trade>{{"a", 1}}, {"acct_id", "id"}); }).what()),
             ContainsSubstring("(acct_id, amount)") && ContainsSubstring("\"id\""));
  CHECK(thrown<DatabaseError>([&] { copy_from_records(connection, "no_such", rows); }).code() == ErrorCode::undefined_object);
  CHECK_THROWS_AS(copy_from_records(connection, "no such", rows), ConfigError);
  CHECK(sent().empty());
}

TEST_CASE_METHOD(Fixture, "named columns match in any case, and may be some of a struct's") {
  CHECK(copy_from_records(connection, "trades", std::vector<std::tuple<int, std::string>>{{1, "a"}}, {"AMOUNT", "Acct_Id"}) == 1);
  CHECK(copy_from_records(connection, "trades", std::vector<Trade>{{"a", 70'000}}, {"acct_id"}) == 1);  // 70,000 is no smallint, and not asked for
}

TEST_CASE_METHOD(Fixture, "a value that does not fit names its column and row, and no row goes in") {
  CopyOptions options;
  options.flush_rows = 2;
  const std::vector<std::tuple<std::string, int>> rows{{"a", 1}, {"b", 2}, {"c", 3}, {"d", 70'000}};
  const DataError error = thrown<DataError>([&] { copy_from_records(connection, "trades", rows, {}, options); });
  CHECK(error.info().column == "amount");
  CHECK(error.info().row == 3);
  CHECK_THAT(error.what(), ContainsSubstring("copy into trades, column \"amount\", row 4: \"70000\""));
  CHECK(sent() == Calls{"begin", "open_writer trades", "write 2", "abandon", "rollback"});
  CHECK_FALSE(connection.in_transaction());
}

TEST_CASE_METHOD(Fixture, "a row of another width is refused by its number") {
  const DataError error = thrown<DataError>([&] { copy_from_records(connection, "trades", std::vector<std::vector<Value>>{{"a", 1}, {"b"}}); });
  CHECK(error.info().row == 1);
  CHECK_THAT(error.what(), ContainsSubstring("row 2: 1 values for 2 columns (acct_id, amount)"));
}

TEST_CASE_METHOD(Fixture, "a copy that fails takes back its own rows alone") {
  Transaction transaction(connection);
  connection.execute("before");
  SECTION("for a value") { CHECK_THROWS_AS(copy_from_records(connection, "trades", std::vector<std::tuple<std::string, int>>{{"a", 70'000}}), DataError); }
  SECTION("for the server") {
    fail_once("write");
    CHECK_THROWS_AS(copy_from_records(connection, "trades", std::vector<std::tuple<std::string, int>>{{"a", 1}}), DatabaseError);
    CHECK(sent() == Calls{"begin", "execute before", kSave, "open_writer trades", "write 1", "abandon", kBack, kRelease});
  }
  CHECK(connection.in_transaction());
  connection.execute("behind");
  transaction.commit();
  CHECK(database.calls().back() == "commit");
}

TEST_CASE_METHOD(Fixture, "what a range throws passes through, and no row goes in") {
  CopyOptions options;
  options.flush_rows = 1;
  CHECK_THROWS_AS(copy_from_records(connection, "ods.\"One\"", Numbers(3), {}, options), std::runtime_error);
  CHECK(sent() == Calls{"begin", "open_writer ods.One", "write 1", "write 1", "abandon", "rollback"});
}

TEST_CASE_METHOD(Fixture, "an error of a range that can be read again is safe to retry") {
  const std::vector<int> rows{1, 2, 3};
  fail_once("commit", ErrorCode::serialization);
  CHECK(thrown<DatabaseError>([&] { copy_from_records(connection, "ods.\"One\"", rows); }).safe_to_retry());
}

TEST_CASE_METHOD(Fixture, "no error behind a range that can be read only once is safe to retry") {
  Numbers rows;
  const auto copy = [&] { copy_from_records(connection, "ods.\"One\"", rows); };
  SECTION("in a transaction of its own") {
    const char* call = nullptr;
    SECTION("at the begin") { call = "begin"; }
    SECTION("while writing") { call = "write"; }
    SECTION("at the commit") { call = "commit"; }
    fail_once(call);
    const DatabaseError error = thrown<DatabaseError>(copy);
    CHECK(error.code() == ErrorCode::deadlock);
    CHECK_FALSE(error.safe_to_retry());
    CHECK_THAT(error.what(), ContainsSubstring("read only once"));
  }
  SECTION("in the caller's transaction, up to its commit") {
    Transaction transaction(connection);
    copy();
    fail_once("execute later");
    CHECK_FALSE(thrown<DatabaseError>([&] { connection.execute("later"); }).safe_to_retry());
    fail_once("commit");
    CHECK_FALSE(thrown<DatabaseError>([&] { transaction.commit(); }).safe_to_retry());
    connection.begin();
    fail_once("execute next");
    CHECK(thrown<DatabaseError>([&] { connection.execute("next"); }).safe_to_retry());  // the next transaction starts afresh
  }
  SECTION("when the range itself fails, which may read from a database too") {
    ErrorInfo info;
    info.code = ErrorCode::connection_lost;
    info.safe_to_retry = true;
    Numbers failing(2, std::make_exception_ptr(ConnectionError(info)));
    Transaction transaction(connection);
    const auto before = connection.irrevocable();
    CHECK_FALSE(thrown<ConnectionError>([&] { copy_from_records(connection, "ods.\"One\"", failing); }).safe_to_retry());
    CHECK(connection.irrevocable() > before);  // so that with_session() does not run its function again
  }
  SECTION("but the table is looked up before the range is touched") {
    fail_once("describe");
    CHECK(thrown<DatabaseError>(copy).safe_to_retry());
    CHECK(copy_from_records(connection, "ods.\"One\"", rows) == 3);
  }
}

TEST_CASE_METHOD(Fixture, "tables are named as people write them") {
  truncate_table(connection, "ods.\"One\"");
  CHECK(database.calls().back() == "truncate ods.One");
  truncate_table(connection, "Trades", true);
  CHECK(database.calls().back() == "truncate trades cascade");
  CHECK(table_exists(connection, "TRADES"));
  CHECK(table_exists(connection, std::string("ods.\"One\"")));
  CHECK_FALSE(table_exists(connection, "ods.one"));
  CHECK_FALSE(table_exists(connection, TableName{"", "Trades"}));
  CHECK_THROWS_AS(table_exists(connection, "a.b.c"), ConfigError);
}
