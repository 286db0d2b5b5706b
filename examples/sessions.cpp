// A database as an application uses it: sessions that commit, roll back and run again by themselves.
//
//   sessions [URL]                   default: a SQLite database sessions.db in the current directory
//
// The idea: work goes into a function that gets a Session. What it did is committed when it returns and rolled back when it throws, and the whole of
// it is run again when the error is one that time heals (a deadlock, a serialization failure, a lost connection). So the function must be able to run
// more than once: everything it needs comes in from outside and stays as it is.

#include <iostream>
#include <string>
#include <tuple>
#include <vector>

#include "millrace/access/copy.hpp"
#include "millrace/access/database.hpp"
#include "millrace/access/query.hpp"
#include "millrace/backends.hpp"
#include "schema.hpp"

namespace {

struct Booking {
  std::string account;
  std::string product;
  millrace::Decimal amount;
  millrace::Date day;

  /// The same mapping writes and reads: members to columns, by name.
  static auto row_mapping() {
    using millrace::field;
    return millrace::row_mapping(field("acct_id", &Booking::account), field("prod_cd", &Booking::product),
                                 field("tran_amt", &Booking::amount), field("tran_dt", &Booking::day));
  }
};

std::vector<Booking> todays_bookings() {
  using millrace::Decimal;
  const millrace::Date day = millrace::make_date(2024, 3, 1);
  return {{"SN1", "P001", Decimal::parse("125.50"), day}, {"SN1", "P002", Decimal::parse("-25.25"), day}, {"SN2", "P001", Decimal::parse("7.00"), day}};
}

/// What a busy server says now and then.
millrace::DatabaseError serialization_failure() {
  millrace::ErrorInfo info;
  info.code = millrace::ErrorCode::serialization;
  info.message = "another transaction was faster";
  info.sqlstate = "40001";
  info.safe_to_retry = true;
  return millrace::DatabaseError(std::move(info));
}

void book(millrace::Database& database, const std::vector<Booking>& bookings) {
  int runs = 0;
  const auto rows = database.with_session([&](millrace::Session& session) {
    session->execute("DELETE FROM transactions");
    const auto copied = millrace::copy_from_records(*session, "transactions", bookings);
    if (++runs == 1) throw serialization_failure();  // for the show: what was copied is rolled back, and copied again
    return copied;
  });
  std::cout << rows << " bookings were committed by run " << runs << '\n';
}

/// A part that may fail without taking the rest with it.
void correct(millrace::Database& database) {
  database.with_session([](millrace::Session& session) {
    session->execute("UPDATE transactions SET tran_amt = ? WHERE acct_id = ?", {millrace::Decimal::parse("10.00"), "SN2"});
    try {
      millrace::Savepoint part(*session, "part");
      session->execute("UPDATE transactions SET tran_amt = 0");
      session->execute("INSERT INTO transactions SELECT * FROM transactions");  // every key is there already
      part.release();
    } catch (const millrace::DatabaseError& error) {
      std::cout << "taken back to the savepoint: " << to_string(error.code()) << '\n';
    }
  });
}

void report(millrace::Database& database) {
  millrace::SessionOptions options;
  options.transaction.read_only = true;
  options.transaction.isolation = millrace::Isolation::repeatable_read;  // all queries see the same rows
  options.transaction.statement_timeout = std::chrono::seconds(5);
  // A session by scope, for work that does not fit into one function. It is not run again, and rolls back unless it is committed.
  const millrace::Session session = database.session(options);
  const char* const per_account = "SELECT acct_id, COUNT(*) FROM transactions GROUP BY acct_id ORDER BY acct_id";
  for (const auto& [account, bookings] : millrace::query<std::tuple<std::string, int>>(*session, per_account)) {
    std::cout << account << ": " << bookings << (bookings == 1 ? " booking\n" : " bookings\n");
  }
  for (const Booking& b : millrace::query<Booking>(*session, "SELECT * FROM transactions ORDER BY acct_id, prod_cd")) {
    std::cout << "  " << b.account << ' ' << b.product << ' ' << to_string(b.amount) << " on " << to_string(b.day) << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const millrace::DriverRegistry drivers = millrace::default_drivers();
    auto config = millrace::DatabaseConfig::from_url(argc > 1 ? argv[1] : "sqlite:sessions.db");
    config.connection.create_database = true;
    config.retry.initial_delay = std::chrono::milliseconds(10);
    millrace::Database database = millrace::Database::open(config, drivers);  // one for the whole program

    const millrace::Health health = database.health_check();
    if (!health.ok) throw millrace::Error(millrace::ErrorCode::unknown, health.reason);
    database.with_session([](millrace::Session& session) { examples::make_table(*session, "transactions"); });
    book(database, todays_bookings());
    correct(database);
    report(database);
    return database.close() ? 0 : 1;
  } catch (const millrace::Error& error) {
    std::cerr << "sessions: " << error.what() << '\n';
    return 1;
  }
}
