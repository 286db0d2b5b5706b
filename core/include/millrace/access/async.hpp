#pragma once
// The asynchronous forms of a Database, for programs that use Boost.Asio. docs/async.md explains them.
//
// This header and millrace/load/async_load.hpp are the only ones that include Boost: headers alone, 1.81 or later.

#include <boost/version.hpp>
#if BOOST_VERSION < 108100
#error "millrace/access/async.hpp needs the headers of Boost 1.81 or later: older ones have no cancellation slots that serve here"
#endif

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/system_executor.hpp>

#include "millrace/access/arrow.hpp"
#include "millrace/access/copy.hpp"
#include "millrace/access/detail/async_operation.hpp"

namespace millrace {

namespace detail {

template <class T> struct AsyncSignature { using type = void(std::exception_ptr, T); };
template <> struct AsyncSignature<void> { using type = void(std::exception_ptr); };
template <class T> using AsyncSignatureOf = typename AsyncSignature<T>::type;

// What a handler gets beside an error: Asio's tokens want a value in any case.
template <class T> T no_result() {
  if constexpr (std::is_same_v<T, ResultSet>) {
    return ResultSet({}, {});
  } else {
    static_assert(std::default_initializable<T>, "the result of an asynchronous operation must be default constructible: wrap it in a std::optional");
    return T();
  }
}

/// A handler, and work for its executor, so that the executor's context does not run dry meanwhile.
template <class Handler> class AsyncCompletion {
 public:
  AsyncCompletion(Handler handler, const boost::asio::any_io_executor& fallback)
      : work_(track(boost::asio::get_associated_executor(handler, fallback))), handler_(std::make_unique<Handler>(std::move(handler))) {}

  // Neither calls the handler itself. One of them is called, once.
  void operator()(std::exception_ptr error) {
    const auto allocator = boost::asio::get_associated_allocator(*handler_);
    post(allocator, [handler = std::move(handler_), error = std::move(error)]() mutable { take(handler)(std::move(error)); });
  }
  template <class T> void operator()(std::exception_ptr error, T result) {
    const auto allocator = boost::asio::get_associated_allocator(*handler_);
    post(allocator, [handler = std::move(handler_), error = std::move(error), result = std::move(result)]() mutable {
      take(handler)(std::move(error), std::move(result));
    });
  }

 private:
  using Executor = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;
  static auto track(const Executor& executor) { return boost::asio::prefer(executor, boost::asio::execution::outstanding_work.tracked); }

  static Handler take(std::unique_ptr<Handler>& handler) {
    const std::unique_ptr<Handler> last = std::move(handler);
    return std::move(*last);
  }
  // The handler may run, and its context may be waited for and destroyed, before asio's post() returns. So the work is given up last: a context's
  // run() or join() does not return before that. Nothing else here may refer to the context by then. Therefore the handler moves by pointer: a
  // moved-from one may still hold a strand.
  template <class Allocator, class F> void post(const Allocator& allocator, F call) {
    boost::asio::post(*work_, boost::asio::bind_allocator(allocator, std::move(call)));
    work_.reset();
  }

  std::optional<decltype(track(std::declval<Executor>()))> work_;
  std::unique_ptr<Handler> handler_;
};

template <class T, class Body, class Handler> class AsyncCall final : public AsyncOperation {
 public:
  AsyncCall(std::shared_ptr<AsyncEngine> engine, AsyncOptions options, Body body, Handler handler, const boost::asio::any_io_executor& fallback)
      : AsyncOperation(std::move(engine), std::move(options)), body_(std::move(body)), completion_(std::move(handler), fallback) {}

 private:
  void run(Pool::Lease lease) override {
    if constexpr (std::is_void_v<T>) (*body_)(*this, std::move(lease));
    else result_.emplace((*body_)(*this, std::move(lease)));
  }

  void complete(std::exception_ptr error) noexcept override {
    if constexpr (requires(Body& body) { body.on_error(*this, error); }) {
      if (error && !cancel_requested()) result_.emplace(body_->on_error(*this, std::exchange(error, nullptr)));
    }
    body_.reset();  // what the user's code holds ends before the handler runs
    if constexpr (std::is_void_v<T>) completion_(std::move(error));
    else if (error) completion_(std::move(error), no_result<T>());
    else completion_(std::exception_ptr(), std::move(*result_));
  }

  struct Nothing {};
  std::optional<Body> body_;
  std::optional<std::conditional_t<std::is_void_v<T>, Nothing, T>> result_;
  AsyncCompletion<Handler> completion_;
};

using boost::asio::cancellation_type;
constexpr cancellation_type kLeavesTraces = cancellation_type::terminal | cancellation_type::partial;  // what was handed out is out
constexpr cancellation_type kAnyCancellation = cancellation_type::terminal | cancellation_type::partial | cancellation_type::total;

/// What every operation is started with.
struct AsyncContext {
  std::shared_ptr<AsyncEngine> engine;
  boost::asio::any_io_executor fallback;
  cancellation_type cancelled_by = kAnyCancellation;
};

/// body(AsyncOperation&, Pool::Lease) -> T
template <class T, class Body, class Token> auto initiate(AsyncContext context, AsyncOptions options, Body body, Token&& token) {
  return boost::asio::async_initiate<Token, AsyncSignatureOf<T>>(
      [c = std::move(context)](auto handler, AsyncOptions o, Body b) {
        using Call = AsyncCall<T, Body, decltype(handler)>;
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        auto call = std::make_shared<Call>(c.engine, std::move(o), std::move(b), std::move(handler), c.fallback);
        // Before the start: the handler may run, and use the slot for something else, before start() returns.
        if (slot.is_connected()) {
          slot.assign([weak = std::weak_ptr<AsyncOperation>(call), accepted = c.cancelled_by](cancellation_type type) {
            if ((type & accepted) == cancellation_type::none) return;
            if (const auto operation = weak.lock()) operation->cancel();
          });
        }
        call->start();
      },
      token, std::move(options), std::move(body));
}

struct HealthBody {
  AsyncEngine* engine;
  std::chrono::milliseconds timeout;

