// What every asynchronous operation does with its token: forms, executors, allocators, errors.

#include <atomic>
#include <set>

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/thread_pool.hpp>

#include "unit/access/async/fixture.hpp"

using namespace millrace;
using namespace millrace::test;

TEST_CASE("an asynchronous query comes as a future, to a callback, into a coroutine and deferred") {
  AsyncFixture f;
  const auto one = [](const ResultSet& rows) { return rows[0][0].as<int>(); };

  CHECK(one(f.async->async_query("a", asio::use_future).get()) == 1);

  Outcome<ResultSet> called;
  f.async->async_query("b", called.handler());
  CHECK(one(called.get()) == 1);

  asio::io_context context;
  auto in_coroutine = asio::co_spawn(context, [&]() -> asio::awaitable<int> { co_return one(co_await f.async->async_query("c", asio::use_awaitable)); }, asio::use_future);
  context.run();
  CHECK(in_coroutine.get() == 1);

  auto later = f.async->async_query("d", asio::deferred);
  CHECK(f.fake.count("query d") == 0);
  CHECK(one(std::move(later)(asio::use_future).get()) == 1);
}

TEST_CASE("asynchronous statements bind their parameters") {
  AsyncFixture f;
  CHECK(f.async->async_execute("update t set a = ?", {7}, asio::use_future).get() == 1);
  CHECK(f.fake.last_values() == std::vector<Value>{Value(7)});
  f.async->async_query("select ?, ?", Params::of("x", 2), asio::use_future).get();
  CHECK(f.fake.last_values() == std::vector<Value>{Value("x"), Value(2)});
}

TEST_CASE("a handler runs on its own executor, and never inside the call that started the operation") {
  AsyncFixture f;
  asio::io_context context;
  const auto strand = asio::make_strand(context);
  bool called = false, in_strand = false;
  f.async->async_execute("a", asio::bind_executor(strand, [&](const std::exception_ptr&, std::int64_t) {
    called = true;
    in_strand = strand.running_in_this_thread();
  }));
  wait_until([&] { return f.fake.count("execute a") == 1; });
  CHECK_FALSE(called);
  context.run();
  CHECK(called);
  CHECK(in_strand);
}

TEST_CASE("a refused acquire reaches its handler through the executor as well") {
  AsyncFixture f;
  f.database->close();
  asio::io_context context;
  std::exception_ptr error;
  f.async->async_acquire(asio::bind_executor(context.get_executor(), [&](const std::exception_ptr& e, Pool::Lease) { error = e; }));
  CHECK_FALSE(error);
  context.run();
  CHECK(error_of<PoolError>([&] { std::rethrow_exception(error); }).code() == ErrorCode::pool_closed);
}

TEST_CASE("an executor is kept at work until its handler has run") {
  AsyncFixture f;
  const auto held = f.plan->add(Fault::hold(FaultCall::statement));
  asio::io_context context;
  bool called = false;
  f.async->async_execute("a", asio::bind_executor(context.get_executor(), [&](const std::exception_ptr&, std::int64_t) { called = true; }));
  std::jthread release([&] {
    f.plan->wait_until_struck(held);
    std::this_thread::sleep_for(20ms);  // time for run() to return, if it would
    f.plan->release(held);
  });
  context.run();
  CHECK(called);
}

TEST_CASE("handlers without an executor run on that of the AsyncDatabase") {
  AsyncFixture f;
  asio::io_context context;
  AsyncDatabase async(*f.database, context.get_executor());
  bool called = false;
  async.async_execute("a", [&](const std::exception_ptr&, std::int64_t) { called = true; });
  wait_until([&] { return f.fake.count("execute a") == 1; });
  CHECK_FALSE(called);
  context.run();
  CHECK(called);
}

namespace {

template <class T> struct CountingAllocator {
  using value_type = T;
  std::atomic<int>* live;
  explicit CountingAllocator(std::atomic<int>& counter) : live(&counter) {}
  template <class U> CountingAllocator(const CountingAllocator<U>& other) : live(other.live) {}
  T* allocate(std::size_t n) { ++*live; return std::allocator<T>().allocate(n); }
  void deallocate(T* memory, std::size_t n) { --*live; std::allocator<T>().deallocate(memory, n); }
  template <class U> bool operator==(const CountingAllocator<U>& other) const { return live == other.live; }
};

}  // namespace

