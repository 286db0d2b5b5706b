// Writes a program's own objects into a table, in bulk and on several connections, without a file and without a load.
//
//   batch_writer [URL]               default: a SQLite database batch_writer.db in the current directory
//
// The idea: a BatchBuilder turns structs into columnar batches; a WriterGroup hands the batches to writer threads, each with a
// connection of its own from the pool. push() blocks while all writers are busy, so a slow server slows the producer down instead
// of filling the memory. A writer that fails makes push() or close() throw its error.

#include <iostream>
#include <string>

#include "millrace/access/pool.hpp"
#include "millrace/backends.hpp"
#include "millrace/data/batch_builder.hpp"
#include "millrace/load/writer_group.hpp"
#include "schema.hpp"

namespace {

struct Trade {
  std::string account;
  std::string product;
  millrace::Decimal amount;
  millrace::Date day;
};

Trade make_trade(int i) {
  return {"BW" + std::to_string(i), "P" + std::to_string(i % 7), millrace::Decimal{millrace::int128{i} * 25, 2},
          millrace::Date{millrace::make_date(2024, 1, 1).days + i % 366}};
}

constexpr int kTrades = 20'000;
constexpr std::size_t kBatchRows = 5'000;

void write_trades(millrace::Pool& pool, int writers) {
  millrace::BatchBuilder rows({{"acct_id", millrace::SqlType::varchar(20)},
                               {"prod_cd", millrace::SqlType::varchar(10)},
                               {"tran_amt", millrace::SqlType::decimal(15, 2)},
                               {"tran_dt", millrace::SqlType::of(millrace::TypeKind::date)}});
  // Members are matched to columns by name, so their order does not matter.
  const auto mapping = millrace::row_mapping<Trade>(millrace::field("acct_id", &Trade::account), millrace::field("prod_cd", &Trade::product),
                                                    millrace::field("tran_amt", &Trade::amount), millrace::field("tran_dt", &Trade::day));

  millrace::WriterGroup group(writers, 0, millrace::table_sinks(pool, {"", "transactions"}, {"acct_id", "prod_cd", "tran_amt", "tran_dt"}));
  for (int i = 0; i < kTrades; ++i) {
    const Trade trade = make_trade(i);
    rows.append(mapping, trade);
    if (rows.rows() == kBatchRows) group.push(rows.take());
  }
  if (rows.rows() > 0) group.push(rows.take());
  group.close();  // returns when everything is committed

  for (const millrace::WriterStats& writer : group.results()) {
    std::cout << "writer " << writer.worker << ": " << writer.units << " batches, " << writer.rows << " rows\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const millrace::DriverRegistry drivers = millrace::default_drivers();
    auto config = millrace::ConnectionConfig::from_url(argc > 1 ? argv[1] : "sqlite:batch_writer.db");
    config.create_database = true;
    // SQLite lets one connection write at a time.
    const std::size_t writers = drivers.find(config.scheme).traits().concurrent_writers ? 2 : 1;

    millrace::Pool pool([&] { return drivers.connect(config); }, {.size = writers + 1, .overflow = 0});
    const millrace::Pool::Lease connection = pool.acquire();
    examples::make_table(*connection, "transactions");
    connection->execute("DELETE FROM transactions WHERE acct_id LIKE 'BW%'");

    write_trades(pool, static_cast<int>(writers));

    const auto count = connection->query_value("SELECT count(*) FROM transactions WHERE acct_id LIKE 'BW%'").as<int>();
    std::cout << count << " of " << kTrades << " trades are in the table\n";
    return count == kTrades ? 0 : 1;
  } catch (const millrace::Error& error) {
    std::cerr << "batch_writer: " << error.what() << '\n';
    return 1;
  }
}