  Health operator()(AsyncOperation& operation, Pool::Lease lease) const {
    const AsyncOperation::Cancellable scope(operation, *lease);
    lease->ping(std::max(timeout - std::chrono::ceil<std::chrono::milliseconds>(operation.age()), std::chrono::milliseconds(1)));
    return {.ok = true, .latency = std::chrono::duration_cast<std::chrono::microseconds>(operation.age()), .reason = {}};
  }
  Health on_error(const AsyncOperation& operation, const std::exception_ptr& error) const { return sick(*engine, error, operation.age()); }
};

}  // namespace detail

/// A Database whose calls do not block: each takes a completion token (a callback, use_future, use_awaitable, deferred, ...).
///
/// Waiting for a connection holds no thread. The blocking call that follows runs on a thread of this object's, of which there are as many as
/// the pool has connections; they are started as they are needed. Handlers run on their associated executor, else on this object's,
/// never inside the call that starts the operation. When a handler runs, the connection of its operation is back in the pool.
///
/// Cancelling (terminal, partial and total, through the token's slot or AcquireOptions::stop) ends the wait for a connection, or the delay between
/// two attempts, at once, and asks the server to stop what runs. The operation then completes with an Error whose code is `cancelled` and has had
/// no effect, or with its result if it was faster. Errors keep their classes.
///
/// The destructor cancels what is under way and waits until all of it has been handed to its executors, so it may block as long as a call that
/// can not be cancelled. It must not run inside a function given to async_with_session, and the Database and the handlers' contexts must outlive it.
/// @thread_safety  Any thread. Two calls on one cancellation slot are as (un)safe as Asio says; AcquireOptions::stop may be triggered from anywhere.
class AsyncDatabase {
 public:
  using executor_type = boost::asio::any_io_executor;

  /// @param database  is referred to, and must neither move nor end meanwhile
  /// @param executor  for handlers that have none of their own
  explicit AsyncDatabase(Database& database, executor_type executor = boost::asio::system_executor())
      : engine_(detail::make_async_engine(database)), executor_(std::move(executor)) {}
  ~AsyncDatabase() { detail::shut_down(*engine_); }
  AsyncDatabase(const AsyncDatabase&) = delete;
  AsyncDatabase& operator=(const AsyncDatabase&) = delete;

  executor_type get_executor() const { return executor_; }

  /// void(std::exception_ptr, Pool::Lease). The connection's calls block: make them where that does no harm.
  template <class Token> auto async_acquire(const AcquireOptions& options, Token&& token, SourceLocation place = SourceLocation::current()) {
    const auto keep = [](detail::AsyncOperation&, Pool::Lease lease) { return lease; };
    return initiate<Pool::Lease>({detail::AsyncNeeds::lease, options, std::nullopt, place}, keep, std::forward<Token>(token));
  }
  template <class Token> auto async_acquire(Token&& token, SourceLocation place = SourceLocation::current()) {
    return async_acquire(AcquireOptions{}, std::forward<Token>(token), place);
  }

  /// void(std::exception_ptr, std::int64_t): rows affected. One statement, which is its own transaction; never retried.
  template <class Token> auto async_execute(std::string sql, Params params, Token&& token, SourceLocation place = SourceLocation::current()) {
    auto call = [s = std::move(sql), p = std::move(params)](Connection& connection) { return connection.execute(s, p); };
    return on_connection<std::int64_t>({}, place, std::move(call), std::forward<Token>(token));
  }
  template <class Token> auto async_execute(std::string sql, Token&& token, SourceLocation place = SourceLocation::current()) {
    return async_execute(std::move(sql), Params{}, std::forward<Token>(token), place);
  }

