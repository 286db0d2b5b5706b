// What rows cost on their way through an ODBC driver: SOCI's use(vector), one row per round trip, and the array writer. With a second URL also the
// PostgreSQL backend's COPY into the same server. One run, the contenders in turn in every round; medians, and the median of each round's ratio.
//
//     tests/bench/odbc_rows.sh [ROUNDS [ROWS]]        # builds it, starts a private server
//     odbc_bench ODBC_URL POSTGRESQL_URL|- [ROUNDS [ROWS]]
//     odbc_bench --memory ODBC_URL [BATCHES]          # batches of 5,000 rows, each a transaction, with the resident memory every tenth of the way

#include <cstring>

#include <soci/odbc/soci-odbc.h>

#include "bench_rows.hpp"

int main(int argc, char** argv) {
  using namespace bench;
  if (argc < 3) return std::fprintf(stderr, "usage: odbc_bench ODBC_URL POSTGRESQL_URL|- [ROUNDS [ROWS]] | --memory ODBC_URL [BATCHES]\n"), 64;
  const DriverRegistry drivers = default_drivers();
  const bool memory = std::strcmp(argv[1], "--memory") == 0;
  const std::string url = argv[memory ? 2 : 1];
  const auto connection = drivers.connect(ConnectionConfig::from_url(url));
  const TableInfo table = make_table(*connection);
  if (memory) return measure_memory(*connection, table, make_batches(table.columns, kBatch), argc > 3 ? std::atoi(argv[3]) : 10'000, 1);

  const std::string copy_url = argv[2];
  const int rounds = argc > 3 ? std::max(1, std::atoi(argv[3])) : 5;
  const std::size_t rows = argc > 4 ? static_cast<std::size_t>(std::atoll(argv[4])) : 50'000;
  const auto copying = copy_url == "-" ? nullptr : drivers.connect(ConnectionConfig::from_url(copy_url));
  const std::vector<RecordBatch> batches = make_batches(table.columns, rows);
  soci::session soci_session(soci::odbc, url.substr(url.find(':') + 1));
  std::vector<Contender> contenders = {
      into_table("array writer", *connection, rows, [&] { write_stream(*connection, table, batches); }),
      into_table("SOCI use(vector), 5,000 rows", *connection, rows, [&] { write_by_soci(soci_session, rows); }),
      into_table("one row per round trip, prepared", *connection, rows, [&] { write_stream(*connection, table, batches, {.max_rows = 1}); }),
      into_table("one row per round trip, execute()", *connection, rows, [&] { write_statements(*connection, rows); }),
  };
  if (copying) contenders.push_back(into_table("postgresql backend (COPY)", *connection, rows, [&] { write_stream(*copying, table, batches); }));
  compare(contenders, rounds, rows);
}
