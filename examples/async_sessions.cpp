// Serves many clients with few connections: 200 coroutines on one thread, a pool of 8.
//
//   async_sessions [URL]             default: a SQLite database async_sessions.db in the current directory
//
// The idea: a coroutine that waits for a connection or for the database holds no thread. The blocking calls run on Millrace's own threads, as many as
// there are connections; the program's one thread is free for its other work, here a clock that ticks meanwhile.
// The function of a session must be able to run twice, since it is run again after a transient error (SQLite locks its whole file for a writer).

#include <chrono>
#include <exception>
#include <iostream>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "millrace/access/async.hpp"
#include "millrace/backends.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr int kClients = 200;
constexpr int kTellers = 5;

void make_tables(millrace::Database& database) {
  database.with_session([](millrace::Session& session) {
    session->execute("DROP TABLE IF EXISTS async_bookings");
    session->execute("DROP TABLE IF EXISTS async_tellers");
    session->execute("CREATE TABLE async_bookings (client integer PRIMARY KEY, amount integer NOT NULL)");
    session->execute("CREATE TABLE async_tellers (id integer PRIMARY KEY, total integer NOT NULL)");
    for (int i = 0; i < kTellers; ++i) session->execute("INSERT INTO async_tellers VALUES (?, 0)", {i});
  });
}

asio::awaitable<void> serve(millrace::AsyncDatabase& database, int client) {
  co_await database.async_with_session([client](millrace::Session& session) {
    session->execute("INSERT INTO async_bookings VALUES (?, ?)", {client, client});
    session->execute("UPDATE async_tellers SET total = total + ? WHERE id = ?", {client, client % kTellers});
  }, asio::use_awaitable);
  // Another connection, most likely: what a session committed is there for all.
  const auto booked = co_await database.async_query("SELECT amount FROM async_bookings WHERE client = ?", millrace::Params::of(client), asio::use_awaitable);
  if (booked.size() != 1 || booked[0]["amount"].as<int>() != client) throw std::runtime_error("client " + std::to_string(client) + " does not find its booking");
}

struct Progress {
  int served = 0;
  int failed = 0;
  int ticks = 0;
  bool over() const { return served + failed == kClients; }
};

asio::awaitable<void> tick(Progress& progress) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (!progress.over()) {
    timer.expires_after(1ms);
    co_await timer.async_wait(asio::use_awaitable);
    ++progress.ticks;
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const millrace::DriverRegistry drivers = millrace::default_drivers();
    auto config = millrace::DatabaseConfig::from_url(argc > 1 ? argv[1] : "sqlite:async_sessions.db");
    config.connection.create_database = true;
    config.pool.size = 8;
    config.pool.overflow = 0;
    config.retry.attempts = 10;
    config.retry.initial_delay = 20ms;
    millrace::Database database = millrace::Database::open(config, drivers);
    make_tables(database);

    asio::io_context context;
    millrace::AsyncDatabase async(database);
    Progress progress;
    for (int client = 0; client < kClients; ++client) {
      asio::co_spawn(context, serve(async, client), [&progress, client](const std::exception_ptr& error) {
        if (!error) {
          ++progress.served;
          return;
        }
        ++progress.failed;
        try {
          std::rethrow_exception(error);
        } catch (const std::exception& e) {
          std::cerr << "client " << client << ": " << e.what() << '\n';
        }
      });
    }
    asio::co_spawn(context, tick(progress), [](const std::exception_ptr&) {});
    context.run();

    const auto totals = database.with_session([](millrace::Session& session) {
      return session->query("SELECT (SELECT sum(amount) FROM async_bookings) AS booked, (SELECT sum(total) FROM async_tellers) AS told");
    });
    const auto statistics = database.pool().statistics();
    std::cout << progress.served << " of " << kClients << " clients were served over " << statistics.opened << " connections, while the clock ticked " << progress.ticks
              << " times\nbooked " << totals[0]["booked"].as<int>() << ", told " << totals[0]["told"].as<int>() << '\n';
    const bool whole = progress.served == kClients && progress.ticks > 0 && statistics.opened <= config.pool.size && totals[0]["booked"].as<int>() == totals[0]["told"].as<int>();
    return whole ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "async_sessions: " << error.what() << '\n';
    return 1;
  }
}