  /// void(std::exception_ptr, ResultSet)
  template <class Token> auto async_query(std::string sql, Params params, Token&& token, SourceLocation place = SourceLocation::current()) {
    auto call = [s = std::move(sql), p = std::move(params)](Connection& connection) { return connection.query(s, p); };
    return on_connection<ResultSet>({}, place, std::move(call), std::forward<Token>(token));
  }
  template <class Token> auto async_query(std::string sql, Token&& token, SourceLocation place = SourceLocation::current()) {
    return async_query(std::move(sql), Params{}, std::forward<Token>(token), place);
  }

  /// void(std::exception_ptr, R), R being what fn(Session&) returns, without R for void: Database::with_session. fn is blocking code that runs
  /// on a thread of Millrace's, perhaps more than once; delays between attempts hold no thread. A cancelled session is never committed.
  template <class F, class Token>
  auto async_with_session(F fn, const SessionOptions& options, Token&& token, SourceLocation place = SourceLocation::current()) {
    using R = std::invoke_result_t<F&, Session&>;
    auto replayable = std::make_shared<bool>(true);
    RetryPolicy retry = options.retry.value_or(detail::database_of(*engine_).config().retry);
    if (retry.retry_if) retry.retry_if = [replayable, wanted = retry.retry_if](const Error& error) { return *replayable && wanted(error); };
    return initiate<std::remove_cvref_t<R>>(
        {detail::AsyncNeeds::lease_and_thread, options.acquire, std::move(retry), place},
        [f = std::move(fn), transaction = options.transaction, replayable](detail::AsyncOperation& operation, Pool::Lease lease) mutable -> R {
          Session session(std::move(lease), transaction);
          const detail::AsyncOperation::Cancellable scope(operation, session.connection());
          return run_session<R>(operation, session, f, *replayable);
        },
        std::forward<Token>(token));
  }
  template <class F, class Token> auto async_with_session(F fn, Token&& token, SourceLocation place = SourceLocation::current()) {
    return async_with_session(std::move(fn), SessionOptions{}, std::forward<Token>(token), place);
  }

  /// void(std::exception_ptr, std::int64_t): rows copied, by copy_from_records(): all of them or none, never retried. The range is moved in; it is
  /// read on a thread of Millrace's, and what it refers to must live until the handler has run.
  template <std::ranges::input_range R, class Token>
    requires CopyableRow<std::ranges::range_value_t<R>>
  auto async_copy_from(TableRef table, R records, std::vector<std::string> columns, CopyOptions options, Token&& token,
                       SourceLocation place = SourceLocation::current()) {
    auto call = [t = std::move(table), r = std::move(records), c = std::move(columns), o = std::move(options)](Connection& connection) mutable {
      return copy_from_records(connection, t, r, c, o);
    };
    return on_connection<std::int64_t>({}, place, std::move(call), std::forward<Token>(token));
  }
  template <std::ranges::input_range R, class Token>
    requires CopyableRow<std::ranges::range_value_t<R>>
  auto async_copy_from(TableRef table, R records, Token&& token, SourceLocation place = SourceLocation::current()) {
    return async_copy_from(std::move(table), std::move(records), {}, {}, std::forward<Token>(token), place);
  }

  /// The same from an Arrow stream, by copy_from_arrow(). The stream is read and released on a thread of Millrace's, or released where the operation is
  /// cancelled before that.
  template <class Token>
  auto async_copy_from(TableRef table, OwnedArrowStream stream, std::vector<std::string> columns, WriterOptions options, Token&& token,
                       SourceLocation place = SourceLocation::current()) {
    auto call = [t = std::move(table), s = std::move(stream), c = std::move(columns), o = std::move(options)](Connection& connection) mutable {
      return copy_from_arrow(connection, t.resolve(connection.dialect()), s.get(), c, o);
    };
    return on_connection<std::int64_t>({}, place, std::move(call), std::forward<Token>(token));
  }
  template <class Token> auto async_copy_from(TableRef table, OwnedArrowStream stream, Token&& token, SourceLocation place = SourceLocation::current()) {
    return async_copy_from(std::move(table), std::move(stream), {}, {}, std::forward<Token>(token), place);
  }

