// The operations of an AsyncDatabase, each by itself.

#include <tuple>

#include <boost/asio/deferred.hpp>

#include <catch2/matchers/catch_matchers_string.hpp>

#include "unit/access/async/fixture.hpp"

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

namespace {

TableInfo table_of_two() {
  TableInfo table;
  table.name = {"s", "t"};
  table.columns = {{.name = "id", .type = SqlType::of(TypeKind::integer)}, {.name = "name", .type = SqlType::varchar(20)}};
  return table;
}

ErrorInfo transient() {
  ErrorInfo info;
  info.code = ErrorCode::serialization;
  info.message = "scripted";
  info.sqlstate = "40001";
  info.safe_to_retry = true;
  return info;
}

}  // namespace

TEST_CASE("an asynchronous session commits when its function returns, and returns what can only be moved") {
  AsyncFixture f(1);
  auto number = f.async->async_with_session([kept = std::make_unique<int>(41)](Session& session) {
    session->execute("x");
    return std::make_unique<int>(*kept + 1);
  }, asio::use_future).get();
  CHECK(*number == 42);
  CHECK(f.fake.count("begin") == 1);
  CHECK(f.fake.count("commit") == 1);
}

TEST_CASE("an asynchronous session rolls back when its function throws") {
  AsyncFixture f(1);
  CHECK_THROWS_AS(f.async->async_with_session([](Session& session) { session->execute("x"); throw std::runtime_error("no"); }, asio::use_future).get(), std::runtime_error);
  CHECK(f.fake.count("rollback") == 1);
  CHECK(f.fake.count("commit") == 0);
  CHECK(f.whole());
}

TEST_CASE("an asynchronous session is replayed after a transient error, and the delay holds neither thread nor connection") {
  DatabaseConfig config = fake_config(1);
  config.retry.initial_delay = 60ms;
  AsyncFixture f(config);
  f.fake.fail("commit", transient());
  int runs = 0;
  auto session = f.async->async_with_session([&](Session& s) { s->execute("x"); return ++runs; }, asio::use_future);
  wait_until([&] { return f.fake.count("rollback") == 1; });
  f.async->async_execute("meanwhile", asio::use_future).get();
  CHECK(session.wait_for(0s) == std::future_status::timeout);
  CHECK(session.get() == 2);
  CHECK(f.fake.count("commit") == 2);
}

TEST_CASE("an asynchronous session gives up with a RetryError, and a policy of one attempt with the error itself") {
  AsyncFixture f(1);
  for (int i = 0; i < 4; ++i) f.fake.fail("execute x", transient());
  const auto body = [](Session& session) { session->execute("x"); };
  const auto error = error_of<RetryError>([&] { f.async->async_with_session(body, asio::use_future).get(); });
  CHECK(error.attempts() == 3);
  CHECK(error.sqlstate() == "40001");
  SessionOptions once;
  once.retry = RetryPolicy{.attempts = 1};
  CHECK(error_of<DatabaseError>([&] { f.async->async_with_session(body, once, asio::use_future).get(); }).code() == ErrorCode::serialization);
}

TEST_CASE("an asynchronous session waits again when no connection came in time") {
  AsyncFixture f(1);
  Pool::Lease taken = f.database->pool().acquire();
  SessionOptions options;
  options.acquire.timeout = 10ms;
  options.retry = RetryPolicy{.attempts = 1000, .initial_delay = 1ms, .factor = 1};
  auto session = f.async->async_with_session([](Session& s) { return s->execute("x"); }, options, asio::use_future);
  wait_until([&] { return f.statistics().timed_out >= 2; });
  taken = {};
  CHECK(session.get() == 1);
}

TEST_CASE("a commit in doubt is never replayed, whatever the policy wants") {
  AsyncFixture f(1);
  ErrorInfo lost;
  lost.code = ErrorCode::in_doubt;
  lost.message = "scripted";
  lost.poisons_connection = true;
  f.fake.fail("commit", lost);
  int runs = 0;
  CHECK_THROWS_AS(f.async->async_with_session([&](Session&) { ++runs; }, asio::use_future).get(), InDoubtError);
  CHECK(runs == 1);
  CHECK(f.whole());
}

TEST_CASE("session options reach the transaction") {
  AsyncFixture f(1);
  SessionOptions options;
  options.transaction.read_only = true;
  options.transaction.isolation = Isolation::serializable;
  const bool inside = f.async->async_with_session([](Session& session) { return session->in_transaction(); }, options, asio::use_future).get();
  CHECK(inside);
  CHECK(f.fake.count("begin") == 1);
}

TEST_CASE("what a session's function holds is gone when the handler runs") {
  AsyncFixture f(1);
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = held;
  asio::io_context context;
  bool gone = false;
  f.async->async_with_session([kept = std::move(held)](Session&) {}, asio::bind_executor(context.get_executor(), [&](const std::exception_ptr&) { gone = watch.expired(); }));
  context.run();
  CHECK(gone);
}

