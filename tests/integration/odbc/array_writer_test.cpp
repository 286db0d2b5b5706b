// The array writer against a driver that contradicts itself. Whatever the driver says, the table holds what the writer reported.

#include <dlfcn.h>

#include <set>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "integration/odbc/fake_driver.hpp"
#include "millrace/backends.hpp"
#include "millrace/data/batch_builder.hpp"

using namespace millrace;

namespace {

using Lines = std::vector<std::vector<Value>>;

class Fake {
 public:
  explicit Fake(const std::string& behaviour, const std::string& more = {}) : name_("fake_" + std::to_string(++counter_)) {
    connection_ = default_drivers().connect(ConnectionConfig::from_url("odbc:Driver=" MILLRACE_FAKE_ODBC ";Database=" + name_ + ";Behaviour=" + behaviour + (more.empty() ? "" : ";" + more)));
    table_ = connection_->describe({{}, "T"});
  }

  Connection* operator->() { return connection_.get(); }
  Connection& connection() { return *connection_; }
  /// What the driver has committed; the library lives as long as the connection.
  FakeOdbcStatistics statistics() const {
    void* const library = dlopen(MILLRACE_FAKE_ODBC, RTLD_LAZY | RTLD_NOLOAD);
    REQUIRE(library);
    const auto statistics = reinterpret_cast<FakeOdbcStatistics (*)(const char*)>(dlsym(library, "fake_odbc_statistics"));
    REQUIRE(statistics);
    const FakeOdbcStatistics found = statistics(name_.c_str());
    dlclose(library);
    return found;
  }

  RecordBatch batch(const Lines& lines) const {
    BatchBuilder builder({{"ID", table_.columns[0].type}, {"V", table_.columns[1].type}});
    for (const auto& line : lines) builder.append_row(line);
    return builder.take();
  }
  std::unique_ptr<BulkWriter> open(const WriterOptions& options = {}) { return connection_->open_writer(table_.name, table_.columns, options); }
  /// All lines in one transaction. @return what finish() reported
  std::int64_t load(const Lines& lines, const WriterOptions& options = {}) {
    Transaction transaction(*connection_);
    const auto writer = open(options);
    writer->write(batch(lines));
    const std::int64_t rows = writer->finish().rows;
    transaction.commit();
    return rows;
  }

 private:
  static inline int counter_ = 0;
  std::string name_;
  std::unique_ptr<Connection> connection_;
  TableInfo table_;
};

Lines lines(int first, int count) {
  Lines all;
  for (int i = first; i < first + count; ++i) all.push_back({i, i % 7 == 6 ? Value() : Value("value " + std::to_string(i % 10))});
  return all;
}

/// Lines whose rows at these places have a key that came before.
Lines with_duplicates(int count, const std::set<std::int64_t>& places) {
  Lines all = lines(0, count);
  for (const std::int64_t place : places) all[static_cast<std::size_t>(place)][0] = 0;
  return all;
}

template <class E = Error, class F> ErrorInfo error_of(F&& call) {
  try {
    call();
  } catch (const E& error) {
    return error.info();
  }
  FAIL("no error of this class was thrown");
  return {};
}

}  // namespace

TEST_CASE("rows are conserved whatever a driver refuses, cuts or does not tell") {
  const std::string behaviour = GENERATE("", "refuses_arrays", "cuts_arrays", "refuses_statuses", "refuses_processed", "no_statuses", "counts_nothing", "refuses_statuses,refuses_processed");
  CAPTURE(behaviour);
  Fake fake(behaviour);
  CHECK(fake.load(lines(0, 1)) == 1);
  CHECK(fake.load(lines(10, 257)) == 257);
  CHECK(fake.load(lines(1000, 3), {.max_rows = 2}) == 3);
  CHECK(fake.statistics().rows == 261);
  CHECK(fake->query_value("SELECT COUNT(*) FROM \"T\"").as<int>() == 261);
  if (behaviour == "refuses_arrays") CHECK(fake.statistics().largest_array == 1);
  if (behaviour == "cuts_arrays") CHECK(fake.statistics().largest_array == 2);
}