  /// void(std::exception_ptr, std::int64_t): rows read. consumer(const RecordBatch&) gets one batch after the other, in flat memory, on a thread of
  /// Millrace's; while it is busy the server waits. Cancelled by terminal and partial, since batches that were handed out are out.
  template <std::invocable<const RecordBatch&> F, class Token>
  auto async_copy_to(std::string sql, Params params, ReaderOptions options, F consumer, Token&& token, SourceLocation place = SourceLocation::current()) {
    return on_connection<std::int64_t>({}, place, [s = std::move(sql), p = std::move(params), o = options, f = std::move(consumer)](Connection& connection) mutable {
      const auto reader = connection.open_reader(s, p, o);
      RecordBatch batch = reader->make_batch();
      std::int64_t rows = 0;
      for (; reader->next(batch); rows += static_cast<std::int64_t>(batch.rows())) f(std::as_const(batch));
      return rows;
    }, std::forward<Token>(token), detail::kLeavesTraces);
  }
  /// void(std::exception_ptr, R), R being what consumer(ArrowArrayStream*) returns. It reads the stream of copy_to_arrow() on a thread of Millrace's, as
  /// far as it wants; the stream ends with it.
  template <std::invocable<ArrowArrayStream*> F, class Token>
  auto async_copy_to(std::string sql, Params params, ReaderOptions options, F consumer, Token&& token, SourceLocation place = SourceLocation::current()) {
    using R = std::remove_cvref_t<std::invoke_result_t<F&, ArrowArrayStream*>>;
    return on_connection<R>({}, place, [s = std::move(sql), p = std::move(params), o = options, f = std::move(consumer)](Connection& connection) mutable {
      OwnedArrowStream stream;
      copy_to_arrow(connection, s, p, stream.out(), o);
      return f(stream.get());
    }, std::forward<Token>(token), detail::kLeavesTraces);
  }
  template <class F, class Token> auto async_copy_to(std::string sql, F consumer, Token&& token, SourceLocation place = SourceLocation::current()) {
    return async_copy_to(std::move(sql), Params{}, ReaderOptions{}, std::move(consumer), std::forward<Token>(token), place);
  }

  /// void(std::exception_ptr, bool)
  template <class Token> auto async_table_exists(TableRef table, Token&& token, SourceLocation place = SourceLocation::current()) {
    return on_connection<bool>({}, place, [t = std::move(table)](Connection& connection) { return table_exists(connection, t); }, std::forward<Token>(token));
  }

  /// void(std::exception_ptr, Health): Database::health_check. A sick server is a result; the one error is a cancellation.
  template <class Token> auto async_health_check(std::chrono::milliseconds timeout, Token&& token, SourceLocation place = SourceLocation::current()) {
    const AcquireOptions once{.timeout = timeout, .attempts = 1, .stop = {}};
    return initiate<Health>({detail::AsyncNeeds::lease_and_thread, once, std::nullopt, place}, detail::HealthBody{engine_.get(), timeout},
                            std::forward<Token>(token));
  }
  template <class Token> auto async_health_check(Token&& token, SourceLocation place = SourceLocation::current()) {
    return async_health_check(std::chrono::seconds(5), std::forward<Token>(token), place);
  }

  /// void(std::exception_ptr, bool): Database::close. What is under way may end; what waits for a connection fails. Not to be cancelled.
  template <class Token> auto async_close(Token&& token) {
    auto close = [engine = engine_](detail::AsyncOperation&, Pool::Lease) { return detail::database_of(*engine).close(); };
    return initiate<bool>({detail::AsyncNeeds::waiting_thread, {}, std::nullopt, {}}, std::move(close), std::forward<Token>(token),
                          detail::cancellation_type::none);
  }

 private:
  template <class T, class Body, class Token>
  auto initiate(detail::AsyncOptions options, Body body, Token&& token, detail::cancellation_type cancelled_by = detail::kAnyCancellation) {
    return detail::initiate<T>(detail::AsyncContext{engine_, executor_, cancelled_by}, std::move(options), std::move(body), std::forward<Token>(token));
  }

  /// fn(Connection&) -> T on a leased connection, once.
  template <class T, class F, class Token>
  auto on_connection(const AcquireOptions& options, SourceLocation place, F fn, Token&& token, detail::cancellation_type cancelled_by = detail::kAnyCancellation) {
    return initiate<T>({detail::AsyncNeeds::lease_and_thread, options, std::nullopt, place},
                       [f = std::move(fn)](detail::AsyncOperation& operation, Pool::Lease lease) mutable {
                         const detail::AsyncOperation::Cancellable scope(operation, *lease);
                         return f(*lease);
                       },
                       std::forward<Token>(token), cancelled_by);
  }

  // A cancel that found no statement to stop still keeps the session from being committed.
  template <class R, class F> static R run_session(const detail::AsyncOperation& operation, Session& session, F& fn, bool& replayable) {
    const auto checked = [&](Session& s) -> R {
      if constexpr (std::is_void_v<R>) {
        fn(s);
        operation.throw_if_cancelled();
      } else {
        R result = fn(s);
        operation.throw_if_cancelled();
        return static_cast<R&&>(result);
      }
    };
    return session.run(checked, replayable);
  }

  std::shared_ptr<detail::AsyncEngine> engine_;
  executor_type executor_;
};

}  // namespace millrace