TEST_CASE("the way to the executor takes its memory from the handler's allocator, and gives it back before the handler runs") {
  AsyncFixture f;
  asio::io_context context;
  std::atomic<int> live{0};
  int while_called = -1;
  f.async->async_execute("a", asio::bind_executor(context.get_executor(), asio::bind_allocator(CountingAllocator<char>(live), [&](const std::exception_ptr&, std::int64_t) { while_called = live; })));
  wait_until([&] { return live > 0; });
  context.run();
  CHECK(while_called == 0);
}

TEST_CASE("asynchronous errors keep their classes and facts") {
  AsyncFixture f;
  ErrorInfo unique;
  unique.code = ErrorCode::unique_violation;
  unique.message = "twice";
  unique.sqlstate = "23505";
  unique.constraint = "t_pkey";
  f.fake.fail("execute a", unique);
  const auto error = error_of<DatabaseError>([&] { f.async->async_execute("a", asio::use_future).get(); });
  CHECK(error.sqlstate() == "23505");
  CHECK(error.info().constraint == "t_pkey");
  CHECK(error.statement() == "a");

  f.fake.fail("execute b", ErrorCode::connection_lost);
  CHECK(error_of<ConnectionError>([&] { f.async->async_execute("b", asio::use_future).get(); }).code() == ErrorCode::connection_lost);
  f.fake.fail("commit", ErrorCode::in_doubt);
  CHECK(error_of<InDoubtError>([&] { f.async->async_with_session([](Session&) {}, asio::use_future).get(); }).code() == ErrorCode::in_doubt);
  CHECK(error_of<DataError>([&] { f.async->async_with_session([](Session&) -> int { throw DataError("bad"); }, asio::use_future).get(); }).code() == ErrorCode::data);
  CHECK_THROWS_AS(f.async->async_with_session([](Session&) -> int { throw std::out_of_range("mine"); }, asio::use_future).get(), std::out_of_range);
  CHECK(f.whole());
}

TEST_CASE("an asynchronous acquire that comes too late is a PoolError, and costs no thread") {
  AsyncFixture f(1);
  const Pool::Lease taken = f.database->pool().acquire();
  AcquireOptions soon;
  soon.timeout = 20ms;
  CHECK(error_of<PoolError>([&] { f.async->async_acquire(soon, asio::use_future).get(); }).code() == ErrorCode::pool_timeout);
}

TEST_CASE("a lease that was acquired asynchronously goes back by scope") {
  AsyncFixture f(1);
  {
    const Pool::Lease lease = f.async->async_acquire(asio::use_future).get();
    CHECK(lease->query_value("x").as<int>() == 1);
    CHECK(f.statistics().in_use == 1);
  }
  CHECK(f.whole());
}

TEST_CASE("a handler that is never called gives its lease back") {
  AsyncFixture f(1);
  {
    asio::io_context context;
    f.async->async_acquire(asio::bind_executor(context.get_executor(), [](const std::exception_ptr&, Pool::Lease) { FAIL("called"); }));
    wait_until([&] { return f.statistics().in_use == 1; });
    f.async.reset();  // a context that was not run to its end goes after it
  }
  CHECK(f.whole());
}

TEST_CASE("many operations share the pool's connections and as many threads") {
  AsyncFixture f(3);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  int inside = 0, most = 0;
  std::vector<std::future<int>> results;
  for (int i = 0; i < 100; ++i) {
    results.push_back(f.async->async_with_session([&, i](Session& session) {
      {
        const std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
        most = std::max(most, ++inside);
      }
      session->execute("x");
      std::this_thread::sleep_for(200us);
      const std::lock_guard lock(mutex);
      --inside;
      return i;
    }, asio::use_future));
  }
  for (int i = 0; i < 100; ++i) CHECK(results[static_cast<std::size_t>(i)].get() == i);
  CHECK(most == 3);
  CHECK(threads.size() == 3);
  CHECK(f.statistics().opened <= 3);
  CHECK(f.fake.count("commit") == 100);
}
