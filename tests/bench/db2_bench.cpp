// What rows cost on their way to a server of Db2's protocol: the array writer, SOCI's use(vector), one row per round trip, and the server's own JDBC driver.
// One run, the contenders in turn in every round; medians, and the median of each round's ratio.
//
//     tests/bench/db2_rows.sh [ROUNDS [ROWS]]         # builds it, starts a private Derby and its JDBC driver
//     db2_bench DB2_URL [ROUNDS [ROWS [TO FROM]]]     # TO and FROM: a running jdbc_batch.sh's input and output, by named pipes
//     db2_bench --memory DB2_URL [BATCHES]            # batches of 5,000 small rows, each a transaction, with the resident memory every tenth of the way

#include <cstring>

#include <soci/db2/soci-db2.h>

#include "bench_rows.hpp"

namespace {

using namespace bench;

/// The JDBC driver in a process that stays: a word asks for a round, a line answers with its rows per second.
class JdbcProcess {
 public:
  JdbcProcess(const char* to, const char* from, std::size_t rows) : to_(to), from_(from), rows_(rows) {}
  double seconds(const char* way) {
    to_ << way << std::endl;
    std::string answered;
    double per_second = 0;
    if (!(from_ >> answered >> per_second) || answered != way || per_second <= 0) std::fprintf(stderr, "db2_bench: the JDBC driver does not answer\n"), std::exit(1);
    return static_cast<double>(rows_) / per_second;
  }

 private:
  std::ofstream to_;
  std::ifstream from_;
  std::size_t rows_;
};

std::string keyword_string(const ConnectionConfig& config) {
  return "DATABASE=" + config.database + ";HOSTNAME=" + config.host + ";PORT=" + config.port + ";PROTOCOL=TCPIP;UID=" + config.user + ";PWD=" + config.password.reveal();
}

int measure_memory(Connection& connection, int batches) {
  const TableInfo table = make_table(connection, "small_rows", "id BIGINT, amount DECIMAL(15, 2), note VARCHAR(20)");
  BatchBuilder rows({{table.columns[0].name, table.columns[0].type}, {table.columns[1].name, table.columns[1].type}, {table.columns[2].name, table.columns[2].type}});
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(kBatch); ++i) rows.append_row(std::vector<Value>{i, Decimal{int128{i} * 25, 2}, i % 7 == 0 ? Value() : Value("note " + std::to_string(i))});
  std::vector<RecordBatch> made;
  made.push_back(rows.take());
  return bench::measure_memory(connection, table, made, batches, 20);
}

}  // namespace

int main(int argc, char** argv) {
  const bool memory = argc > 2 && std::strcmp(argv[1], "--memory") == 0;
  if (argc < 2 || argc == 5 || argv[1][0] == (memory ? 0 : '-')) return std::fprintf(stderr, "usage: db2_bench DB2_URL [ROUNDS [ROWS [TO FROM]]] | --memory DB2_URL [BATCHES]\n"), 64;
  const ConnectionConfig config = ConnectionConfig::from_url(argv[memory ? 2 : 1]);
  const DriverRegistry drivers = default_drivers();
  const auto connection = drivers.connect(config);
  if (memory) return measure_memory(*connection, argc > 3 ? std::atoi(argv[3]) : 10'000);

  const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 5;
  const std::size_t rows = argc > 3 ? static_cast<std::size_t>(std::atoll(argv[3])) : 50'000;
  const TableInfo table = make_table(*connection);
  const std::vector<RecordBatch> batches = make_batches(table.columns, rows);
  soci::session soci_session(soci::db2, keyword_string(config));
  std::vector<Contender> contenders = {
      into_table("array writer", *connection, rows, [&] { write_stream(*connection, table, batches); }),
      into_table("SOCI use(vector), 5,000 rows", *connection, rows, [&] { write_by_soci(soci_session, rows); }),
      into_table("one row per round trip, prepared", *connection, rows, [&] { write_stream(*connection, table, batches, {.max_rows = 1}); }),
      into_table("one row per round trip, execute()", *connection, rows, [&] { write_statements(*connection, rows); }),
  };
  std::unique_ptr<JdbcProcess> jdbc;
  if (argc > 5) {
    jdbc = std::make_unique<JdbcProcess>(argv[4], argv[5], rows);
    contenders.insert(contenders.begin() + 1, {"JDBC driver, executeBatch(1000)", [&] { return jdbc->seconds("batch"); }});
    contenders.push_back({"JDBC driver, one row per round trip", [&] { return jdbc->seconds("row"); }});
  }
  constexpr int kWarming = 2;   // what is measured is neither the server's nor the driver's just-in-time compiler
  compare(contenders, rounds, rows, kWarming);
}