TEST_CASE("arrays have 5,000 rows, at most 32,767, and equal ones are bound once") {
  Fake fake("");
  CHECK(fake.load(lines(0, 15'000)) == 15'000);
  CHECK(fake.statistics().largest_array == 5000);
  CHECK(fake.statistics().executes == 3);
  CHECK(fake.statistics().binds == 2);
  CHECK(fake.load(lines(20'000, 40'000), {.max_bytes = 64 << 20, .max_rows = 100'000}) == 40'000);
  CHECK(fake.statistics().largest_array == 32'767);
  CHECK(fake.statistics().rows == 55'000);
}

TEST_CASE("one long value among short ones does not widen the whole array") {
  constexpr std::size_t kLong = 1 << 20;
  Fake fake("", "Length=2000000");
  Lines all = lines(0, 5000);
  all[2500][1] = std::string(kLong, 'x');
  CHECK(fake.load(all) == 5000);
  CHECK(fake.statistics().most_bytes <= 5 * kLong);
  const ResultSet read = fake->query("SELECT \"ID\", \"V\" FROM \"T\"");
  REQUIRE(read.size() == 5000);
  CHECK((read[2500][1] == Value(std::string(kLong, 'x'))));
  CHECK(read[2499][1] == all[2499][1]);
}

TEST_CASE("a text whose length the driver does not know is read whole") {
  Fake fake("no_total", "Length=2000000");
  const std::string text(100'000, 'y');
  fake.load({{1, text}, {2, ""}, {3, nullptr}});
  const ResultSet read = fake->query("SELECT \"ID\", \"V\" FROM \"T\"");
  CHECK((read[0][1] == Value(text)));
  CHECK(read[1][1] == Value(""));
  CHECK(read[2][1].is_null());
}

TEST_CASE("a refused row fails an atomic stream, and is named where the driver names it") {
  const auto [behaviour, named] = GENERATE(table<std::string, bool>({{"", true}, {"goes_on", true}, {"talks_long", true}, {"refuses_arrays", true}, {"refuses_processed", true},
                                                                     {"all_or_nothing", false}, {"no_statuses", false}, {"refuses_statuses", false}}));
  CAPTURE(behaviour);
  Fake fake(behaviour);
  fake.load(lines(1000, 5));
  const ErrorInfo error = error_of<DatabaseError>([&] { fake.load(with_duplicates(20, {11})); });
  CHECK(error.code == ErrorCode::unique_violation);
  CHECK(error.sqlstate == "23505");
  CHECK(error.row == (named ? 11 : -1));
  CHECK(error.message.find('\n') == std::string::npos);
  CHECK(fake.statistics().rows == 5);
  CHECK(fake->usable());
  CHECK(fake.load(lines(0, 20)) == 20);
}

TEST_CASE("rows are named by their place in the stream, not in the array") {
  Fake fake("");
  Transaction transaction(fake.connection());
  const auto writer = fake.open({.max_rows = 4});
  writer->write(fake.batch(lines(0, 10)));
  const ErrorInfo error = error_of([&] { writer->write(fake.batch({{20, "a"}, {21, "b"}, {22, "c"}, {23, "d"}, {24, "e"}, {3, "again"}})); });
  CHECK(error.row == 15);
}

TEST_CASE("refused rows are handed over and left out, and all others are in") {
  const std::string behaviour = GENERATE("", "goes_on", "all_or_nothing", "no_statuses", "refuses_statuses", "refuses_arrays", "cuts_arrays", "refuses_processed", "counts_nothing");
  const std::set<std::int64_t> bad = GENERATE(std::set<std::int64_t>{}, std::set<std::int64_t>{1}, std::set<std::int64_t>{1, 2, 3}, std::set<std::int64_t>{99}, std::set<std::int64_t>{5, 50, 51, 98, 99});
  CAPTURE(behaviour, bad.size());
  Fake fake(behaviour);
  std::set<std::int64_t> refused;
  WriterOptions options;
  options.max_rows = 40;
  options.on_refused = [&](std::int64_t row, const ErrorInfo& error) {
    CHECK(refused.insert(row).second);
    CHECK(error.code == ErrorCode::unique_violation);
    CHECK(error.row == row);
  };
  CHECK(fake.load(with_duplicates(100, bad), options) == static_cast<std::int64_t>(100 - bad.size()));
  CHECK(refused == bad);
  CHECK(fake.statistics().rows == 100 - bad.size());
}

TEST_CASE("each refused row has its own reason") {
  Fake fake("goes_on", "Length=5");
  std::vector<std::pair<std::int64_t, ErrorCode>> refused;
  WriterOptions options;
  options.on_refused = [&](std::int64_t row, const ErrorInfo& error) { refused.emplace_back(row, error.code); };
  // By hand: a builder would refuse most of them before the driver does.
  RecordBatch batch({SqlType::of(TypeKind::integer), SqlType::of(TypeKind::text)});
  for (const int id : {1, 1, 0, 2, 3, 4}) id == 0 ? batch.column(0).append_null() : batch.column(0).append_fixed(id);
  for (const std::string& value : {std::string("a"), std::string("b"), std::string("c"), std::string("too long"), std::string("n\0l", 3), std::string("d")}) batch.column(1).append_bytes(value);
  Transaction transaction(fake.connection());
  const auto writer = fake.open(options);
  writer->write(batch);
  CHECK(writer->finish().rows == 2);
  transaction.commit();
  std::sort(refused.begin(), refused.end());
  CHECK(refused == std::vector<std::pair<std::int64_t, ErrorCode>>{
                       {1, ErrorCode::unique_violation}, {2, ErrorCode::not_null_violation}, {3, ErrorCode::invalid_value}, {4, ErrorCode::data}});
  CHECK(fake.statistics().rows == 2);
}

TEST_CASE("a driver that contradicts itself fails the stream, and nothing is committed") {
  const std::string behaviour = GENERATE("miscounts", "leaves_last_unused", "loses_last");
  CAPTURE(behaviour);
  Fake fake(behaviour);
  const ErrorInfo error = error_of([&] { fake.load(lines(0, 10)); });
  CHECK((error.code == ErrorCode::internal || error.code == ErrorCode::data));
  CHECK(error.message.find("10") != std::string::npos);
  CHECK(fake.statistics().rows == 0);
  WriterOptions options;
  options.on_refused = [](std::int64_t, const ErrorInfo&) { FAIL_CHECK("no row is to blame"); };
  CHECK_THROWS_AS(fake.load(lines(0, 10), options), Error);
  CHECK(fake.statistics().rows == 0);
}

TEST_CASE("an error without a reason gives the connection up") {
  Fake fake("says_nothing,all_or_nothing");
  const ErrorInfo error = error_of([&] { fake.load(with_duplicates(4, {2})); });
  CHECK(error.code == ErrorCode::internal);
  CHECK(error.poisons_connection);
  CHECK_FALSE(fake->usable());
  CHECK(fake.statistics().rows == 0);
}

TEST_CASE("a connection that is lost in the middle is an error that may be retried elsewhere") {
  const bool leaves_out = GENERATE(false, true);
  Fake fake("dies", "After=7");
  WriterOptions options;
  if (leaves_out) options.on_refused = [](std::int64_t, const ErrorInfo&) { FAIL_CHECK("no row is to blame"); };
  const ErrorInfo error = error_of<ConnectionError>([&] { fake.load(lines(0, 20), options); });
  CHECK(error.code == ErrorCode::connection_lost);
  CHECK(error.sqlstate == "08S01");
  CHECK(error.poisons_connection);
  CHECK(error.safe_to_retry);
  CHECK_FALSE(fake->usable());
  CHECK(fake->lost());
  CHECK(fake.statistics().rows == 0);
}

TEST_CASE("a connection that is lost inside COMMIT leaves a doubt, never a second try") {
  const auto [behaviour, committed] = GENERATE(table<std::string, std::uint64_t>({{"dies_before_commit", 0}, {"dies_after_commit", 5}}));
  CAPTURE(behaviour);
  Fake fake(behaviour);
  const ErrorInfo error = error_of<InDoubtError>([&] { fake.load(lines(0, 5)); });
  CHECK(error.code == ErrorCode::in_doubt);
  CHECK_FALSE(error.safe_to_retry);
  CHECK_FALSE(fake->usable());
  CHECK(fake.statistics().rows == committed);
}

TEST_CASE("a stream outside a transaction is one of its own") {
  Fake fake("");
  {
    const auto writer = fake.open();
    writer->write(fake.batch(lines(0, 5)));
    CHECK(fake.statistics().rows == 0);
  }
  CHECK(fake.statistics().rows == 0);
  const auto writer = fake.open();
  writer->write(fake.batch(lines(0, 5)));
  CHECK(writer->finish().rows == 5);
  CHECK(fake.statistics().rows == 5);
}

TEST_CASE("a table that is not there is refused when the writer is opened") {
  Fake fake("");
  CHECK(error_of([&] { fake->open_writer({{}, "U"}, {{"ID", SqlType::of(TypeKind::integer)}}); }).code == ErrorCode::undefined_object);
  CHECK(error_of([&] { fake->describe({{}, "U"}); }).code == ErrorCode::undefined_object);
  CHECK(fake->usable());
}

TEST_CASE("a table is described by the catalog functions of a product that nothing is known of") {
  Fake fake("");
  const TableInfo info = fake->describe({{}, "T"});
  REQUIRE(info.columns.size() == 2);
  CHECK(info.columns[0].type.kind == TypeKind::integer);
  CHECK_FALSE(info.columns[0].nullable);
  CHECK(info.columns[1].type == SqlType::varchar(200));
  REQUIRE(info.primary_key());
  CHECK(info.primary_key()->columns == std::vector<std::string>{"ID"});
  CHECK(info.unique_keys.size() == 1);
  CHECK(fake->server().product == "Fake");
  CHECK(fake->server().version == "7.2.1");
}

TEST_CASE("a driver that quotes the password is scrubbed") {
  const auto config = ConnectionConfig::from_url("odbc:Driver=" MILLRACE_FAKE_ODBC ";Database=x;Refuses=28000;UID=u;PWD=hunter2hunter2");
  const ErrorInfo error = error_of<ConnectionError>([&] { default_drivers().connect(config); });
  CHECK(error.code == ErrorCode::authentication);
  CHECK(error.message.find("hunter2") == std::string::npos);
  CHECK(error.message.find('\n') == std::string::npos);
}