TEST_CASE("asynchronous table_exists knows what is there") {
  AsyncFixture f(1);
  f.fake.add_table(table_of_two());
  CHECK(f.async->async_table_exists("s.t", asio::use_future).get());
  CHECK_FALSE(f.async->async_table_exists(TableName{"s", "other"}, asio::use_future).get());
}

TEST_CASE("an asynchronous health check tells why a server is sick, without the password") {
  DatabaseConfig config = fake_config(1);
  config.connection.password = Secret("tr0ub4dor");
  config.connection.has_password = true;
  AsyncFixture f(config);
  const Health well = f.async->async_health_check(asio::use_future).get();
  CHECK(well.ok);
  CHECK(well.latency > 0us);
  CHECK(f.fake.count("ping") == 1);

  f.fake.fail("ping", ErrorCode::connection_lost, "no answer to tr0ub4dor");
  const Health sick = f.async->async_health_check(asio::use_future).get();
  CHECK_FALSE(sick.ok);
  CHECK_THAT(sick.reason, ContainsSubstring("no answer to ***"));
}

TEST_CASE("an asynchronous health check ends at its time-out when the pool is busy") {
  AsyncFixture f(1);
  const Pool::Lease taken = f.database->pool().acquire();
  const Health health = f.async->async_health_check(20ms, asio::use_future).get();
  CHECK_FALSE(health.ok);
  CHECK(health.latency >= 20ms);
  CHECK_FALSE(health.reason.empty());
}

TEST_CASE("an asynchronous close drains without holding its caller's thread") {
  AsyncFixture f(2);
  const auto held = f.plan->add(Fault::hold(FaultCall::statement).on("slow"));
  auto slow = f.async->async_execute("slow", asio::use_future);
  REQUIRE(f.plan->wait_until_struck(held));

  asio::io_context context;
  std::optional<bool> closed;
  bool ticked = false;
  f.async->async_close(asio::bind_executor(context.get_executor(), [&](const std::exception_ptr&, bool drained) { closed = drained; }));
  asio::steady_timer timer(context, 20ms);
  timer.async_wait([&](const boost::system::error_code&) {
    ticked = !closed.has_value();
    f.plan->release(held);
  });
  context.run();
  CHECK(ticked);
  CHECK(closed == true);
  CHECK(slow.get() == 1);
  CHECK(error_of<PoolError>([&] { f.async->async_execute("x", asio::use_future).get(); }).code() == ErrorCode::pool_closed);
  CHECK(f.async->async_close(asio::use_future).get());
}

TEST_CASE("records are copied asynchronously, all or none") {
  AsyncFixture f(1);
  f.fake.add_table(table_of_two());
  std::vector<std::tuple<int, std::string>> rows{{1, "a"}, {2, "b"}, {3, "c"}};
  CHECK(f.async->async_copy_from("s.t", rows, asio::use_future).get() == 3);
  CHECK(f.fake.written({"s", "t"}).size() == 3);
  CHECK(f.fake.count("commit") == 1);
  CHECK_THROWS_AS(f.async->async_copy_from("s.t", std::move(rows), {"id", "no_such"}, {}, asio::use_future).get(), ConfigError);
  CHECK(f.whole());
}

TEST_CASE("a query's rows go to a consumer in batches, and an Arrow stream of them into a table") {
  AsyncFixture f(2);
  f.fake.add_table(table_of_two());
  const std::vector<ResultColumn> columns{{"id", SqlType::of(TypeKind::integer)}, {"name", SqlType::varchar(20)}};
  f.fake.answer_to("from source", ResultSet(columns, {{Value(1), Value("a")}, {Value(2), Value("b")}, {Value(3), Value()}}));

  std::vector<std::size_t> batches;
  ReaderOptions two_rows;
  two_rows.max_rows = 2;
  CHECK(f.async->async_copy_to("select * from source", {}, two_rows, [&](const RecordBatch& batch) { batches.push_back(batch.rows()); }, asio::use_future).get() == 3);
  CHECK(batches == std::vector<std::size_t>{2, 1});

  const std::int64_t copied = f.async->async_copy_to("select * from source", [&](ArrowArrayStream* stream) {
    return f.async->async_copy_from("s.t", OwnedArrowStream(*stream), asio::use_future).get();  // moved on: it ends there, on the other connection
  }, asio::use_future).get();
  CHECK(copied == 3);
  const auto written = f.fake.written({"s", "t"});
  REQUIRE(written.size() == 3);
  CHECK(written[2][1].is_null());
  CHECK(f.whole());
}

TEST_CASE("a consumer that throws ends its query, and its exception arrives") {
  AsyncFixture f(1);
  CHECK_THROWS_AS(f.async->async_copy_to("x", [](const RecordBatch&) { throw std::range_error("enough"); }, asio::use_future).get(), std::range_error);
  CHECK(f.whole());
}

TEST_CASE("an operation that begins after its AsyncDatabase is gone is a cancelled one") {
  AsyncFixture f(1);
  auto later = f.async->async_query("x", asio::deferred);
  f.async.reset();
  CHECK(error_of([&] { std::move(later)(asio::use_future).get(); }).code() == ErrorCode::cancelled);
  CHECK(f.fake.count("query") == 0);
}
